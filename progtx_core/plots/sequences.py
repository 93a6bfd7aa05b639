"""Pictures of token sequences: tokens, padding, probabilities, attention, curves."""

from html import escape
from pathlib import Path
from textwrap import wrap

import numpy as np

from progtx_core.plots import curves as plots
from progtx_core.plots import style
from progtx_core.training import checkpoint

SHADES = " .:-=+*#%@"  # from nothing to all, for terminals


def show_tokens(rows: list[tuple[list[str], str]], colours: dict[str, str]) -> None:
    """Show sequences with a box for each token, and a remark behind each.

    rows: (tokens, remark); colours: a background, such as "#56B4E9", by token; a token
    that is not named gets none
    """
    from IPython.display import display

    lines = []
    for tokens, remark in rows:
        boxes = "".join(
            f'<span style="background:{colours.get(token, "#f2f2f2")};color:#000;'
            f'border:1px solid #999;padding:0 4px;margin:1px">{escape(token)}</span>'
            for token in tokens
        )
        lines.append(f"<div style='margin:3px 0'>{boxes} &nbsp; {escape(remark)}</div>")
    plain = "\n".join(f"{' '.join(tokens)}   {remark}" for tokens, remark in rows)
    display({"text/html": "".join(lines), "text/plain": plain}, raw=True)


def token_grid(tokens: list[list[str]], values: np.ndarray, title: str, ax) -> None:
    """Tokens of a batch in cells, (batch, seq); values: (batch, seq), from 0 to 1."""
    plots.heat(ax, values, cmap="Blues", vmin=0, vmax=2.5)
    for row, line in enumerate(tokens):
        for column, token in enumerate(line):
            where = column + 0.5, row + 0.5
            size = 6 if len(token) < 6 else 5  # in points; "Second" is the longest
            ax.text(*where, token, ha="center", va="center", fontsize=size)
    ax.set_yticks([])
    ax.set(title=title, xlabel="position", ylabel="example")


def lines(updates, curves: dict, ylabel: str):
    """Curves over training, each (n_updates,), by what they are called."""
    figure, (ax,) = style.panels(width=5.5, height=2.4)
    for index, (label, curve) in enumerate(curves.items()):
        ax.plot(updates, curve, label=label, **style.line(index))
    ax.set(xlabel="update", ylabel=ylabel)
    if len(curves) > 1:
        style.legend_below(figure, ax, len(curves))
    return figure


def padded_batch(tokens: list[list[str]], mask: np.ndarray):
    """A batch as tokens, and beside it the mask: (batch, seq), True for real ones."""
    figure, axes = style.panels(2, width=4.6, height=2.3)
    token_grid(tokens, mask, "inputs, as tokens", axes[0])
    ones = [["1" if real else "0" for real in row] for row in mask]
    token_grid(ones, mask, "mask: 1 may be looked at", axes[1])
    return figure


def accuracy_bars(accuracies: np.ndarray, names: list[str], confusion: np.ndarray):
    """Accuracy by name, a bar a seed, beside a map of confusion on a log scale.

    accuracies: (n_seeds, names); confusion: counts, right answers by given ones
    """
    figure, (left, right) = style.panels(2, width=4.2, height=2.6)
    width = 0.8 / len(accuracies)
    for i, of_seed in enumerate(accuracies):
        places = np.arange(len(names)) + width * (i + 0.5) - 0.4
        colour = style.COLOURS[i % len(style.COLOURS)]
        left.bar(places, of_seed, width, color=colour, edgecolor="black", lw=0.5)
    left.set_xticks(range(len(names)), names)
    left.set(ylim=(0, 1.02), ylabel="test accuracy", title="a bar a seed")
    plots.heat(right, np.log1p(confusion), cmap=style.SEQUENTIAL)
    right.set(xlabel="answer", ylabel="right answer", title="first seed, log scale")
    right.tick_params(labelsize=6)
    return figure


def counts(columns: dict[str, tuple[np.ndarray, list | None]]):
    """A panel a column: how often each value occurs.

    columns: values, (n,), and names for them or None, by what the panel is called
    """
    figure, axes = style.panels(len(columns), width=2.9, height=2.1)
    for ax, (label, (values, names)) in zip(axes, columns.items(), strict=True):
        found, heights = np.unique(np.asarray(values), return_counts=True)
        ax.bar(found, heights, color=style.COLOURS[0], edgecolor="black", lw=0.5)
        if names is not None:
            ax.set_xticks(range(len(names)), names, fontsize=7)
        ax.set(xlabel=label, ylabel="examples")
    return figure


