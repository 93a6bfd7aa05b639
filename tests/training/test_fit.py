"""The loop: the same numbers from the same seed, honest splits, clear errors."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from progtx_core import models, tasks
from progtx_core.models.linear import LogisticRegression
from progtx_core.models.pooling import TemporalPooling
from progtx_core.optim import PatternSearch
from progtx_core.tasks.base import in_split
from progtx_core.training import (
    Callback,
    Config,
    EarlyStopping,
    History,
    KeepBest,
    Snapshots,
    Stream,
    fit,
    held_out,
)
from progtx_core.training.config import adam, new_model
from progtx_core.training.data import evaluate, norm
from progtx_core.training.result import as_arrays
from progtx_core.types import Batch

TASK = tasks.get("last_gt_first", seq_len=4, d_input=1)
QUICK = Config(steps=40, batch_size=32, learning_rate=0.1, n_eval=200)


def quick(model="logistic_regression", config=QUICK, **kwargs):
    return fit(model, TASK, config, **kwargs)


def test_a_seed_gives_the_same_run_alone_and_among_others():
    alone, among = quick(seed=2), quick(seed=1, n_seeds=3)
    assert among.seeds == [1, 2, 3]
    for name in alone.history.names():
        one, other = alone.history[name][0], among.history[name][1]
        assert np.allclose(one, other, rtol=1e-4, atol=1e-5), name
    assert not np.array_equal(
        among.history["train/loss"][0], among.history["train/loss"][1]
    )


def test_the_callers_random_numbers_are_left_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    quick()
    assert torch.equal(torch.rand(3), expected)


def test_training_learns_and_history_has_its_shape():
    run = quick(n_seeds=2)
    assert run.history["train/loss"].shape == (2, 40)
    assert run.history.steps("train/loss").tolist() == list(range(40))
    assert run.history.steps("val/loss").tolist() == list(range(0, 41, 2))
    assert run.history["val/loss"].shape == (2, 21)
    assert (run.history["val/loss"][:, -1] < run.history["val/loss"][:, 0] / 2).all()
    assert run.test["accuracy"].min() > 0.9
    assert run.n_parameters == 10
    with pytest.raises(ValueError, match="no curve 'loss'; nearest"):
        run.history["loss"]


def test_norms_are_those_of_the_model():
    run = quick()
    flat = torch.cat([p.detach().flatten() for p in run.models[0].parameters()])
    assert run.history["weight_norm"][0, -1] == pytest.approx(flat.norm().item(), rel=1e-5)
    assert norm([None, torch.tensor([3.0, 4.0])]) == pytest.approx(5)
    assert norm([]) == 0


def test_fit_minimises_the_loss_that_sklearn_minimises():
    """On a fixed set, with full batches, both reach the same least loss."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss

    task = tasks.get("has_pos_and_neg", seq_len=3, d_input=1)
    config = Config(steps=500, batch_size=300, n_train=300, learning_rate=0.1)
    run = fit("logistic_regression", task, config)
    train_set = next(Stream(task, 300, 0, n_train=300))
    x, y = train_set.inputs.flatten(1).numpy(), train_set.targets.numpy()
    best = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1000).fit(x, y)
    expected = log_loss(y, best.predict_proba(x))
    assert run.history["train/loss"][0, -1] == pytest.approx(expected, abs=1e-3)


def test_stream_of_a_finite_set_shows_each_example_once_an_epoch():
    batches = Stream(TASK, batch_size=10, seed=0, n_train=40)
    epochs = [torch.cat([next(batches).inputs for _ in range(4)]) for _ in range(2)]
    rows = [sorted(map(tuple, e.flatten(1).tolist())) for e in epochs]
    assert rows[0] == rows[1]
    assert len(set(rows[0])) == 40
    assert not torch.equal(epochs[0], epochs[1])


