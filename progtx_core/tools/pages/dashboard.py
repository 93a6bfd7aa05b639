"""All results on one page, to be sorted and filtered without a server."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from progtx_core import models
from progtx_core.tools.pages import templating

# Of each model on each task: title, column of the results, over the seeds, format.
COLUMNS = [
    ("accuracy", "{split}_accuracy", "median", "{:.3f}"),
    ("worst seed", "{split}_accuracy", "min", "{:.3f}"),
    ("loss (nats)", "{split}_loss", "median", "{:.3f}"),
    ("seeds", "seed", "count", "{:,.0f}"),
    ("parameters", "parameters", "last", "{:,.0f}"),
    ("steps", "steps", "last", "{:,.0f}"),
    ("seconds a seed", "seconds", "median", "{:.1f}"),
]


def write(
    path: Path,
    results: pd.DataFrame,  # with the columns of `experiments.benchmarks`
    pages: dict[tuple[str, str], str],  # (task, model) to a link, as seen from this page
    remarks: Sequence[str] = (),  # on what was read
) -> Path:
    """Write the page of results, which have a row a seed; NaN is "not measured"."""
    ladder = {name: rung for rung, name in enumerate(models.names())}
    names = results["model"].unique().tolist()
    return templating.write(
        path,
        "dashboard.html",
        title="Results",
        n_results=len(results),
        tasks=results["task"].unique().tolist(),
        models=sorted(names, key=lambda name: (ladder.get(name, len(ladder)), name)),
        remarks=remarks,
        columns=COLUMNS,
        tables={split: over_seeds(results, split) for split in ("test", "train")},
        pages=pages,
        staircase=staircase(results),
    )


def over_seeds(results: pd.DataFrame, split: str) -> dict[tuple, list[float]]:
    """(task, model) to the values of COLUMNS, for split "train" or "test"."""
    seeds = results.groupby(["task", "model"], sort=False)
    frame = pd.DataFrame(
        {title: seeds[name.format(split=split)].agg(how) for title, name, how, _ in COLUMNS}
    )
    return {at: values for at, *values in frame.itertuples(name=None)}


def staircase(results: pd.DataFrame) -> dict:
    """(task, model) to the median test accuracy, and how far it is from chance to 1."""
    seeds = results.groupby(["task", "model"])
    accuracy, chance = seeds["test_accuracy"].median(), 1 / seeds["classes"].first()
    share = 0.75 * ((accuracy - chance) / (1 - chance)).clip(0, 1)
    frame = pd.DataFrame({"accuracy": accuracy, "share": share}).dropna()
    return frame.to_dict(orient="index")
