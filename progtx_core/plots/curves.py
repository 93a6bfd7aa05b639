"""The pictures that several chapters need. Each function returns a Figure."""

import numpy as np

from progtx_core.evaluation import confusion as count_confusion
from progtx_core.evaluation import pr_curve, roc_curve
from progtx_core.plots import style
from progtx_core.training import TrainingResult

LABELS = {
    "train/loss": "training loss (nats)",
    "train/accuracy": "training accuracy",
    "val/loss": "validation loss (nats)",
    "val/accuracy": "validation accuracy",
    "grad_norm": "gradient norm",
    "weight_norm": "weight norm",
    "difference_norm": "norm of w",
}
Predictions = tuple[np.ndarray, np.ndarray]


def learning_curves(
    runs: dict[str, TrainingResult], names: tuple[str, ...] = ("val/loss", "val/accuracy")
):
    """One panel a curve, one line a run: median and range over the seeds."""
    figure, axes = style.panels(len(names), height=3.0)
    for ax, name in zip(axes, names, strict=True):
        for label, number in style.numbers(runs).items():
            values = smooth(runs[label].history[name])
            steps = runs[label].history.steps(name)
            look = style.line(number)
            ax.plot(steps, np.median(values, axis=0), label=label, **look)
            low, high = values.min(axis=0), values.max(axis=0)
            ax.fill_between(steps, low, high, color=look["color"], alpha=0.2, lw=0)
        ax.set(xlabel="steps", ylabel=LABELS.get(name, name))
        if name.endswith("accuracy"):
            ax.set_ylim(min(0.4, ax.get_ylim()[0]), 1.02)
    style.legend_below(figure, axes[0], n_columns=min(3, len(runs)))
    return figure


def smooth(values: np.ndarray, points: int = 60) -> np.ndarray:
    """Running mean over time, (n_seeds, n_points), if there are many points."""
    width = values.shape[1] // points
    if width < 2:
        return values
    # The first points are means of what there is, so the curve keeps its length.
    total = np.cumsum(values, axis=1)
    total[:, width:] -= total[:, :-width].copy()
    return total / np.minimum(np.arange(1, values.shape[1] + 1), width)


def seed_accuracies(runs: dict[str, TrainingResult], chance: float, low: float = 0.4):
    """Test accuracy: a dot a seed, a bar at the median, a dashed line at chance.

    low: where the axis begins
    """
    figure, (ax,) = style.panels(width=5.6, height=0.55 * len(runs) + 0.8)
    for row, (label, number) in enumerate(style.numbers(runs).items()):
        accuracy = runs[label].test["accuracy"]
        ax.plot(np.median(accuracy), row, "|", ms=18, mew=2.5, color="black")
        spread = row + np.linspace(-0.18, 0.18, len(accuracy))
        marker = style.MARKERS[number % len(style.MARKERS)]
        colour = style.COLOURS[number % len(style.COLOURS)]
        ax.plot(accuracy, spread, marker, ms=5, color=colour, alpha=0.85)
    ax.axvline(chance, color="black", lw=1, ls="--")
    ax.annotate(
        "chance",
        (chance, 1),
        xycoords=("data", "axes fraction"),
        ha="center",
        va="bottom",
    )
    ax.set_yticks(range(len(runs)), list(runs))
    ax.set(xlabel="test accuracy", xlim=(low, 1.02), ylim=(len(runs) - 0.5, -0.5))
    return figure


def heat(ax, matrix: np.ndarray, form: str | None = None, **scale) -> None:
    """A matrix as coloured cells; with `form` (such as ".1f") their values inside."""
    drawn = ax.pcolormesh(matrix, edgecolors="white", linewidth=0.5, **scale)
    ax.set(xticks=[], yticks=[])
    ax.set_xticks(np.arange(matrix.shape[1]) + 0.5, range(matrix.shape[1]))
    ax.set_yticks(np.arange(matrix.shape[0]) + 0.5, range(matrix.shape[0]))
    ax.tick_params(length=0)
    ax.invert_yaxis()
    ax.grid(False)
    if form is None:
        return
    for (row, column), value in np.ndenumerate(matrix):
        red, green, blue, _ = drawn.cmap(drawn.norm(value))
        luminance = 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2
        text = format(value, form)
        dark = luminance < 0.18  # where white has more contrast than black (WCAG 2)
        ax.text(
            column + 0.5,
            row + 0.5,
            text if float(text) else text.lstrip("-"),  # no "-0.0"
            color="white" if dark else "black",
            ha="center",
            va="center",
            fontsize=8,
        )


def confusion(predictions: dict[str, Predictions]):
    """One panel a model: counts by true and answered class."""
    figure, axes = style.panels(len(predictions), width=2.6, height=2.5)
    for ax, (label, (probabilities, targets)) in zip(
        axes, predictions.items(), strict=True
    ):
        counts = count_confusion(probabilities, targets)
        largest = counts.sum(1).max()
        heat(ax, counts, "d", cmap=style.SEQUENTIAL, vmin=0, vmax=largest)
        ax.set(xlabel="answer", ylabel="true class", title=label, aspect="equal")
    return figure