def test_every_seed_has_batches_of_its_own():
    first, again, other = (next(Stream(TASK, 50, seed)).inputs for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("n_given", [0, 1, 5])
@pytest.mark.parametrize("n_train", [None, 40])
def test_a_stream_goes_on_from_a_state_wherever_it_stood(n_given, n_train):
    one, other = (Stream(TASK, 10, seed=0, n_train=n_train) for _ in range(2))
    for _ in range(n_given):
        next(one)
    state = one.state_dict()
    following = [next(one).inputs for _ in range(6)]
    for _ in range(3):
        next(other)
    other.load_state_dict(state)
    assert all(torch.equal(next(other).inputs, inputs) for inputs in following)


def test_held_out_is_disjoint_from_the_stream():
    batches = Stream(TASK, batch_size=500, seed=3)
    train = {tuple(r) for _ in range(20) for r in next(batches).inputs.flatten(1).tolist()}
    for split in ("val", "test"):
        inputs = held_out(TASK, split, 2000).inputs
        assert not train & {tuple(row) for row in inputs.flatten(1).tolist()}
        assert in_split(inputs, split).all()
        seed = {"val": 1, "test": 2}[split]  # so that all runs are measured alike
        same = TASK.sample(2000, torch.Generator().manual_seed(seed), split)
        assert torch.equal(inputs, same.inputs)
    assert in_split(next(batches).inputs, "train").all()


def test_curves_are_of_the_validation_set_and_the_result_of_the_test_set():
    run = quick()
    found = {"val": run.history["val/loss"][0, -1], "test": run.test["loss"][0]}
    for split, loss in found.items():
        held = held_out(TASK, split, QUICK.n_eval)
        assert evaluate(run.models[0], held)["loss"] == pytest.approx(loss, rel=1e-4)
    assert found["val"] != pytest.approx(found["test"], rel=1e-3)


def test_schedules():
    linear = Config(steps=10, learning_rate=1.0, schedule="linear")
    assert [linear.lr_at(s) for s in (0, 5, 9)] == pytest.approx([1.0, 0.5, 0.1])
    cosine = Config(steps=12, learning_rate=1.0, schedule="cosine", warmup_steps=2)
    assert [cosine.lr_at(s) for s in (0, 1, 2, 7)] == pytest.approx([0.5, 1, 1, 0.5])
    assert Config(learning_rate=0.3, schedule="constant").lr_at(999) == 0.3
    rising = Config(steps=4, learning_rate=1.0, warmup_steps=4)
    assert [rising.lr_at(s) for s in range(5)] == [0.25, 0.5, 0.75, 1.0, 1.0]


def test_every_group_has_the_learning_rate_of_the_step():
    seen = []

    class Watched(torch.optim.SGD):
        def step(self, closure):
            seen.append([group["lr"] for group in self.param_groups])
            return super().step(closure)

    def each_alone(model, config):
        return Watched([{"params": [p]} for p in model.parameters()], lr=9.0)

    config = Config(steps=5, batch_size=8, n_eval=8, warmup_steps=2)
    quick(config=config, make_optimizer=each_alone)
    assert seen == [[config.lr_at(step)] * 2 for step in range(5)]


def test_weight_decay_makes_weights_smaller():
    decayed = quick(config=replace(QUICK, weight_decay=1.0)).history["weight_norm"]
    assert decayed[0, -1] < 0.9 * quick().history["weight_norm"][0, -1]


def test_what_is_kept_of_a_model_does_not_change_with_it():
    model = LogisticRegression(TASK.spec)
    kept = as_arrays(model.state_dict())
    model.linear.weight.data.zero_()
    assert kept["linear.weight"].any()


def test_ctrl_c_keeps_what_is_trained():
    class Impatient(LogisticRegression):
        calls = 0

        def forward(self, inputs):
            Impatient.calls += self.training
            if Impatient.calls == 21:
                Impatient.calls += 1
                raise KeyboardInterrupt
            return super().forward(inputs)

    run = quick(Impatient)
    assert run.interrupted
    assert "(interrupted)" in str(run)
    assert run.history["train/loss"].shape == (1, 20)
    assert len(run.test["accuracy"]) == 1
    whole = quick()
    assert np.array_equal(run.history["train/loss"], whole.history["train/loss"][:, :20])


def test_a_loss_that_is_no_number_stops_at_once():
    class Broken(LogisticRegression):
        def forward(self, inputs):
            return super().forward(inputs) * float("nan")

    with pytest.raises(FloatingPointError, match=r"Broken.*at step 0.*learning_rate"):
        quick(Broken)


@pytest.mark.parametrize(
    ("setting", "error", "message"),
    [
        (
            {"steps": -1},
            ValueError,
            "steps must be a whole number of at least 1, got -1",
        ),
        ({"steps": 2.5}, TypeError, "steps must be a whole number .* got 2.5"),
        ({"steps": True}, TypeError, "steps must be a whole number"),
        ({"batch_size": 0}, ValueError, "batch_size .* got 0"),
        ({"learning_rate": "fast"}, TypeError, "learning_rate .* got 'fast' \\(str\\)"),
        ({"learning_rate": float("nan")}, ValueError, "learning_rate .* got nan"),
        ({"learning_rate": 0}, ValueError, "learning_rate .* above 0, got 0"),
        ({"schedule": "cosin"}, ValueError, "no schedule 'cosin'; nearest: cosine"),
        ({"warmup_steps": 2000}, ValueError, "warmup_steps .* from 0 to 1000"),
        ({"n_train": 3}, ValueError, "n_train .* at least 128, got 3"),
        ({"weight_decay": -0.1}, ValueError, "weight_decay .* at least 0"),
        ({"n_eval": 0}, ValueError, "n_eval .* at least 1, got 0"),
        ({"eval_every": 0}, ValueError, "eval_every .* at least 1, got 0"),
    ],
)
def test_bad_settings(setting, error, message):
    with pytest.raises(error, match=message):
        Config(**setting)


def test_a_model_behind_a_partial_has_its_own_name():
    config = Config(steps=1, batch_size=8, n_eval=8)
    for make in (
        partial(models.build, "max_pooling", d_model=3),
        partial(TemporalPooling, d_model=3),
    ):
        run = quick(make, config)
        assert run.name == (make.args[0] if make.args else "TemporalPooling")
        assert run.models[0].logits_head.in_features == 3


def test_bad_arguments_of_fit():
    with pytest.raises(ValueError, match="n_seeds .* from 1 to 1000000, got 0"):
        quick(n_seeds=0)
    with pytest.raises(ValueError, match="seed .* from 0 to .*, got -3"):
        quick(seed=-3)
    with pytest.raises(ValueError, match="no model 'logistic'; nearest: logistic_reg"):
        quick("logistic")


def test_an_optimizer_that_calls_the_closure_often():
    def lbfgs(model, config):
        return torch.optim.LBFGS(model.parameters(), max_iter=5)

    config = Config(steps=8, batch_size=200, learning_rate=0.5, schedule="constant")
    run = quick(config=config, make_optimizer=lbfgs)
    assert run.history["train/loss"].shape == (1, 8)
    assert run.history["train/loss"][0, -1] < 0.3


def test_any_module_and_any_shape_of_answer():
    """One loss for all tasks: here with an answer a step and a mask."""
    from progtx_core.training import accuracy, masked_cross_entropy

    logits = torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(0))
    targets = logits.argmax(-1)
    targets[0, 1] = (targets[0, 1] + 1) % 5  # one of the four that count is wrong
    mask = torch.tensor([[1, 1, 0, 1], [1, 0, 0, 0], [0, 0, 0, 0]]).bool()
    batch = Batch(torch.zeros(3, 4, dtype=torch.long), targets, mask)
    log_p = logits.log_softmax(-1)
    cells = [(0, 0), (0, 1), (0, 3), (1, 0)]
    by_hand = [-log_p[i, j, targets[i, j]] for i, j in cells]
    assert masked_cross_entropy(logits, batch).item() == pytest.approx(
        sum(by_hand).item() / 4, rel=1e-5
    )
    right = [logits[i, j].argmax() == targets[i, j] for i, j in cells]
    assert accuracy(logits, batch).item() == pytest.approx(sum(right).item() / 4)
    nothing = Batch(batch.inputs, targets, torch.zeros_like(mask))
    for measure in (masked_cross_entropy, accuracy):
        with pytest.raises(ValueError, match="False everywhere: no answer counts"):
            measure(logits, nothing)
    with pytest.raises(ValueError, match="must have the shape of targets"):
        Batch(batch.inputs, targets, mask[:2])


