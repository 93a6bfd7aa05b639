"""Faults are what they are called, and measures count what they say."""

import numpy as np
import pytest
import torch
from parts import ch08_tables
from torch import nn

from progtx_core import models, tasks
from progtx_core.types import Batch

TASK = tasks.get("selection")


@pytest.fixture
def data():
    return tasks.FiniteDataset(TASK, 200, balance=TASK.kinds)


def test_shuffled_answers_change_the_training_split_alone(data):
    wrong = ch08_tables.with_shuffled_answers(data)
    ours, theirs = data.splits["train"], wrong.splits["train"]
    assert torch.equal(ours.inputs, theirs.inputs)
    assert torch.equal(ours.targets.sort().values, theirs.targets.sort().values)
    assert (ours.targets != theirs.targets).float().mean() > 0.5
    assert wrong.splits["test"] is data.splits["test"]
    assert torch.equal(data.splits["train"].targets, TASK.labels(ours.inputs))


def test_a_broken_mask_sees_padding_and_a_sound_one_does_not(data):
    inputs = data.splits["test"].inputs
    inputs = inputs[(inputs == 0).any(1)][:1]
    torch.manual_seed(0)
    broken = ch08_tables.broken_mask(TASK.spec)
    assert not torch.equal(broken(inputs), broken(inputs))
    sound = models.build("transformer", TASK.spec, read="first")
    short = inputs[inputs != 0][None]
    torch.testing.assert_close(sound(inputs), sound(short), rtol=1e-4, atol=1e-4)


def test_the_majority_is_that_of_each_operation(shown):
    texts = ["Max(1, 2, 3)", "Max(0, 3, 1)", "Max(2, 5, 1)", "Min(4, 5, 6)"]
    inputs = TASK.encode(texts)
    train = Batch(inputs, TASK.labels(inputs))
    inputs = TASK.encode(["First(1, 2, 3)", "Second(1, 2, 3)", "Last(1, 2, 3)"])
    rest = Batch(inputs, TASK.labels(inputs))
    both = Batch(
        torch.cat([train.inputs, pad(rest.inputs, train)]),
        torch.cat([train.targets, rest.targets]),
    )
    assert ch08_tables.majority(TASK, both, train) == pytest.approx(3 / 4)


def pad(inputs, like):
    return nn.functional.pad(inputs, (0, like.inputs.shape[1] - inputs.shape[1]))


def test_the_first_move_of_adam_is_one_learning_rate(data, shown):
    build = lambda: models.build("transformer", TASK.spec, read="first")  # noqa: E731
    apart = ch08_tables.first_move(build, 0, data.splits["train"][:64])
    assert apart > 5
    (table, sentence) = [markdown.data for markdown, _ in shown]
    moves = [float(line.split("|")[3]) for line in table.splitlines()[2:]]
    assert max(moves) == pytest.approx(1.0, abs=0.02)
    assert f"{apart:.0f}" in sentence


def test_a_leak_is_scored_by_the_mean_of_both_halves(data, shown):
    class Memory(nn.Module):
        """Right on what it has seen, and nowhere else."""

        def forward(self, inputs):
            seen = {tuple(row) for row in data.splits["train"].inputs.tolist()}
            right = TASK.labels(inputs)
            known = torch.tensor([tuple(row) in seen for row in inputs.tolist()])
            answers = torch.where(known, right, (right + 1) % 20)
            return nn.functional.one_hot(answers, 20).float()

    assert ch08_tables.leak(Memory(), data.splits) == pytest.approx(0.5)


def test_stuck_is_measured_from_the_entropy_of_the_answers(shown):
    history = {"val/loss": np.array([[3.0, np.log(2) + 0.5]])}
    run = type("Run", (), {"history": history})
    train = Batch(torch.zeros(4, 1), torch.tensor([0, 0, 1, 1]))
    assert ch08_tables.above_a_guess(run, train, 20) == pytest.approx(0.5)
