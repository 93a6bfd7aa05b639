"""Some seeds of one training, from first parameters to the look at the test set."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from progtx_core.contract import Batch
from progtx_core.models import count_parameters
from progtx_core.tasks import Task
from progtx_core.training.config import Config
from progtx_core.training.data import held_out
from progtx_core.training.learners import (
    MakeModel,
    MakeOptimizer,
    Measured,
    OneByOne,
    new_model,
    norm,
    side_by_side,
)
from progtx_core.training.run import History
from progtx_core.training.stacked import make_learners
from progtx_core.training.tracker import Tracker

# A smaller model gains nothing from a second thread, and loses where cores are busy.
THREADS_FROM = 50_000  # parameters


@dataclass
class Trained:
    """What is left of a group: plain numbers, which any process can hand on."""

    seeds: list[int]
    history: History
    states: list[dict[str, np.ndarray]]
    test: dict[str, np.ndarray]
    interrupted: bool


@dataclass
class Group:
    """What all seeds of a training have in common."""

    make_model: MakeModel
    name: str
    task: Task
    config: Config
    make_optimizer: MakeOptimizer
    stacked: bool | None = None  # see `make_learners`

    def learners(self, seeds: list[int]) -> OneByOne:
        """The models of some seeds, ready for their first step."""
        return make_learners(
            self.make_model,
            self.task,
            self.config,
            seeds,
            self.make_optimizer,
            self.stacked,
        )

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
        learners, history = self.learners(seeds), History()
        with threads_for(learners.models[0]):
            interrupted = self._steps(learners, seeds, history, report, stop, tracker)
            test = learners.evaluate(held_out(self.task, "test", self.config.n_eval))
        states = [
            {name: value.numpy(force=True) for name, value in m.state_dict().items()}
            for m in learners.models
        ]
        test = {key: np.array(values) for key, values in test.items()}
        return Trained(seeds, history, states, test, interrupted)

    def _steps(self, learners, seeds, history, report, stop, tracker) -> bool:
        """Fill `history`; True if Ctrl-C or `stop` ended the training early."""
        val_set = held_out(self.task, "val", self.config.n_eval)
        try:
            for step in range(self.config.steps + 1):
                if stop():
                    return True
                if self.config.is_eval_step(step):
                    looked = look(learners, val_set)
                    history.add(step, looked)
                    if tracker is not None:
                        tracker.log(self.name, step, looked)
                if step < self.config.steps:
                    taken = learners.step(self.config.rate(step))
                    check_finite(self.name, step, seeds, taken)
                    history.add(step, taken)
                    report()
        except KeyboardInterrupt:
            return True
        return False

    def rebuild(self, trained: Trained) -> Iterator[nn.Module]:
        """The trained models, in evaluation mode."""
        for seed, state in zip(trained.seeds, trained.states, strict=True):
            model = new_model(self.make_model, self.task.spec, seed)
            values = {name: torch.from_numpy(value) for name, value in state.items()}
            model.load_state_dict(values)
            yield model.eval()


def look(learners: OneByOne, val_set: Batch) -> Measured:
    """What is measured at every look at the held-out set.

    A model that has a method `extras() -> dict[str, float]` adds its own.
    """
    measured = learners.evaluate(val_set)
    own = [
        {"weight_norm": norm(m.parameters()), **getattr(m, "extras", dict)()}
        for m in learners.models
    ]
    return {f"val/{key}": of_seeds for key, of_seeds in measured.items()} | side_by_side(
        own
    )


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
