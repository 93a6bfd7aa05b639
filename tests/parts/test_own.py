"""What is wrong with a reader's model or task is said in one line, before a training."""

import re

import pytest
import torch
from parts import own
from torch import nn

from progtx_core import tasks

RECIPE = {"steps": 4, "batch_size": 8, "learning_rate": 0.02}


class Fine(nn.Module):
    default_config = RECIPE

    def __init__(self, spec):
        super().__init__()
        self.logits_head = nn.Linear(spec.d_features, spec.n_classes)

    def forward(self, inputs):
        return self.logits_head(inputs.mean(1))


class NoRecipe(nn.Module):
    pass


class BadRecipe(Fine):
    default_config = RECIPE | {"lr": 0.1}


class Negative(Fine):
    default_config = RECIPE | {"learning_rate": -1.0}


class EachPosition(Fine):
    def forward(self, inputs):
        return self.logits_head(inputs)


class NotANumber(Fine):
    def forward(self, inputs):
        return super().forward(inputs) / 0.0


class Nothing(Fine):
    def forward(self, inputs):
        return None


@pytest.fixture
def second_gt_third():
    class SecondGtThird(tasks.SignalTask):
        """The second value is greater than the third."""

        name = "second_gt_third"
        min_seq_len = 4

        def label_signal(self, signal):
            return None if signal[1] == signal[2] else int(signal[1] > signal[2])

        def label_signals(self, signals):
            second, third = signals[:, 1], signals[:, 2]
            return tasks.decided(second > third, second == third)

    yield SecondGtThird
    del tasks.base._registry["second_gt_third"]


def test_a_model_is_trained_and_its_rows_returned(second_gt_third, monkeypatch):
    monkeypatch.setenv("PROGTX_PROGRESS", "off")
    frame = own.rows("mine", Fine, "second_gt_third", share=0.5)
    assert frame.model.tolist() == ["mine"] * 2
    assert frame.steps.tolist() == [2, 2]
    by_name = own.rows("linear", "logistic_regression", "last_gt_first", 1, share=0.01)
    assert by_name.steps.tolist() == [6]


@pytest.mark.parametrize(
    ("model", "task", "said"),
    [
        (NoRecipe, "last_gt_first", "NoRecipe has no recipe: add a line such as"),
        (BadRecipe, "last_gt_first", "BadRecipe: its default_config: .*lr"),
        (Negative, "last_gt_first", "Negative: its default_config: learning_rate"),
        (EachPosition, "last_gt_first", r"logits of \(200, 2\), got \(200, 8, 2\)"),
        (Nothing, "last_gt_first", "got NoneType"),
        (NotANumber, "last_gt_first", "NaN or infinite before any training"),
        (Fine, "sum_mod_10", "the ids of tokens; let forward begin with .*as_features"),
        ("max_poling", "last_gt_first", "nearest: max_pooling"),
        (Fine, "last_gt_fist", "nearest: last_gt_first"),
    ],
)
def test_a_model_that_cannot_work_is_named(model, task, said):
    with pytest.raises(ValueError) as caught:
        own.rows("mine", model, task)
    assert re.search(said, str(caught.value)), caught.value
    assert "\n" not in str(caught.value)


def test_an_instance_is_no_class():
    task = tasks.get("last_gt_first")
    with pytest.raises(ValueError, match="give the class itself"):
        own.try_model(Fine(task.spec), task)


def test_two_forms_of_a_rule_that_differ_are_shown_with_an_example(second_gt_third):
    class Careless(second_gt_third):
        def label_signals(self, signals):
            return (signals[:, 2] > signals[:, 3]).long()

    with pytest.raises(ValueError, match="the plain rule answers [01], the fast one [01]"):
        own.try_task(Careless(seq_len=5))

    class Short(second_gt_third):
        def label_signals(self, signals):
            return torch.tensor(1)

    with pytest.raises(ValueError, match=r"must give 200 answers .* got Tensor of \(\)"):
        own.try_task(Short(seq_len=5))
    own.try_task(second_gt_third(seq_len=5))
