"""Pictures of answers that are longer than any in training."""

import numpy as np

from progtx_core.plots import style

ByLength = dict[int, np.ndarray]  # length to values, one a seed


def by_length(panels: dict[str, dict[str, ByLength]], trained: int):
    """Exact match over the length, the training range shaded.

    panels: title to lines by name; of each the median of its seeds is a thick line, and
    every seed a thin one
    """
    figure, axes = style.panels(len(panels), width=3.6, height=3.3, sharey=True)
    for ax, (title, lines) in zip(axes, panels.items(), strict=True):
        ax.axvspan(0, trained, color="#999999", alpha=0.15, linewidth=0)
        for number, (name, values) in enumerate(lines.items()):
            look, lengths = style.line(number), list(values)
            seeds = np.array([values[n] for n in lengths])  # (length, seed)
            ax.plot(lengths, seeds, color=look["color"], linewidth=0.6, alpha=0.5)
            ax.plot(lengths, np.median(seeds, 1), label=name, marker=".", **look)
        first = min(min(values) for values in lines.values())
        ax.set(title=title, xlabel="tokens", ylim=(-0.03, 1.03), xlim=(first - 8, None))
        ax.legend(loc="lower left", fontsize=7)
    axes[0].set_ylabel("answers without an error, share")
    return figure
