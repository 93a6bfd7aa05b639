"""Trackers: what is logged can be read back, and a broken one stops no training."""

import json
import warnings

import numpy as np
import pytest
from progtx_core.training.tracker import Tracker

from progtx_core import tasks
from progtx_core.evaluation.outputs import Outputs, together
from progtx_core.training import Config, JsonLines, Several, fit

TASK = tasks.get("trend_sign", seq_len=4, d_input=1)
QUICK = Config(steps=10, batch_size=16, learning_rate=0.1, n_eval=100, eval_every=5)


class Noted(Tracker):
    """Keeps every call."""

    def __init__(self):
        self.calls = []

    def start(self, run, facts):
        self.calls.append(("start", run, facts))

    def log(self, run, step, measured):
        self.calls.append(("log", step, measured))

    def finish(self, run):
        self.calls.append(("finish", run))


def train(tracker, n_seeds=2, **how):
    how = {"progress": False, "n_seeds": n_seeds} | how
    return fit("logistic_regression", TASK, QUICK, tracker=tracker, **how)


def test_a_tracker_is_told_all_in_order():
    tracker = Noted()
    run = train(tracker)
    kinds = [call[0] for call in tracker.calls]
    assert kinds == ["start", "log", "log", "log", "finish"]
    _, name, facts = tracker.calls[0]
    assert name == "logistic_regression"
    told = {"task": "trend_sign", "seeds": [0, 1], "steps": 10, "parameters": 10}
    assert told.items() <= facts.items()
    assert tracker.calls[-1][1] is run


def test_what_the_steps_measured_is_told_as_means_since_the_last_look():
    tracker = Noted()
    run = train(tracker)
    first, second, third = (call[2] for call in tracker.calls if call[0] == "log")
    assert "train/loss" not in first
    for told, steps in ((second, slice(0, 5)), (third, slice(5, 10))):
        for name in ("train/loss", "train/accuracy", "grad_norm"):
            means = run.history[name][:, steps].mean(1)
            assert told[name] == pytest.approx(means.tolist())


def test_json_lines_hold_every_look_of_every_seed(tmp_path):
    path = tmp_path / "new" / "log.jsonl"
    run = train(JsonLines(path), watch=Outputs(TASK, n=20))
    begun, *rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert begun["facts"]["batch_size"] == 16
    looks, ends = rows[:-2], rows[-2:]
    assert [(r["step"], r["seed_index"]) for r in looks] == [
        (step, seed) for step in (0, 5, 10) for seed in (0, 1)
    ]
    losses = [r["val/loss"] for r in looks if r["seed_index"] == 1]
    assert losses == run.history["val/loss"][1].tolist()
    assert "logits" not in looks[0]
    assert [r["test/accuracy"] for r in ends] == run.test["accuracy"].tolist()


def test_a_log_that_cannot_be_written_warns_once_and_training_goes_on(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.warns(UserWarning, match="nothing more is logged to JsonLines") as caught:
        run = train(JsonLines(blocked / "log.jsonl"))
    assert len([w for w in caught if "nothing more" in str(w.message)]) == 1
    assert run.history["train/loss"].shape == (2, 10)


@pytest.mark.parametrize("method", ["start", "log", "finish", "close"])
def test_one_that_fails_silences_no_other(method):
    def fail(*_):
        raise ConnectionError("no network")

    broken, sound = Noted(), Noted()
    setattr(broken, method, fail)
    tracker = Several(broken, sound)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        train(tracker)
        tracker.close()
    assert ["no network" in str(w.message) for w in caught] == [True]
    assert [call[0] for call in sound.calls] == ["start", "log", "log", "log", "finish"]


def test_a_tracker_may_leave_out_what_it_does_not_need():
    class OnlyLogs:
        looks = 0

        def log(self, run, step, measured):
            self.looks += 1

    tracker = OnlyLogs()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        train(tracker)
    assert tracker.looks == 3


def test_outputs_are_those_of_the_model_and_no_curve():
    tracker = Noted()
    watch = together(Outputs(TASK, n=30), lambda model: {"thirty": 30.0})
    run = train(tracker, watch=watch)
    last = tracker.calls[-2][2]
    found = Outputs(TASK, n=30)(run.models[1])
    for name, size in (("logits", 60), ("probabilities", 30)):
        assert last[name][1].shape == (size,)
        np.testing.assert_allclose(last[name][1], found[name], rtol=1e-5)
    assert "logits" not in run.history.names()
    assert run.history["thirty"].shape == (2, 3)
