"""Pictures of selections: who looks at whom, in a program and in a head."""

import numpy as np

from progtx_core.rasp.primitives import Selection
from progtx_core.report import sequences, style


def draw(seen: list[Selection], titles=None, words: list[str] | None = None):
    """A panel a selection that `rasp.watch` has seen.

    titles: by default what each was made for; words: along both sides, by default keys
    below and queries at the left
    """
    figure, axes = style.panels(len(seen), width=2.6, height=2.5)
    titles = [one.used_by for one in seen] if titles is None else titles
    for ax, one, title in zip(axes, seen, titles, strict=True):
        keys = words or [str(key) for key in one.keys]
        queries = words or [str(query) for query in one.queries]
        sequences.attention_map(ax, one.matrix.astype(float), keys, title)
        ax.set_yticks(np.arange(len(queries)) + 0.5, queries, fontsize=7)
        ax.set(xlabel="key", ylabel="query")
    return figure


def beside(pairs: dict[str, tuple[np.ndarray, np.ndarray]], words: list[str]):
    """A row of panels: each program's selection, and the pattern of a head beside it.

    pairs: both (query, key), by what they are called; words: along both sides
    """
    figure, axes = style.panels(2 * len(pairs), width=2.1, height=2.3)
    sides = [(name, side) for name in pairs for side in ("program", "head")]
    matrices = [matrix for both in pairs.values() for matrix in both]
    for ax, (name, side), matrix in zip(axes, sides, matrices, strict=True):
        values = np.asarray(matrix, dtype=float)
        sequences.attention_map(ax, values, words, f"{name}: {side}")
    return figure
