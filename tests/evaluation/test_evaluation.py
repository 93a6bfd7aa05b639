import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from parts import heads
from parts.linear_rule import best_linear_rule
from torch import nn

from progtx_core.evaluation import (
    confusion,
    pr_curve,
    predict,
    roc_curve,
)
from progtx_core.types import Batch

ANSWERS = st.lists(
    st.tuples(st.integers(0, 10), st.integers(0, 1)), min_size=2, max_size=40
).filter(lambda rows: {y for _, y in rows} == {0, 1})


def of_class_1(rows):
    p = np.array([score for score, _ in rows]) / 10
    return np.stack([1 - p, p], axis=1), np.array([y for _, y in rows])


@given(ANSWERS)
def test_area_under_roc_is_the_chance_that_a_one_outranks_a_zero(rows):
    ones = [s for s, y in rows if y == 1]
    zeros = [s for s, y in rows if y == 0]
    wins = sum((a > b) + 0.5 * (a == b) for a in ones for b in zeros)
    area = roc_curve(*of_class_1(rows)).area
    assert area == pytest.approx(wins / (len(ones) * len(zeros)))


@given(ANSWERS)
def test_points_of_the_pr_curve_by_brute_force(rows):
    curve = pr_curve(*of_class_1(rows))
    n_ones = sum(y for _, y in rows)
    expected = {(0.0, 1.0)}
    for threshold in {s for s, _ in rows}:
        picked = [y for s, y in rows if s >= threshold]
        expected.add((sum(picked) / n_ones, sum(picked) / len(picked)))
    points = {(round(x, 9), round(y, 9)) for x, y in zip(curve.x, curve.y, strict=True)}
    assert points == {(round(x, 9), round(y, 9)) for x, y in expected}
    best_of_recall = dict(sorted(expected))  # of equal recalls the best precision
    steps = sorted(best_of_recall.items())
    area = sum((r - q) * p for (q, _), (r, p) in zip(steps, steps[1:], strict=False))
    assert curve.area == pytest.approx(area)


@given(ANSWERS)
def test_confusion_by_brute_force(rows):
    probabilities, targets = of_class_1(rows)
    counts = confusion(probabilities, targets)
    assert counts.shape == (2, 2)
    for true in (0, 1):
        for answer in (0, 1):
            cell = sum(y == true and (s > 5) == answer for s, y in rows)
            assert counts[true, answer] == cell


def test_curves_need_two_classes_that_occur():
    p = np.full((4, 2), 0.5)
    for curve in (roc_curve, pr_curve):
        with pytest.raises(ValueError, match=r"two classes that both occur.*\[1\]"):
            curve(p, np.ones(4, dtype=int))
        with pytest.raises(ValueError, match="got 3 classes"):
            curve(np.full((4, 3), 1 / 3), np.array([0, 1, 0, 1]))


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
