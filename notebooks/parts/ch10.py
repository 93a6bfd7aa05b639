"""Chapter 10: who looks at whom, in a program and in a head."""

import numpy as np
from progtx_core import plots
from progtx_core.rasp.library import NOTHING

PAIRS_A_ROW = 1  # each two panels: more would not be legible on a phone
QUESTIONS = {
    "count": ("5 9 > 5 6 7 8 9", "24 187 > ?"),
    "copy": ("7 2 9 > 7 2 9", "5 0 8 1 6 4 … 3 > ?"),
    "sort": ("7 2 9 > 2 7 9", "5 0 8 1 6 4 … 3 > ?"),
    "parity of ones": ("1 0 1 1 > 1", "0 1 1 0 1 0 … 1 > ?"),
}


def question():
    """Four tasks with a short input and its answer, and a long one without."""
    figure, axes = plots.panels(2, 2, width=3.4, height=0.9)
    for ax, (title, lines) in zip(axes, QUESTIONS.items()):
        for height, line in zip((0.7, 0.25), lines):
            ax.text(0.02, height, line, va="center", family="monospace")
        ax.set(title=title)
        ax.axis("off")
    return figure


def draw(seen: list, titles=None, words: list[str] | None = None):
    """A panel a selection that `rasp.record_selections` has seen.

    titles: by default what each was made for; words: along both sides, by default keys
    below and queries at the left
    """
    n = len(seen)
    figure, axes = plots.panels(min(n, 2), -(-n // 2), width=2.6, height=2.5)
    titles = [one.used_by for one in seen] if titles is None else titles
    for ax, one, title in zip(axes, seen, titles):
        keys, queries = words or one.keys, words or one.queries
        plots.attention_map(ax, one.matrix.astype(float), list(map(word, keys)), title)
        ax.set_yticks(ax.get_yticks(), list(map(word, queries)))
        ax.set(xlabel="key", ylabel="query")
    for ax in axes[n:]:
        ax.axis("off")
    return figure


def word(number) -> str:
    """A number as it stands at the side of a pattern."""
    return "–" if number == NOTHING else str(number)


def beside(pairs: dict[str, tuple[np.ndarray, np.ndarray]], words: list[str]):
    """Each program's selection, and the pattern of a head beside it.

    pairs: both (query, key), by what they are called; words: along both sides
    """
    n_rows = -(-len(pairs) // PAIRS_A_ROW)
    n_columns = 2 * min(len(pairs), PAIRS_A_ROW)
    figure, axes = plots.panels(n_columns, n_rows, width=2.2, height=2.2)
    for left, right, (name, (selection, pattern)) in zip(
        axes[::2], axes[1::2], pairs.items()
    ):
        plots.attention_map(left, np.asarray(selection, float), words, f"{name}: program")
        plots.attention_map(right, np.asarray(pattern, float), words, f"{name}: head")
    for ax in axes[2 * len(pairs) :]:
        ax.axis("off")
    return figure
