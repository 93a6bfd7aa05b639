"""Number embeddings that begin in order, for counting further than in training."""

import math
from collections.abc import Callable

import torch
from progtx_core import checks
from progtx_core.models.long import LongTransformer
from progtx_core.types import Spec


def arc(n: int, d_model: int) -> torch.Tensor:
    """A quarter circle: (n, 2), every row of length 1."""
    angle = torch.linspace(0, math.pi / 2, n)
    return torch.stack([angle.cos(), angle.sin()], 1)


def line(n: int, d_model: int) -> torch.Tensor:
    """A straight line through zero: (n, 1), mean square 1."""
    return torch.linspace(-(3**0.5), 3**0.5, n)[:, None]


def sines(n: int, d_model: int) -> torch.Tensor:
    """Sines and cosines, wavelengths from 4n down to 4: (n, d_model), rows of length 1."""
    wavelengths = torch.logspace(math.log10(4 * n), math.log10(4), d_model // 2)
    phase = 2 * math.pi * torch.arange(n)[:, None] / wavelengths
    return torch.cat([phase.sin(), phase.cos()], 1) / (d_model // 2) ** 0.5


SHAPES: dict[str, Callable[[int, int], torch.Tensor]] = {
    "arc": arc,
    "line": line,
    "sines": sines,
}


class OrderedTransformer(LongTransformer):
    """Beside its random vector each number begins with a place on a curve, in order.

    The curve lies in random directions, and all of it is trained. So numbers that are far
    apart, which training never shows together, still lie in the order of the others.

    Args:
        n_ordered: the tokens from 1 to this one are numbers, in order
        shape: a name of SHAPES
        size: standard deviation of what is added; the random vectors' is 1
    """

    def __init__(
        self,
        spec: Spec,
        n_ordered: int = 200,
        shape: str = "arc",
        size: float = 2.5,
        **sizes,
    ) -> None:
        super().__init__(spec, **sizes)
        checks.whole("n_ordered", n_ordered, 1, spec.d_features - 1)
        weight = self.embed.weight  # (d_model, vocabulary)
        curve = SHAPES[checks.one_of("shape", shape, SHAPES)](n_ordered, len(weight))
        directions = torch.randn(curve.shape[1], len(weight))
        with torch.no_grad():
            weight[:, 1 : n_ordered + 1] += size * (curve @ directions).T