def test_a_models_own_extras_are_recorded():
    class Watched(nn.Module):
        def __init__(self, spec):
            super().__init__()
            self.linear = nn.Linear(spec.n_features, 2)

        def forward(self, inputs):
            return self.linear(inputs.flatten(1))

        def extras(self):
            return {"bias": self.linear.bias[0].item()}

    run = quick(Watched)
    assert run.name == "Watched"
    assert run.history["bias"][0, -1] == run.models[0].linear.bias[0].item()


class Counting(torch.optim.SGD):
    """Counts its steps, in a list that all of its kind share."""

    taken = []

    def step(self, closure):
        self.taken.append(1)
        return super().step(closure)


def test_a_training_that_stands_still_ends():
    Counting.taken.clear()
    run = quick(
        config=Config(steps=200, batch_size=32, learning_rate=1e-12, n_eval=200),
        make_optimizer=lambda model, config: Counting(model.parameters()),
        callbacks=[EarlyStopping(patience=3), Snapshots()],
    )
    assert len(Counting.taken) == 3 * 10  # evaluations are ten updates apart
    assert run.history.steps("val/loss").tolist() == [0, 10, 20, 30]
    assert run.history.steps("train/loss").tolist() == list(range(30))
    assert sorted(run.snapshots) == [0, 10, 20, 30]
    assert not run.interrupted


