"""Pictures of a linear model: its weights, and how sure it is."""

import numpy as np
from progtx_core import plots


def weight_maps(weights: dict[str, np.ndarray], xlabel: str, ylabel: str):
    """One panel a matrix, all on one colour scale centred on zero."""
    largest = max(np.abs(matrix).max() for matrix in weights.values())
    how = {"vmin": -largest, "vmax": largest, "fmt": "z.1f"}
    figure, axes = plots.panels(1, len(weights), width=4.6, height=1.25)
    for ax, (label, matrix) in zip(axes, weights.items()):
        plots.heat(ax, matrix, annot=matrix.size <= 40, **how)
        ax.set(title=label, ylabel=ylabel)
    axes[-1].set_xlabel(xlabel)
    return figure


def probability_histograms(predictions: dict):
    """One panel a label: how sure it is of class 1, for either true class."""
    import seaborn

    figure, axes = plots.panels(len(predictions), width=2.8, height=2.2, sharey=True)
    how = {"bins": np.linspace(0, 1, 31).tolist(), "element": "step", "edgecolor": "black"}
    for ax, (label, (shares, targets)) in zip(axes, predictions.items()):
        for true, hatch in enumerate((None, "////")):
            looks = how | {"color": plots.COLOURS[true], "hatch": hatch, "alpha": 0.6}
            seaborn.histplot(
                shares[targets == true, 1], label=f"class {true}", ax=ax, **looks
            )
        ax.set(xlabel="probability of class 1", ylabel="test examples", title=label)
    plots.legend_below(figure, axes[0])
    return figure
