"""The loss on a plane through parameters, with the paths that trainings took over it."""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from progtx_core.training import TrainingResult, evaluate
from progtx_core.types import Batch
from torch import nn

WHOLE = "the whole"


@dataclass(frozen=True)
class View:
    """The loss over a part of the plane, at the middle of each cell of a grid."""

    loss: np.ndarray  # (rows, columns)
    span: tuple[float, ...]  # left, right, bottom and top


@dataclass(frozen=True)
class Landscape:
    """A plane through one start and two ends: the whole, and a closer view of each end."""

    views: dict[str, View]
    paths: dict[str, np.ndarray]  # of each training, (points, 2)
    passes: dict[str, np.ndarray]  # forward passes up to each point
    losses: dict[str, np.ndarray]  # of the model at each point
    projected: dict[str, np.ndarray]  # and of its projection into the plane


def landscape(
    runs: dict[str, TrainingResult],
    batch: Batch,
    curves: dict[str, tuple],
    size: int = 25,
    n_points: int = 60,
) -> Landscape:
    """The plane through the start and the ends of the first seeds of two trainings.

    Only the first and last point of a path lie in it, the others are projected onto it.

    curves: of each training passes and loss, (seeds, evaluations) each; n_points: at
    most, of each path, the denser the earlier

    Source: Li et al., "Visualizing the loss landscape of neural nets", 2018, section 7.
    """
    passes = {name: np.asarray(curve[0][0], float) for name, curve in curves.items()}
    kept = {name: spread(of, n_points) for name, of in passes.items()}
    ways = {
        name: np.array([flat(one.snapshots[step][0]) for step in sorted(one.snapshots)])
        for name, one in runs.items()
    }
    (start, *_, end), (start_2, *_, end_2) = ways.values()
    if not np.array_equal(start, start_2):
        raise ValueError("runs: both must start from the same parameters")
    directions = np.linalg.qr(np.array([end - start, end_2 - start]).T)[0].T
    paths = {name: (ways[name] - start)[kept[name]] @ directions.T for name in ways}
    model = copy.deepcopy(next(iter(runs.values())).models[0])

    def loss(x: float, y: float) -> float:
        return loss_at(model, start + [x, y] @ directions, batch)

    points = np.concatenate(list(paths.values()))
    low, high = points.min(0), points.max(0)
    margin = 0.15 * (high - low)
    views = {WHOLE: view(loss, low - margin, high + margin, size)}
    for name, path in paths.items():
        half = closer(loss, path[-1], float(np.linalg.norm(path[-1])))
        views[f"the end of {name}"] = view(loss, path[-1] - half, path[-1] + half, size)
    return Landscape(
        views,
        paths,
        {name: passes[name][kept[name]] for name in ways},
        {name: np.asarray(curves[name][1][0], float)[kept[name]] for name in ways},
        {name: np.array([loss(*point) for point in path]) for name, path in paths.items()},
    )


def spread(passes: np.ndarray, n: int) -> np.ndarray:
    """Some of the evaluations, evenly on a logarithmic axis; the first and last are."""
    wanted = np.geomspace(max(passes[passes > 0].min(), 1.0), passes[-1], n)
    nearest = np.abs(passes[None] - wanted[:, None]).argmin(1)
    return np.unique([0, *nearest, len(passes) - 1])


def view(loss: Callable, low: np.ndarray, high: np.ndarray, size: int) -> View:
    """The loss between two corners, on a grid: at the middle of each cell."""
    (left, bottom), (right, top) = low, high
    middles = (np.arange(size) + 0.5) / size
    columns, rows = left + middles * (right - left), bottom + middles * (top - bottom)
    grid = np.array([[loss(x, y) for x in columns] for y in rows])
    return View(grid, (float(left), float(right), float(bottom), float(top)))


def closer(loss: Callable, end: np.ndarray, half: float, size: int = 7) -> float:
    """Half the width of a view in which the valley around an end takes up some room.

    It is halved until three points of ten are nearer to the end in loss than to the start.
    """
    low = (loss(0.0, 0.0) + loss(*end)) / 2
    for _ in range(10):
        half /= 2
        if (view(loss, end - half, end + half, size).loss < low).mean() >= 0.3:
            break
    return half


def flat(state: dict[str, np.ndarray]) -> np.ndarray:
    """All parameters of a model, one after another."""
    return np.concatenate([value.ravel() for value in state.values()])


def loss_at(model: nn.Module, parameters: np.ndarray, batch: Batch) -> float:
    """Loss of a model that is given these parameters, in the order of `flat`."""
    nn.utils.vector_to_parameters(torch.from_numpy(parameters).float(), model.parameters())
    return evaluate(model, batch)["loss"]
