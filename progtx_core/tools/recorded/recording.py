"""Measures what is missing in a recorded table, and writes it."""

import shutil
from pathlib import Path
from typing import Any

import pandas as pd

from progtx_core import checks, files
from progtx_core.tools import paths
from progtx_core.tools.experiments.executors import local
from progtx_core.tools.experiments.runner import Report, Runner
from progtx_core.tools.experiments.store import DONE, ROW
from progtx_core.tools.experiments.table import as_csv
from progtx_core.tools.recorded import Experiment, find, path_of, read


def record(
    name: str,
    n_seeds: int = 5,
    out: Path | None = None,
    fresh: bool = False,
    report: Report = print,
) -> Path:
    """Measure the rows of a table that are missing or of an older version.

    What is finished is kept in build/recorded/, so that an interrupted recording goes on
    where it stopped. Raises RuntimeError if a row fails; the others are written.

    Args:
        out: instead of notebooks/results/NAME.csv.
        fresh: measure all of them anew.
    """
    experiment, path = find(name), out or path_of(name)
    trials = experiment.trials(checks.whole("n_seeds", n_seeds, at_least=1))
    path.parent.mkdir(parents=True, exist_ok=True)  # fails now, not after minutes
    folder = paths.scratch() / "build" / "recorded" / name
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    kept: list[dict] = []
    if path.exists() and not fresh:  # as texts: what is kept is not rounded anew
        kept = read(name, path, dtype=str).fillna("").to_dict("records")
        kept = [row for row in kept if int(row["version"]) >= experiment.version]
    there = {(row["model"], row["task"], int(row["seed"])) for row in kept}
    missing = [trial for trial in trials if trial.place not in there]
    report(f"{len(trials) - len(missing)} of {len(trials)} rows are up to date")
    runner = Runner(missing[::-1], folder)  # those that take longest are begun first
    try:
        if missing:
            runner.run(*local(None), report)
    finally:
        done = runner.states().get(DONE, [])
        if done:
            write(path, experiment, kept + [runner.place(one).read(ROW) for one in done])
    if n := len(missing) - len(done):
        raise RuntimeError(f"{n} rows were not measured; see the log.txt in {folder}")
    return path


def write(path: Path, experiment: Experiment, rows: list[dict[str, Any]]) -> None:
    """The rows in the order of the cells; those of cells that are no more are left out."""
    order = {(cell.row, cell.task): n for n, cell in enumerate(experiment.cells)}
    rows = [row for row in rows if (row["model"], row["task"]) in order]
    rows.sort(key=lambda row: (order[row["model"], row["task"]], int(row["seed"])))
    files.write_atomically(path, as_csv(pd.DataFrame(rows, dtype=object)))
