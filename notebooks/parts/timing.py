"""What methods pay for an answer: seconds of a candidate, a sweep, a gradient."""

import timeit
from collections.abc import Callable
from typing import Any

import torch
from progtx_core.models import count_parameters
from progtx_core.optim import PatternSearch
from progtx_core.training.data import masked_cross_entropy
from progtx_core.types import Batch
from torch import nn


def fastest(call: Callable[[], object], repeats: int = 3) -> float:
    """Seconds of the fastest of some calls: what else the machine does only adds."""
    return min(timeit.repeat(call, number=1, repeat=repeats))


def _loss_of(model: nn.Module, batch: Batch) -> Callable[[], torch.Tensor]:
    return lambda: masked_cross_entropy(model(batch.inputs), batch)


def candidate_seconds(
    model: nn.Module, batch: Batch, losses_of: Callable | None = None, n: int = 64
) -> float:
    """Seconds for each of n candidates that a pattern search polls in one block."""
    how: Any = {"poll": "best", "block_size": n, "budget": n, "losses_of": losses_of}
    # No gain is as large as min_gain, so no move is kept.
    search = PatternSearch(model.parameters(), radius=0.1, min_gain=1e6, **how)
    loss = _loss_of(model, batch)
    search.step(loss)  # the first call keeps what later ones use
    search.budget += n
    return timeit.timeit(lambda: search.step(loss), number=1) / n


def sweep_and_gradient(model: nn.Module, batch: Batch) -> tuple[float, float]:
    """Seconds of a sweep over all parameters, as two passes for each, and of a gradient."""
    loss = _loss_of(model, batch)
    gradient = fastest(lambda: loss().backward())
    with torch.no_grad():
        sweep = 2 * count_parameters(model) * fastest(loss)
    return sweep, gradient
