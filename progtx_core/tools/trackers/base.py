"""What all trackers share: a failure ends the logging, and never the training."""

import json
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from progtx_core import checks
from progtx_core.models import count_parameters
from progtx_core.tasks import Task
from progtx_core.training import Callback, Training, TrainingResult


class Tracker(Callback):
    """Logs trainings, one after another; a subclass writes hooks that begin with `_`.

    What a hook raises (no network, no account, a full disk) becomes one warning, and the
    tracker is left alone. Arrays become histograms at every `hist_every`-th evaluation.
    """

    shared = True

    def __init__(self, hist_every: int = 5) -> None:
        self.hist_every = checks.whole("hist_every", hist_every, at_least=1)
        self.failed = False
        self.labels: dict[tuple[str, int], str] = {}  # by model and seed

    def on_start(self, training: Training) -> None:
        self.labels[training.name, training.seed] = training.label
        facts = {"task": training.task.name, "seeds": list(training.seeds)}
        facts |= vars(training.config)
        facts["parameters"] = count_parameters(training.model)
        self._guarded(self._start, training, facts)

    def on_eval(self, training: Training) -> None:
        measured, nth = training.measured, len(training.history["val/loss"]) - 1
        texts = {k: v for k, v in measured.items() if isinstance(v, str)}
        arrays = {k: v for k, v in measured.items() if isinstance(v, np.ndarray)}
        numbers = {k: float(measured[k]) for k in measured if k not in texts | arrays}
        arrays = {} if nth % self.hist_every else arrays
        self._guarded(self._log, training, numbers, texts, arrays)

    def on_result(self, result: TrainingResult) -> None:
        for index, seed in enumerate(result.seeds):
            self._guarded(self._finish, self.labels[result.name, seed], result, index)

    def close(self) -> None:
        """Write what is still to be written; no training follows."""
        self._guarded(self._close)

    def _guarded(self, hook: Callable[..., None], *arguments) -> None:
        try:
            if not self.failed:
                hook(*arguments)
        except Exception as error:
            self.failed = True
            told = f"nothing more is logged to {type(self).__name__}, the training goes on"
            warnings.warn(f"{told}: {error}", stacklevel=3)

    def _start(self, training: Training, facts: dict) -> None:
        """A seed begins; facts: task, settings and sizes by name."""

    def _log(self, training: Training, numbers: dict, texts: dict, arrays: dict) -> None:
        """A seed was evaluated after `training.step` updates."""

    def _finish(self, label: str, result: TrainingResult, index: int) -> None:
        """All seeds are trained; called for each, with its place among them."""

    def _close(self) -> None:
        """No training follows."""


class JsonLines(Tracker):
    """A JSON object a line: facts of a seed, each evaluation, then the test; no arrays."""

    def __init__(self, path: str | Path) -> None:
        super().__init__()
        self.path = Path(path)

    def _start(self, training: Training, facts: dict) -> None:
        self._write(training.name, training.seed, {"facts": facts})

    def _log(self, training: Training, numbers: dict, texts: dict, arrays: dict) -> None:
        self._write(training.name, training.seed, {"step": training.step} | numbers | texts)

    def _finish(self, label: str, result: TrainingResult, index: int) -> None:
        tested = {f"test/{name}": float(of[index]) for name, of in result.test.items()}
        row = {"seconds": round(result.seconds, 3)} | tested
        self._write(result.name, result.seeds[index], row)

    def _write(self, name: str, seed: int, row: dict) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:  # one write: no torn line
            file.write(json.dumps({"run": name, "seed": seed} | row) + "\n")


class Outputs:
    """What a tracker draws histograms of: a model's outputs on n held-out examples.

    A call returns "logits", all of them, and "probabilities", of the right answers.
    """

    def __init__(self, task: Task, n: int = 500) -> None:
        self.batch = task.sample(n, torch.Generator().manual_seed(0), "val")

    @torch.no_grad()
    def __call__(self, model: nn.Module) -> dict[str, np.ndarray]:
        model.eval()
        logits = model(self.batch.inputs)[self.batch.mask]  # (answers, n_classes)
        targets = self.batch.targets[self.batch.mask].unsqueeze(1)
        right = logits.softmax(-1).gather(1, targets)
        return {"logits": logits.numpy().ravel(), "probabilities": right.numpy().ravel()}
