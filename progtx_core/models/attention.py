"""Attention between steps: the one implementation that every model here uses."""

from contextlib import contextmanager

import torch
from torch import nn
from torch.nn import functional as F

from progtx_core import checks
from progtx_core.models.positions import Positions

# In place of minus infinity: a row that may look nowhere becomes a mean, not NaN.
NEG_INF = torch.finfo(torch.float32).min


def attend(
    queries: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    bias: torch.Tensor | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """softmax(queries keys^T / sqrt(d_head) + bias) values, and the softmax itself.

    queries, keys, values: (batch, head, seq, d_head)
    bias: added to the scores, broadcast to (batch, head, query, key); NEG_INF forbids
    Returns mixed values (batch, head, query, d_head) and the pattern (batch, head,
    query, key), whose rows are at least 0 and add up to 1.

    Source: Vaswani et al., "Attention is all you need", 2017, equation 1.

    >>> step = torch.eye(2).view(1, 1, 2, 2)
    >>> mixed, pattern = attend(1000 * step, step, step)
    >>> pattern[0, 0].tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    scores = queries @ keys.transpose(-2, -1) / queries.shape[-1] ** 0.5
    if bias is not None:
        scores = scores + bias  # (batch, head, query, key)
    pattern = scores.softmax(-1)
    return pattern @ values, pattern


class MultiHeadAttention(nn.Module):
    """Every step asks all steps, in several ways at once.

    Each head has its own queries, keys and values of d_head = d_model / n_heads numbers;
    what the heads find is put side by side and mixed by W_O.

    causal: a step sees itself and what stands before it only
    Raises ValueError if n_heads does not divide d_model.
    Source: Vaswani et al., "Attention is all you need", 2017, section 3.2.2.

    >>> layer = MultiHeadAttention(d_model=8, n_heads=2)
    >>> layer(torch.zeros(3, 5, 8)).shape
    torch.Size([3, 5, 8])
    """

    def __init__(self, d_model: int, n_heads: int, causal: bool = False) -> None:
        super().__init__()
        checks.whole("d_model", d_model, at_least=1)
        checks.whole("n_heads", n_heads, at_least=1)
        if d_model % n_heads:
            raise ValueError(
                f"n_heads must divide d_model, got n_heads={n_heads} and d_model={d_model}"
            )
        self.n_heads, self.causal = n_heads, causal
        self.W_Q = nn.Linear(d_model, d_model)
        self.W_K = nn.Linear(d_model, d_model)
        self.W_V = nn.Linear(d_model, d_model)
        self.W_O = nn.Linear(d_model, d_model)
        self.kept: list[torch.Tensor] | None = None  # see `patterns`

    def forward(
        self,
        steps: torch.Tensor,
        real: torch.Tensor | None = None,
        positions: Positions | None = None,
    ) -> torch.Tensor:
        """(batch, seq, d_model) to the same shape.

        real: (batch, seq) bool, False where a step is padding, which no step then sees
        positions: a scheme that turns queries and keys or adds a bias to scores
        """
        queries = self.split(self.W_Q(steps))  # (batch, head, seq, d_head)
        keys = self.split(self.W_K(steps))
        values = self.split(self.W_V(steps))
        bias = self.attention_mask(steps.shape[1], real)
        if positions is not None:
            queries, keys = positions.rotate(queries), positions.rotate(keys)
            learned = positions.attention_bias(steps.shape[1])
            if learned is not None:
                bias = learned if bias is None else learned + bias
        if self.kept is None:  # nobody asks for the pattern: one fused call
            mixed = F.scaled_dot_product_attention(queries, keys, values, bias)
        else:
            mixed, pattern = attend(queries, keys, values, bias)
            self.kept.append(pattern)
        return self.W_O(mixed.transpose(1, 2).flatten(2))  # (batch, seq, d_model)

    def split(self, steps: torch.Tensor) -> torch.Tensor:
        """(batch, seq, d_model) to (batch, head, seq, d_head)."""
        return steps.unflatten(-1, (self.n_heads, -1)).transpose(1, 2)

    def attention_mask(self, seq: int, real: torch.Tensor | None) -> torch.Tensor | None:
        """NEG_INF where a query may not look, else 0; None if every step may see all."""
        bias = None
        if real is not None:
            bias = torch.where(real, 0.0, NEG_INF)[:, None, None, :]  # (batch, 1, 1, key)
        if self.causal:
            later = torch.ones(seq, seq, dtype=torch.bool).triu(1)  # (query, key)
            future = torch.where(later, NEG_INF, 0.0)
            bias = future if bias is None else torch.minimum(bias, future)
        return bias


def patterns(model: nn.Module, inputs: torch.Tensor) -> dict[str, torch.Tensor]:
    """Every attention pattern of a model on some inputs.

    Returns layer name to pattern (batch, head, query, key), detached.
    Raises ValueError for a model without self-attention.
    """
    layers = {n: m for n, m in model.named_modules() if isinstance(m, MultiHeadAttention)}
    if not layers:
        raise ValueError(f"{type(model).__name__} has no self-attention layer")
    with _keeping(layers.values()), torch.no_grad():
        model(inputs)
        return {name: layer.kept[-1] for name, layer in layers.items()}


@contextmanager
def _keeping(layers):
    for layer in layers:
        layer.kept = []
    try:
        yield
    finally:
        for layer in layers:
            layer.kept = None
