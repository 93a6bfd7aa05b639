"""Self-attention with something to measure distances from: a marked start (chapter 5).

A bias or a rotation tells distances. To know where it stands, a position needs a landmark:
something that every position finds, and that always stands at the same place. Language
models have one, the token that begins every text.
"""

from dataclasses import replace

import numpy as np
from progtx_core.models.positions import Positions, relative_distance
from progtx_core.models.self_attention import SelfAttention
from progtx_core.tools import page, recorded
from progtx_core.types import Spec
from torch import Tensor
from torch.nn import functional as F

# Of the recorded table: as it is, and with a marked start.
PAIRS = {
    "none": ("none", "none, marked start"),
    "relative": ("relative", "relative, marked start"),
    "rotary": ("rotary", "rotary, marked start"),
    "alibi, slope 1/256": ("alibi", "alibi, marked start"),
    "alibi, slope 1/4": ("alibi, slope 1/4", "alibi, slope 1/4, marked start"),
}


def show(record) -> None:
    """A row a scheme: its accuracies on argmax_position as it is, and with the mark."""
    found = []
    for name, pair in PAIRS.items():
        two = [recorded.values(record, row, "argmax_position") for row in pair]
        texts = [f"{np.median(a):.2f} ({a.min():.2f} to {a.max():.2f})" for a in two]
        found.append([name, *texts])
    page.table(["scheme", "as it is: median (worst to best)", "with a marked start"], found)


def now_and_then(live: dict, then: dict) -> None:
    """What was trained anew beside what is recorded, by (scheme, task)."""
    found = []
    for (scheme, task), now in live.items():
        texts = [f"{a.min():.3f} to {a.max():.3f}" for a in (now, then[scheme, task])]
        found.append([scheme, task, *texts])
    page.table(["scheme", "task", "now", "recorded"], found)


class Slope(Positions):
    """ALiBi's penalty for one head, with a slope of one's own."""

    def __init__(self, n_ctx: int, d_model: int, slope: float) -> None:
        super().__init__(n_ctx, d_model, n_heads=1)
        self.slope = slope

    def attention_bias(self, seq: int) -> Tensor:
        return -self.slope * relative_distance(seq).abs().unsqueeze(0)  # (1, query, key)


class Sloped(SelfAttention):
    """Self-attention with that penalty.

    slope: None leaves the scheme that `positions` names
    """

    def __init__(
        self, spec: Spec, d_model=32, positions="none", slope: float | None = None
    ):
        super().__init__(spec, d_model, positions)
        if slope is not None:
            self.positions = Slope(spec.seq_len, d_model, slope)


class MarkedStart(Sloped):
    """The same with one more position in front, which has a feature of its own."""

    def __init__(
        self, spec: Spec, d_model=32, positions="none", slope: float | None = None
    ):
        d_input = spec.d_features + 1
        marked = replace(spec, seq_len=spec.seq_len + 1, d_input=d_input)
        super().__init__(marked, d_model, positions, slope)

    def forward(self, inputs: Tensor) -> Tensor:
        return super().forward(mark(inputs))


def mark(inputs: Tensor) -> Tensor:
    """(batch, seq, d_input) to (batch, 1 + seq, d_input + 1): first the mark alone.

    >>> import torch
    >>> mark(torch.tensor([[[5.0], [6.0]]])).tolist()
    [[[0.0, 1.0], [5.0, 0.0], [6.0, 0.0]]]
    """
    marked = F.pad(inputs, (0, 1, 1, 0))
    marked[:, 0, -1] = 1
    return marked