def test_curves_of_seeds_that_end_at_different_times_stand_side_by_side():
    class Stop(Callback):
        def on_eval(self, training):
            training.stopped = training.step >= 20 * (1 + training.seed)

    run = quick(n_seeds=2, callbacks=[Stop(), Snapshots()])
    assert run.history.steps("val/loss").tolist() == list(range(0, 41, 2))
    first, second = run.history["val/loss"]
    assert len(set(first[10:])) == 1 and len(set(second[10:])) > 1
    assert sorted(run.snapshots) == list(range(0, 41, 2))
    last, at_20 = run.snapshots[40][0], run.snapshots[20][0]
    assert all(np.array_equal(last[name], at_20[name]) for name in last)


def test_a_curve_is_one_that_every_seed_has():
    point = [(0, 1.0)]
    assert History([{"one": point, "two": point}, {"one": point}]).names() == ["one"]


def test_patience_is_long_enough_for_a_training_that_gains():
    assert np.array_equal(
        quick(callbacks=[EarlyStopping(20)]).history["val/loss"],
        quick().history["val/loss"],
    )
    with pytest.raises(ValueError, match="patience must be a whole number of at least 1"):
        EarlyStopping(patience=0)


def test_a_model_that_draws_numbers_has_those_of_its_seed_whoever_is_beside_it():
    def make(spec):
        return models.build("self_attention", spec, positions="random_offset", n_ctx=20)

    torch.manual_seed(1)
    outside = torch.get_rng_state()
    both = quick(make, seed=3, n_seeds=2)
    assert torch.equal(torch.get_rng_state(), outside)  # the caller's are left alone
    one = quick(make, seed=4)
    assert np.array_equal(both.history["train/loss"][1], one.history["train/loss"][0])


def test_the_numbers_that_a_model_draws_are_those_of_its_seed():
    drawn = []

    class Draws(LogisticRegression):
        def forward(self, inputs):
            if self.training:
                drawn.append(torch.rand(()).item())
            return super().forward(inputs)

    quick(Draws, Config(steps=1, batch_size=8, n_eval=8), n_seeds=2)
    with torch.random.fork_rng():
        assert drawn == [
            torch.rand((), generator=torch.Generator().manual_seed(seed)).item()
            for seed in (0, 1)
        ]


def test_frozen_parameters_stay_as_they_are():
    class Frozen(TemporalPooling):
        def __init__(self, spec):
            super().__init__(spec, d_model=4)
            self.project.requires_grad_(False)

    run = quick(Frozen, n_seeds=2)
    for seed, model in zip(run.seeds, run.models, strict=True):
        fresh = new_model(Frozen, TASK.spec, seed)
        assert torch.equal(model.project.weight, fresh.project.weight)
        assert not torch.equal(model.logits_head.weight, fresh.logits_head.weight)
    assert (run.history["grad_norm"] > 0).all()


