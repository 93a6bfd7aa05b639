"""The counting task: the rule in plain Python against the fast forms."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from progtx_core import tasks


def drawn(n, seed=0, **sizes):
    task = tasks.get("counting", **sizes)
    return task, task.sample_inputs(n, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("directions", ["up", "down", "both"])
@pytest.mark.parametrize("truncated_share", [0.0, 0.4])
def test_labels_agree_with_the_rule(directions, truncated_share):
    task, inputs = drawn(300, directions=directions, truncated_share=truncated_share)
    labels = task.labels(inputs).tolist()
    for example, answers in zip(inputs.tolist(), labels, strict=True):
        rule = task.label(example)
        assert [-1 if a is None else a for a in rule] == answers


@given(st.integers(0, 39), st.integers(0, 39))
def test_a_sequence_is_written_as_one_would(a, b):
    task = tasks.get("counting", n_numbers=40, max_len=45)
    numbers = range(a, b + 1) if a <= b else range(a, b - 1, -1)
    want = f"SoS {a} {b} > {' '.join(map(str, numbers))} EoS"
    assert task.tokenizer.decode(task.write(torch.tensor([[a, b]]))[0].tolist()) == want


def test_every_answer_is_the_next_input():
    task, inputs = drawn(200)
    batch = task.batch(inputs)
    inside = batch.mask[:, :-1] & (batch.targets[:, :-1] != task.end)
    assert torch.equal(batch.targets[:, :-1][inside], inputs[:, 1:][inside])
    assert (batch.mask.sum(1) == (inputs[:, 1] - inputs[:, 2]).abs() + 2).all()


def test_lengths_directions_and_numbers_are_drawn_evenly():
    task, inputs = drawn(20_000)
    lengths = (inputs != 0).sum(1)
    assert (lengths.min(), lengths.max()) == (6, 60)
    counts = np.bincount(lengths)[6:]
    assert counts.min() > 0.75 * counts.mean()
    apart = inputs[:, 2] - inputs[:, 1]
    assert abs((apart > 0).float().mean() - (apart < 0).float().mean()) < 0.02
    assert len(inputs[:, 1].unique()) == 200  # no number is new in a longer sequence


@pytest.mark.parametrize(("directions", "sign"), [("up", 1), ("down", -1)])
def test_a_direction_is_the_one_that_was_asked_for(directions, sign):
    _, inputs = drawn(200, directions=directions)
    apart = (inputs[:, 2] - inputs[:, 1]) * sign
    assert apart.min() >= 0
    assert apart.max() > 0


def test_far_pairs_are_truncated_and_no_other():
    task, inputs = drawn(4000, truncated_share=0.3)
    far = (inputs[:, 1] - inputs[:, 2]).abs() > 54
    assert abs(far.float().mean() - 0.3) < 0.03
    assert (inputs[far] != 0).all()
    assert (inputs[far] != task.end).all()
    assert (inputs[~far] == task.end).any(1).all()


@pytest.mark.parametrize(("length", "n"), [(60, 146), (70, 136), (150, 56), (6, 200)])
@pytest.mark.parametrize("direction", ["up", "down"])
def test_the_prompts_of_a_length_are_all_there_are(length, n, direction):
    ends = tasks.get("counting").pairs_of_length(length, direction)
    assert len(ends.unique(dim=0)) == n
    sign = 1 if direction == "up" else -1
    assert ((ends[:, 1] - ends[:, 0]) * sign == length - 6).all()
    assert ends.min() >= 0
    assert ends.max() <= 199


def test_the_longest_sequence_goes_from_end_to_end():
    task = tasks.get("counting", n_numbers=30, max_len=20)
    assert task.pairs_of_length(35, "down").tolist() == [[29, 0]]
    for length, direction, message in ((36, "up", "6 to 35, got 36"), (35, "both", "both")):
        with pytest.raises(ValueError, match=message):
            task.pairs_of_length(length, direction)


def test_a_prompt_belongs_to_one_split():
    task = tasks.get("counting", n_numbers=30, max_len=20)
    prompts = {}
    for split in ("train", "val", "test"):
        batch = task.sample(400, torch.Generator().manual_seed(1), split)
        prompts[split] = {tuple(row) for row in batch.inputs[:, :4].tolist()}
    assert prompts["train"].isdisjoint(prompts["val"] | prompts["test"])
    assert prompts["val"].isdisjoint(prompts["test"])
    assert min(map(len, prompts.values())) > 30


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"max_len": 5}, "max_len must be"),
        ({"max_len": 206}, "max_len must be"),
        ({"n_numbers": 1}, "n_numbers must be"),
        ({"directions": "sideways"}, "no directions 'sideways'"),
        ({"truncated_share": 1.5}, "truncated_share must be .* at most 1"),
        ({"max_len": 205, "truncated_share": 0.5}, "too far for 205"),
    ],
)
def test_bad_sizes_are_named(sizes, message):
    with pytest.raises(ValueError, match=message):
        tasks.get("counting", **sizes)
    for wrong in ([-1, 3], [3, 200]):
        with pytest.raises(ValueError, match="each of a and b must be .* 0 to 199"):
            tasks.get("counting").prompts(torch.tensor([wrong]))
    with pytest.raises(ValueError, match="length must be"):
        tasks.get("counting").pairs_of_length(300, "up")
