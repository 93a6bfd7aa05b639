"""Recorded tables: trainings that take longer than a chapter may, a row a seed.

Each table is a module of notebooks/experiments/, whose `EXPERIMENT` says what is trained;
`python -m progtx_core record NAME` keeps it in notebooks/results/NAME.csv.
"""

import shutil
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import numpy as np
import pandas as pd

from progtx_core import checks, files
from progtx_core.tools import paths
from progtx_core.tools.experiments.benchmarks import check, read_csv
from progtx_core.tools.experiments.executors import local
from progtx_core.tools.experiments.runner import Report, Runner
from progtx_core.tools.experiments.store import DONE, ROW
from progtx_core.tools.experiments.table import as_csv
from progtx_core.tools.recorded.cell import Cell, Experiment

RESULTS = paths.NOTEBOOKS / "results"
COLUMNS = ["model", "task", "seed", "classes", "accuracy", "seconds", "date", "version"]


@cache
def experiments() -> dict[str, Experiment]:
    """All tables by name: every module that has an EXPERIMENT."""
    beside = iter_modules([str(paths.NOTEBOOKS / "experiments")])
    modules: list[Any] = [import_module(f"experiments.{one.name}") for one in beside]
    return {m.EXPERIMENT.name: m.EXPERIMENT for m in modules if hasattr(m, "EXPERIMENT")}


def find(name: str) -> Experiment:
    """A table's experiment. Raises ValueError for an unknown name."""
    return experiments()[checks.one_of("recorded table", name, experiments())]


def path_of(name: str) -> Path:
    """Where a table lies."""
    return RESULTS / f"{name}.csv"


def read(name: str, path: Path | None = None, **how) -> pd.DataFrame:
    """The recorded table of that name. how: of `pandas.read_csv`

    Raises ValueError if there is none or if it is damaged, and says how to make it.
    """
    path = path or path_of(name)
    fix = f"make it with 'python -m progtx_core record {name} --fresh'"
    if not path.exists():
        raise ValueError(f"{path} does not exist; {fix}")
    frame = read_csv(path, COLUMNS, fix, **how)
    check(path, frame[COLUMNS], ["accuracy", "seconds"], ["seed", "classes"], fix)
    return frame


def values(frame: Any, model: str, task: str, column: str = "accuracy") -> np.ndarray:
    """A column of one cell, a value a seed (NaN for none); empty if it is not there."""
    checks.one_of("column", column, frame.columns)
    return frame.loc[(frame.model == model) & (frame.task == task), column].to_numpy()


def origin(name: str) -> str:
    """Where the numbers of a table come from, in one line of Markdown."""
    frame, now = read(name), find(name).version
    last, old = frame.loc[frame.date.idxmax()], frame.version.min()
    stale = f"; **stale: rows have version {old}, the experiment {now}**"
    return (
        f"Recorded by `python -m progtx_core record {name}`, last on {last.date} (torch "
        f"{last.torch}, Python {last.python}; {frame.seconds.sum() / 60:.0f} minutes of "
        f"one core){stale if old < now else ''}."
    )


def record(
    name: str,
    n_seeds: int | None = None,
    out: Path | None = None,
    fresh: bool = False,
    report: Report = print,
) -> Path:
    """Measure the rows of a table that are missing or of an older version.

    What is finished is kept in build/recorded/, so that an interrupted recording goes on
    where it stopped; a table loses no rows before all are there. Raises RuntimeError if
    a row fails; the others are kept.
    out: instead of notebooks/results/NAME.csv; fresh: measure all of them anew
    """
    experiment, path = find(name), out or path_of(name)
    trials = experiment.trials(n_seeds)
    path.parent.mkdir(parents=True, exist_ok=True)  # fails now, not after minutes
    folder = paths.scratch() / "build" / "recorded" / name
    kept, loses = [], path.exists()
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    elif loses:  # as texts: what is kept is not rounded anew
        rows = read(name, path, dtype=str).fillna("").to_dict("records")
        kept = [row for row in rows if int(row["version"]) >= experiment.version]
        loses = len(kept) < len(rows)
    there = {(row["model"], row["task"], int(row["seed"])) for row in kept}
    missing = [trial for trial in trials if trial.place not in there]
    report(f"{len(trials) - len(missing)} of {len(trials)} rows are up to date")
    # The last trials take longest: begun first, they leave no core idle at the end.
    runner = Runner(missing[::-1], folder)
    try:
        if missing:
            runner.run(*local(None), report)
    finally:
        done = runner.states().get(DONE, [])
        if done and not (loses and len(done) < len(missing)):
            write(path, experiment, kept + [runner.place(one).read(ROW) for one in done])
    if n := len(missing) - len(done):
        raise RuntimeError(f"{n} rows were not measured; see the log.txt in {folder}")
    return path


def write(path: Path, experiment: Experiment, rows: list[dict]) -> None:
    """The rows in the order of the cells; those of cells that are no more are left out."""
    order = {(cell.row, cell.task): n for n, cell in enumerate(experiment.cells)}
    rows = [row for row in rows if (row["model"], row["task"]) in order]
    rows.sort(key=lambda row: (order[row["model"], row["task"]], int(row["seed"])))
    files.write_atomically(path, as_csv(pd.DataFrame(rows, dtype=object)))