def test_curves_are_a_tidy_table():
    run = quick(n_seeds=2)
    frame = run.curves("val/loss")
    assert list(frame.columns) == ["seed", "step", "curve", "value"]
    table = frame.pivot(index="seed", columns="step", values="value")
    assert np.array_equal(table.to_numpy(), run.history["val/loss"])


def test_an_optimizer_that_has_finished_ends_a_training_and_logs_its_own():
    def search(model, config):
        return PatternSearch(
            model.named_parameters(), radius=0.5, budget=100, measure_again=True
        )

    config = Config(steps=200, batch_size=64, n_train=64, n_eval=200)
    run = quick(config=config, make_optimizer=search)
    evaluations = run.history["evaluations"][0]
    assert evaluations[0] == 0
    assert evaluations[-1] == evaluations.max() >= 100
    assert (np.diff(run.history["best_loss"][0, 1:]) < 1e-6).all()
    kept = run.history["kept/linear.weight"][0, -1]
    assert 0 < kept < 100
    assert run.test["accuracy"].item() > 0.8


class Odd(nn.Module):
    """What a module may hold beside plain parameters."""

    def __init__(self, spec, dtype=torch.float32):
        super().__init__()
        self.first = nn.Linear(spec.n_features, 8, dtype=dtype)
        self.second = nn.Linear(8, spec.n_classes, dtype=dtype)
        self.scale = nn.Parameter(torch.tensor(1.0))  # no axis
        self.tied = self.first
        self.register_buffer("seen", torch.tensor(0))
        self.register_buffer("passing", torch.zeros(3), persistent=False)
        self.notes = {"calls": 0}

    def forward(self, inputs):
        self.seen += 1
        self.notes["calls"] += 1
        hidden = self.tied(inputs.flatten(1).to(self.first.weight.dtype)).relu()
        return self.second(hidden).float() * self.scale

    def get_extra_state(self):
        return self.notes

    def set_extra_state(self, state):
        self.notes = state


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("n_seeds", [1, 2])
def test_scalars_buffers_ties_and_other_dtypes_are_kept_to_the_end(dtype, n_seeds):
    task = tasks.get("last_gt_first", seq_len=4)
    config = Config(steps=20, batch_size=16, n_eval=50)
    callbacks = [Snapshots(), KeepBest()]
    run = fit(partial(Odd, dtype=dtype), task, config, n_seeds=n_seeds, callbacks=callbacks)
    assert len(run.models) == n_seeds
    for model in run.models:
        assert model.first.weight.dtype == dtype and model.tied is model.first
        assert model.scale.item() != 1.0 and model.seen > 0 and model.notes["calls"] > 0
    assert run.models_at(0)[0].scale.item() == 1.0


def test_a_model_with_nothing_to_train_is_refused():
    def frozen(spec):
        return LogisticRegression(spec).requires_grad_(False)

    with pytest.raises(ValueError, match="frozen: the model has no parameter"):
        fit(frozen, tasks.get("last_gt_first"), Config(steps=1, n_eval=10))


class Growing(LogisticRegression):
    """A pass adds a buffer, or makes one longer."""

    def __init__(self, spec, add):
        super().__init__(spec)
        self.add = add
        if not add:
            self.register_buffer("past", torch.zeros(0))

    def forward(self, inputs):
        past = torch.zeros(0) if self.add else self.past
        self.register_buffer("past", torch.cat([past, inputs[:1, 0, 0]]))
        return super().forward(inputs)


@pytest.mark.parametrize("add", [True, False])
def test_a_state_that_grows_is_refused_before_an_update(add):
    """At the end it would not fit into a new model, and a paid training would be lost."""
    updates, config = [], Config(steps=1000, n_eval=10)

    def counted(model, config):
        optimizer = adam(model, config)
        optimizer.register_step_post_hook(lambda *_: updates.append(1))
        return optimizer

    with pytest.raises(ValueError, match="a pass adds or resizes 'past'; give it"):
        fit(
            partial(Growing, add=add),
            tasks.get("last_gt_first"),
            config,
            make_optimizer=counted,
        )
    assert updates == []
