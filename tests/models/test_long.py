"""Positions for sequences longer than any in training."""

from functools import partial

import pytest
import torch

from progtx_core import tasks
from progtx_core.evaluation.generation import Cache, greedy
from progtx_core.models.attention import patterns
from progtx_core.models.long import LONG_SCHEMES, Anchored, LongTransformer, Randomised

TASK = tasks.get("counting", max_len=20, n_numbers=30)
SMALL = partial(LongTransformer, TASK.spec, d_model=16, n_layers=2, n_ctx=40)


def inputs(n):
    return TASK.sample(n, torch.Generator().manual_seed(0)).inputs.clamp(min=1)


@pytest.mark.parametrize("scheme", LONG_SCHEMES)
def test_what_follows_changes_nothing(scheme):
    model = SMALL(positions=scheme).eval()
    whole = model(inputs(4))
    assert torch.allclose(model(inputs(4)[:, :7]), whole[:, :7], atol=1e-5)


@pytest.mark.parametrize("scheme", LONG_SCHEMES)
def test_kept_keys_give_what_reading_anew_gives(scheme):
    torch.manual_seed(0)
    model, tokens = SMALL(positions=scheme).eval(), inputs(4)
    cache = Cache(model, *tokens.shape)
    with torch.no_grad():
        anew = model(tokens)
        kept = [cache.read(tokens[:, :4])]
        kept += [cache.read(column[:, None]) for column in tokens[:, 4:].T]
    torch.testing.assert_close(torch.stack(kept, 1), anew[:, 3:], rtol=1e-4, atol=1e-5)
    again = greedy(model, tokens[:, :4], 30, TASK.end, cached=False)
    assert torch.equal(greedy(model, tokens[:, :4], 30, TASK.end), again)


def test_clipped_positions_are_told_apart_only_at_the_start():
    model = SMALL(positions="clipped").eval()
    same = torch.full((1, 12), 5)
    added = model.positions.add_to_embeddings(torch.zeros(1, 12, 16))[0]
    assert len(added.unique(dim=0)) == 5
    assert not torch.allclose(model(same)[0, 2], model(same)[0, 3])


def test_an_anchor_keeps_its_share_whatever_the_length():
    positions = Anchored(n_ctx=400, d_model=4, n_heads=1)
    positions.weight.data[0, 2] = 2.0
    scores = positions.attention_bias(400)[0]  # all else is equal
    share = [scores[n - 1, :n].softmax(0)[2].item() for n in (12, 60, 400)]
    assert share == pytest.approx([n**2 / (n**2 + n - 1) for n in (12, 60, 400)], 1e-4)


def test_anchors_are_learned():
    model = SMALL(positions="anchored")
    model(inputs(4)).sum().backward()
    assert model.positions.weight.grad.abs().min() > 0


def test_what_a_window_hides_changes_nothing():
    model = SMALL(positions="windowed", n_layers=1).eval()
    line = torch.arange(1, 31).unsqueeze(0)
    answer = model(line)[0, -1]  # sees positions 0 to 3 and 22 to 29
    for place in range(30):
        changed = line.clone()
        changed[0, place] = 33
        same = torch.allclose(model(changed)[0, -1], answer)
        assert same == (4 <= place < 22)


def test_with_a_window_length_alone_is_nothing_new():
    model = SMALL(positions="windowed", n_layers=2).eval()
    prompt, same = torch.arange(1, 5), torch.full((36,), 7)
    long, short = (
        model(torch.cat([prompt, same[:n]]).unsqueeze(0))[0, -1] for n in (36, 20)
    )
    assert torch.allclose(long, short, atol=1e-5)


def test_randomised_positions_are_in_order_and_reach_the_whole_table():
    scheme = Randomised(n_ctx=30, d_model=1, n_heads=1)
    scheme.table.data = torch.arange(60.0).unsqueeze(1)
    drawn = scheme.add_to_embeddings(torch.zeros(500, 8, 1))[..., 0]
    assert (drawn.diff() > 0).all()
    assert drawn.unique().tolist() == list(range(60))
    fixed = scheme.eval().add_to_embeddings(torch.zeros(2, 30, 1))[1, :, 0]
    assert fixed.tolist() == list(range(0, 60, 2))


@pytest.mark.parametrize("scheme", ["clipped", "randomised", "learned"])
def test_more_positions_than_there_is_room_for_are_refused(scheme):
    with pytest.raises(
        ValueError, match="41 positions, .* 40; build the model with n_ctx=41"
    ):
        SMALL(positions=scheme)(torch.ones(1, 41, dtype=torch.long))


def test_a_scheme_that_is_unknown_is_named():
    with pytest.raises(ValueError, match="no positional scheme 'clip'; nearest: clipped"):
        SMALL(positions="clip")


def test_patterns_are_seen_under_every_scheme():
    found = patterns(SMALL(positions="anchored").eval(), inputs(2))
    assert all(torch.allclose(p.sum(-1), torch.ones(2, 4, 20)) for p in found.values())
