"""One theme: colours for every kind of sight, dashes and markers for print in grey."""

import re

# Okabe and Ito, "Color Universal Design", 2008, and two more; neighbours differ in light.
COLOURS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00"]
COLOURS += ["#882255", "#666666"]
DASHES = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2))]
MARKERS = ["o", "s", "^", "D", "v", "P"]
SEQUENTIAL, DIVERGING = "cividis", "RdBu_r"
SETTINGS = {"axes.spines.right": False, "axes.spines.top": False, "grid.color": "#e4e4e4"}
SETTINGS |= {"lines.linewidth": 1.6, "legend.frameon": False, "legend.handlelength": 3}
_indices: dict[str, int] = {}  # of the labels drawn so far


def line(key: int | str) -> dict:
    """Colour and dash by an index, or by a label: then the same in all pictures.

    >>> line("max pooling") == line("Max_pooling") != line("mean pooling")
    True
    """
    if isinstance(key, str):
        key = _indices.setdefault(re.sub("[ -]", "_", key.lower()), len(_indices))
    return {"color": COLOURS[key % len(COLOURS)], "linestyle": DASHES[key % len(DASHES)]}


def panels(n_columns: int = 1, n_rows: int = 1, width=3.1, height=2.6, **kwargs):
    """A figure in the theme and its axes, each of that width and height in inches."""
    import seaborn
    from matplotlib.figure import Figure

    # For good, as matplotlib reads it while things are drawn.
    seaborn.set_theme("paper", "whitegrid", COLOURS, "DejaVu Sans", rc=SETTINGS)
    figure = Figure((width * n_columns, height * n_rows), layout="constrained")
    return figure, list(figure.subplots(n_rows, n_columns, squeeze=False, **kwargs).flat)


def legend_below(figure, ax, ncols: int = 2) -> None:
    """One legend for all panels, beneath them, where it covers nothing."""
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=ncols)
