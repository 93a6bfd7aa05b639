import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from parts import heads
from parts.linear_rule import best_linear_rule
from torch import nn

from progtx_core.evaluation import predict
from progtx_core.types import Batch


def test_predict_keeps_to_the_mask_and_leaves_the_mode():
    class Steps(nn.Module):
        def forward(self, inputs):
            assert not self.training
            return nn.functional.one_hot(inputs, 3).float() * 50

    tokens = torch.tensor([[0, 1], [2, 0]])
    batch = Batch(tokens, tokens, torch.tensor([[True, True], [True, False]]))
    model = Steps()
    probabilities, targets = predict(model, batch)
    assert probabilities.argmax(1).tolist() == targets.tolist() == [0, 1, 2]
    assert probabilities.sum(1) == pytest.approx(1)
    assert model.training
    with pytest.raises(ValueError, match="no answer counts"):
        predict(model, Batch(tokens, tokens, torch.zeros(2, 2, dtype=torch.bool)))


@settings(max_examples=15)
@given(st.integers(0, 10_000))
def test_best_linear_rule_against_all_rules_in_one_dimension(seed):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(30, 1, 1, generator=generator)
    y = torch.randint(2, (30,), generator=generator)
    rule = best_linear_rule(Batch(x, y), generator, n_starts=8, n_rounds=2)
    cuts = sorted(x.flatten().tolist())
    brute = max(
        ((sign * x.flatten() > sign * cut).long() == y).float().mean().item()
        for sign in (1, -1)
        for cut in [(a + b) / 2 for a, b in zip(cuts, cuts[1:], strict=False)]
    )
    assert rule.accuracy == pytest.approx(brute)
    assert (rule(x) == y).float().mean().item() == pytest.approx(rule.accuracy)


def test_best_linear_rule_finds_a_planted_one():
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(6, 2, generator=generator)
    x = torch.randn(800, 6, 2, generator=generator)
    y = ((x * weight).sum((1, 2)) > 1.0).long()
    rule = best_linear_rule(Batch(x, y), generator)
    assert rule.accuracy > 0.97
    cosine = nn.functional.cosine_similarity(rule.weight.flatten(), weight.flatten(), dim=0)
    assert cosine > 0.97


def test_a_search_without_rounds_is_refused():
    batch = Batch(torch.zeros(4, 1, 1), torch.tensor([0, 1, 0, 1]))
    with pytest.raises(ValueError, match="n_rounds must be a whole number of at least 1"):
        best_linear_rule(batch, torch.Generator(), n_rounds=0)


def test_a_row_with_a_single_key_is_not_spread():
    found = heads.spread(torch.tensor([[[1.0, 0.0, 0.0]]]), torch.tensor([1]))
    assert found.tolist() == [[0.0]]
    assert [heads.kind(share) for share in (0.0, 0.5, 1.0, 1.0001)] == [
        "focused",
        "mixed",
        "distributed",
        "distributed",
    ]


def test_the_spread_of_rows_against_the_entropy_written_out():
    scores = torch.randn(3, 2, 5, 7, generator=torch.Generator().manual_seed(0))
    n_real = torch.tensor([7, 4, 2])
    real = torch.arange(7) < n_real.view(3, 1, 1, 1)
    pattern = (3 * scores).masked_fill(~real, -torch.inf).softmax(-1)
    found = heads.spread(pattern, n_real)
    for example in range(3):
        for head, query in np.ndindex(2, 5):
            row = pattern[example, head, query]
            entropy = -sum(p * np.log(p) for p in row.tolist() if p > 0)
            want = entropy / np.log(int(n_real[example]))
            assert found[example, head, query].item() == pytest.approx(want, abs=1e-5)
    on = heads.weight_on(pattern, torch.tensor([1, 0, 1]))
    assert torch.equal(on[1], pattern[1, :, :, 0])
    assert torch.equal(on[2], pattern[2, :, :, 1])
