"""Pictures of selections: who looks at whom, in a program and in a head."""

import numpy as np

from progtx_core.plots import sequences, style
from progtx_core.rasp.primitives import RecordedSelection


def draw(seen: list[RecordedSelection], titles=None, words: list[str] | None = None):
    """A panel a selection that `rasp.record_selections` has seen.

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


PAIRS_A_ROW = 2


def beside(pairs: dict[str, tuple[np.ndarray, np.ndarray]], words: list[str]):
    """Each program's selection, and the pattern of a head beside it.

    pairs: both (query, key), by what they are called; words: along both sides
    """
    n_rows = -(-len(pairs) // PAIRS_A_ROW)
    n_columns = 2 * min(len(pairs), PAIRS_A_ROW)
    figure, axes = style.panels(n_columns, n_rows, width=2.0, height=2.3)
    panels = [
        (f"{name}: {side}", matrix)
        for name, both in pairs.items()
        for side, matrix in zip(("program", "head"), both, strict=True)
    ]
    for ax, (title, matrix) in zip(axes, panels, strict=False):
        sequences.attention_map(ax, np.asarray(matrix, dtype=float), words, title)
    for ax in axes[len(panels) :]:
        ax.axis("off")
    return figure
