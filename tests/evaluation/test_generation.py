"""Generation: the cache and the single pass say what reading all again says."""

import pytest
import torch
from parts.errors import count_errors, first_error, near_match

from progtx_core import tasks
from progtx_core.evaluation import generation
from progtx_core.evaluation.generation import exact_match, greedy
from progtx_core.models.positions import SCHEMES
from progtx_core.models.transformer import CausalTransformer, Transformer

TASK = tasks.get("counting", n_numbers=8, max_len=12)


def untrained(scheme="learned", seed=0, **sizes):
    torch.manual_seed(seed)
    sizes = {"d_model": 16, "n_layers": 2, "n_heads": 2, "n_ctx": 40} | sizes
    return CausalTransformer(TASK.spec, positions=scheme, **sizes)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_cached_logits_are_those_of_the_whole_sequence(scheme):
    model = untrained(scheme).eval()
    tokens = TASK.sample_inputs(5, torch.Generator().manual_seed(0)).clamp(min=1)
    with torch.no_grad():
        whole = model(tokens)
        cache = generation.Cache(model, 5, 12)
        found = [cache.read(tokens[:, :4])]
        found += [cache.read(tokens[:, [position]]) for position in range(4, 12)]
    assert torch.allclose(torch.stack(found, 1), whole[:, 3:], atol=1e-5)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_cached_generation_is_that_without_a_cache(scheme):
    for seed in range(3):
        model = untrained(scheme, seed, n_layers=1 + seed % 2)
        prompts = TASK.sample_inputs(6, torch.Generator().manual_seed(seed))[:, :4]
        for some in (prompts, prompts[:1]):
            kept = greedy(model, some, 20, TASK.end)
            assert torch.equal(kept, greedy(model, some, 20, TASK.end, cached=False))


def half_trained():
    """A model that gets some answers right and others wrong."""
    model = untrained("none")
    adam = torch.optim.Adam(model.parameters(), 0.01)
    generator = torch.Generator().manual_seed(0)
    for _ in range(150):
        batch = TASK.sample(32, generator)
        loss = torch.nn.functional.cross_entropy(
            model(batch.inputs)[batch.mask], batch.targets[batch.mask]
        )
        adam.zero_grad()
        loss.backward()
        adam.step()
    return model.eval()


@pytest.fixture(scope="module")
def trained():
    return half_trained()


@pytest.fixture(scope="module")
def batch():
    pairs = torch.cartesian_prod(torch.arange(8), torch.arange(8))
    return TASK.batch(TASK.write(pairs[(pairs[:, 0] - pairs[:, 1]).abs() <= 6]))


def test_one_pass_finds_exactly_what_generation_gets_right(trained, batch):
    written = greedy(trained, batch.inputs[:, :4], 12, TASK.end)
    really = []
    for row, mask, targets in zip(written, batch.mask, batch.targets, strict=True):
        wanted = targets[mask].tolist()
        really.append(row[: len(wanted)].tolist() == wanted)
    found = exact_match(trained, batch).tolist()
    assert found == really
    assert 0 < sum(found) < len(found)


def test_models_answer_in_evaluation_mode(batch):
    class Strict(torch.nn.Module):
        spec = TASK.spec

        def forward(self, inputs):
            assert not self.training
            return torch.zeros(*inputs.shape, TASK.spec.n_classes)

    exact_match(Strict().train(), batch)
    greedy(Strict().train(), batch.inputs[:, :4], 2, TASK.end)


@pytest.mark.parametrize("n_near", [1, 3, 7])
def test_near_match_reads_the_prompt_and_the_nearest_tokens(trained, batch, n_near):
    assert near_match(trained, batch, 4, 100).equal(exact_match(trained, batch))
    found = near_match(trained, batch, 4, n_near).tolist()
    for row, line in enumerate(batch.inputs):
        right = []
        for position in batch.mask[row].nonzero()[:, 0].tolist():
            read = torch.cat([line[:4], line[max(4, position + 1 - n_near) : position + 1]])
            right.append(
                trained(read[None])[0, -1].argmax() == batch.targets[row, position]
            )
        assert found[row] == all(right)


def test_a_model_that_fails_at_length_alone_is_right_when_it_reads_less():
    class Tires(torch.nn.Module):  # after ten tokens it writes padding
        def forward(self, inputs):
            wanted = TASK.labels(inputs).clamp(min=0)
            wanted[:, 9:] = 0
            if inputs.shape[1] < 9:  # few tokens: what follows the last number
                wanted[:, -1] = (inputs[:, -1] + 1).clamp(max=TASK.end)
            return torch.nn.functional.one_hot(wanted, TASK.spec.n_classes).float()

    batch = TASK.batch(TASK.write(torch.tensor([[0, 6]])))
    batch.mask[:, 10] = False  # the end is not asked for
    assert not exact_match(Tires(), batch).any()
    assert near_match(Tires(), batch, 4, 3).all()


def test_writing_ends_when_every_answer_has_ended():
    class Successor(torch.nn.Module):
        spec = TASK.spec

        def forward(self, inputs):
            following = (inputs + 1).clamp(max=TASK.end)
            logits = torch.nn.functional.one_hot(following).float()
            logits[..., TASK.spec.pad] = 2.0  # likeliest, and yet never written
            return logits

    end, prompts = TASK.end, torch.tensor([[TASK.end - 1], [TASK.end - 3]])
    written = greedy(Successor(), prompts, 9, end)
    assert written.tolist() == [[end, end, end], [end - 2, end - 1, end]]


def test_errors_add_up_and_are_of_the_kinds_that_were_made(trained, batch):
    found = count_errors(trained, batch, 4, TASK.end)
    assert sum(found.values()) == len(batch)
    assert found["right"] == int(exact_match(trained, batch).sum())


@pytest.mark.parametrize(
    ("written", "kind", "position"),
    [
        ([5, 6, 7, 9], "right", 4),
        ([4, 6, 7, 9], "wrong first token", 0),
        ([5, 7, 7, 9], "wrong successor", 1),
        ([5, 6, 9, 9], "early EoS", 2),
        ([5, 6, 9], "early EoS", 2),
        ([9], "early EoS", 0),
        ([5, 6, 7, 8], "missing EoS", 3),
    ],
)
def test_the_first_error_is_named(written, kind, position):
    found = first_error(written, [5, 6, 7, 9], end=9)
    assert (found.kind, found.position) == (kind, position)


def test_bad_input_is_named():
    model = untrained()
    with pytest.raises(ValueError, match="room for 3 tokens, not 4"):
        generation.Cache(model, 1, 3).read(torch.ones(1, 4, dtype=torch.long))
    both_ways = Transformer(TASK.spec, d_model=16, n_layers=1, n_heads=2)
    with pytest.raises(ValueError, match="for a causal model only"):
        greedy(both_ways, torch.ones(1, 4, dtype=torch.long), 2, TASK.end)
    with pytest.raises(ValueError, match="without padding"):
        greedy(model, torch.tensor([[1, 0, 2, 3]]), 2, TASK.end)
    with pytest.raises(ValueError, match="n_new"):
        greedy(model, torch.ones(1, 4, dtype=torch.long), 0, TASK.end)
