"""Attention between positions: the one implementation that every model here uses."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from progtx_core import checks
from progtx_core.models.positions import Positions

WIDEST = 5000  # of a model; the four matrices of a layer have 4 d_model^2 numbers

# Up to so many numbers of a head, seq times d_head, and with fewer positions than the
# fused call takes at once, that call is the slower one.
NARROW, AT_ONCE = 40, 16
# In place of minus infinity: a query without any key becomes a mean of all, not NaN.
NEG_INF = torch.finfo(torch.float32).min


def attend(queries: Tensor, keys: Tensor, values: Tensor, bias: Tensor | None = None):
    """softmax(queries keys^T / sqrt(d_head) + bias) values, and the softmax itself.

    Args:
        queries, keys, values: (batch, head, seq, d_head)
        bias: broadcast to (batch, head, query, key); NEG_INF hides a key from a query

    Source: Vaswani et al., "Attention is all you need", 2017, equation 1.
    """
    scores = queries @ keys.transpose(-2, -1) / queries.shape[-1] ** 0.5
    if bias is not None:
        scores = scores + bias  # (batch, head, query, key)
    pattern = scores.softmax(-1)  # rows are at least 0 and add up to 1
    return pattern @ values, pattern  # (batch, head, query, d_head), (…, query, key)


def attend_narrow(queries, keys, values, bias: Tensor | None = None) -> Tensor:
    """What `attend` finds, with the batch innermost.

    Sums over a few features or keys are slow where these lie side by side, and fast where
    as many numbers as there are examples do. Arguments: see `attend`.
    """
    q, k, v = (x.permute(3, 2, 1, 0).contiguous() for x in (queries, keys, values))
    scores = (q.unsqueeze(2) * k.unsqueeze(1)).sum(0) / len(q) ** 0.5
    if bias is not None:  # (query, key, head, batch), as the scores
        scores = scores + bias[(None,) * (4 - bias.ndim)].permute(2, 3, 1, 0)
    mixed = (scores.softmax(1) * v.unsqueeze(1)).sum(2)  # (d_head, query, head, batch)
    return mixed.permute(3, 2, 1, 0)


class MultiHeadAttention(nn.Module):
    """Every position asks all positions, in `n_heads` ways at once; W_O mixes the answers.

    Source: Vaswani et al., "Attention is all you need", 2017, section 3.2.2.
    """

    def __init__(self, d_model: int, n_heads: int, causal: bool = False) -> None:
        super().__init__()
        checks.size("n_heads", n_heads)
        if checks.whole("d_model", d_model, 1, WIDEST) % n_heads:
            raise ValueError(f"n_heads={n_heads} must divide d_model={d_model}")
        self.n_heads, self.causal = n_heads, causal
        layers = (nn.Linear(d_model, d_model) for _ in range(4))
        self.W_Q, self.W_K, self.W_V, self.W_O = layers
        self.kept: list[Tensor] | None = None  # see `patterns`

    def forward(
        self, x: Tensor, mask: Tensor | None = None, positions: Positions | None = None
    ) -> Tensor:
        """(batch, seq, d_model) to the same shape; mask: (batch, seq), False at padding."""
        queries = self.split(self.W_Q(x))  # (batch, head, seq, d_head)
        keys = self.split(self.W_K(x))
        values = self.split(self.W_V(x))
        bias = self.attention_mask(x.shape[1], mask)  # to (batch, head, query, key)
        if positions is not None:
            queries, keys = positions.rotate(queries), positions.rotate(keys)
            learned = positions.attention_bias(x.shape[1])
            if learned is not None:
                bias = learned if bias is None else learned + bias
        bias = bias if bias is None else bias.to(queries.dtype)
        if self.kept is None:  # nobody asks for the pattern
            narrow = x.shape[1] < AT_ONCE and keys[0, 0].numel() <= NARROW
            function = attend_narrow if narrow else F.scaled_dot_product_attention
            mixed = function(queries, keys, values, bias)
        else:
            mixed, pattern = attend(queries, keys, values, bias)
            self.kept.append(pattern)
        return self.W_O(mixed.transpose(1, 2).flatten(2))  # (batch, seq, d_model)

    def split(self, x: Tensor) -> Tensor:
        """(batch, seq, d_model) to (batch, head, seq, d_head)."""
        return x.unflatten(-1, (self.n_heads, -1)).transpose(1, 2)

    def attention_mask(self, seq: int, mask: Tensor | None) -> Tensor | None:
        """NEG_INF where a query may not look, else 0; None if it may look anywhere."""
        bias = None
        if mask is not None:
            bias = torch.where(mask, 0.0, NEG_INF)[:, None, None, :]  # (batch, 1, 1, key)
        if self.causal:
            later = torch.ones(seq, seq, dtype=torch.bool).triu(1)  # (query, key)
            future = torch.where(later, NEG_INF, 0.0)
            bias = future if bias is None else torch.minimum(bias, future)
        return bias


def patterns(model: nn.Module, inputs: Tensor) -> dict[str, Tensor]:
    """Name of layer to its attention pattern (batch, head, query, key) on some inputs."""
    layers = {n: m for n, m in model.named_modules() if isinstance(m, MultiHeadAttention)}
    if not layers:
        raise ValueError(f"{type(model).__name__} has no self-attention layer")
    kept: dict[str, list[Tensor]] = {name: [] for name in layers}
    try:
        for name, layer in layers.items():
            layer.kept = kept[name]
        with torch.no_grad():
            model(inputs)
    finally:
        for layer in layers.values():
            layer.kept = None
    return {name: found[-1] for name, found in kept.items()}


@contextmanager
def intervene(
    model: nn.Module, part: str, change: Callable, head: int | None = None
) -> Iterator[None]:
    """While it lasts, what a part gives goes through `change`; undone in any case.

    Args:
        part: a module's name, "blocks.0.mlp" or, maybe for one head, "blocks.1.attention"
        change: `torch.zeros_like` switches the part off; a function that returns what
            `activation` found on another input patches that in

    Source: Wang et al., "Interpretability in the wild" (2023), section 3.

    >>> with intervene(layer := nn.Linear(2, 2), "", torch.zeros_like):
    ...     layer(torch.ones(2)).tolist()
    [0.0, 0.0]
    """
    modules = dict(model.named_modules())
    module = modules[checks.one_of("part", part, modules)]
    if head is None:
        hook = module.register_forward_hook(lambda *passed: change(passed[2]))
    else:
        attention = checks.instance(f"{part}, which has heads", module, MultiHeadAttention)
        checks.whole("head", head, 0, attention.n_heads - 1)

        def pass_on(module: nn.Module, given: tuple[Tensor]) -> Tensor:
            parts = [*given[0].chunk(attention.n_heads, -1)]  # (batch, seq, d_head) each
            parts[head] = change(parts[head])
            return torch.cat(parts, -1)

        hook = attention.W_O.register_forward_pre_hook(pass_on)
    try:
        yield
    finally:
        hook.remove()


def activation(
    model: nn.Module, part: str, inputs: Tensor, head: int | None = None
) -> Tensor:
    """What a part or head gives on some inputs: (batch, seq, d_model or d_head)."""
    found: list[Tensor] = []
    with torch.no_grad(), intervene(model, part, lambda x: found.append(x) or x, head):
        model(inputs)
    return found[-1]
