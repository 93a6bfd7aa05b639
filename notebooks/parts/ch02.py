"""A picture of chapter 2: the positions to which a maximum attends."""

import torch
from progtx_core import plots
from progtx_core.tools.page import show


def attention_of_a_maximum(signal: torch.Tensor, votes: dict[str, torch.Tensor]) -> None:
    """The bars of a signal, and beneath the number of questions that pick each position.

    Args:
        signal: (seq,).
        votes: questions by position, (seq,), by the name of a model.
    """
    figure, axes = plots.panels(1, 1 + len(votes), width=4.4, height=1.15, sharex=True)
    positions = range(len(signal))
    axes[0].bar(positions, signal.numpy(), color="C0")
    axes[0].axhline(0, color="black", lw=0.8)
    axes[0].set(title="signal", xticks=positions)
    for ax, (name, number) in zip(axes[1:], votes.items(), strict=True):
        ax.bar(positions, number.numpy(), color="C1", edgecolor="black", lw=0.4)
        ax.set(title=name, ylabel="questions")
    axes[-1].set_xlabel("position")
    show(
        figure,
        "Bars of a signal by position, and beneath, for two models, the number of "
        "questions that attend to each position. Only a few positions get any.",
    )
