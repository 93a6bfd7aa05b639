"""What a training leaves behind: curves, trained models, one evaluation on the test set."""

from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import nn

from progtx_core import checks
from progtx_core.models import count_parameters
from progtx_core.tasks import Task
from progtx_core.training.config import Config, MakeModel, Points, Training, new_model

State = dict[str, Any]  # a model's parameters by name, as arrays


class History:
    """Curves over training, a row a seed.

    At every update, before its move: "train/loss", "train/accuracy" and "grad_norm". At
    every evaluation: "val/loss", "val/accuracy", "weight_norm", a model's own extras.
    """

    def __init__(self, of_seeds: list[Points]) -> None:
        self.of_seeds = of_seeds

    def names(self) -> list[str]:
        """The names of the curves that every seed has."""
        return [n for n in self.of_seeds[0] if all(n in points for points in self.of_seeds)]

    def _points(self, name: str) -> list[list[tuple[int, float]]]:
        checks.one_of("curve", name, self.names())
        return [points[name] for points in self.of_seeds]

    def __getitem__(self, name: str) -> np.ndarray:
        """Values, (n_seeds, n_points); that of a seed that ended early stays its last."""
        curves = [[value for _, value in curve] for curve in self._points(name)]
        longest = max(map(len, curves))
        return np.array([c + c[-1:] * (longest - len(c)) for c in curves])

    def steps(self, name: str) -> np.ndarray:
        """Number of updates before each point of a curve, (n_points,)."""
        return np.array([step for step, _ in max(self._points(name), key=len)])


def best_evaluation(values: np.ndarray, losses: np.ndarray) -> int:
    """Where values are highest; among equals the lowest loss, then the first."""
    return int(np.lexsort((losses, -values))[0])


@dataclass
class SeedResult:
    """What is left of one seed: plain numbers, which any process can hand on."""

    seed: int
    points: Points
    state: State
    test: dict[str, float]
    snapshots: dict[int, State]
    interrupted: bool

    @classmethod
    def of(cls, training: Training, test: dict[str, float]) -> "SeedResult":
        """The result of a training that has ended."""
        snapshots = {s: as_arrays(state) for s, state in training.snapshots.items()}
        state = as_arrays(training.model.state_dict())
        interrupted = training.interrupted
        return cls(training.seed, training.history, state, test, snapshots, interrupted)

    def snapshot(self, step: int) -> State:
        """The parameters after so many updates; the last ones kept if it ended before."""
        return self.snapshots[max(s for s in self.snapshots if s <= step)]


def as_arrays(state: dict[str, torch.Tensor]) -> State:
    """A model's parameters as plain arrays."""
    # numpy knows no bfloat16; a module may keep other things than tensors in its state.
    return {
        name: deepcopy(v)
        if not isinstance(v, torch.Tensor)
        else (v.float() if v.dtype == torch.bfloat16 else v).numpy(force=True).copy()
        for name, v in state.items()
    }


def with_state(model: nn.Module, state: State) -> nn.Module:
    """A copy of a model with other parameters, in evaluation mode."""
    copy = deepcopy(model)
    tensors = {
        n: torch.from_numpy(v) for n, v in state.items() if isinstance(v, np.ndarray)
    }
    copy.load_state_dict(state | tensors)
    return copy.eval()


@dataclass
class TrainingResult:
    """A finished (or interrupted) training of one model over several seeds."""

    name: str
    task: Task
    config: Config
    seeds: list[int]
    history: History
    models: list[nn.Module]  # one a seed, in evaluation mode, on the CPU
    test: dict[str, np.ndarray]  # "loss" and "accuracy" on the test set, (n_seeds,)
    interrupted: bool = False  # by Ctrl-C
    snapshots: dict[int, list[State]] = field(default_factory=dict)  # of all seeds, by step
    seconds: float = 0.0  # of all seeds, by the clock

    @classmethod
    def of(
        cls,
        name: str,
        task: Task,
        config: Config,
        make_model: MakeModel,
        trained: list[SeedResult],
    ) -> "TrainingResult":
        """The seeds side by side; of an interrupted training those that were finished."""
        kept = [one for one in trained if not one.interrupted] or trained[:1]
        models = [new_model(make_model, task.spec, one.seed) for one in kept]
        steps = sorted({step for one in kept for step in one.snapshots})
        return cls(
            name,
            task,
            config,
            [one.seed for one in kept],
            History([one.points for one in kept]),
            [with_state(model, one.state) for model, one in zip(models, kept, strict=True)],
            {key: np.array([one.test[key] for one in kept]) for key in kept[0].test},
            any(one.interrupted for one in trained),
            {step: [one.snapshot(step) for one in kept] for step in steps},
        )

    def models_at(self, step: int) -> list[nn.Module]:
        """The models as they were at an evaluation; needs the callback `Snapshots`."""
        if step not in self.snapshots:
            known = sorted(self.snapshots) or "none"
            raise ValueError(f"no snapshot at step {step}; there are {known}")
        states = zip(self.models, self.snapshots[step], strict=True)
        return [with_state(model, state) for model, state in states]

    def best_steps(self, by: str = "val/accuracy") -> list[int]:
        """The step of each seed's best evaluation, see `best_evaluation`."""
        steps = self.history.steps("val/loss")
        curves = zip(self.history[by], self.history["val/loss"], strict=True)
        return [int(steps[best_evaluation(*of_seed)]) for of_seed in curves]

    @cached_property
    def n_parameters(self) -> int:
        """Trained numbers in one model."""
        return count_parameters(self.models[0])

    def curves(self, *names: str) -> Any:
        """Curves as a tidy DataFrame: a row a point, with seed, step, curve, value."""
        import pandas as pd  # late: a training without pictures does not pay for it

        rows = [
            (seed, step, name, value)
            for name in names or self.history.names()
            for seed, values in zip(self.seeds, self.history[name], strict=True)
            for step, value in zip(self.history.steps(name), values, strict=True)
        ]
        columns: Any = ["seed", "step", "curve", "value"]
        return pd.DataFrame(rows, columns=columns)

    def __str__(self) -> str:
        accuracy = self.test["accuracy"]
        ending = " (interrupted)" if self.interrupted else ""
        return (
            f"{self.name} on {self.task.name}: test accuracy median "
            f"{np.median(accuracy):.3f}, worst {accuracy.min():.3f}, best "
            f"{accuracy.max():.3f} of {len(self.seeds)} seeds{ending}"
        )
