"""Chapter 6: a block drawn, and what its parts do to a trained model."""

import numpy as np
import torch
from matplotlib.patches import FancyBboxPatch
from progtx_core import plots
from progtx_core.models.attention import activation, intervene
from sklearn.linear_model import LogisticRegression
from torch import nn


def block_diagram():
    """Two parts beside the residual stream: each reads it, and adds to it."""
    figure, (ax,) = plots.panels(width=6.2, height=2.3)
    ax.annotate("", (10.2, 0), (-0.4, 0), arrowprops={"arrowstyle": "-|>", "lw": 4})
    ax.text(-0.4, -0.3, "residual stream", va="top")
    ax.text(10.2, -0.3, "next block", va="top", ha="right")
    for start, part in ((0.8, "attention"), (5.6, "MLP")):
        arrow = {"arrowstyle": "-|>", "lw": 1.5, "color": plots.COLOURS[0]}
        path = [(start, 0), (start, 1.2), (start + 3.6, 1.2), (start + 3.6, 0.16)]
        ax.plot(*zip(*path[:3]), color=arrow["color"], lw=1.5)
        ax.annotate("", path[3], path[2], arrowprops=arrow)
        for at, width, text in ((0.35, 0.95, "norm"), (1.6, 1.7, part)):
            box = FancyBboxPatch(
                (start + at, 0.9), width, 0.6, "round,pad=0.05", fc="white", ec="black"
            )
            ax.add_patch(box)
            ax.text(start + at + width / 2, 1.2, text, ha="center", va="center")
        ax.text(start, -0.3, "reads", ha="center", va="top", fontsize=8)
        ax.plot(start + 3.6, 0, "o", ms=14, mfc="white", mec="black")
        ax.text(start + 3.6, 0, "+", ha="center", va="center")
        ax.text(start + 3.6, -0.3, "adds", ha="center", va="top", fontsize=8)
    ax.set(xlim=(-0.6, 10.4), ylim=(-0.8, 1.8))
    ax.axis("off")
    return figure


def without(model: nn.Module, inputs: torch.Tensor, targets: torch.Tensor):
    """Accuracy with each head and each MLP switched off, by its name."""
    found = {}
    for name, part in model.named_modules():
        heads = range(part.n_heads) if name.endswith("attention") else [None]
        for head in heads if name.endswith(("attention", "mlp")) else []:
            with torch.no_grad(), intervene(model, name, torch.zeros_like, head):
                right = model(inputs).argmax(-1) == targets
            layer, kind = name.split(".")[1:]
            label = f"layer {layer}, " + ("MLP" if head is None else f"head {head}")
            found[label] = right.float().mean().item()
    return found


def readable(resid: torch.Tensor, answers: torch.Tensor) -> float:
    """How often a linear model can tell an answer from the stream of one position.

    resid: (batch, seq, d_model); answers: (batch, seq) of False and True. A model is
    fitted for each position on one half, and tested on the other; the mean is returned.
    """
    half, shares = len(resid) // 2, []
    for position in range(answers.shape[1]):
        read, told = resid[:, position].numpy(), answers[:, position].numpy()
        probe = LogisticRegression(max_iter=300).fit(read[:half], told[:half])
        shares.append(probe.score(read[half:], told[half:]))
    return float(np.mean(shares))


def stream(model: nn.Module, inputs: torch.Tensor) -> dict[str, torch.Tensor]:
    """The residual stream, (batch, seq, d_model), at the start and after every part."""
    at, seen = model.embed(inputs).detach(), {}
    at = seen["embedding"] = model.positions.add_to_embeddings(at).detach()
    for layer in range(len(model.blocks)):
        for name in ("attention", "mlp"):
            at = at + activation(model, f"blocks.{layer}.{name}", inputs)
            seen[f"layer {layer}, {name.replace('mlp', 'MLP')}"] = at
    return seen
