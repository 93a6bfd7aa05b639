"""The pictures that several chapters need; each function returns a Figure or draws on axes.

By label: results, `TrainingResult`s; predictions, probabilities (answers, n_classes) and
targets (answers,). Only what draws imports seaborn, so that importing this costs nothing.
"""

import numpy as np

from progtx_core.plots.theme import (
    COLOURS,
    DIVERGING,
    SEQUENTIAL,
    legend_below,
    line,
    panels,
)

LABELS = {"val/loss": "validation loss (nats)", "val/accuracy": "validation accuracy"}
LABELS |= {"train/loss": "training loss (nats)", "grad_norm": "gradient norm"}


def learning_curves(results: dict, names: tuple[str, ...] = ("val/loss", "val/accuracy")):
    """One panel a curve, one line a result: median and range over the seeds."""
    import seaborn

    figure, axes = panels(len(names), height=3.0)
    how = {"x": "step", "y": "value", "estimator": "median", "errorbar": ("pi", 100)}
    for ax, name in zip(axes, names):
        for label, result in results.items():
            shown = result.curves().query("curve == @name")
            seaborn.lineplot(shown, label=label, legend=False, ax=ax, **how, **line(label))
        ax.set(xlabel="steps", ylabel=LABELS.get(name, name))
        if name.endswith("accuracy"):
            ax.set_ylim(min(0.4, ax.get_ylim()[0]), 1.02)
    legend_below(figure, axes[0], ncols=min(3, len(results)))
    return figure


def seed_accuracies(results: dict, chance: float, low: float = 0.4):
    """Test accuracy from `low` to 1: a dot a seed, a bar at the median, a dashed chance."""
    import seaborn

    figure, (ax,) = panels(width=5.6, height=0.55 * len(results) + 0.8)
    found = {label: result.test["accuracy"] for label, result in results.items()}
    palette = [line(label)["color"] for label in found]
    # A strip plot whose dots make way for each other, the same way each time.
    seaborn.swarmplot(found, orient="h", palette=palette, size=5.5, warn_thresh=1, ax=ax)
    ax.plot([np.median(a) for a in found.values()], range(len(found)), "k|", ms=18, mew=2.5)
    ax.axvline(chance, color="black", lw=1, ls="--")
    ax.text(chance, -0.55, "chance", ha="center", va="bottom")
    ax.set(xlabel="test accuracy", xlim=(low, 1.02), ylim=(len(found) - 0.5, -0.5))
    return figure


def heat(ax, matrix, **kwargs) -> None:
    """A matrix (rows, columns) as coloured cells, the first row on top.

    kwargs: for `seaborn.heatmap`; annot=True, fmt="z.1f" writes values into the cells; a
    vmin below 0 asks for a scale with two sides
    """
    import seaborn

    matrix = np.asarray(matrix)  # a frame would be aligned by its own labels
    cmap = DIVERGING if kwargs.get("vmin", 0) < 0 else SEQUENTIAL
    kwargs = {"cbar": False, "linewidths": 0.5, "cmap": cmap} | kwargs
    seaborn.heatmap(matrix, ax=ax, **kwargs)
    drawn = ax.collections[-1]
    luminance = drawn.cmap(drawn.norm(matrix))[..., :3] ** 2.2 @ [0.2126, 0.7152, 0.0722]
    for text in ax.texts:
        x, y = map(int, text.get_position())
        # Where black has more contrast than white (WCAG 2); seaborn's bound is another.
        text.set(color="black" if luminance[y, x] > 0.18 else "white", fontsize=8)
    ax.tick_params(length=0, rotation=0)


def attention_map(ax, pattern, tokens: list[str], title: str) -> None:
    """One head's pattern (query, key) with its tokens along both sides."""
    how = {"xticklabels": tokens, "yticklabels": tokens, "square": True}
    heat(ax, pattern[: len(tokens), : len(tokens)], vmin=0, vmax=1, **how)
    ax.tick_params(labelsize=7)
    ax.set_title(title, fontsize=8)


def attention_heads(pattern: np.ndarray, tokens: list[str]):
    """The heads of one pattern, (heads, queries, keys), side by side."""
    figure, axes = panels(len(pattern), width=2.2, height=2.2)
    for head, ax in enumerate(axes):
        attention_map(ax, pattern[head], tokens, f"head {head}")
    return figure


def confusion(predictions: dict):
    """One panel a label: counts by true and answered class."""
    from sklearn.metrics import confusion_matrix as count

    figure, axes = panels(len(predictions), width=2.6, height=2.5)
    for ax, (label, (shares, targets)) in zip(axes, predictions.items()):
        counts = count(targets, shares.argmax(1), labels=range(shares.shape[1]))
        heat(ax, counts, vmin=0, vmax=counts.sum(1).max(), annot=True, fmt="d", square=True)
        ax.set(xlabel="answer", ylabel="true class", title=label)
    return figure


def roc_and_pr(predictions: dict):
    """ROC curves beside precision-recall curves of class 1, with the area under each."""
    from sklearn.metrics import PrecisionRecallDisplay, RocCurveDisplay

    figure, (roc, pr) = panels(2, height=3.0)
    for label, (shares, targets) in predictions.items():
        for ax, display in ((roc, RocCurveDisplay), (pr, PrecisionRecallDisplay)):
            display.from_predictions(targets, shares[:, 1], name=label, ax=ax)
            ax.lines[-1].set(**line(label))
            ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), frameon=False)
    roc.plot([0, 1], [0, 1], color="black", lw=0.8, ls=":")
    roc.set(xlabel="false positive rate", ylabel="true positive rate", title="ROC")
    pr.set(xlabel="recall", ylabel="precision", title="precision-recall")
    return figure


def staircase(frame, columns: dict[str, list[str]] | None = None):
    """Median accuracy in a cell, the worst seed beneath, coloured from chance to 1.

    frame: columns model, task, classes, accuracy; columns: tasks by the panel's heading
    """
    models, columns = frame["model"].unique(), columns or {"": frame["task"].unique()}
    widths = [len(tasks) for tasks in columns.values()]
    size = (1.6 + 0.72 * sum(widths)) / len(widths), 1.5 + 0.42 * len(models)
    figure, axes = panels(len(widths), 1, *size, width_ratios=widths)
    cells = frame.groupby(["model", "task"])[["accuracy", "classes"]]
    found = cells.median()["accuracy"], cells.min()["accuracy"], 1 / cells.min()["classes"]
    names = [model.replace("_", " ") for model in models]
    for ax, (heading, tasks) in zip(axes, columns.items()):
        # Rows and columns get their order here and nowhere else.
        median, worst, guess = (of.unstack().reindex(models, columns=tasks) for of in found)
        texts = np.char.add(np.char.mod("%.2f\n", median), np.char.mod("%.2f", worst))
        how = {"annot": texts, "fmt": "", "xticklabels": tasks, "yticklabels": names}
        heat(ax, (median - guess) / (1 - guess), vmin=0, vmax=1, **how)
        ax.set_xticks(ax.get_xticks(), tasks, rotation=40, ha="right")
        ax.set_title(heading, loc="left")
        names = False  # beside the first panel only
    return figure
