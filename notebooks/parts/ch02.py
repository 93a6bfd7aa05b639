"""Chapter 2: the positions to which a maximum attends."""

import torch
from progtx_core import plots
from progtx_core.models.pooling import TemporalPooling
from progtx_core.tools.page import show
from progtx_core.types import Batch
from torch.nn import functional as F


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


def two_kinds(model: TemporalPooling, batch: Batch) -> dict[str, float]:
    """What the questions of a max pooling model that read the signal do, and the others.

    A question reads the signal if it weighs all features nearly alike. Returns how many
    do; the share of their attention, and of the others', at the greatest or least value
    (of answered questions alone); and the accuracy with the others kept at their means.
    """
    signal = batch.inputs.sum(-1)
    with torch.no_grad():
        hidden = model.project(batch.inputs).relu()  # (batch, seq, d_model)
        weight = model.project.weight  # (d_model, d_input)
        reads = F.cosine_similarity(weight, torch.ones_like(weight)).abs() > 0.9
        loudest, chosen = hidden.max(1)  # (batch, d_model)
        kept = model.logits_head(torch.where(reads, loudest, loudest.mean(0))).argmax(-1)
    ends = torch.stack([signal.argmax(1), signal.argmin(1)], 1)  # (batch, 2)
    hits, answered = (chosen.unsqueeze(2) == ends.unsqueeze(1)).any(2), loudest > 0
    return {
        "number": reads.sum().item(),
        "on ends": hits[answered & reads].float().mean().item(),
        "others on ends": hits[answered & ~reads].float().mean().item(),
        "others kept": (kept == batch.targets).float().mean().item(),
    }
