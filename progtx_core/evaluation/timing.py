"""What methods pay for an answer: seconds of a pass, a candidate, a sweep, a gradient."""

import timeit
from collections.abc import Callable, Sequence

import torch
from torch import nn

from progtx_core.models import count_parameters
from progtx_core.optim import PatternSearch
from progtx_core.optim.moves import Moves
from progtx_core.training.data import masked_cross_entropy
from progtx_core.types import Batch


def fastest(call: Callable[[], object], repeats: int = 3) -> float:
    """Seconds of the fastest of some calls: what else the machine does only adds."""
    return min(timeit.repeat(call, number=1, repeat=repeats))


def candidate_seconds(
    model: nn.Module,
    batch: Batch,
    losses_of: Callable[[Moves], Sequence[float]] | None = None,
    n: int = 64,
) -> float:
    """Seconds for each of n candidates that a pattern search polls in one block.

    losses_of: as `PatternSearch` takes it; None to call the model for every candidate
    """
    search = PatternSearch(
        model.parameters(),
        radius=0.1,
        min_gain=1e6,  # no gain is so large: nothing is kept
        poll="best",
        block_size=n,
        budget=n,
        losses_of=losses_of,
    )

    def loss():
        return masked_cross_entropy(model(batch.inputs), batch)

    search.step(loss)  # the first call keeps what later ones use
    search.budget += n
    return timeit.timeit(lambda: search.step(loss), number=1) / n


def sweep_and_gradient(model: nn.Module, batch: Batch) -> tuple[float, float]:
    """Seconds of a sweep over all parameters, candidate by candidate, and of a gradient.

    The sweep is not made: it is reckoned from a pass, of which it takes two a parameter.
    """

    def loss():
        return masked_cross_entropy(model(batch.inputs), batch)

    gradient = fastest(lambda: loss().backward())
    with torch.no_grad():
        sweep = 2 * count_parameters(model) * fastest(loss)
    return sweep, gradient
