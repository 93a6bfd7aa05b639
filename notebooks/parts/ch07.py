"""Chapter 7: the board of all models and tasks, as a picture and as a table."""

import numpy as np
import pandas as pd
from experiments import scoreboard
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from progtx_core import models, plots
from progtx_core.tools import recorded

Groups = dict[str, list[str]]  # heading to tasks
GROUPS: Groups = {
    "content: what stands there?": list(scoreboard.CONTENT),
    "order: where does it stand?": list(scoreboard.ORDER),
    "strings: both, in tokens": list(scoreboard.STRINGS),
}
# For each of these tasks the rung that fails in its chapter, and the one that solves it.
STAIRS: dict[str, tuple[str, str]] = {
    "last_gt_first": ("mean_pooling", "logistic_regression"),
    "majority_positive": ("logistic_regression", "mean_pooling"),
    "has_pos_and_neg": ("mean_pooling", "max_pooling"),
    "value_at_max_key": ("max_pooling", "attention_pooling"),
    "value_at_query": ("additive_attention_pooling", "self_attention"),
    "argmax_position": ("self_attention", "self_attention_with_positions"),
    "xor_of_endpoints": ("self_attention", "self_attention_with_positions"),
    "sum_mod_10": ("self_attention_with_positions", "transformer"),
}
SHORT = {
    "self_attention_with_positions": "attention, positions",
    "additive_attention_pooling": "additive pooling",
}


def short(model: str) -> str:
    """What a model is called in a narrow column."""
    return SHORT.get(model, model).replace("_", " ")


def way(accuracy: np.ndarray, n_classes: np.ndarray) -> np.ndarray:
    """How far accuracies are from chance, 0, to one, 1."""
    return (accuracy - 1 / n_classes) / (1 - 1 / n_classes)


def question() -> Figure:
    """The cells that the chapters before this one have shown; all others are unknown."""
    frame = recorded.read("scoreboard")
    shown = [(model, task) for task, pair in STAIRS.items() for model in pair]
    known = frame[[pair in shown for pair in zip(frame.model, frame.task)]]
    return board(known, unknown="?", ladder=list(frame.model.unique()))


def board(
    frame: pd.DataFrame,
    groups: Groups = GROUPS,
    unknown: str = "",
    ladder: list[str] | None = None,
) -> Figure:
    """Tasks by models: the median accuracy, in small beneath it the worst seed.

    Args:
        frame: columns model, task, classes, accuracy.
        groups: a panel each.
        unknown: what stands in a cell without rows; then no digits stand in the others.
        ladder: the models, from left to right; by default those of the frame.
    """
    ladder = ladder or list(frame.model.unique())
    heights = [len(tasks) for tasks in groups.values()]
    size = 1.55 + 0.37 * len(ladder), (1.5 + 0.3 * sum(heights)) / len(heights)
    figure, axes = plots.panels(1, len(heights), *size, height_ratios=heights)
    for ax, (heading, tasks) in zip(axes, groups.items(), strict=True):
        panel(ax, frame, tasks, ladder, unknown)
        ax.set_title(heading, loc="left", fontsize=8)
        ax.set_xticks([])
        ax.grid(visible=False)
    axes[0].xaxis.tick_top()
    names = [short(model) for model in ladder]
    axes[0].set_xticks(np.arange(len(ladder)) + 0.5, names, rotation=60, ha="left")
    axes[0].tick_params(labelsize=8, length=0, pad=1)
    if sum(heights) < 6:  # a few rows say in digits what the scale says
        return figure
    scale = figure.colorbar(
        axes[0].collections[0], ax=axes, location="bottom", fraction=0.02, pad=0.01
    )
    scale.set_ticks([0, 1], labels=["chance", "all right"], fontsize=7)
    return figure


