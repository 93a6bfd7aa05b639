"""What a caller measures beside the loop: curves, texts, the best evaluation by them."""

import numpy as np
import pytest
from parts.ch11 import Printer

from progtx_core import tasks
from progtx_core.training import Callback, Config, ExtraMetrics, KeepBest, fit

TASK = tasks.get("last_gt_first", seq_len=3)
CONFIG = Config(steps=30, batch_size=8, n_eval=50, eval_every=10)


def size(model):
    """A curve that falls in this training, and a text."""
    total = sum(p.detach().abs().sum().item() for p in model.parameters())
    return {"size": total, "weights": f"{total:.3f}"}


def train(*callbacks, n_seeds=2):
    return fit("logistic_regression", TASK, CONFIG, n_seeds=n_seeds, callbacks=callbacks)


class Noted(Callback):
    """Keeps every call."""

    shared = True

    def __init__(self):
        self.calls = []

    def on_start(self, training):
        self.calls.append(("start", training.label))

    def on_eval(self, training):
        self.calls.append(("eval", training.step, dict(training.measured)))

    def on_end(self, training):
        self.calls.append(("end", training.step))

    def on_result(self, result):
        self.calls.append(("result", result))


def test_a_callback_is_told_all_in_order():
    noted = Noted()
    result = train(noted)
    one = ["start", "eval", "eval", "eval", "eval", "end"]
    assert [call[0] for call in noted.calls] == [*one, *one, "result"]
    assert noted.calls[0][1] == "logistic_regression/0"
    assert noted.calls[-1][1] is result


def test_what_the_updates_measured_is_told_as_means_since_the_last_evaluation():
    noted = Noted()
    result = train(noted, n_seeds=1)
    first, second, third, _ = (call[2] for call in noted.calls if call[0] == "eval")
    assert "train/loss" not in first
    for told, steps in ((second, slice(0, 10)), (third, slice(10, 20))):
        for name in ("train/loss", "train/accuracy", "grad_norm"):
            assert told[name] == pytest.approx(result.history[name][0, steps].mean())


def test_numbers_become_curves_and_texts_do_not():
    result = train(ExtraMetrics(size))
    assert result.history["size"].shape == (2, 4)
    assert "weights" not in result.history.names()
    assert result.history["size"][1, -1] == size(result.models[1])["size"]


def test_measuring_changes_nothing():
    def draws(model):
        import torch

        return {"drawn": torch.rand(()).item()}

    measured, plain = train(ExtraMetrics(draws)), train()
    assert np.array_equal(measured.history["train/loss"], plain.history["train/loss"])


def test_it_is_printed_at_every_evaluation(capsys):
    result = train(ExtraMetrics(size), Printer(["size"]), n_seeds=1)
    lines = capsys.readouterr().out.splitlines()
    value = result.history["size"][0, 1]
    assert lines[2] == f"step 10, logistic_regression: size {value:.3f}"
    assert lines[3] == f"    weights: {value:.3f}"
    assert len(lines) == 8


def test_the_best_evaluation_may_be_that_of_a_curve_of_ones_own():
    result = train(ExtraMetrics(size), KeepBest("size"))
    assert result.best_steps("size") == [0, 0]
    kept = [size(model)["size"] for model in result.models]
    assert kept == result.history["size"][:, 0].tolist()


def test_a_curve_that_is_not_there_is_named():
    with pytest.raises(ValueError, match=r"no curve 'exact'.*val/loss"):
        train(KeepBest("exact"))
