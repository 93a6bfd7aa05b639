"""Stacked, one by one, or in processes: the same numbers, whichever is faster."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from progtx_core import models, tasks
from progtx_core.training import Config, fit
from progtx_core.training import learners as L
from progtx_core.training.group import Group
from progtx_core.training.learners import OneByOne, adam
from progtx_core.training.stacked import Stacked, make_learners

QUICK = Config(steps=30, batch_size=16, learning_rate=0.02, n_eval=100)
SIZES = {"transformer": {"d_model": 8, "n_heads": 2}, "self_attention": {"d_model": 8}}


def build(name):
    sizes = SIZES.get(name, {})
    return lambda spec: models.build(name, spec, **sizes)


def train(make_model, task, stacked):
    group = Group(make_model, "a model", task, QUICK, adam, stacked)
    return group.train([3, 4, 5])


@pytest.mark.parametrize("name", models.names())
def test_stacked_gives_the_numbers_of_one_by_one(name):
    task = tasks.get("value_at_query", seq_len=4)
    alone, stacked = (train(build(name), task, way) for way in (False, True))
    for curve in alone.history.names():
        one, other = alone.history[curve], stacked.history[curve]
        assert one.shape == other.shape
        assert np.allclose(one, other, rtol=2e-3, atol=2e-4), curve
    assert np.allclose(alone.test["loss"], stacked.test["loss"], atol=1e-4)
    for one, other in zip(alone.states, stacked.states, strict=True):
        for key in one:
            if key.endswith("W_K.bias"):
                # It shifts all scores of a row alike, so its gradient is rounding alone,
                # which Adam brings to full size.
                continue
            assert np.allclose(one[key], other[key], atol=2e-3), key


@pytest.mark.slow
def test_processes_give_the_same_numbers_and_models_that_work():
    task = tasks.get("has_pos_and_neg", seq_len=4)
    here = fit("max_pooling", task, QUICK, n_seeds=3, n_processes=1, progress=False)
    there = fit("max_pooling", task, QUICK, n_seeds=3, n_processes=2, progress=False)
    assert there.history.names() == here.history.names()
    for curve in here.history.names():
        assert np.allclose(here.history[curve], there.history[curve], atol=1e-4)
    assert np.allclose(here.test["loss"], there.test["loss"], atol=1e-5)
    x = task.sample(10, torch.Generator().manual_seed(0)).inputs
    for one, other in zip(here.models, there.models, strict=True):
        assert torch.allclose(one(x), other(x), atol=1e-4)
        assert not other.training


def test_a_class_of_a_notebook_trains_in_a_process():
    class Mine(nn.Module):  # not importable anywhere, as a class of a notebook
        def __init__(self, spec):
            super().__init__()
            self.linear = nn.Linear(spec.d_input, spec.n_classes)

        def forward(self, inputs):
            return self.linear(inputs.sum(1))

    task = tasks.get("any_positive", seq_len=3)
    run = fit(Mine, task, QUICK, n_seeds=2, n_processes=2, progress=False)
    assert run.name == "Mine"
    assert all(type(model) is Mine for model in run.models)


def test_a_failure_in_a_process_is_raised_here():
    class Broken(models.LogisticRegression):
        def forward(self, inputs):
            return super().forward(inputs) * float("nan")

    task = tasks.get("any_positive", seq_len=3)
    with pytest.raises(FloatingPointError, match=r"Broken.*seed 0.*learning_rate"):
        fit(Broken, task, QUICK, n_seeds=2, n_processes=2, progress=False)


def test_ctrl_c_in_the_parent_stops_the_processes_and_keeps_what_is_trained(monkeypatch):
    from progtx_core.training import processes

    least_steps = processes.Board.least_steps

    def impatient(board):  # until every process has begun
        if least_steps(board) > 0:
            raise KeyboardInterrupt
        return 0

    monkeypatch.setattr(processes.Board, "least_steps", impatient)
    config = Config(steps=50_000, batch_size=16, learning_rate=0.02, n_eval=100)
    task = tasks.get("any_positive", seq_len=3)
    run = fit("max_pooling", task, config, n_seeds=2, n_processes=2, progress=False)
    assert run.interrupted
    assert run.history["train/loss"].shape[0] == 2
    assert run.history["train/loss"].shape[1] < 50_000
    assert len(run.test["accuracy"]) == 2


def kind(make_model, task, make_optimizer=adam):
    return type(make_learners(make_model, task, QUICK, [0, 1], make_optimizer))


def test_what_is_stacked_and_what_is_not():
    signals, strings = tasks.get("any_positive"), tasks.get("sum_mod_10")

    def sgd(model, config):
        return torch.optim.SGD(model.parameters(), lr=0.1)

    class Counts(models.LogisticRegression):
        def __init__(self, spec):
            super().__init__(spec)
            self.register_buffer("calls", torch.zeros(1))

    assert kind(build("max_pooling"), signals) is Stacked
    assert kind(build("max_pooling"), signals, sgd) is OneByOne
    assert kind(Counts, signals) is OneByOne
    assert kind(build("max_pooling"), strings) is OneByOne  # reads its tokens first
    assert kind(lambda spec: models.build("transformer", spec), signals) is OneByOne


def test_frozen_parameters_stay_as_they_are():
    class Frozen(models.TemporalPooling):
        def __init__(self, spec):
            super().__init__(spec, d_model=4)
            self.project.requires_grad_(False)

    task = tasks.get("any_positive", seq_len=3)
    config = Config(steps=20, batch_size=16, learning_rate=0.1, n_eval=50)
    run = fit(Frozen, task, config, n_seeds=2, progress=False)
    for seed, model in zip(run.seeds, run.models, strict=True):
        fresh = L.new_model(Frozen, task.spec, seed)
        assert torch.equal(model.project.weight, fresh.project.weight)
        assert not torch.equal(model.logits_head.weight, fresh.logits_head.weight)
    assert (run.history["grad_norm"] > 0).all()


def test_a_model_that_draws_numbers_has_those_of_its_seed_whoever_is_beside_it():
    def make(spec):
        return models.build("self_attention", spec, positions="random_offset", n_ctx=20)

    task = tasks.get("last_gt_first")
    torch.manual_seed(1)
    outside = torch.get_rng_state()
    both = Group(make, "random", task, QUICK, adam).train([3, 4])
    assert torch.equal(torch.get_rng_state(), outside)  # the caller's are left alone
    one = Group(make, "random", task, QUICK, adam).train([4])
    assert np.array_equal(both.history["train/loss"][1], one.history["train/loss"][0])
    assert type(make_learners(make, task, QUICK, [3, 4], adam)) is OneByOne


@pytest.mark.parametrize("config", [QUICK, replace(QUICK, n_train=40)])
@pytest.mark.parametrize("cut", [0, 1, 2, 65])
def test_a_learner_goes_on_from_its_state_bit_for_bit(config, cut):
    task = tasks.get("last_gt_first")

    def make():
        def build(spec):
            return models.build("self_attention", spec)

        return L.Learner(L.new_model(build, task.spec, 0), task, config, seed=0)

    whole, first, second = make(), make(), make()
    wanted = [whole.step(0.01) for _ in range(70)]
    for _ in range(cut):
        first.step(0.01)
    second.load_state_dict(deepcopy(first.state_dict()))
    assert [second.step(0.01) for _ in range(cut, 70)] == wanted[cut:]