def roc_and_pr(predictions: dict[str, Predictions]):
    """ROC curves beside precision-recall curves, with the area under each."""
    figure, (roc, pr) = style.panels(2)
    for label, number in style.numbers(predictions).items():
        probabilities, targets = predictions[label]
        in_roc, in_pr = (
            roc_curve(probabilities, targets),
            pr_curve(probabilities, targets),
        )
        areas = f"{label}: areas {in_roc.area:.2f} and {in_pr.area:.2f}"
        roc.plot(in_roc.x, in_roc.y, label=areas, **style.line(number))
        pr.plot(in_pr.x, in_pr.y, **style.line(number))
    roc.plot([0, 1], [0, 1], color="black", lw=0.8, ls=":")
    roc.set(xlabel="false positive rate", ylabel="true positive rate", title="ROC")
    pr.set(xlabel="recall", ylabel="precision", ylim=(0, 1.05), title="precision-recall")
    style.legend_below(figure, roc)
    return figure


def probability_histograms(predictions: dict[str, Predictions]):
    """One panel a model: how sure it is of class 1, for either true class."""
    figure, axes = style.panels(len(predictions), width=2.8, height=2.2, sharey=True)
    bins = np.linspace(0, 1, 31)
    for ax, (label, (probabilities, targets)) in zip(
        axes, predictions.items(), strict=True
    ):
        for true_class, hatch in ((0, None), (1, "////")):
            ax.hist(
                probabilities[targets == true_class, 1],
                bins,
                histtype="stepfilled",
                color=style.COLOURS[true_class],
                edgecolor="black",
                linewidth=0.6,
                hatch=hatch,
                alpha=0.6,
                label=f"class {true_class}",
            )
        ax.set(xlabel="probability of class 1", title=label)
    axes[0].set_ylabel("test examples")
    style.legend_below(figure, axes[0])
    return figure


def weight_maps(weights: dict[str, np.ndarray], xlabel: str, ylabel: str):
    """One panel a matrix, all on one colour scale centred on zero."""
    largest = max(np.abs(w).max() for w in weights.values())
    figure, axes = style.panels(1, len(weights), width=6.2, height=1.35)
    for ax, (label, matrix) in zip(axes, weights.items(), strict=True):
        form = ".1f" if matrix.size <= 40 else None
        heat(ax, matrix, form, cmap=style.DIVERGING, vmin=-largest, vmax=largest)
        ax.set(title=label, ylabel=ylabel)
    axes[-1].set_xlabel(xlabel)
    return figure


def staircase(record, columns: dict[str, list[str]] | None = None):
    """A recorded table as a heat map: median accuracy in a cell, the worst seed beneath.

    The colour is the way from chance (dark) to 1 (light), as tasks differ in chance.
    columns: tasks by the heading of their panel; by default all of them in one
    """
    rows = record.names("model")
    columns = columns or {"": record.names("task")}
    widths = [len(names) for names in columns.values()]
    figure, axes = style.panels(
        len(columns),
        width=(1.6 + 0.72 * sum(widths)) / len(columns),
        height=1.5 + 0.42 * len(rows),
        width_ratios=widths,
        sharey=True,
    )
    for ax, (heading, names) in zip(axes, columns.items(), strict=True):
        cells = [[record.accuracies(row, task) for task in names] for row in rows]
        _cells(ax, cells, np.array([record.chance(task) for task in names]))
        ax.set_title(heading, loc="left")
        ax.set_xticks(np.arange(len(names)) + 0.5, names, rotation=40, ha="right")
        ax.set_yticks(np.arange(len(rows)) + 0.5, [r.replace("_", " ") for r in rows])
        ax.tick_params(length=0)
    axes[0].invert_yaxis()  # the lowest rung on top, as one reads
    return figure


def _cells(ax, cells: list[list[np.ndarray]], chance: np.ndarray) -> None:
    """Colour and text of each cell; one that was not measured stays white."""
    median = [[np.median(c) if len(c) else np.nan for c in row] for row in cells]
    way = (np.array(median) - chance) / (1 - chance)
    look = {"cmap": style.SEQUENTIAL, "vmin": 0, "vmax": 1, "edgecolors": "white"}
    ax.pcolormesh(way, linewidth=1, **look)
    for y, row in enumerate(cells):
        for x, values in enumerate(row):
            if not len(values):
                continue
            text = {"ha": "center", "color": "black" if way[y, x] > 0.5 else "white"}
            median, worst = f"{np.median(values):.2f}", f"{values.min():.2f}"
            ax.text(x + 0.5, y + 0.5, median, va="bottom", fontsize=9, **text)
            ax.text(x + 0.5, y + 0.58, worst, va="top", fontsize=7, **text)
