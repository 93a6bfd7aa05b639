"""Some seeds of one training, from first parameters to the look at the test set."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from progtx_core import checks
from progtx_core.models import count_parameters
from progtx_core.models.device import on_device
from progtx_core.tasks import Task
from progtx_core.training.checkpoint import Checkpoint, describe, load, path_of
from progtx_core.training.config import Config
from progtx_core.training.data import held_out
from progtx_core.training.learners import (
    MakeModel,
    MakeOptimizer,
    Measured,
    OneByOne,
    new_model,
)
from progtx_core.training.looks import Watch, go_on_level, look, since_last, to_best
from progtx_core.training.run import History, State, best_steps, with_state
from progtx_core.training.stacked import make_learners
from progtx_core.training.tracker import Tracker

# A smaller model gains nothing from a second thread, and loses where cores are busy.
THREADS_FROM = 50_000  # parameters


@dataclass
class Trained:
    """What is left of a group: plain numbers, which any process can hand on."""

    seeds: list[int]
    history: History
    states: list[State]
    test: dict[str, np.ndarray]
    interrupted: bool
    snapshots: dict[int, list[State]]


@dataclass
class Group:
    """What all seeds of a training have in common.

    stacked: see `make_learners`; snapshots: keep the parameters at every look; best:
    end with those of the look at which this curve was highest; watch: what else is
    measured there; checkpoints: a folder to write one into at every look; resume: go on
    from there; patience, device: see `fit`
    """

    make_model: MakeModel
    name: str
    task: Task
    config: Config
    make_optimizer: MakeOptimizer
    stacked: bool | None = None
    snapshots: bool = False
    best: str | None = None
    watch: Watch | None = None
    checkpoints: Path | None = None
    resume: bool = False
    patience: int | None = None
    device: str = "cpu"

    def learners(self, seeds: list[int]) -> OneByOne:
        """The models of some seeds, ready for their first step."""
        return make_learners(
            on_device(self.make_model, self.device),
            self.task,
            self.config,
            seeds,
            self.make_optimizer,
            self.stacked,
        )

    def n_parameters(self) -> int:
        """Trained numbers in one model."""
        return count_parameters(new_model(self.make_model, self.task.spec, 0))

    def train(
        self,
        seeds: list[int],
        report: Callable[[], object] = lambda: None,
        stop: Callable[[], bool] = lambda: False,
        tracker: Tracker | None = None,
    ) -> Trained:
        """Train some seeds, step by step side by side.

        report: called after every step; stop: asked before every step
        """
        learners = self.learners(seeds)
        so_far = self._begin(learners, seeds)
        for _ in range(so_far.step):
            report()
        with threads_for(learners.models[0]):
            interrupted = self._steps(learners, so_far, report, stop, tracker)
            if self.best is not None:
                to_best(learners.models, so_far, self.best)
            test = learners.evaluate(held_out(self.task, "test", self.config.n_eval))
        return Trained(
            seeds,
            so_far.history,
            [as_arrays(model.state_dict()) for model in learners.models],
            {key: np.array(values) for key, values in test.items()},
            interrupted,
            {step: [*map(as_arrays, states)] for step, states in so_far.snapshots},
        )

    def _begin(self, learners: OneByOne, seeds: list[int]) -> Checkpoint:
        """Where the training stands: at its start, or where it stopped."""
        task = describe(self.task)
        if self.resume and path_of(self.checkpoints, seeds).exists():
            path = path_of(self.checkpoints, seeds)
            found = load(path)
            found.check_same(self.name, task, self.config, path)
            for learner, state in zip(learners.learners, found.learners, strict=True):
                learner.load_state_dict(state)
            return found
        return Checkpoint(self.name, task, self.config, seeds, -1, [], History())

    def _steps(self, learners, so_far, report, stop, tracker) -> bool:
        """Train, filling `so_far`; True if Ctrl-C or `stop` ended it early."""
        val_set = held_out(self.task, "val", self.config.n_eval)
        looked_at = so_far.step
        try:
            for step in range(max(0, looked_at), self.config.steps + 1):
                if stop():
                    return True
                if self.config.is_eval_step(step) and step > looked_at:
                    looked, others = look(learners, val_set, self.watch)
                    so_far.history.add(step, looked)
                    if self.best is not None:  # known before a long training is done
                        checks.one_of("curve", self.best, so_far.history.points)
                    if tracker is not None:
                        taken = since_last(so_far.history, step)
                        tracker.log(self.name, step, taken | looked | others)
                    self._keep(learners, so_far, step)
                    if self._ended(learners, so_far.history):
                        for _ in range(step, self.config.steps):
                            report()
                        go_on_level(so_far, step, self.config)
                        return False
                if step < self.config.steps:
                    taken = learners.step(self.config.lr_at(step))
                    check_finite(self.name, step, so_far.seeds, taken)
                    so_far.history.add(step, taken)
                    report()
        except KeyboardInterrupt:
            return True
        return False

    def _keep(self, learners: OneByOne, so_far: Checkpoint, step: int) -> None:
        """What is kept at a look: a snapshot, a checkpoint, as asked for."""
        so_far.step = step
        if self.snapshots:
            states = [deepcopy(model.state_dict()) for model in learners.models]
            so_far.snapshots.append((step, states))
        if self.checkpoints is not None:
            so_far.learners = [one.state_dict() for one in learners.learners]
            so_far.save(path_of(self.checkpoints, so_far.seeds))

    def _ended(self, learners: OneByOne, history: History) -> bool:
        """Whether no seed gains from more steps: each has finished, or stands still."""
        optimizers = [one.optimizer for one in getattr(learners, "learners", [])]
        if optimizers and all(getattr(one, "finished", False) for one in optimizers):
            return True
        if self.patience is None:
            return False
        steps = history.steps("val/accuracy").tolist()
        found = best_steps(history, self.best or "val/accuracy")
        best = [steps.index(step) for step in found]
        return len(steps) - 1 - max(best) >= self.patience

    def rebuild(self, trained: Trained) -> Iterator[nn.Module]:
        """The trained models, in evaluation mode, where `make_model` makes them."""
        for seed, state in zip(trained.seeds, trained.states, strict=True):
            model = new_model(self.make_model, self.task.spec, seed)
            yield with_state(model, state)


def as_arrays(state: dict[str, torch.Tensor]) -> State:
    """A model's parameters as plain arrays."""
    return {name: value.numpy(force=True) for name, value in state.items()}


def check_finite(name: str, step: int, seeds: list[int], taken: Measured) -> None:
    """Stop at the first loss that is not a finite number."""
    for seed, loss in zip(seeds, taken["train/loss"], strict=True):
        if not np.isfinite(loss):
            raise FloatingPointError(
                f"{name}: the training loss of seed {seed} is {loss} at step {step}; a "
                "smaller learning_rate is the usual mend"
            )


@contextmanager
def threads_for(model: nn.Module) -> Iterator[None]:
    """One thread for a small model; all that torch was given for a larger one."""
    given = torch.get_num_threads()
    if count_parameters(model) < THREADS_FROM:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(given)
