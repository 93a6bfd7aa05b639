"""Every registered task: its rule, its balance, its splits, its cheap statistics."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from progtx_core import tasks
from progtx_core.evaluation import best_linear_rule
from progtx_core.tasks.base import SPLITS, in_split
from progtx_core.tasks.signals import GRID, spread_over_features

SYMMETRIC = ["xor_of_endpoints", "has_pos_and_neg"]
LINEAR = ["last_gt_first", "trend_sign"]
# What the mean and the mean square of the signal must not tell, and what the best
# linear rule can do: from, to.
CONTENT = {
    "xor_of_endpoints": (0.55, 0.70),
    "has_pos_and_neg": (0.65, 0.80),
    "any_positive": (0.50, 0.60),
    "majority_positive": (0.50, 0.75),
}


STRINGS = ["equation_is_true", "sum_mod_10", "selection"]
SMALLEST = {"seq_len": 2, "d_input": 1}


def make(name, sizes):
    """The task with those of the sizes that it has, and a length that it allows."""
    if name in STRINGS:
        return tasks.get(name)
    sizes = dict(sizes)
    if name.startswith("value_at"):
        sizes.pop("d_input", None)
    if name == "value_at_query" and "seq_len" in sizes:
        sizes["seq_len"] = 3
    if name == "sign_changes_mod_3" and "seq_len" in sizes:
        sizes["seq_len"] = max(3, sizes["seq_len"])
    return tasks.get(name, **sizes)


# Tasks with an answer a step have tests of their own.
ONE_ANSWER = [name for name in tasks.names() if not tasks.get(name).spec.per_step]


def draw(task, n, seed=0, split="train"):
    return task.sample(n, torch.Generator().manual_seed(seed), split)


@pytest.mark.parametrize("name", ONE_ANSWER)
@pytest.mark.parametrize("sizes", [{}, SMALLEST, {"seq_len": 33}])
def test_fast_labels_equal_the_plain_rule(name, sizes):
    task = make(name, sizes)
    batch = draw(task, 500)
    plain = [task.label(example) for example in batch.inputs.tolist()]
    assert plain == batch.targets.tolist()


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


@pytest.mark.parametrize("name", ONE_ANSWER)
@pytest.mark.parametrize("n", [1, 7, 1000])
@pytest.mark.parametrize("split", SPLITS)
def test_classes_are_equally_frequent(name, n, split):
    task = tasks.get(name)
    counts = draw(task, n, split=split).targets.bincount(minlength=task.spec.n_classes)
    assert counts.sum() == n
    assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize("name", ONE_ANSWER)
def test_same_generator_same_examples_and_shuffled(name):
    task = tasks.get(name)
    first, again, other = draw(task, 200), draw(task, 200), draw(task, 200, seed=1)
    assert torch.equal(first.inputs, again.inputs)
    assert not torch.equal(first.inputs, other.inputs)
    changes = (first.targets.diff() != 0).float().mean()  # classes are mixed
    assert changes == pytest.approx(1 - 1 / task.spec.n_classes, abs=0.12)


@pytest.mark.parametrize("name", ONE_ANSWER)
def test_no_example_is_in_two_splits(name):
    task = make(name, SMALLEST)
    seen = {
        split: {
            tuple(row) for row in draw(task, 4000, split=split).inputs.flatten(1).tolist()
        }
        for split in SPLITS
    }
    assert not seen["train"] & seen["val"]
    assert not seen["train"] & seen["test"]
    assert not seen["val"] & seen["test"]


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


@pytest.mark.parametrize("name", [*LINEAR, *CONTENT])
def test_what_the_best_linear_rule_can_do(name):
    batch = draw(tasks.get(name), 1500)
    rule = best_linear_rule(batch, torch.Generator().manual_seed(0))
    low, high = CONTENT.get(name, (0.97, 1.0))
    assert low < rule.accuracy < high


def test_unknown_names_and_sizes():
    with pytest.raises(ValueError, match="no task 'xor'; nearest: xor_of_endpoints"):
        tasks.get("xor")
    with pytest.raises(TypeError, match="no size 'length'; it has: seq_len, d_input"):
        tasks.get("trend_sign", length=3)
    with pytest.raises(ValueError, match="seq_len .* at least 2, got 1"):
        tasks.get("trend_sign", seq_len=1)
    with pytest.raises(TypeError, match="seq_len .* got 'ten'"):
        tasks.get("trend_sign", seq_len="ten")
    with pytest.raises(ValueError, match="no split 'training'; nearest: train"):
        draw(tasks.get("trend_sign"), 10, split="training")
    with pytest.raises(ValueError, match="n must be a whole number of at least 1"):
        draw(tasks.get("trend_sign"), 0)


def test_a_task_that_cannot_be_balanced_says_so():
    class OneSided(tasks.content.HasPosAndNeg):
        def draw_signals(self, n, generator):
            return super().draw_signals(n, generator).abs()

    with pytest.raises(RuntimeError, match=r"classes \[1\] are still short"):
        draw(OneSided(), 10)


def test_a_new_task_is_one_class():
    class SecondIsPositive(tasks.signals.SignalTask):
        name = "second_is_positive_in_a_test"

        def label_signal(self, signal):
            return int(signal[1] > 0)

        def label_signals(self, signals):
            return (signals[:, 1] > 0).long()

    try:
        batch = draw(tasks.get("second_is_positive_in_a_test"), 50)
        assert torch.equal(batch.targets, (batch.inputs[:, 1].sum(-1) > 0).long())
    finally:
        del tasks.base._registry["second_is_positive_in_a_test"]


def test_value_at_max_key_by_hand():
    task = tasks.get("value_at_max_key", seq_len=3, n_values=2)
    example = [[0.5, 9.0, 1.0], [2.0, -1.0, 3.0], [1.0, 5.0, 0.0]]
    assert task.label(example) == 1
    assert task.labels(torch.tensor([example])).item() == 1
    example[0][0] = 2.0  # two steps share the largest key
    assert task.label(example) is None
    assert task.labels(torch.tensor([example])).item() == -1


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
