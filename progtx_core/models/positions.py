"""Rung 5: how a model is told where a step stands.

Attention alone treats its input as a set. Each scheme here breaks that in one of three
places: it adds something to the steps, turns queries and keys, or adds a bias to scores.
"""

import math

import torch
from torch import nn

from progtx_core import checks


class Positions(nn.Module):
    """No positions at all, and the three places where a scheme may speak.

    Shapes: steps (batch, seq, d_model); queries or keys (batch, head, seq, d_head);
    bias (head, query, key), or None for none.

    >>> Positions(n_ctx=4, d_model=8, n_heads=2).bias(4) is None
    True
    """

    def __init__(self, n_ctx: int, d_model: int, n_heads: int) -> None:
        super().__init__()
        self.n_ctx, self.d_model, self.n_heads = n_ctx, d_model, n_heads

    def add_to_embeddings(self, steps: torch.Tensor) -> torch.Tensor:
        """What enters the first layer."""
        return steps

    def rotate(self, heads: torch.Tensor) -> torch.Tensor:
        """Queries or keys, before their products are taken."""
        return heads

    def attention_bias(self, seq: int) -> torch.Tensor | None:
        """What is added to the scores."""
        return None

    def check_length(self, seq: int) -> None:
        """Raise ValueError for a sequence longer than the table."""
        if seq > self.n_ctx:
            raise ValueError(
                f"the input has {seq} steps, but {type(self).__name__} knows positions "
                f"for 1 to {self.n_ctx}; build the model with n_ctx={seq} or more"
            )


class Absolute(Positions):
    """One feature more: the step's number as a share of n_ctx, times learned weights."""

    def __init__(self, n_ctx: int, d_model: int, n_heads: int) -> None:
        super().__init__(n_ctx, d_model, n_heads)
        self.weight = nn.Parameter(torch.randn(d_model))

    def add_to_embeddings(self, steps: torch.Tensor) -> torch.Tensor:
        where = torch.arange(steps.shape[1]) / self.n_ctx  # (seq,)
        return steps + where.unsqueeze(1) * self.weight


class Learned(Positions):
    """A learned vector for every position.

    Source: Gehring et al., "Convolutional sequence to sequence learning", 2017, section
    3.1; Vaswani et al., "Attention is all you need", 2017, section 3.5, as a variant.
    """

    def __init__(self, n_ctx: int, d_model: int, n_heads: int) -> None:
        super().__init__(n_ctx, d_model, n_heads)
        self.table = nn.Parameter(0.5 * torch.randn(n_ctx, d_model))

    def add_to_embeddings(self, steps: torch.Tensor) -> torch.Tensor:
        self.check_length(steps.shape[1])
        return steps + self.table[: steps.shape[1]]


