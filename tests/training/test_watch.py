"""What a caller measures beside `fit`: curves, texts, and the best look by them."""

import json

import numpy as np
import pytest

from progtx_core import tasks
from progtx_core.training import Config, fit
from progtx_core.training.looks import best_steps
from progtx_core.training.tracker import JsonLines, Printer, Several

TASK = tasks.get("last_gt_first", seq_len=3)
CONFIG = Config(steps=30, batch_size=8, n_eval=50, eval_every=10)


def bias(model):
    """A curve that falls in this training, and a text."""
    size = sum(p.detach().abs().sum().item() for p in model.parameters())
    return {"size": size, "weights": f"{size:.3f}"}


def train(**how):
    how = {"watch": bias, "progress": False, "n_seeds": 2} | how
    return fit("logistic_regression", TASK, CONFIG, **how)


def test_numbers_become_curves_and_texts_do_not():
    run = train()
    assert run.history["size"].shape == (2, 4)
    assert "weights" not in run.history.names()
    model = run.models[1]
    assert run.history["size"][1, -1] == bias(model)["size"]


def test_watching_changes_nothing():
    watched, plain = train(), train(watch=None)
    assert np.array_equal(watched.history["train/loss"], plain.history["train/loss"])


def test_a_tracker_gets_both(tmp_path):
    train(tracker=JsonLines(tmp_path / "log"))
    rows = map(json.loads, (tmp_path / "log").read_text().splitlines())
    last = [row for row in rows if "step" in row][-1]
    assert last["step"] == 30 and last["seed_index"] == 1
    assert float(last["weights"]) == pytest.approx(last["size"], abs=1e-3)


def test_several_trackers_get_the_same(tmp_path):
    files = [JsonLines(tmp_path / name) for name in ("one", "two")]
    train(tracker=Several(*files))
    one, two = ((tmp_path / name).read_text().splitlines() for name in ("one", "two"))
    assert one == two and len(one) > 4


def test_it_is_printed_at_every_look(capsys):
    run = train(tracker=Printer(["size"]), n_seeds=1)
    lines = capsys.readouterr().out.splitlines()
    value = run.history["size"][0, 1]
    assert lines[2] == f"step 10, logistic_regression 0: size {value:.3f}"
    assert lines[3] == f"    weights: {value:.3f}"
    assert len(lines) == 8


def test_the_best_look_may_be_that_of_a_curve_of_ones_own():
    run = train(best="size")
    assert best_steps(run.history, "size") == [0, 0]
    kept = [bias(model)["size"] for model in run.models]
    assert kept == run.history["size"][:, 0].tolist()


def test_a_curve_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="no curve 'exact'.*size"):
        train(best="exact")
