"""What a training leaves behind: curves, trained models, one look at the test set."""

from copy import deepcopy
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn

from progtx_core import checks
from progtx_core.models import count_parameters
from progtx_core.tasks import Task
from progtx_core.training.config import Config

State = dict[str, np.ndarray]  # a model's parameters by name


@dataclass
class History:
    """Curves over training, one row a seed.

    every step, before its update: "train/loss", "train/accuracy" (on the batch
    of that step) and "grad_norm"; at every look at the held-out set:
    "val/loss", "val/accuracy", "weight_norm" and a model's own extras.

    >>> history = History()
    >>> history.add(0, {"val/loss": [0.7, 0.6]})
    >>> history.add(10, {"val/loss": [0.5, 0.4]})
    >>> history["val/loss"].shape, history.steps("val/loss").tolist()
    ((2, 2), [0, 10])
    """

    points: dict[str, list[tuple[int, list[float]]]] = field(default_factory=dict)

    def add(self, step: int, values: dict[str, list[float]]) -> None:
        """Append one point to each named curve: a value a seed."""
        for name, of_seeds in values.items():
            self.points.setdefault(name, []).append((step, of_seeds))

    @classmethod
    def beside(cls, parts: "list[History]") -> "History":
        """Histories of different seeds as one; as long as the shortest of them.

        >>> one, two = History({"a": [(0, [1.0])]}), History({"a": [(0, [2.0])]})
        >>> History.beside([one, two])["a"].tolist()
        [[1.0], [2.0]]
        """
        joined = cls()
        for name in parts[0].points:
            for points in zip(*(part.points.get(name, []) for part in parts)):
                values = [value for _, of_seeds in points for value in of_seeds]
                joined.add(points[0][0], {name: values})
        return joined

    def names(self) -> list[str]:
        """The names of all curves."""
        return list(self.points)

    def __getitem__(self, name: str) -> np.ndarray:
        """Values of a curve, (n_seeds, n_points)."""
        checks.one_of("curve", name, self.points)
        return np.array([of_seeds for _, of_seeds in self.points[name]]).T

    def steps(self, name: str) -> np.ndarray:
        """Number of updates before each point of a curve, (n_points,)."""
        checks.one_of("curve", name, self.points)
        return np.array([step for step, _ in self.points[name]])


def with_state(model: nn.Module, state: State) -> nn.Module:
    """A copy of a model with other parameters, in evaluation mode."""
    copy = deepcopy(model)
    copy.load_state_dict({name: torch.from_numpy(v) for name, v in state.items()})
    return copy.eval()


def best_steps(history: History, by: str = "val/accuracy") -> list[int]:
    """The look at which a curve was highest for each seed; of equals, the lowest loss.

    by: "val/accuracy", or another curve that has a point at every look

    >>> history = History()
    >>> history.add(0, {"val/accuracy": [0.5, 0.9], "val/loss": [0.7, 0.4]})
    >>> history.add(10, {"val/accuracy": [0.8, 0.9], "val/loss": [0.5, 0.3]})
    >>> best_steps(history)
    [10, 10]
    """
    curves = zip(history[by], history["val/loss"], strict=True)
    steps = history.steps("val/loss")
    return [int(steps[np.lexsort((loss, -hits))[0]]) for hits, loss in curves]


@dataclass
class TrainingResult:
    """A finished (or interrupted) training of one model over several seeds.

    models: the trained models, one a seed, in evaluation mode
    snapshots: parameters of every seed at every look, by step, where they were kept
    test: "loss" and "accuracy" on the test set, (n_seeds,) each
    seconds: wall-clock time; interrupted: True if Ctrl-C ended it early
    """

    name: str
    task: Task
    config: Config
    seeds: list[int]
    history: History
    models: list[nn.Module]
    test: dict[str, np.ndarray]
    seconds: float
    interrupted: bool = False
    snapshots: dict[int, list[State]] = field(default_factory=dict)

    def at(self, step: int) -> list[nn.Module]:
        """The models as they were at a look; needs `fit(..., snapshots=True)`."""
        if step not in self.snapshots:
            raise ValueError(
                f"no snapshot at step {step}; there are {sorted(self.snapshots) or 'none'}"
            )
        states = zip(self.models, self.snapshots[step], strict=True)
        return [with_state(model, state) for model, state in states]

    @property
    def best_steps(self) -> list[int]:
        """The step of each seed's best look, see `best_steps`."""
        return best_steps(self.history)

    @property
    def n_parameters(self) -> int:
        """Trained numbers in one model."""
        return count_parameters(self.models[0])

    def __str__(self) -> str:
        accuracy = self.test["accuracy"]
        return (
            f"{self.name} on {self.task.name}: test accuracy median "
            f"{np.median(accuracy):.3f}, worst {accuracy.min():.3f}, best "
            f"{accuracy.max():.3f} of {len(self.seeds)} seeds"
            + (" (interrupted)" if self.interrupted else "")
        )
