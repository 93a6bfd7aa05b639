"""What a training leaves behind: curves, trained models, one look at the test set."""

from dataclasses import dataclass, field

import numpy as np
from torch import nn

from progtx_core import checks
from progtx_core.models import count_parameters
from progtx_core.tasks import Task
from progtx_core.training.config import Config


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


@dataclass
class Run:
    """A finished (or interrupted) training of one model over several seeds.

    models: the trained models, one a seed, in evaluation mode
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
