"""Chapter 13: runs over time, the moment at which all are killed, a result over a value."""

import textwrap
from datetime import datetime
from typing import Any

import pandas as pd
import seaborn as sns
from progtx_core import checks, plots
from progtx_core.plots import COLOURS
from progtx_core.tools.experiments.store import DONE

N_RUNS, CUT = 12, 4.6  # of the drawing; a run takes about 2 of its seconds


def question():
    """Twelve runs on two workers, and what is asked when they are cut off."""
    figure, (ax,) = plots.panels(width=5.0, height=2.5)
    begins = [0.0, 0.0]  # of the next run, by worker
    for row in range(N_RUNS):
        worker = begins.index(min(begins))
        begin, length = begins[worker], 1.7 + 0.3 * (row % 3)
        begins[worker] += length + 0.15
        if begin < CUT:
            cut = begin + length > CUT
            how = {"hatch": "///", "color": "none", "edgecolor": COLOURS[1]}
            how = how if cut else {"color": COLOURS[0]}
            ax.barh(row, min(length, CUT - begin), left=begin, **how)
    ax.axvline(CUT, color="0.2", ls=":")
    ax.text(CUT + 1.6, N_RUNS / 2, "?", fontsize=34, ha="center", va="center")
    ax.text(CUT + 0.1, -0.1, "killed", va="center", fontsize=8)
    ax.set(xlim=(0, 8), ylim=(N_RUNS - 0.4, -0.8), xticks=[], yticks=[])
    ax.set(xlabel="time", ylabel="run", title="What is left, and what is done again?")
    return figure


def timeline(runs: list[list[datetime]], killed: datetime):
    """A bar for every attempt of each run.

    runs: for each, the times at which attempts began, and at which it was done
    """
    first = runs[0][0]
    cut_at = (killed - first).total_seconds()
    figure, (ax,) = plots.panels(width=5.0, height=2.8)
    for row, moments in enumerate(runs):
        *begun, done = [(moment - first).total_seconds() for moment in moments]
        ax.barh(row, done - begun[-1], left=begun[-1], color=COLOURS[0])
        for start in begun[:-1]:
            how = {"hatch": "///", "color": "none", "edgecolor": COLOURS[1]}
            ax.barh(row, cut_at - start, left=start, **how)
    ax.axvline(cut_at, color="0.2", ls=":")
    ax.invert_yaxis()
    ax.set(xlabel="seconds since the start", ylabel="run", yticks=[])
    ax.set(title="Attempts of each run, and the cut (dotted)")
    return figure


def plot(frame: pd.DataFrame, result: str, against: str):
    """A result over a parameter: the median, a band from least to greatest, all points.

    Trials that differ in other parameters, such as seeds, are one spread.
    """
    for name in (result, against):
        checks.one_of("column", name, frame.columns)
    values = pd.to_numeric(frame[result], errors="coerce")
    points = pd.DataFrame({"x": frame[against], "y": values})
    done: Any = points[frame["state"] == DONE].dropna()
    if done.empty:
        raise ValueError(f"no finished trial has a number as {result!r}")
    numbers = pd.api.types.is_numeric_dtype(done["x"])
    done = (done if numbers else done.astype({"x": str})).sort_values(by="x")
    figure, (ax,) = plots.panels(width=4.6, height=3.2)
    look = {"data": done, "x": "x", "y": "y", "color": COLOURS[0], "ax": ax}
    sns.lineplot(**look, estimator="median", errorbar=("pi", 100))
    sns.scatterplot(**look, s=16, linewidth=0)
    if numbers and 0 < 50 * done["x"].min() <= done["x"].max():  # by factors
        ax.set_xscale("log")
    ax.set(xlabel=against, ylabel="\n".join(textwrap.wrap(result, 40)))
    return figure
