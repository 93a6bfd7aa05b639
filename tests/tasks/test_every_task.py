"""Every task that is registered, also a new one: its rule, its splits, its sizes."""

import inspect

import pytest
import torch

from progtx_core import tasks
from progtx_core.tasks.base import UNDECIDED

NAMES = tasks.names()
BALANCED = [name for name in NAMES if not tasks.get(name).spec.per_position]


def sizes_of(name):
    return inspect.signature(type(tasks.get(name))).parameters


def draw(task, n, seed=0, split="train"):
    return task.sample(n, torch.Generator().manual_seed(seed), split)


def accepts(name, **sizes):
    try:
        return bool(tasks.get(name, **sizes))
    except ValueError:
        return False


def lengths(name):
    """No length but the default one; or, where a length can be chosen, two others."""
    if "seq_len" not in sizes_of(name):
        return [None]
    shortest = next(n for n in range(2, 34) if accepts(name, seq_len=n))
    return [None, shortest, *[33] * accepts(name, seq_len=33)]


def make(name, seq_len=None):
    return tasks.get(name) if seq_len is None else tasks.get(name, seq_len=seq_len)


def rows(inputs):
    return {tuple(row) for row in inputs.flatten(1).tolist()}


@pytest.mark.parametrize(
    ("name", "seq_len"), [(name, length) for name in NAMES for length in lengths(name)]
)
def test_fast_labels_equal_the_plain_rule(name, seq_len):
    task = make(name, seq_len)
    inputs = task.sample_inputs(500, torch.Generator().manual_seed(0))
    for example, fast in zip(inputs.tolist(), task.labels(inputs).tolist(), strict=True):
        plain = task.label(example)
        answers = plain if isinstance(plain, list) else [plain]
        expected = [UNDECIDED if answer is None else answer for answer in answers]
        assert (fast if isinstance(fast, list) else [fast]) == expected


@pytest.mark.parametrize("name", NAMES)
def test_inputs_and_answers_are_as_the_spec_says(name):
    task = tasks.get(name)
    spec, batch = task.spec, draw(task, 100)
    assert len(batch) == 100
    assert batch.inputs.shape[1] == spec.seq_len
    if spec.d_vocab is None:
        assert batch.inputs.shape[2] == spec.d_input
        assert batch.inputs.dtype == torch.float32
    else:
        assert 0 <= batch.inputs.min() <= batch.inputs.max() < spec.d_vocab
    assert batch.targets.ndim == (2 if spec.per_position else 1)
    assert 0 <= batch.targets.min() <= batch.targets.max() < spec.n_classes
    assert batch.mask.any(-1).all()
    if not spec.per_position:
        assert batch.mask.all()
    assert task.rule and "\n" not in task.rule


@pytest.mark.parametrize("name", BALANCED)
@pytest.mark.parametrize("n", [1, 7, 1000])
@pytest.mark.parametrize("split", tasks.SPLITS)
def test_classes_are_equally_frequent(name, n, split):
    task = tasks.get(name)
    counts = draw(task, n, split=split).targets.bincount(minlength=task.spec.n_classes)
    assert counts.sum() == n
    assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize("name", NAMES)
def test_same_generator_same_examples(name):
    task = tasks.get(name)
    first, again, other = draw(task, 200), draw(task, 200), draw(task, 200, seed=1)
    assert torch.equal(first.inputs, again.inputs)
    assert torch.equal(first.targets, again.targets)
    assert not torch.equal(first.inputs, other.inputs)


@pytest.mark.parametrize("name", BALANCED)
def test_examples_are_shuffled(name):
    task = tasks.get(name)
    changes = (draw(task, 200).targets.diff() != 0).float().mean()  # classes are mixed
    assert changes == pytest.approx(1 - 1 / task.spec.n_classes, abs=0.12)


@pytest.mark.parametrize("name", NAMES)
def test_no_example_is_in_two_splits(name):
    task = tasks.get(name)
    train, val, test = (
        rows(task.split_key(draw(task, 1000, split=split).inputs)) for split in tasks.SPLITS
    )
    assert not (train & val) | (train & test) | (val & test)


def test_a_new_task_is_one_class():
    class SecondIsPositive(tasks.SignalTask):
        """The second value is positive."""

        name = "second_is_positive_in_a_test"

        def label_signal(self, signal):
            return int(signal[1] > 0)

        def label_signals(self, signals):
            return (signals[:, 1] > 0).long()

    try:
        task = tasks.get("second_is_positive_in_a_test")
        batch = draw(task, 50)
        assert torch.equal(batch.targets, (batch.inputs[:, 1].sum(-1) > 0).long())
        assert task.rule == "The second value is positive"
    finally:
        del tasks.base._registry["second_is_positive_in_a_test"]


def test_unknown_names_and_sizes():
    with pytest.raises(ValueError, match="no task 'xor'; nearest: xor_of_endpoints"):
        tasks.get("xor")
    with pytest.raises(TypeError, match="no size 'length'; it has: seq_len, d_input"):
        tasks.get("trend_sign", length=3)
    with pytest.raises(ValueError, match="seq_len .* at least 2, got 1"):
        tasks.get("trend_sign", seq_len=1)
    with pytest.raises(TypeError, match="seq_len .* got 'ten'"):
        tasks.get("trend_sign", seq_len="ten")


@pytest.mark.parametrize(
    ("name", "size", "bad"),
    [
        ("sign_changes_mod_3", "seq_len", [2]),
        ("value_at_max_key", "seq_len", [1]),
        ("value_at_max_key", "n_values", [1]),
        ("value_at_query", "seq_len", [2]),
        ("value_at_query", "d_key", [1]),
        ("value_at_query", "n_values", [1]),
        ("equation_is_true", "max_digits", [0, 4]),
        ("sum_mod_10", "n_terms", [1, 51]),
        ("copying", "n_symbols", [1]),
        ("copying", "longest", [0]),
        ("copying", "shortest", [0, 21]),
    ],
)
def test_sizes_that_make_no_task_are_named(name, size, bad):
    for value in bad:
        with pytest.raises(ValueError, match=f"{size} must be .*, got {value}"):
            tasks.get(name, **{size: value})


@pytest.mark.parametrize("name", ["trend_sign", "parity", "counting"])
def test_bad_samples_are_named(name):
    with pytest.raises(ValueError, match="no split 'training'; nearest: train"):
        draw(tasks.get(name), 10, split="training")
    with pytest.raises(ValueError, match="n must be a whole number of at least 1"):
        draw(tasks.get(name), 0)


def test_a_task_that_cannot_be_sampled_says_so():
    class OneSided(tasks.content.HasPosAndNeg):
        def draw_signals(self, n, generator):
            return super().draw_signals(n, generator).abs()

    with pytest.raises(RuntimeError, match=r"classes \[1\] are still short"):
        draw(OneSided(), 10)
    with pytest.raises(RuntimeError, match="parity: after 200 rounds"):
        draw(tasks.get("parity", seq_len=1), 10, split="val")
