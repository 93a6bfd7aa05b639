"""Signal and lookup tasks by hand: rules, splits of numbers, cheap statistics."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from parts.linear_rule import best_linear_rule

from progtx_core import tasks
from progtx_core.tasks.base import SPLITS, in_split
from progtx_core.tasks.signals import GRID, spread_over_features

SYMMETRIC = ["xor_of_endpoints", "has_pos_and_neg"]
SIGNALS = [n for n in tasks.names() if isinstance(tasks.get(n), tasks.SignalTask)]
LINEAR = ["last_gt_first", "trend_sign"]
# What the mean and the mean square of the signal must not tell, and what the best
# linear rule can do: from, to.
CONTENT = {
    "xor_of_endpoints": (0.55, 0.70),
    "has_pos_and_neg": (0.65, 0.80),
    "any_positive": (0.50, 0.60),
    "majority_positive": (0.50, 0.75),
}


def draw(task, n, seed=0, split="train"):
    return task.sample(n, torch.Generator().manual_seed(seed), split)


@pytest.mark.parametrize("name", SIGNALS)
def test_fast_labels_equal_the_plain_rule_of_one_feature(name):
    task = tasks.get(name, seq_len=3, d_input=1)
    batch = draw(task, 500)
    assert [task.label(x) for x in batch.inputs.tolist()] == batch.targets.tolist()


@pytest.mark.parametrize(
    ("name", "signal", "answer"),
    [
        ("last_gt_first", [1, 9, 2], 1),
        ("last_gt_first", [2, 9, 1], 0),
        ("last_gt_first", [2, 9, 2], None),
        ("trend_sign", [0, 1, 3], 1),
        ("trend_sign", [3, 1, 0], 0),
        ("trend_sign", [1, 5, 1], None),
        ("xor_of_endpoints", [1, -7, -1], 1),
        ("xor_of_endpoints", [-1, 7, -1], 0),
        ("xor_of_endpoints", [0, 7, -1], None),
        ("has_pos_and_neg", [1, 2, 3], 0),
        ("has_pos_and_neg", [0, 2, -3], 1),
        ("has_pos_and_neg", [0, -2, -3], 0),
        ("sign_changes_mod_3", [1, 2, 3], 0),
        ("sign_changes_mod_3", [1, -2, -3], 1),
        ("sign_changes_mod_3", [1, -2, 3], 2),
        ("sign_changes_mod_3", [1, 0, 3], None),
        ("mixed_rule", [-1, -2, 1], 1),
        ("mixed_rule", [-1, 3, 1], 1),
        ("mixed_rule", [-3, 2, -1], 0),
        ("mixed_rule", [1, 2, 1], None),
        ("argmax_position", [1, 0, 3], 2),
        ("argmax_position", [3, 0, 3], None),
        ("argmin_position", [1, 0, 3], 1),
        ("argmin_position", [1, 0, 0], None),
        ("any_positive", [-1, 0, -3], 0),
        ("any_positive", [-1, 0.5, -3], 1),
        ("majority_positive", [1, 0, -5], None),
        ("majority_positive", [1, 1, -5], 1),
        ("majority_positive", [5, -1, -1], 0),
        ("sign_of_winner", [1, -2, 1], 0),
        ("sign_of_winner", [1, -2, 3], 1),
        ("sign_of_winner", [2, -2, 1], None),
    ],
)
def test_rules_by_hand(name, signal, answer):
    task = tasks.get(name, seq_len=3, d_input=1)
    assert task.label([[s] for s in signal]) == answer
    fast = task.labels(torch.tensor(signal, dtype=torch.float).view(1, 3, 1)).item()
    assert fast == (-1 if answer is None else answer)


@pytest.mark.parametrize("name", SIGNALS)
def test_no_short_example_is_in_two_splits(name):
    task = tasks.get(name, seq_len=3, d_input=1)
    seen = [
        {tuple(row) for row in draw(task, 4000, split=split).inputs.flatten(1).tolist()}
        for split in SPLITS
    ]
    assert not (seen[0] & seen[1]) | (seen[0] & seen[2]) | (seen[1] & seen[2])


@given(st.lists(st.floats(-8, 8, width=32), min_size=3, max_size=3))
def test_every_input_is_in_exactly_one_split(values):
    x = torch.tensor([values, values]).view(2, 3, 1)
    membership = torch.stack([in_split(x, split) for split in SPLITS])
    assert membership.sum(0).tolist() == [1, 1]
    # Equal numbers, equal split: also when a zero carries a sign.
    assert torch.equal(in_split(x, "train"), in_split(x + 0.0, "train"))


def test_splits_have_their_shares():
    x = torch.randn(20000, 4, 2, generator=torch.Generator().manual_seed(0))
    shares = {split: in_split(x, split).float().mean().item() for split in SPLITS}
    for split, share in shares.items():
        assert share == pytest.approx(len(SPLITS[split]) / 10, abs=0.01)


def test_splits_of_tokens_enumerated():
    """All 256 strings of eight bits: every one in one split, none left out."""
    bits = torch.cartesian_prod(*[torch.arange(2)] * 8)
    membership = torch.stack([in_split(bits, split) for split in SPLITS])
    assert membership.sum(0).unique().tolist() == [1]
    assert all(membership.sum(1) > 8)


@given(st.integers(1, 5), st.integers(0, 1000))
def test_features_add_up_to_the_signal(d_input, seed):
    generator = torch.Generator().manual_seed(seed)
    signals = torch.randn(20, 6, generator=generator) * 3
    features = spread_over_features(signals, d_input, generator)
    assert features.shape == (20, 6, d_input)
    assert torch.equal(features.sum(-1), (signals * GRID).round() / GRID)


def test_features_are_standard_normal_where_the_signal_is_plain():
    x = draw(tasks.get("last_gt_first", d_input=3), 20000).inputs
    assert x.mean().abs() < 0.01
    assert x.std().item() == pytest.approx(1.0, abs=0.01)
    correlation = torch.corrcoef(x[:, 4].T)
    assert (correlation - torch.eye(3)).abs().max() < 0.05


@pytest.mark.parametrize("name", SYMMETRIC)
def test_flipping_all_signs_keeps_the_answer(name):
    task = tasks.get(name)
    batch = draw(task, 2000)
    assert torch.equal(task.labels(-batch.inputs), batch.targets)


@pytest.mark.parametrize("name", CONTENT)
def test_cheap_statistics_do_not_give_the_label_away(name):
    """A threshold on the mean, or on the mean square, is right on hardly more than half."""
    batch = draw(tasks.get(name), 4000)
    signal = batch.inputs.sum(-1)
    for statistic in (signal.mean(1), signal.square().mean(1)):
        below = (1 - 2 * batch.targets[statistic.argsort()]).cumsum(0).abs()
        share = 0.5 + below.max().item() / 4000
        assert share < CONTENT[name][1]


@pytest.mark.parametrize(
    "name", ["any_positive", "majority_positive", "sign_of_winner", "has_pos_and_neg"]
)
def test_content_tasks_ignore_the_order(name):
    task = tasks.get(name)
    batch = draw(task, 500)
    order = torch.randperm(task.spec.seq_len)
    assert torch.equal(task.labels(batch.inputs[:, order]), batch.targets)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*LINEAR, *CONTENT])
def test_what_the_best_linear_rule_can_do(name):
    batch = draw(tasks.get(name), 1500)
    rule = best_linear_rule(batch, torch.Generator().manual_seed(0))
    low, high = CONTENT.get(name, (0.97, 1.0))
    assert low < rule.accuracy < high


def test_value_at_max_key_by_hand():
    task = tasks.get("value_at_max_key", seq_len=3, n_values=2)
    example = [[0.5, 9.0, 1.0], [2.0, -1.0, 3.0], [1.0, 5.0, 0.0]]
    assert task.label(example) == 1
    assert task.labels(torch.tensor([example])).item() == 1
    example[0][0] = 2.0  # two positions share the largest key
    assert task.label(example) is None
    assert task.labels(torch.tensor([example])).item() == -1


def test_a_question_has_no_value_and_the_key_of_one_other_position():
    x = draw(tasks.get("value_at_query"), 300).inputs
    question = x[..., 0] == 1
    assert (question.sum(1) == 1).all()
    assert (x[question][:, 5:] == 0).all()
    asked = x[question][:, None, 1:5]
    assert ((x[..., 1:5] == asked).all(-1).sum(1) == 2).all()  # itself and the wanted


def test_value_at_query_by_hand():
    task = tasks.get("value_at_query", seq_len=3, d_key=2, n_values=2)
    wanted, other = [0.0, 0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 0.0, 5.0, 1.0]
    question = [1.0, 0.0, 1.0, 0.0, 0.0]
    for example in ([wanted, other, question], [question, other, wanted]):
        assert task.label(example) == 1
        assert task.labels(torch.tensor([example])).item() == 1
    close = [0.0, 0.6, 0.9, 5.0, 1.0]  # less than the margin from the wanted key
    assert task.label([wanted, close, question]) is None
    assert task.labels(torch.tensor([[wanted, close, question]])).item() == -1
