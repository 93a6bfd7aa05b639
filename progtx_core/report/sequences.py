"""Pictures of token sequences: tokens, padding, probabilities, attention, curves."""

from html import escape
from pathlib import Path

import numpy as np

from progtx_core.report import plots, style
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
            ax.text(column + 0.5, row + 0.5, token, ha="center", va="center", fontsize=7)
    ax.set(title=title, xlabel="position", ylabel="example")


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
        ax.set_title(f"{text}\n{'right' if right else f'wrong: it is {answer}'}", size=7)
        ax.set(xlim=(0, 1), xticks=[0, 0.5, 1])
        ax.tick_params(labelsize=7)
        ax.grid(visible=False, axis="y")
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
        Max   7
    Max  @
      7  =   =
    """
    width = max(map(len, tokens))
    lines = [" " * width + "".join(f" {token:>{width}}" for token in tokens)]
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
        for index, part in enumerate(("train", "val")):
            curve = f"{part}/{what}"
            values = plots.smooth(found.history[curve])
            steps = found.history.steps(curve)
            look = style.line(index)
            for seed, row in zip(found.seeds, values, strict=True):
                label = part if seed == found.seeds[0] else None
                ax.plot(steps, row, label=label, **look)
        ax.set(xlabel="steps", ylabel=what)
    style.legend_below(figure, axes[0])
    return figure
