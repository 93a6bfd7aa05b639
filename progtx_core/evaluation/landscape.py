"""The loss on a plane through parameters, with the paths that trainings took over it."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from progtx_core.training.learners import evaluate
from progtx_core.training.run import TrainingResult, State
from progtx_core.types import Batch


@dataclass(frozen=True)
class Landscape:
    """A plane through one start and two ends, and the loss on it.

    loss: (rows, columns); span: left, right, bottom and top of the plane
    paths: for each run its looks in the plane, (looks, 2)
    away: how far each run went from the start; cosine: between the two ways
    """

    loss: np.ndarray
    span: tuple[float, ...]
    paths: dict[str, np.ndarray]
    away: dict[str, float]
    cosine: float


def landscape(runs: dict[str, TrainingResult], batch: Batch, size: int = 21) -> Landscape:
    """The plane through the start and the ends of two runs' first seeds.

    runs: two, trained with snapshots from the same first parameters; every path lies
    in the plane with its first and last point, and is projected onto it in between

    Source: Li et al., "Visualizing the loss landscape of neural nets", 2018, section 7,
    for paths on a plane through parameters.
    """
    ways = {
        name: np.array([flat(run.snapshots[step][0]) for step in sorted(run.snapshots)])
        for name, run in runs.items()
    }
    one, other = ways.values()
    if not np.array_equal(one[0], other[0]):
        raise ValueError("runs: both must start from the same parameters")
    start, ends = one[0], np.array([one[-1] - one[0], other[-1] - one[0]])
    directions = np.linalg.qr(ends.T)[0].T  # (2, parameters), at right angles
    paths = {name: (way - start) @ directions.T for name, way in ways.items()}
    points = np.concatenate(list(paths.values()))
    low, high = points.min(0), points.max(0)
    edge = 0.15 * (high - low)
    span = (low[0] - edge[0], high[0] + edge[0], low[1] - edge[1], high[1] + edge[1])
    across, up = np.linspace(*span[:2], size), np.linspace(*span[2:], size)
    model = runs[next(iter(runs))].at(0)[0]
    loss = [
        [loss_at(model, start + [x, y] @ directions, batch) for x in across] for y in up
    ]
    length = np.linalg.norm(ends, axis=1)
    cosine = float(ends[0] @ ends[1] / length.prod())
    away = dict(zip(ways, length.tolist(), strict=True))
    return Landscape(np.array(loss), span, paths, away, cosine)


def flat(state: State) -> np.ndarray:
    """All parameters of a model, one after another."""
    return np.concatenate([value.ravel() for value in state.values()])


def loss_at(model: nn.Module, parameters: np.ndarray, batch: Batch) -> float:
    """Loss of a model that is given these parameters, in the order of `flat`."""
    as_tensor = torch.from_numpy(parameters).float()
    torch.nn.utils.vector_to_parameters(as_tensor, model.parameters())
    return evaluate(model, batch)["loss"]
