"""Chapter 11: answers that are longer than any in training."""

from collections.abc import Sequence

import numpy as np
from progtx_core import plots
from progtx_core.training import Callback
from progtx_core.training.callbacks import Training


def by_length(panels: dict[str, dict[str, dict[int, np.ndarray]]], trained: int):
    """Exact match over the length, the training range shaded.

    panels: title to lines by name, each a value a seed by length; the median of the
    seeds is a thick line, and every seed a thin one
    """
    figure, axes = plots.panels(len(panels), width=3.6, height=3.3, sharey=True)
    for ax, (title, lines) in zip(axes, panels.items()):
        ax.axvspan(0, trained, color="#999999", alpha=0.15, linewidth=0)
        for number, (name, values) in enumerate(lines.items()):
            look, lengths = plots.line(number), list(values)
            seeds = np.array([values[n] for n in lengths])  # (length, seed)
            ax.plot(lengths, seeds, color=look["color"], linewidth=0.6, alpha=0.5)
            ax.plot(lengths, np.median(seeds, 1), label=name, marker=".", **look)
        first = min(min(values) for values in lines.values())
        ax.set(title=title, xlabel="tokens", ylim=(-0.03, 1.03), xlim=(first - 8, None))
        ax.legend(loc="lower left", fontsize=7)
    axes[0].set_ylabel("answers without an error, share")
    return figure


class Printer(Callback):
    """Prints some curves and all texts at every evaluation."""

    shared = True

    def __init__(self, curves: Sequence[str] = ("val/loss", "val/accuracy")) -> None:
        self.curves = curves

    def on_eval(self, training: Training) -> None:
        found = ", ".join(f"{name} {training.measured[name]:.3f}" for name in self.curves)
        print(f"step {training.step}, {training.label}" + (f": {found}" if found else ""))
        for name, value in training.measured.items():
            if isinstance(value, str):
                print(f"    {name}: {value}")
