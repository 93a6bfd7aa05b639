"""Chapter 9: methods without gradients side by side, from the recorded tables."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from experiments.race import BUDGET, LEVELS, LONG, PASSES, exponent
from experiments.small_sets import METHODS as WAYS
from experiments.small_sets import SIZES
from progtx_core import plots

from parts.ch09 import LEAST
from parts.intervals import spread

GIVEN_MORE = ", long"  # ends the rows of those with LONG passes in place of BUDGET


def lines(frame: pd.DataFrame, name: str) -> list[tuple[np.ndarray, pd.DataFrame, float]]:
    """For each of a method's rows of `race`: passes, losses a seed, seconds a pass."""
    found = []
    for row in (name, name + GIVEN_MORE):
        seeds = frame[frame.model == row]
        at = [n for n in PASSES if seeds[f"after_{n}"].notna().any()]
        if at:
            losses = seeds[[f"after_{n}" for n in at]].clip(lower=LEAST)
            found.append((np.array(at), losses, (seeds.seconds / seeds.passes).median()))
    return found


def race(frame: pd.DataFrame, groups: dict[str, Sequence[str]]):
    """Loss over passes and over seconds, a row of panels for each group of methods.

    A line is the median of the seeds, its band all of them; dotted where more passes were
    given, with a learning rate that falls more slowly.
    """
    shape = {"width": 3.4, "height": 2.7, "sharey": True}
    figure, axes = plots.panels(2, len(groups), **shape)
    for (title, names), pair in zip(groups.items(), zip(axes[::2], axes[1::2])):
        for number, name in enumerate(names):
            look = plots.line(number)
            for part, (at, losses, a_pass) in enumerate(lines(frame, name)):
                style = look | ({"linestyle": ":"} if part else {"label": name})
                for ax, cost in zip(pair, (at, at * a_pass)):
                    ax.plot(cost, losses.median(), marker=".", **style)
                    if not part:
                        band = losses.min(), losses.max()
                        ax.fill_between(cost, *band, color=look["color"], alpha=0.12)
        for ax, xlabel in zip(pair, ("forward passes", "seconds")):
            ax.set(xscale="log", yscale="log", xlabel=xlabel, title=title)
        pair[0].set_ylabel("loss on the training part (nats)")
        pair[1].legend(fontsize=7)
    return figure


def standings(frame: pd.DataFrame, names: Iterable[str]) -> list[list[str]]:
    """Rows of a table: losses after some passes, new answers, seconds of a seed."""
    rows = []
    for name in names:
        seeds, more = frame[frame.model == name], frame[frame.model == name + GIVEN_MORE]
        after = [spread(seeds[f"after_{n}"], ".2g") for n in (3_000, BUDGET)]
        after += [spread(more[f"after_{LONG}"], ".2g") if len(more) else ""]
        row = [name, *after, spread(seeds.new), f"{seeds.seconds.median():.0f}"]
        rows.append(row)
    return rows


def ahead(frame: pd.DataFrame, one: str, other: str) -> dict[int, bool]:
    """Whether the median loss of one method is the lower one, after each of PASSES.

    Where both were given more passes, these rows count from more than BUDGET on.
    """
    found = {}
    for n in PASSES:
        ends = GIVEN_MORE if n > BUDGET else ""
        of = [frame[frame.model == name + ends][f"after_{n}"] for name in (one, other)]
        if all(values.notna().any() for values in of):
            found[n] = bool(of[0].median() < of[1].median())
    return found


def growth(frame: pd.DataFrame, names: Iterable[str]):
    """Passes until the lowest of LEVELS over parameters, a line a method, a dot a seed.

    frame: the recorded `race_growth`; a line ends where not all seeds got there
    """
    figure, (ax,) = plots.panels(width=5.4, height=3.2)
    column = f"to_{LEVELS[-1]}"
    for number, name in enumerate(names):
        look, of = plots.line(number), frame[frame.model.str.startswith(f"{name}, width")]
        ax.plot(of.parameters, of[column], ".", color=look["color"], alpha=0.6)
        sizes = of.groupby("parameters")[column]
        reached = sizes.median()[sizes.count() == sizes.size()]
        power = exponent(frame, name)
        label = name if np.isnan(power) else f"{name}: power {power:.2f}"
        ax.plot(reached.index, reached, label=label, **look)
    ax.set(xscale="log", yscale="log", xlabel="parameters")
    ax.set_ylabel(f"passes until the loss is {LEVELS[-1]}")
    plots.legend_below(figure, ax, 2)
    return figure


def small_sets(frame: pd.DataFrame):
    """Test accuracy over the number of examples, a panel a task, a dot a seed that fits."""
    tasks = list(frame.task.unique())
    figure, axes = plots.panels(len(tasks), width=3.4, height=2.8, sharey=True)
    for ax, task in zip(axes, tasks):
        for number, way in enumerate(WAYS):
            look, found = plots.line(number), {}
            for n in SIZES:
                rows = frame[(frame.task == task) & (frame.model == f"{way}, {n} examples")]
                if rows.fits.any():
                    found[n] = rows[rows.fits == 1].accuracy
                    aside = n * 1.05 ** (
                        number - 1.5
                    )  # so that dots do not hide each other
                    ax.plot([aside] * len(found[n]), found[n], ".", color=look["color"])
            medians = [values.median() for values in found.values()]
            ax.plot(list(found), medians, label=way, **look)
        ax.axhline(0.5, color="0.6", linewidth=0.8)
        ax.set(xscale="log", xticks=SIZES, xticklabels=SIZES, title=task)
        ax.set(xlabel="training examples")
    axes[0].set_ylabel("right on new examples, share")
    plots.legend_below(figure, axes[0], 4)
    return figure
