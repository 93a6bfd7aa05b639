"""Chapter 11: where a model keeps b, found by patching it from another prompt."""

from collections.abc import Callable

import numpy as np
import torch
from progtx_core import plots
from progtx_core.models.transformer import Transformer
from progtx_core.tasks.counting import Counting


def twins(task: Counting, directions: list[str], seed: int, n: int = 200, k: int = 20):
    """Prefixes that differ in b alone: in some it is the number just written.

    Returns: tokens of those that must stop there, of those whose b is five further, and
    the number that goes on
    """
    draw = torch.Generator().manual_seed(seed)
    a = torch.randint(30, task.n_numbers - 30, (n,), generator=draw)
    way = torch.tensor([{"up": 1, "down": -1}[d] for d in directions]).repeat(n)[:n]
    numbers = a[:, None] + way[:, None] * torch.arange(k + 1) + 1
    stops, goes_on = (
        torch.cat([task.prompts(torch.stack([a, b], 1)), numbers], 1)
        for b in (a + k * way, a + (k + 5) * way)
    )
    return stops, goes_on, numbers[:, -1] + way


def everywhere(follows: Callable[..., float], model: Transformer):
    """What a patch decides: in the residual stream, and at the last position by head.

    follows: of a module's name, positions, and maybe a head; how often the answer follows
    """
    groups = {"a": [1], "b": [2], ">": [3], "numbers": slice(4, -1), "x": [-1]}
    blocks = [f"blocks.{n}" for n in range(len(model.blocks))]
    parts = {"embedding": "embed"} | {f"after layer {b[7:]}": b for b in blocks}
    stream = {
        name: {group: follows(part, where) for group, where in groups.items()}
        for name, part in parts.items()
    }
    layers = [f"{block}.attention" for block in blocks]
    n_heads = model.blocks[0].attention.n_heads  # type: ignore[union-attr]
    heads = [
        [follows(layer, [-1], head) for head in [*range(n_heads), None]] for layer in layers
    ]
    return stream, np.array(heads)  # the last column: all heads of the layer


def patched(stream: dict[str, dict[str, float]], heads: np.ndarray):
    """How often a patch decides the answer, as `everywhere` returns it."""
    figure, (left, right) = plots.panels(2, width=3.1, height=2.3)
    how = {"annot": True, "fmt": ".2f", "vmin": 0, "vmax": 1}
    rows, groups = [[*row.values()] for row in stream.values()], [*stream["embedding"]]
    plots.heat(left, rows, xticklabels=groups, yticklabels=[*stream], **how)
    left.set(title="residual stream patched", xlabel="at these positions")
    left.tick_params(axis="x", labelsize=7)
    names = [*range(heads.shape[1] - 1), "all"]
    plots.heat(right, heads, xticklabels=names, **how)
    right.set(title="heads patched, at x", xlabel="head", ylabel="layer")
    return figure