def panel(ax: Axes, frame: pd.DataFrame, tasks: list[str], ladder, unknown: str) -> None:
    """The rows of some tasks."""
    cells = frame.groupby(["task", "model"])[["accuracy", "classes"]]
    median, worst = (
        of["accuracy"].unstack().reindex(tasks, columns=ladder)
        for of in (cells.median(), cells.min())
    )
    classes = cells.min()["classes"].unstack().reindex(tasks, columns=ladder)
    ways = way(median, classes)
    plots.heat(ax, ways, vmin=0, vmax=1, xticklabels=False, yticklabels=tasks)
    ax.tick_params(labelsize=7.5)
    for (y, x), share in np.ndenumerate(ways.to_numpy()):
        if np.isnan(share) and unknown:
            ax.text(x + 0.5, y + 0.5, unknown, ha="center", va="center", color="#777777")
        elif not np.isnan(share) and not unknown:
            colour = "black" if share > 0.53 else "white"
            how = {"ha": "center", "color": colour}
            digits, low = f"{median.iat[y, x]:.2f}", f"{worst.iat[y, x]:.2f}"
            ax.text(x + 0.5, y + 0.52, digits, size=8, va="bottom", **how)
            ax.text(x + 0.5, y + 0.55, low, size=6.5, va="top", **how)


def as_table(frame: pd.DataFrame, groups: Groups = GROUPS) -> str:
    """The same in Markdown, folded: medians, for who cannot see the picture."""
    ladder = list(frame.model.unique())
    head = ["task", *map(short, ladder)]
    lines = [f"| {' | '.join(head)} |", "| --- " * len(head) + "|"]
    for task in [task for tasks in groups.values() for task in tasks]:
        found = (np.median(recorded.values(frame, model, task)) for model in ladder)
        lines.append(f"| {task} | {' | '.join(f'{one:.2f}' for one in found)} |")
    folded = "<details><summary>The medians as a table</summary>"
    return "\n".join([folded, "", *lines, "", "</details>"])


def budget_rows(frame: pd.DataFrame) -> list[list]:
    """What every model had: a row each with parameters, updates, batch, decay."""
    rows = []
    for model, of in frame.groupby("model", sort=False):
        cells = [scoreboard.cell(str(model), task) for task in of.task.unique()]
        configs = [cell.config() for cell in cells]
        known = models.default_config(str(model))["learning_rate"]
        sizes = span(of.parameters)
        updates, batches = span(of.steps), span([one.batch_size for one in configs])
        decay = span([one.weight_decay for one in configs])
        rows.append([short(str(model)), sizes, updates, batches, str(known), decay])
    return rows


def span(values) -> str:
    """The least and the greatest of some numbers, or the one that all are."""
    least, most = min(values), max(values)
    return f"{least:,}" if least == most else f"{least:,} to {most:,}"


def budgets(frame: pd.DataFrame, rows: dict[str, str], tasks: list[str]) -> Figure:
    """Accuracies by task: a dot a seed, a line at the median; a marker a budget.

    Args:
        frame: columns model, task, accuracy.
        rows: models of the frame, and what they are called here.
        tasks: from top to bottom.
    """
    figure, (ax,) = plots.panels(width=4.1, height=0.62 * len(tasks) + 0.9)
    gap = 0.8 / len(rows)
    for index, (row, label) in enumerate(rows.items()):
        colour, marker = plots.COLOURS[index], plots.theme.MARKERS[index]
        ax.scatter([], [], color=colour, marker=marker, s=16, label=label)
        for y, task in enumerate(tasks):
            found = recorded.values(frame, row, task)
            at = y + (index - (len(rows) - 1) / 2) * gap
            how = {"color": colour, "marker": marker, "s": 16}
            if not len(found):
                continue
            ax.scatter(found, [at] * len(found), **how)
            ax.plot([np.median(found)] * 2, [at - gap / 2, at + gap / 2], color="black")
    ax.set_yticks(range(len(tasks)), tasks)
    ax.set(xlabel="test accuracy", xlim=(None, 1.02), ylim=(len(tasks) - 0.5, -0.5))
    ax.grid(visible=False, axis="y")
    plots.legend_below(figure, ax, 2)
    return figure
