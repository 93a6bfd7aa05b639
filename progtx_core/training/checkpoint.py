"""Checkpoints: all that a training needs to go on where it stopped, bit for bit.

A file holds one seed: parameters, optimizer, stream, random numbers, curves, snapshots.
It is written whole or not at all, and read without unpickling anything but tensors and
plain values.
"""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import torch

from progtx_core import checks, files
from progtx_core.tasks import Task
from progtx_core.training.config import Config, Points, Training
from progtx_core.training.result import History

FORMAT = "progtx checkpoint 2"
PARTS = ("model", "optimizer", "batches")  # each with a state_dict


@dataclass(frozen=True)
class Checkpoint:
    """What a file says. facts: model, task, config and seed, by name."""

    path: Path
    facts: dict[str, Any]
    step: int
    points: Points
    states: dict[str, dict]
    random: torch.Tensor
    snapshots: dict[int, dict]
    best: dict | None
    stopped: bool

    @property
    def history(self) -> History:
        """The curves so far."""
        return History([self.points])

    @property
    def config(self) -> Config:
        """The settings of the training."""
        return Config(**{name: self.facts[name] for name in vars(Config())})

    def restore(self, training: Training) -> None:
        """Set a training to where this one stood; ValueError if it is another one."""
        for name, value in facts_of(training).items():
            if self.facts.get(name) != value:
                was = f"{name} was {self.facts.get(name)!r}, now {value!r}"
                fix = "resume with the same settings, or start anew"
                another = f"{self.path} is a checkpoint of another training"
                raise ValueError(f"{another}: {was}; {fix}")
        for part in PARTS:
            try:
                getattr(training, part).load_state_dict(self.states[part])
            except Exception as error:  # torch raises many kinds for what does not fit
                why = " ".join(str(error).split())[:200]
                raise ValueError(f"{self.path}: its {part} does not fit: {why}") from None
        training.step, training.history = self.step, self.points
        training.snapshots, training.best = self.snapshots, self.best
        training.stopped = self.stopped
        torch.set_rng_state(self.random)


def save(path: Path, training: Training) -> None:
    """Write a training as it stands; an older file stays whole until the new one is."""
    content = {
        "format": FORMAT,
        "facts": facts_of(training),
        "step": training.step,
        "points": training.history,
        "states": {part: getattr(training, part).state_dict() for part in PARTS},
        "random": torch.get_rng_state(),
        "snapshots": training.snapshots,
        "best": training.best,
        "stopped": training.stopped,
    }
    buffer = io.BytesIO()
    torch.save(content, buffer)
    files.write_atomically(path, buffer.getvalue())


def load(path: str | Path) -> Checkpoint:
    """Read a checkpoint. The file is left as it is, whatever is wrong with it.

    Raises:
        FileNotFoundError: there is none.
        ValueError: damaged, cut off, or no checkpoint.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such checkpoint")
    try:
        with ZipFile(path) as archive:  # checks the sums that torch does not
            damaged = archive.testzip()
        if damaged:
            raise BadZipFile(damaged)
        content = torch.load(path, "cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds for a file that is not its own
        found = f"damaged, cut off or no checkpoint ({type(error).__name__})"
        fix = "start anew without it, or resume from another one"
        raise ValueError(f"{path}: {found}; {fix}") from error
    if not isinstance(content, dict) or content.pop("format", None) != FORMAT:
        raise ValueError(f"{path}: a file of torch, but not a {FORMAT!r}")
    try:
        found = Checkpoint(path, **content)
        check(found)
    except (TypeError, ValueError, KeyError) as error:
        why = " ".join(str(error).split())[:200]
        raise ValueError(f"{path}: edited or incomplete ({why}); start anew") from None
    return found


def check(found: Checkpoint) -> None:
    """Raise TypeError, ValueError or KeyError if the parts do not belong together."""
    for name in ("facts", "points", "states", "snapshots"):
        checks.instance(name, getattr(found, name), dict)
    checks.instance("random", found.random, torch.Tensor)
    checks.instance("best", found.best, (dict, type(None)))
    checks.instance("stopped", found.stopped, bool)
    for name in ("model", "task", "seed"):
        checks.one_of("fact", name, found.facts)
    checks.whole("step", found.step, 0, found.config.steps)
    for part in PARTS:
        checks.instance(f"the state of {part}", found.states[part], dict)
    n = len(found.points["train/loss"]) if found.step else 0
    if n != found.step or not found.points["val/loss"]:
        raise ValueError(f"step {found.step} with a curve of {n} points")


def facts_of(training: Training) -> dict[str, Any]:
    """What must agree between a checkpoint and a training that goes on from it."""
    named = {"model": training.name, "task": describe(training.task)}
    return named | {"seed": training.seed} | vars(training.config)


def describe(task: Task) -> str:
    """A task and its sizes in words, so that two that differ are told apart."""
    sizes = {k: v for k, v in vars(task).items() if isinstance(v, int | float | str)}
    return f"{task.name} {task.spec} {sizes}"
