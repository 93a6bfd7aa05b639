"""Rung 5: how a model is told where something stands.

Attention alone treats its input as a set. Each scheme breaks that in one of three places:
it adds to the embeddings, rotates queries and keys, or adds a bias to the scores.
"""

import math

import torch
from torch import Tensor, nn

from progtx_core import checks


class Positions(nn.Module):
    """No positions at all, and the three places where a scheme may speak."""

    def __init__(self, n_ctx: int, d_model: int, n_heads: int) -> None:
        super().__init__()
        self.n_ctx, self.d_model, self.n_heads = n_ctx, d_model, n_heads

    def add_to_embeddings(self, x: Tensor) -> Tensor:
        """What enters the first layer, (batch, seq, d_model)."""
        return x

    def rotate(self, heads: Tensor) -> Tensor:
        """Queries or keys, (batch, head, seq, d_head), before their products are taken."""
        return heads

    def attention_bias(self, seq: int) -> Tensor | None:
        """What is added to the scores, (head, query, key), or None."""
        return None

    def check_length(self, seq: int) -> None:
        """Raise ValueError for a sequence longer than the table."""
        if seq > self.n_ctx:
            found = f"the input has {seq} positions, {type(self).__name__} {self.n_ctx}"
            raise ValueError(f"{found}; build the model with n_ctx={seq} or more")


class Absolute(Positions):
    """The position as a share of n_ctx, times learned weights."""

    def __init__(self, n_ctx: int, d_model: int, n_heads: int) -> None:
        super().__init__(n_ctx, d_model, n_heads)
        self.weight = nn.Parameter(torch.randn(d_model))

    def add_to_embeddings(self, x: Tensor) -> Tensor:
        share = torch.arange(x.shape[1]) / self.n_ctx  # (seq,)
        return x + share.unsqueeze(1) * self.weight


class Learned(Positions):
    """A learned vector for every position.

    Source: Gehring et al., "Convolutional sequence to sequence learning", 2017, sec. 3.1.
    """

    def __init__(self, n_ctx: int, d_model: int, n_heads: int, n_rows: int | None = None):
        super().__init__(n_ctx, d_model, n_heads)
        self.table = nn.Parameter(0.5 * torch.randn(n_rows or n_ctx, d_model))

    def add_to_embeddings(self, x: Tensor) -> Tensor:
        self.check_length(x.shape[1])
        return x + self.table[: x.shape[1]]


class RandomOffset(Learned):
    """In training each sequence starts anywhere in the table; in evaluation at its start.

    Source: Ruoss et al., "Randomized positional encodings boost length generalization of
    transformers", 2023, section 3; here with consecutive positions.
    """

    def add_to_embeddings(self, x: Tensor) -> Tensor:
        batch, seq, _ = x.shape
        self.check_length(seq)
        start = torch.randint(self.n_ctx - seq + 1, (batch, 1)) if self.training else 0
        return x + self.table[start + torch.arange(seq)]


class Sinusoidal(Positions):
    """Sines and cosines of the position, at wavelengths from 2 pi to 10,000 * 2 pi.

    Source: Vaswani et al., "Attention is all you need", 2017, section 3.5.
    """

    def add_to_embeddings(self, x: Tensor) -> Tensor:
        angle = angles(x.shape[1], self.d_model)  # (seq, pairs)
        waves = torch.stack([angle.sin(), angle.cos()], -1).flatten(1)  # (seq, 2 pairs)
        return x + waves[:, : self.d_model]


class Rotary(Positions):
    """Queries and keys are rotated, pair by pair, by an angle proportional to position.

    The product of a query and a key then depends on their distance only.
    Source: Su et al., "RoFormer", 2021, section 3.2.2.
    """

    def __init__(self, n_ctx: int, d_model: int, n_heads: int) -> None:
        super().__init__(n_ctx, d_model, n_heads)
        if (d_head := d_model // n_heads) % 2:
            raise ValueError(f"rotary positions need an even d_head, got {d_head}")

    def rotate(self, heads: Tensor) -> Tensor:
        angle = angles(heads.shape[2], heads.shape[3])  # (seq, d_head / 2)
        sin, cos = angle.sin(), angle.cos()
        first, second = heads.chunk(2, -1)  # the pairs are (i, i + d_head / 2)
        return torch.cat([first * cos - second * sin, first * sin + second * cos], -1)


class Relative(Positions):
    """A learned bias for every distance and head, added to the scores.

    Source: Raffel et al., 2020 (the paper of T5), section 2.1; without its buckets.
    """

    def __init__(self, n_ctx: int, d_model: int, n_heads: int) -> None:
        super().__init__(n_ctx, d_model, n_heads)
        self.table = nn.Parameter(torch.randn(n_heads, 2 * n_ctx - 1))

    def attention_bias(self, seq: int) -> Tensor:
        self.check_length(seq)
        return self.table[:, relative_distance(seq) + self.n_ctx - 1]  # (head, query, key)


class Alibi(Positions):
    """A fixed penalty that grows with distance, with a slope of its own in each head.

    Without a causal mask it can tell near from far, but not left from right.
    Source: Press et al., "Train short, test long", 2022, section 3.
    """

    def attention_bias(self, seq: int) -> Tensor:
        return -alibi_slopes(self.n_heads).view(-1, 1, 1) * relative_distance(seq).abs()


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


def make_positions(scheme: str, n_ctx: int, d_model: int, n_heads: int, schemes=SCHEMES):
    """The positional scheme of that name; `schemes`: those there are to choose from."""
    checks.size("n_ctx", n_ctx, 1, 2 * d_model)
    name = checks.one_of("positional scheme", scheme, schemes)
    return schemes[name](n_ctx, d_model, n_heads)


def angles(seq: int, width: int) -> Tensor:
    """position / 10,000^(pair / pairs): (seq, pairs), in radians; pairs = width / 2."""
    pairs = (width + 1) // 2
    frequency = torch.exp(-math.log(10_000.0) * torch.arange(pairs) / pairs)
    return torch.arange(seq).unsqueeze(1) * frequency


def alibi_slopes(n_heads: int) -> Tensor:
    """2^(-8 h / n) for heads h = 1 … n: (head,). Where n is no power of two: those of the
    power below, then every other one of the power above, as the authors' code has it."""
    n = 2 ** (n_heads.bit_length() - 1)
    slopes = 2.0 ** (-8 * torch.arange(1, n + 1) / n)
    between = 2.0 ** (-8 * torch.arange(1, 2 * n, 2) / (2 * n))
    return torch.cat([slopes, between])[:n_heads]


def relative_distance(seq: int) -> Tensor:
    """How far the key stands behind the query: (query, key), negative if before it."""
    position = torch.arange(seq)
    return position - position.unsqueeze(1)
