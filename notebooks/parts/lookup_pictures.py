"""Pictures of chapters 3 and 4: keys and values, their patterns, the size of scores."""

import numpy as np
import torch
from progtx_core import plots
from progtx_core.models.attention_pooling import AttentionPooling
from progtx_core.tasks import Task
from progtx_core.tools import page

HOW = {"annot": True, "fmt": "z.1f", "vmin": -3, "vmax": 3}


def question(task: Task, names: list[str], alt: str) -> None:
    """Four inputs with their numbers: the answers of three, and a question mark.

    names: of the features, beside the rows
    """
    figure, axes = plots.panels(2, 2, width=2.5, height=0.6 + 0.19 * len(names))
    inputs = telling(task)
    titles = [f"answer {answer}" for answer in task.labels(inputs).tolist()]
    for i, (ax, one) in enumerate(zip(axes, inputs, strict=True)):
        plots.heat(ax, one.T.numpy(), **HOW, yticklabels=names if i % 2 == 0 else False)
        ax.set(title=[*titles[:3], "answer ?"][i], xlabel="position" if i > 1 else "")
    page.show(figure, alt)


def telling(task: Task) -> torch.Tensor:
    """Four inputs, `(4, seq, features)`, that rule out the largest value of all.

    Neighbours have different answers, and the largest number of any value belongs to
    another class: who reads values alone is wrong on each of them. With one digit
    after the point, as they are shown, the answers are the same.
    """
    batch = task.sample(200, torch.Generator().manual_seed(2))
    values = batch.inputs[..., -task.spec.n_classes :]
    largest = values.amax(1).argmax(-1)
    as_shown = task.labels((10 * batch.inputs).round() / 10)
    chosen: list[int] = []
    for i, answer in enumerate(batch.targets.tolist()):
        new = not chosen or answer != batch.targets[chosen[-1]]
        if new and largest[i] != answer == as_shown[i]:
            chosen.append(i)
    return batch.inputs[chosen[:4]]


def division(widths: list[int], found: dict[str, torch.Tensor]):
    """Three curves over the width, for scores as they are and for divided ones.

    found: by name, (widths, 3): standard deviation, largest weight, slope of the softmax
    """
    figure, axes = plots.panels(1, 3, width=4.2, height=1.3, sharex=True)
    labels = "standard deviation of a score", "largest weight, mean"
    labels += ("slope of the softmax, median",)
    for column, (ax, label) in enumerate(zip(axes, labels)):
        for name, numbers in found.items():
            ax.plot(widths, numbers[:, column], marker="o", ms=4, label=name,
                    **plots.line(name))  # fmt: skip
        ax.set(xscale="log", ylim=(0, None))
        ax.set_title(label, loc="left")
    axes[0].set(ylim=(0.5, None), yscale="log")
    axes[-1].set(xlabel="width d of query and key", xticks=widths, xticklabels=widths)
    axes[-1].minorticks_off()
    plots.legend_below(figure, axes[0])
    return figure


def ranked(by_rank: torch.Tensor, gap: torch.Tensor):
    """Patterns (examples, ranks) by rank of the key; the first weight against its lead."""
    figure, (left, right) = plots.panels(1, 2, width=4.4, height=2.0)
    label = {"label": "weight"}
    plots.heat(left, by_rank[:12].numpy(), vmin=0, vmax=1, xticklabels=4, cbar=True,
               cbar_kws=label)  # fmt: skip
    left.set(
        xlabel="rank of the position's key, 0 the largest",
        ylabel="test example",
        title="twelve patterns",
    )
    right.plot(gap, by_rank[:, 0], ".", ms=3)
    right.set(
        xlabel="gap between the two largest keys",
        ylabel="weight of the largest",
        ylim=(0, 1.02),
        title="all test examples",
    )
    return figure


def question_patterns(patterns: np.ndarray, asks: list[int], wanted: list[int]):
    """Two patterns (query, key), with a ring where question and wanted position meet."""
    figure, axes = plots.panels(2, width=3.1, height=2.9)
    for ax, pattern, query, key in zip(axes, patterns, asks, wanted):
        plots.heat(ax, pattern, vmin=0, vmax=1, square=True, cbar=ax is axes[-1],
                   cbar_kws={"label": "weight", "shrink": 0.7})  # fmt: skip
        ax.plot(key + 0.5, query + 0.5, "o", ms=15, mfc="none", mec="white", mew=3.5)
        ax.plot(key + 0.5, query + 0.5, "o", ms=15, mfc="none", mec="black", mew=1.5)
        ax.set(xlabel="key: attended to", title=f"question at position {query}")
    axes[0].set_ylabel("query: attends")
    return figure


def framed(one: np.ndarray, names: list[str], frames: dict[int, str], answer: int):
    """One input, (features, positions), with a frame of a line style around positions."""
    figure, (ax,) = plots.panels(width=6.2, height=0.9 + 0.19 * len(names))
    ticks = 4 if one.shape[1] > 16 else 1
    how = {"vmin": -3, "vmax": 3, "cbar": True, "xticklabels": ticks}
    plots.heat(ax, one, yticklabels=names, **how)
    for t, style in frames.items():
        for x in (t + 0.02, t + 0.98):
            ax.axvline(x, color="black", lw=1.5, ls=style)
    ax.set(xlabel="position", title=f"answer: {answer}")
    return figure


def scores_by_signal(trained: dict[str, list[AttentionPooling]]):
    """Score of a position by its signal: a panel a kind of score, a line a seed."""
    figure, axes = plots.panels(len(trained), width=2.7, height=2.1)
    signal = torch.linspace(-4, 4, 81)
    for ax, (name, models) in zip(axes, trained.items()):
        for model in models:
            scores = scores_of(model, signal)
            scores = scores - scores[40]  # only differences count
            ax.plot(signal, scores, lw=1, **plots.line(name))
        ax.set(title=name, xlabel="signal at a position")
    axes[0].set_ylabel("score, less that of signal 0")
    return figure


def scores_of(model: AttentionPooling, signal: torch.Tensor) -> torch.Tensor:
    """The scores of positions whose features are alike and add up to a signal."""
    n_features = model.W_K.in_features
    with torch.no_grad():
        keys = model.W_K(signal[:, None].expand(-1, n_features) / n_features)
        if model.scores == "additive":
            return keys.tanh() @ model.query
        return keys @ model.query / keys.shape[-1] ** 0.5


def by_feature(maps: dict[str, np.ndarray], label: str, width=2.6, height=2.4):
    """Matrices with their numbers, coloured from -1 to 1, side by side.

    label: of the columns, then of the rows, a comma between
    """
    columns, rows = label.split(", ")
    figure, axes = plots.panels(len(maps), width=width, height=height)
    for ax, (title, matrix) in zip(axes, maps.items()):
        how = {"annot": True, "fmt": "z.1f", "vmin": -1, "vmax": 1}
        plots.heat(ax, matrix, **how)
        ax.set(title=title, xlabel=columns)
    axes[0].set_ylabel(rows)
    return figure
