"""What is told of a training, and may keep, stop or report it. Each is optional."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import numpy as np
import torch
from torch import nn

from progtx_core import checks
from progtx_core.training import checkpoint
from progtx_core.training.config import Training
from progtx_core.training.result import TrainingResult, best_evaluation


class Callback:
    """What `train` and `fit` call. A subclass redefines what it has a use for."""

    shared = False  # True: it must see all seeds, so they are trained in this process

    def on_start(self, training: Training) -> None:
        """Before a seed's first evaluation."""

    def on_eval(self, training: Training) -> None:
        """After every evaluation; may add to `measured`, or set `stopped`."""

    def on_end(self, training: Training) -> None:
        """After a seed's last update."""

    def on_result(self, result: TrainingResult) -> None:
        """Once all seeds are trained."""


def best_of(training: Training, by: str) -> tuple[int, int]:
    """Which evaluation was best by a curve, and how many there are."""
    checks.one_of("curve", by, training.history)
    curves = training.history[by], training.history["val/loss"]
    values, losses = (np.array([value for _, value in curve]) for curve in curves)
    return best_evaluation(values, losses), len(losses)


class Snapshots(Callback):
    """Keeps the parameters at every evaluation, for `TrainingResult.models_at`."""

    def on_eval(self, training: Training) -> None:
        training.snapshots[training.step] = deepcopy(training.model.state_dict())


class KeepBest(Callback):
    """Ends with the parameters of the evaluation at which a curve was highest."""

    def __init__(self, by: str = "val/accuracy") -> None:
        self.by = by

    def on_eval(self, training: Training) -> None:
        best, n = best_of(training, self.by)
        if best == n - 1:
            training.best = deepcopy(training.model.state_dict())

    def on_end(self, training: Training) -> None:
        if training.best is not None:
            training.model.load_state_dict(training.best)


class EarlyStopping(Callback):
    """Ends a training when its last `patience` evaluations brought no new best."""

    def __init__(self, patience: int, by: str = "val/accuracy") -> None:
        self.patience, self.by = checks.whole("patience", patience, at_least=1), by

    def on_eval(self, training: Training) -> None:
        best, n = best_of(training, self.by)
        training.stopped = training.stopped or n - 1 - best >= self.patience


class ExtraMetrics(Callback):
    """Measures more: a function of the model gives numbers, texts or arrays by name.

    Numbers become curves; the rest is passed on to the callbacks that follow.
    """

    def __init__(self, function: Callable[[nn.Module], dict]) -> None:
        self.function = checks.function("the function of ExtraMetrics", function)

    def on_eval(self, training: Training) -> None:
        with torch.random.fork_rng(devices=[]):  # it must not change what follows
            found = self.function(training.model)
        checks.instance("what the function of ExtraMetrics returns", found, dict)
        numbers = {n: v for n, v in found.items() if not isinstance(v, str | np.ndarray)}
        training.record(numbers)
        training.measured |= found


class Checkpoints(Callback):
    """Writes a checkpoint of every seed at every evaluation, and goes on from it.

    It stands last among the callbacks, so that it saves what the others did. A resumed
    training has the numbers of one without a stop, bit for bit; a seed without a file
    begins anew.

    Raises:
        FileNotFoundError: to be resumed, but there is no checkpoint at all.
        ValueError: a damaged file, or one of another training.
    """

    def __init__(self, folder: str | Path, resume: bool = False) -> None:
        self.folder, self.resume = Path(folder), resume
        if resume and not list(self.folder.glob("seed_*.pt")):
            raise FileNotFoundError(f"{folder}: no checkpoint in it to resume from")

    def path(self, seed: int) -> Path:
        """Where a seed's checkpoint lies."""
        return self.folder / f"seed_{seed}.pt"

    def on_start(self, training: Training) -> None:
        if self.resume and self.path(training.seed).exists():
            checkpoint.load(self.path(training.seed)).restore(training)

    def on_eval(self, training: Training) -> None:
        checkpoint.save(self.path(training.seed), training)