class RandomOffset(Learned):
    """A learned vector for every position; in training each sequence starts anywhere.

    All rows of the table are trained, though training sequences are shorter than it.
    In evaluation mode every sequence starts at position 0.

    Source: in the manner of Ruoss et al., "Randomized positional encodings boost length
    generalization of transformers", 2023, with consecutive positions.
    """

    def add_to_embeddings(self, steps: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return super().add_to_embeddings(steps)
        batch, seq, _ = steps.shape
        self.check_length(seq)
        start = torch.randint(self.n_ctx - seq + 1, (batch, 1))
        return steps + self.table[start + torch.arange(seq)]


class Sinusoidal(Positions):
    """Sines and cosines of the position, at wavelengths from 2 pi to 10,000 * 2 pi.

    Source: Vaswani et al., "Attention is all you need", 2017, section 3.5.

    >>> scheme = Sinusoidal(n_ctx=4, d_model=8, n_heads=2)
    >>> scheme.add_to_embeddings(torch.zeros(1, 4, 8))[0, 0].tolist()
    [0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0]
    """

    def add_to_embeddings(self, steps: torch.Tensor) -> torch.Tensor:
        angle = angles(steps.shape[1], self.d_model)  # (seq, pairs)
        waves = torch.stack([angle.sin(), angle.cos()], -1).flatten(1)
        return steps + waves[:, : self.d_model]


class Rotary(Positions):
    """Queries and keys are turned, pair by pair, by an angle proportional to position.

    The product of a query and a key then depends on their distance only.
    Source: Su et al., "RoFormer: enhanced transformer with rotary position
    embedding", 2021, section 3.2.2.
    """

    def __init__(self, n_ctx: int, d_model: int, n_heads: int) -> None:
        super().__init__(n_ctx, d_model, n_heads)
        d_head = d_model // n_heads
        if d_head % 2:
            raise ValueError(
                f"rotary positions turn pairs of numbers, so d_head must be even; got "
                f"d_head={d_head} (d_model={d_model}, n_heads={n_heads})"
            )

    def rotate(self, heads: torch.Tensor) -> torch.Tensor:
        angle = angles(heads.shape[2], heads.shape[3])  # (seq, d_head / 2)
        sin, cos = angle.sin(), angle.cos()
        first, second = heads.chunk(2, -1)  # the pairs are (i, i + d_head / 2)
        return torch.cat([first * cos - second * sin, first * sin + second * cos], -1)


class Relative(Positions):
    """A learned bias for every distance and head, added to the scores.

    Source: Raffel et al., "Exploring the limits of transfer learning with a unified
    text-to-text transformer" (T5), 2020, section 2.1; without its buckets.
    """

    def __init__(self, n_ctx: int, d_model: int, n_heads: int) -> None:
        super().__init__(n_ctx, d_model, n_heads)
        self.table = nn.Parameter(torch.randn(n_heads, 2 * n_ctx - 1))

    def attention_bias(self, seq: int) -> torch.Tensor:
        self.check_length(seq)
        return self.table[:, distance(seq) + self.n_ctx - 1]  # (head, query, key)


class Alibi(Positions):
    """A fixed penalty that grows with distance, at a rate of its own in each head.

    Without a causal mask the penalty is the same in both directions: the model can
    tell near from far, but not left from right.
    Source: Press et al., "Train short, test long: attention with linear biases
    enables input length extrapolation", 2022, section 3.

    >>> Alibi(n_ctx=3, d_model=4, n_heads=1).bias(3)[0, 0].tolist()
    [-0.0, -0.00390625, -0.0078125]
    """

    def attention_bias(self, seq: int) -> torch.Tensor:
        head = torch.arange(1, self.n_heads + 1)
        slope = 2.0 ** (-8 * head / self.n_heads)  # (head,)
        return -slope.view(-1, 1, 1) * distance(seq).abs()


SCHEMES: dict[str, type[Positions]] = {
    "none": Positions,
    "absolute": Absolute,
    "learned": Learned,
    "sinusoidal": Sinusoidal,
    "random_offset": RandomOffset,
    "relative": Relative,
    "rotary": Rotary,
    "alibi": Alibi,
}


def make(scheme: str, n_ctx: int, d_model: int, n_heads: int) -> Positions:
    """The positional scheme of that name. Raises ValueError for one that is unknown."""
    checks.whole("n_ctx", n_ctx, at_least=1)
    kind = SCHEMES[checks.one_of("positional scheme", scheme, SCHEMES)]
    return kind(n_ctx, d_model, n_heads)


def angles(seq: int, width: int) -> torch.Tensor:
    """position / 10,000^(pair / pairs): (seq, pairs), in radians; pairs = width / 2."""
    pairs = (width + 1) // 2
    rate = torch.exp(-math.log(10_000.0) * torch.arange(pairs) / pairs)
    return torch.arange(seq).unsqueeze(1) * rate


def distance(seq: int) -> torch.Tensor:
    """How far the key stands behind the query: (query, key), negative if before it."""
    where = torch.arange(seq)
    return where - where.unsqueeze(1)