def top_bars(probabilities: np.ndarray, texts: list[str], answers: list[int], n: int = 5):
    """The n likeliest answers of each example as bars; the right one is hatched.

    probabilities: (batch, n_classes)
    """
    n_columns = min(5, len(texts))
    n_rows = -(-len(texts) // n_columns)
    figure, axes = style.panels(n_columns, n_rows, width=1.75, height=1.65, sharex=True)
    for ax in axes[len(texts) :]:
        ax.remove()
    for ax, row, text, answer in zip(axes, probabilities, texts, answers):
        best = np.argsort(-row, kind="stable")[:n]
        bars = ax.barh(np.arange(n), row[best], color=style.COLOURS[4], edgecolor="black")
        for bar, label in zip(bars, best, strict=True):
            bar.set_linewidth(0.5)
            bar.set_hatch("////" if label == answer else None)
        ax.set_yticks(np.arange(n), best)
        ax.invert_yaxis()
        right = best[0] == answer
        verdict = "right" if right else f"wrong: it is {answer}"
        ax.set_title("\n".join([*wrap(text, 26), verdict]), size=7)
        ax.set(xlim=(0, 1), xticks=[0, 0.5, 1])
        ax.tick_params(labelsize=7)
        ax.grid(visible=False, axis="y")
    return figure


def attention_maps(pattern: np.ndarray, tokens: list[list[str]]):
    """All heads of a layer for some inputs: a row of panels each.

    pattern: (batch, head, query, key); tokens: of each input, without padding
    """
    n_inputs, n_heads = pattern.shape[:2]
    figure, axes = style.panels(n_heads, n_inputs, width=2.2, height=2.2)
    for ax, (row, head) in zip(axes, np.ndindex(n_inputs, n_heads), strict=True):
        title = f"{tokens[row][0]}, head {head}"
        attention_map(ax, pattern[row, head], tokens[row], title)
    return figure


def attention_map(ax, pattern: np.ndarray, tokens: list[str], title: str) -> None:
    """One head's pattern (query, key) with its tokens along both sides."""
    n = len(tokens)
    plots.heat(ax, pattern[:n, :n], cmap=style.SEQUENTIAL, vmin=0, vmax=1)
    ax.set_xticks(np.arange(n) + 0.5, tokens, fontsize=7)
    ax.set_yticks(np.arange(n) + 0.5, tokens, fontsize=7)
    ax.set_title(title, fontsize=8)
    ax.set_aspect("equal")


def text_map(pattern: np.ndarray, tokens: list[str]) -> str:
    """A pattern (query, key) for a terminal: the denser a sign, the more attention.

    >>> print(text_map(np.array([[1.0, 0.0], [0.5, 0.5]]), ["Max", "7"]))
        Max  7
    Max  @
      7  =   =
    """
    width = max(map(len, tokens))
    lines = [(" " * width + "".join(f" {t:^{width}}" for t in tokens)).rstrip()]
    for token, row in zip(tokens, pattern[: len(tokens)], strict=True):
        signs = [SHADES[round(float(w) * (len(SHADES) - 1))] for w in row[: len(tokens)]]
        cells = "".join(f" {sign:^{width}}" for sign in signs)
        lines.append(f"{token:>{width}}{cells}".rstrip())
    return "\n".join(lines)


def plot_training_curves(path: str | Path):
    """Loss and accuracy, in training and validation, from a checkpoint's file alone."""
    found = checkpoint.load(path)
    figure, axes = style.panels(2, height=3.0)
    for ax, what in zip(axes, ("loss", "accuracy"), strict=True):
        train_and_val(ax, found.history, what)
        ax.set(xlabel="update", ylabel=what)
    style.legend_below(figure, axes[0])
    return figure


def losses_beside(runs: dict):
    """One panel a run: loss in training and validation, all on one scale."""
    figure, axes = style.panels(len(runs), width=1.85, height=2.1, sharey=True)
    for ax, (label, run) in zip(axes, runs.items(), strict=True):
        train_and_val(ax, run.history, "loss")
        ax.set(xlabel="update")
        ax.set_title(label, fontsize=8)
    axes[0].set(ylabel="loss (nats)", ylim=(0, 4.5))
    style.legend_below(figure, axes[0])
    return figure


def train_and_val(ax, history, what: str) -> None:
    """Both curves of "loss" or "accuracy", a line a seed."""
    for index, part in enumerate(("train", "val")):
        curve = f"{part}/{what}"
        for row in plots.smooth(history[curve]):
            marker = {"marker": style.MARKERS[index], "ms": 3} if part == "val" else {}
            steps = history.steps(curve)
            (line,) = ax.plot(steps, row, **style.line(index), **marker)
        line.set_label(part)


def recorded_groups(record, groups: dict[str, dict], task: str):
    """A panel a group of rows: dots for test accuracy, a seed each, a bar at the median.

    groups: by the panel's name, rows of the record by what they are called there
    """
    figure, axes = style.panels(len(groups), width=2.9, height=2.4, sharey=True)
    for ax, (label, rows) in zip(axes, groups.items(), strict=True):
        for x, row in enumerate(rows.values()):
            values = record.accuracies(row, task)
            spread = x + np.linspace(-0.15, 0.15, len(values))
            ax.plot(spread, values, "o", ms=4, color=style.COLOURS[0])
            ax.plot(x, np.median(values), "_", ms=18, mew=2, color="black")
        ax.set_xticks(range(len(rows)), rows)
        ax.set_xlabel(label)
    axes[0].set_ylabel("test accuracy")
    return figure
