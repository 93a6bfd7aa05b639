"""Trackers: what is logged can be read back, and a broken one stops no training."""

import json
import warnings

import numpy as np
import pytest

from progtx_core import tasks
from progtx_core.tools.trackers import KINDS, JsonLines, Tracker, opened
from progtx_core.tools.trackers.base import Outputs
from progtx_core.training import Config, ExtraMetrics, fit

TASK = tasks.get("trend_sign", seq_len=4, d_input=1)
QUICK = Config(steps=10, batch_size=16, learning_rate=0.1, n_eval=100, eval_every=5)


class Noted(Tracker):
    """Keeps every call."""

    def __init__(self, **options):
        super().__init__(**options)
        self.calls = []

    def _start(self, training, facts):
        self.calls.append(("start", training.label, facts))

    def _log(self, training, numbers, texts, arrays):
        self.calls.append(("log", training.step, numbers, texts, arrays))

    def _finish(self, label, result, index):
        self.calls.append(("finish", label, result, index))

    def _close(self):
        self.calls.append(("close",))


def train(*callbacks, n_seeds=2, **how):
    how = {"n_seeds": n_seeds, "callbacks": callbacks} | how
    return fit("logistic_regression", TASK, QUICK, **how)


def test_a_tracker_is_told_all_in_order():
    tracker = Noted()
    run = train(tracker, seed=3)
    tracker.close()
    kinds = [call[0] for call in tracker.calls]
    of_a_seed = ["start", "log", "log", "log"]
    assert kinds == of_a_seed * 2 + ["finish", "finish", "close"]
    _, label, facts = tracker.calls[4]
    assert label == "logistic_regression/1"
    told = {"task": "trend_sign", "seeds": [3, 4], "steps": 10, "parameters": 10}
    assert told.items() <= facts.items()
    assert tracker.calls[-2] == ("finish", label, run, 1)


def test_what_the_updates_measured_is_told_as_means_since_the_last_evaluation():
    tracker = Noted()
    run = train(tracker, n_seeds=1)
    first, second, third = (call[2] for call in tracker.calls if call[0] == "log")
    assert "train/loss" not in first
    for told, steps in ((second, slice(0, 5)), (third, slice(5, 10))):
        for name in ("train/loss", "train/accuracy", "grad_norm"):
            assert told[name] == pytest.approx(run.history[name][0, steps].mean())


def test_numbers_texts_and_arrays_are_told_apart_and_arrays_seldom():
    tracker = Noted(hist_every=2)
    measured = {"thirty": 30, "greeting": "good morning", "spread": np.ones(3)}
    run = train(ExtraMetrics(lambda model: measured), tracker)
    logged = [call[2:] for call in tracker.calls if call[0] == "log"]
    assert all(numbers["thirty"] == 30.0 for numbers, _, _ in logged)
    assert all(texts == {"greeting": "good morning"} for _, texts, _ in logged)
    assert [[*arrays] for _, _, arrays in logged] == [["spread"], [], ["spread"]] * 2
    assert run.history["thirty"].shape == (2, 3)


def test_json_lines_hold_every_evaluation_of_every_seed(tmp_path):
    path = tmp_path / "new" / "log.jsonl"
    how = ExtraMetrics(Outputs(TASK, n=20)), ExtraMetrics(lambda model: {"said": "yes"})
    run = train(*how, JsonLines(path))
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [row["facts"]["batch_size"] for row in rows if "facts" in row] == [16, 16]
    evaluations = [row for row in rows if "step" in row]
    assert [(row["seed"], row["step"]) for row in evaluations] == [
        (seed, step) for seed in (0, 1) for step in (0, 5, 10)
    ]
    losses = [row["val/loss"] for row in evaluations if row["seed"] == 1]
    assert losses == run.history["val/loss"][1].tolist()
    assert "logits" not in evaluations[0] and evaluations[0]["said"] == "yes"
    ends = rows[-2:]
    assert [row["test/accuracy"] for row in ends] == run.test["accuracy"].tolist()


def test_a_log_that_cannot_be_written_warns_once_and_training_goes_on(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.warns(UserWarning, match="nothing more is logged to JsonLines") as caught:
        run = train(JsonLines(blocked / "log.jsonl"))
    assert len([w for w in caught if "nothing more" in str(w.message)]) == 1
    assert run.history["train/loss"].shape == (2, 10)


@pytest.mark.parametrize("method", ["_start", "_log", "_finish", "_close"])
def test_one_that_fails_silences_no_other(method):
    def fail(*_):
        raise ConnectionError("no network")

    broken, sound = Noted(), Noted()
    setattr(broken, method, fail)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        train(broken, sound, n_seeds=1)
        broken.close()
        sound.close()
    assert ["no network" in str(w.message) for w in caught] == [True]
    kinds = [call[0] for call in sound.calls]
    assert kinds == ["start", "log", "log", "log", "finish", "close"]


def test_a_tracker_may_leave_out_what_it_does_not_need():
    class OnlyLogs(Tracker):
        evaluations = 0

        def _log(self, training, numbers, texts, arrays):
            self.evaluations += 1

    tracker = OnlyLogs()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        train(tracker)
        tracker.close()
    assert tracker.evaluations == 6


def test_outputs_are_those_of_the_model_and_no_curve():
    tracker, outputs = Noted(hist_every=1), Outputs(TASK, n=30)
    run = train(ExtraMetrics(outputs), tracker)
    arrays, found = tracker.calls[-3][4], outputs(run.models[1])
    for name, size in (("logits", 60), ("probabilities", 30)):
        assert arrays[name].shape == (size,)
        np.testing.assert_allclose(arrays[name], found[name], rtol=1e-5)
    assert "logits" not in run.history.names()


def test_trackers_are_opened_by_name_and_a_broken_one_is_left_out(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise OSError("no space left on device")

    monkeypatch.setattr("progtx_core.tools.trackers.TensorBoard", fail)
    with pytest.warns(UserWarning, match="tensorboard is left out: no space left"):
        trackers = opened(["jsonl", "tensorboard"], tmp_path, "group")
    assert [type(one) for one in trackers] == [JsonLines]
    train(*trackers)
    assert (tmp_path / "log.jsonl").exists()
    with pytest.raises(ValueError, match="no tracker 'wandbb'; nearest: wandb"):
        opened(["wandbb"], tmp_path, "group")
    assert set(KINDS) == {"jsonl", "tensorboard", "wandb"}


def test_histograms_are_not_asked_for_in_vain():
    with pytest.raises(ValueError, match="hist_every must be a whole number of at least 1"):
        Noted(hist_every=0)
