"""The loss on a plane through parameters, with the paths that trainings took over it."""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from progtx_core.training import TrainingResult, evaluate
from progtx_core.types import Batch
from torch import nn


@dataclass(frozen=True)
class Landscape:
    """A plane through one start and two ends, and the loss on it."""

    loss: np.ndarray  # (rows, columns)
    span: tuple[float, ...]  # left, right, bottom and top of the plane
    paths: dict[str, np.ndarray]  # of each training, (evaluations, 2)
    away: dict[str, float]  # how far each training went from the start
    cosine: float  # between the two ways


def landscape(runs: dict[str, TrainingResult], batch: Batch, size: int = 21) -> Landscape:
    """The plane through the start and the ends of the first seeds of two trainings.

    Only the first and last point of a path lie in it, the others are projected onto it.

    Source: Li et al., "Visualizing the loss landscape of neural nets", 2018, section 7.
    """
    ways = {
        name: np.array([flat(one.snapshots[step][0]) for step in sorted(one.snapshots)])
        for name, one in runs.items()
    }
    (start, *_, end), (start_2, *_, end_2) = ways.values()
    if not np.array_equal(start, start_2):
        raise ValueError("runs: both must start from the same parameters")
    ends = np.array([end - start, end_2 - start])
    directions = np.linalg.qr(ends.T)[0].T  # (2, parameters), at right angles
    paths = {name: (way - start) @ directions.T for name, way in ways.items()}
    points = np.concatenate(list(paths.values()))
    low, high = points.min(0), points.max(0)
    (left, bottom), (right, top) = low - 0.15 * (high - low), high + 0.15 * (high - low)
    columns, rows = np.linspace(left, right, size), np.linspace(bottom, top, size)
    model = copy.deepcopy(next(iter(runs.values())).models[0])
    grid = [[start + [x, y] @ directions for x in columns] for y in rows]
    loss = np.array([[loss_at(model, point, batch) for point in row] for row in grid])
    lengths = np.linalg.norm(ends, axis=1)
    away = dict(zip(ways, lengths.tolist(), strict=True))
    cosine = float(ends[0] @ ends[1] / lengths.prod())
    return Landscape(loss, (left, right, bottom, top), paths, away, cosine)


def flat(state: dict[str, np.ndarray]) -> np.ndarray:
    """All parameters of a model, one after another."""
    return np.concatenate([value.ravel() for value in state.values()])


def loss_at(model: nn.Module, parameters: np.ndarray, batch: Batch) -> float:
    """Loss of a model that is given these parameters, in the order of `flat`."""
    nn.utils.vector_to_parameters(torch.from_numpy(parameters).float(), model.parameters())
    return evaluate(model, batch)["loss"]
