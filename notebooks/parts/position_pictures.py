"""Drawings of chapter 5: what positions alone say to scores, and turned pairs."""

import numpy as np
import torch
from matplotlib.figure import Figure
from progtx_core import plots
from progtx_core.models.positions import SCHEMES

SHOWN = ("learned", "sinusoidal", "rotary", "alibi")


def scores(seq: int, width: int) -> Figure:
    """The scores of a query and a key at every two positions, with equal content."""
    torch.manual_seed(0)
    made = {name: SCHEMES[name](seq, width, 1) for name in SHOWN}
    key = torch.ones(1, 1, seq, width)
    query = key * (torch.arange(width) < width // 2)
    figure, axes = plots.panels(2, 2, width=2.9, height=2.5)
    for ax, (name, scheme) in zip(axes, made.items(), strict=True):
        with torch.no_grad():
            added = scheme.add_to_embeddings(torch.zeros(1, seq, width))[0]
            bias = scheme.attention_bias(seq)
            if name == "rotary":
                found = (scheme.rotate(query) @ scheme.rotate(key).transpose(2, 3))[0, 0]
            else:
                found = added @ added.T if bias is None else bias[0]
        plots.heat(ax, found.numpy(), cbar=True)
        ax.set(title=name, xlabel="key at", ylabel="query at")
    return figure


def waves(one_pair: dict, all_pairs: dict, distances) -> Figure:
    """Products by distance: above each of single pairs, below sums over all pairs.

    one_pair, all_pairs: what a line is called, to its value at every distance.
    """
    figure, axes = plots.panels(1, 2, width=5.6, height=2.3, sharex=True)
    titles = "one pair", "all pairs, their mean"
    for ax, lines, title in zip(axes, (one_pair, all_pairs), titles, strict=True):
        for number, (name, values) in enumerate(lines.items()):
            ax.plot(distances, np.asarray(values), label=name, **plots.line(number))
        ax.set(title=title, ylabel="dot product", ylim=(-1.1, 1.1))
        ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    axes[-1].set_xlabel("key's position less the query's")
    return figure
