"""Pictures of chapter 1: its question, its tasks, and why a pair cannot gain."""

import numpy as np
import torch
from progtx_core import plots, tasks
from progtx_core.tools.page import show
from progtx_core.types import Batch

MARKERS = ("o", "^")  # by answer
NAMES = ("no", "yes")


def planes(n: int = 250) -> None:
    """Two questions about the ends of a signal: first value across, last value up."""
    asked = {
        "last_gt_first": "is the last greater\nthan the first?",
        "xor_of_endpoints": "do first and last\ndiffer in sign?",
    }
    figure, axes = plots.panels(2, width=2.6, height=2.7, sharey=True)
    for ax, (name, question) in zip(axes, asked.items(), strict=True):
        batch = tasks.get(name).sample(n, torch.Generator().manual_seed(0))
        ends = batch.inputs.sum(-1)[:, [0, -1]].numpy()
        for answer, marker in enumerate(MARKERS):
            of = ends[batch.targets.numpy() == answer]
            how = {"color": plots.COLOURS[answer], "edgecolor": "black", "lw": 0.3}
            ax.scatter(*of.T, s=16, marker=marker, label=NAMES[answer], **how)
        ax.set(title=question, xlabel="first value", xlim=(-4, 4), ylim=(-4, 4))
        ax.set_aspect("equal")
    axes[0].set_ylabel("last value")
    plots.legend_below(figure, axes[0])
    show(
        figure,
        "Two scatter plots of sequences, the first value across and the last value up, "
        "marked by the answer. Left the answers lie on two sides of the diagonal; right "
        "each answer fills two opposite quarters.",
    )


def examples(sets: dict[str, Batch]) -> None:
    """A row a task: the first signal with the answer no, and the first with yes."""
    figure, axes = plots.panels(2, len(sets), width=2.3, height=1.15, sharex=True)
    for row, (name, batch) in enumerate(sets.items()):
        for answer in (0, 1):
            ax = axes[2 * row + answer]
            first = int((batch.targets == answer).nonzero()[0])
            signal = batch.inputs[first].sum(-1).numpy()
            how = {"hatch": "////" if answer else None, "edgecolor": "black", "lw": 0.4}
            ax.bar(range(len(signal)), signal, color=f"C{answer}", **how)
            ax.axhline(0, color="black", lw=0.8)
            ax.set(yticks=[], xticks=[0, len(signal) - 1])
            ax.set_title(f"{name}: {NAMES[answer]}", fontsize=9)
    for ax in axes[-2:]:
        ax.set_xlabel("position")
    show(
        figure,
        "Bars of the signal at every position: a row for each of the four tasks, left an "
        "example with the answer no, right one with the answer yes.",
    )


def chord(reach: float = 2.0) -> None:
    """The loss of a pair z = +reach and -reach, beside the loss of z = 0 twice."""
    z = np.linspace(-4, 4, 161)
    pair = np.array([-reach, reach])

    def loss(z):
        return np.log1p(np.exp(-z))

    figure, (ax,) = plots.panels(width=4.2, height=2.5)
    ax.plot(z, loss(z), label="loss where the answer is yes", **plots.line(0))
    ax.plot(pair, loss(pair), marker="o", label="a pair", **plots.line(1))
    ax.plot(0, loss(pair).mean(), "s", color="C1", label="mean loss of the pair")
    ax.plot(0, loss(0), "D", color="black", label="loss at z = 0: ln 2")
    ax.set(xlabel="z", ylabel="loss (nats)", ylim=(-0.15, None))
    ax.legend(frameon=False, fontsize=8)
    show(
        figure,
        "The loss against z falls and bends upward. A straight line joins its points at "
        "z = -2 and z = 2; in the middle, at z = 0, the line lies above the curve.",
    )
