"""Measures what is missing in a recorded table, and writes it."""

import shutil
from pathlib import Path

import pandas as pd

from progtx_core import checks, files
from progtx_core.tools import paths
from progtx_core.tools.experiments.executors import local
from progtx_core.tools.experiments.runner import Report, Runner
from progtx_core.tools.experiments.store import DONE, ROW
from progtx_core.tools.experiments.table import as_csv
from progtx_core.tools.recorded import find, path_of, read

PLACE = ["model", "task", "seed"]


def record(
    name: str,
    n_seeds: int = 5,
    out: Path | None = None,
    fresh: bool = False,
    report: Report = print,
) -> Path:
    """Measure the rows of a table that are missing or of an older version.

    fresh: measure all of them. What is finished is kept in build/recorded/, so that an
    interrupted recording goes on where it stopped.

    Raises RuntimeError if a row could not be measured; the others are written.
    """
    experiment, path = find(name), out or path_of(name)
    trials = experiment.trials(checks.whole("n_seeds", n_seeds, at_least=1))
    path.parent.mkdir(parents=True, exist_ok=True)  # fails now, not after minutes
    folder = paths.scratch() / "build" / "recorded" / name
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    kept = pd.DataFrame(columns=[*PLACE, "version"])
    if path.exists() and not fresh:
        kept = read(name, path, dtype=str)  # texts: what is kept is not rounded anew
        kept = kept[kept.version.astype(int) >= experiment.version]
    there = set(zip(kept.model, kept.task, kept.seed.astype(int)))
    missing = [trial for trial in trials if trial.place not in there]
    report(f"{len(trials) - len(missing)} of {len(trials)} rows are up to date")
    # The last trials take longest: begun first, they leave no core idle at the end.
    runner = Runner(missing[::-1], folder)
    try:
        if missing:
            runner.run(*local(None), report)
    finally:
        done = runner.states().get(DONE, [])
        rows = [runner.place(trial).read(ROW) for trial in done]
        if rows:
            new = pd.DataFrame(rows, dtype=object).astype(str).replace("nan", "")
            write(path, pd.concat([kept, new]), trials)
    if len(done) < len(missing):
        n = len(missing) - len(done)
        raise RuntimeError(f"{n} rows were not measured; see the log.txt in {folder}")
    return path


def write(path: Path, frame: pd.DataFrame, trials: list) -> None:
    """The rows in the order of the cells; those of cells that are no more are left out."""
    cells = {trial.place[:2]: number for number, trial in reversed([*enumerate(trials)])}
    order = [cells.get(place, -1) for place in zip(frame.model, frame.task)]
    frame = frame.assign(order=order, number=frame.seed.astype(int))
    frame = frame[frame.order >= 0].sort_values(["order", "number"])
    files.write_atomically(path, as_csv(frame.drop(columns=["order", "number"])))
