"""All results on one page, to be sorted and filtered without a server."""

import math
from pathlib import Path

from progtx_core.models import LADDER
from progtx_core.tools.pages import templating
from progtx_core.tools.results import Result, cells, median

COLUMNS = [
    {"title": "task", "number": False},
    {"title": "model", "number": False},
    {"title": "accuracy", "number": True},
    {"title": "worst seed", "number": True},
    {"title": "loss (nats)", "number": True},
    {"title": "seeds", "number": True},
    {"title": "parameters", "number": True},
    {"title": "steps", "number": True},
    {"title": "seconds a seed", "number": True},
]


def write(
    path: Path,
    results: list[Result],
    pages: dict[tuple[str, str], str],
    remarks: list[str] = (),
    title: str = "Results",
) -> Path:
    """Write the page.

    pages: (task, model) to a link to its page, as seen from this one; remarks: on what
    was read, shown above the tables
    """
    found = cells(results)
    tasks = list(dict.fromkeys(task for task, _ in found))
    models = sorted({model for _, model in found}, key=rung)
    return templating.write(
        path,
        "dashboard.html",
        title=title,
        n_results=len(results),
        tasks=tasks,
        models=models,
        remarks=list(remarks),
        columns=COLUMNS,
        splits=[
            {"name": split, "title": heading, "rows": rows(found, split, pages)}
            for split, heading in (("test", "Test"), ("train", "Training"))
        ],
        staircase=[
            {"model": m, "cells": [stair(found.get((t, m))) for t in tasks]} for m in models
        ],
    )


def rung(model: str) -> tuple[int, str]:
    """Where a model stands: the ladder in its order, then others by name."""
    ladder = list(LADDER)
    return (ladder.index(model) if model in ladder else len(ladder), model)


def rows(found: dict, split: str, pages: dict[tuple[str, str], str]) -> list[dict]:
    """A row a model and task, for training or test."""
    table = []
    for (task, model), seeds in found.items():
        accuracies = [getattr(one, f"{split}_accuracy") for one in seeds]
        measured = [a for a in accuracies if not math.isnan(a)]
        numbers = [
            number(median(seeds, f"{split}_accuracy"), "{:.3f}"),
            number(min(measured, default=math.nan), "{:.3f}"),
            number(median(seeds, f"{split}_loss"), "{:.3f}"),
            number(len(seeds), "{}"),
            number(seeds[-1].parameters, "{:,}"),
            number(seeds[-1].steps, "{:,}"),
            number(median(seeds, "seconds"), "{:.1f}"),
        ]
        page = pages.get((task, model))
        table.append({"task": task, "model": model, "page": page, "numbers": numbers})
    return table


def number(value: float, form: str) -> dict[str, str]:
    """How a number is shown, and what it is sorted by; nothing where it is NaN."""
    if math.isnan(value):
        return {"text": "–", "sort": ""}
    return {"text": form.format(value), "sort": repr(float(value))}


def stair(seeds: list[Result] | None) -> dict | None:
    """A cell of the staircase: its text, and how far it is on the way from chance to 1."""
    accuracy = median(seeds, "test_accuracy") if seeds else math.nan
    if math.isnan(accuracy):
        return None
    chance = 1 / seeds[0].classes
    share = min(1.0, max(0.0, (accuracy - chance) / (1 - chance)))
    return {"text": f"{accuracy:.2f}", "share": f"{0.75 * share:.3f}"}
