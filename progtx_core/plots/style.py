"""One visual language: colours for every kind of sight, dashes for print in grey."""

import itertools
import re
from collections.abc import Iterable

from progtx_core import models

# Okabe and Ito, "Color Universal Design", 2008; ordered so that neighbours also
# differ in lightness. Black is kept for baselines and annotations.
COLOURS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00"]
COLOURS += ["#882255", "#666666"]  # for as many models as there are
DASHES = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2))]
MARKERS = ["o", "s", "^", "D", "v", "P"]
SEQUENTIAL, DIVERGING = "cividis", "RdBu_r"

SETTINGS = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "axes.axisbelow": True,
    "legend.frameon": False,
    "legend.handlelength": 3,
    "lines.linewidth": 1.6,
}


def line(index: int) -> dict:
    """Colour and dash of the line with that index."""
    return {
        "color": COLOURS[index % len(COLOURS)],
        "linestyle": DASHES[index % len(DASHES)],
    }


def numbers(labels: Iterable[str]) -> dict[str, int]:
    """What `line` is to be asked for, by label: a model looks the same in every picture.

    A model is known by its name in `models.names()`, also with spaces or hyphens. Other
    labels get the numbers that are left, in order.

    >>> numbers(["mine", "self-attention"])
    {'mine': 0, 'self-attention': 5}
    """
    rungs, labels = models.names(), list(labels)
    known = {label: re.sub("[ -]", "_", label.lower()) for label in labels}
    taken = {label: rungs.index(name) for label, name in known.items() if name in rungs}
    free = (number for number in itertools.count() if number not in taken.values())
    return {label: taken[label] if label in taken else next(free) for label in labels}


def panels(n_columns: int = 1, n_rows: int = 1, width=3.1, height=2.6, **kwargs):
    """A figure with a grid of axes, in the style: (figure, list of axes).

    width, height: of one panel, in inches; other arguments go to `Figure.subplots`.
    The style is set for good, since matplotlib reads it while things are drawn.
    """
    import matplotlib
    from matplotlib.figure import Figure

    matplotlib.rcParams.update(SETTINGS)
    size = (width * n_columns, height * n_rows)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(n_rows, n_columns, squeeze=False, **kwargs)
    return figure, list(axes.flat)


def legend_below(figure, ax, n_columns: int = 2) -> None:
    """One legend for all panels, beneath them, where it covers nothing."""
    figure.legend(
        *ax.get_legend_handles_labels(), loc="outside lower center", ncols=n_columns
    )
