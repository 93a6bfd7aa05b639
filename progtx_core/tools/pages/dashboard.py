"""All results on one page, to be sorted and filtered without a server."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from progtx_core import models
from progtx_core.tools.pages import templating

# Of each model on each task: title, column of the results, over the seeds, format.
COLUMNS = [
    ("accuracy", "{split}_accuracy", "median", ".3f"),
    ("worst seed", "{split}_accuracy", "min", ".3f"),
    ("loss (nats)", "{split}_loss", "median", ".3f"),
    ("seeds", "seed", "count", ",.0f"),
    ("parameters", "parameters", "last", ",.0f"),
    ("steps", "steps", "last", ",.0f"),
    ("seconds a seed", "seconds", "median", ".1f"),
]


def write(
    path: Path,
    results: pd.DataFrame,
    pages: dict[tuple[str, str], str],
    remarks: Sequence[str] = (),
) -> Path:
    """Write the page.

    Args:
        path: of the page.
        results: a row a seed, with the columns of `experiments.benchmarks`; NaN is "not
            measured".
        pages: (task, model) to a link to its page, as seen from this one.
        remarks: on what was read, shown above the tables.
    """
    tasks = results["task"].unique().tolist()
    names = sorted(results["model"].unique(), key=rung)
    stairs = staircase(results)
    return templating.write(
        path,
        "dashboard.html",
        title="Results",
        n_results=len(results),
        tasks=tasks,
        models=names,
        remarks=remarks,
        titles=["task", "model", *(title for title, *_ in COLUMNS)],
        splits=[
            {"name": split, "title": heading, "rows": rows(results, split, pages)}
            for split, heading in (("test", "Test"), ("train", "Training"))
        ],
        staircase=[
            {"model": m, "cells": [stairs.get((t, m)) for t in tasks]} for m in names
        ],
    )


def rung(model: str) -> tuple[int, str]:
    """Where a model stands: the ladder in its order, then others by name."""
    ladder = models.names()
    return (ladder.index(model) if model in ladder else len(ladder), model)


def rows(
    results: pd.DataFrame, split: str, pages: dict[tuple[str, str], str]
) -> list[dict]:
    """A row a task and model, for split "train" or "test"."""
    seeds = results.groupby(["task", "model"], sort=False)
    columns = [seeds[name.format(split=split)].agg(how) for _, name, how, _ in COLUMNS]
    found = []
    for (task, model), *values in zip(columns[0].index, *columns):
        numbers = [number(x, form) for x, (*_, form) in zip(values, COLUMNS)]
        page = pages.get((task, model))
        found.append({"task": task, "model": model, "page": page, "numbers": numbers})
    return found


def number(value: float, form: str) -> dict[str, str]:
    """How a number is shown, and what it is sorted by; nothing where it is NaN."""
    if math.isnan(value):
        return {"text": "–", "sort": ""}
    return {"text": format(value, form), "sort": repr(float(value))}


def staircase(results: pd.DataFrame) -> dict[Any, dict]:
    """(task, model) to the median test accuracy, and how far it is from chance to 1."""
    seeds = results.groupby(["task", "model"])
    accuracy, chance = seeds["test_accuracy"].median(), 1 / seeds["classes"].first()
    shares = 0.75 * ((accuracy - chance) / (1 - chance)).clip(0, 1)
    return {
        at: {"text": f"{value:.2f}", "share": f"{share:.3f}"}
        for at, value, share in zip(list(accuracy.index), accuracy, shares)
        if not math.isnan(value)
    }
