"""Answers of trained models, example by example, against the model called directly."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from progtx_core import models, tasks
from progtx_core.evaluation.answers import answers_of, in_words
from progtx_core.tools.trackers.base import Outputs
from progtx_core.training import Config

TASK = tasks.get("trend_sign")


def trained(n_train=None, n_seeds=2, task=TASK):
    """What is read of a `TrainingResult`, without a training."""
    torch.manual_seed(0)
    made = [models.build("logistic_regression", task.spec) for _ in range(n_seeds)]
    config = Config(steps=1, batch_size=10, n_eval=50, n_train=n_train)
    seeds = list(range(n_seeds))
    return SimpleNamespace(task=task, config=config, seeds=seeds, models=made)


def test_accuracy_loss_and_the_worst_answers_are_those_of_the_model():
    result = trained()
    for index in range(2):
        for split, answers in answers_of(result, index, n=40).items():
            batch = answers.batch
            assert answers.split == split and len(batch) == 40
            with torch.no_grad():
                logits = result.models[index](batch.inputs)
            loss = torch.nn.functional.cross_entropy(logits, batch.targets).item()
            right = logits.argmax(-1) == batch.targets
            assert answers.loss == pytest.approx(loss, rel=1e-5)
            assert answers.accuracy == pytest.approx(right.double().mean().item())
            assert answers.of_example.tolist() == list(range(40))
            assert answers.two_sided
            worst = answers.wrong(3)
            assert not right[worst].any()
            assert answers.of_right[worst].tolist() == sorted(answers.of_right)[:3]


def test_examples_are_those_of_the_seed_and_of_its_fixed_set():
    new = [answers_of(trained(), index)["train"].batch.inputs for index in (0, 0, 1)]
    assert torch.equal(new[0], new[1]) and not torch.equal(new[0], new[2])
    fixed = answers_of(trained(n_train=20), 1)["train"].batch
    drawn = TASK.sample(20, torch.Generator().manual_seed(1))
    assert torch.equal(fixed.inputs, drawn.inputs)


def test_outputs_are_all_logits_and_the_probabilities_of_right_answers():
    (model,), outputs = trained(n_seeds=1).models, Outputs(TASK, n=30)
    found, batch = outputs(model), outputs.batch
    with torch.no_grad():
        logits = model(batch.inputs)
    np.testing.assert_allclose(found["logits"], logits.numpy().ravel(), rtol=1e-6)
    right = logits.softmax(-1)[torch.arange(30), batch.targets]
    np.testing.assert_allclose(found["probabilities"], right.numpy(), rtol=1e-6)


def test_tokens_without_a_tokenizer_are_numbers():
    assert in_words(TASK, torch.tensor([3, 1, 4])) == "3 1 4"
