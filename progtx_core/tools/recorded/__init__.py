"""Recorded tables: trainings that take longer than a chapter may, a row a seed.

Each table is one module with an `EXPERIMENT`, which says what is trained and what is
measured: the scoreboard here, those of one chapter in notebooks/experiments/.
`python -m progtx_core record NAME` keeps it in notebooks/results/NAME.csv.
"""

import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import numpy as np
import pandas as pd

from progtx_core import checks
from progtx_core.tools import paths
from progtx_core.tools.experiments.benchmarks import read_csv
from progtx_core.tools.recorded.cell import Cell, Experiment

RESULTS = paths.NOTEBOOKS / "results"
COLUMNS = ["model", "task", "seed", "classes", "accuracy", "seconds", "date", "version"]

__all__ = ["Cell", "Experiment", "experiments", "find", "origin", "read", "values"]


@cache
def experiments() -> dict[str, Experiment]:
    """All tables by name: every module that has an EXPERIMENT."""
    beside = paths.NOTEBOOKS / "experiments"
    if str(paths.NOTEBOOKS) not in sys.path:
        sys.path.append(str(paths.NOTEBOOKS))
    names = [f"{__name__}.{one.name}" for one in iter_modules(__path__)]
    names += [f"experiments.{one.name}" for one in iter_modules([str(beside)])]
    found = [getattr(import_module(name), "EXPERIMENT", None) for name in names]
    return {experiment.name: experiment for experiment in found if experiment}


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
    return read_csv(path, COLUMNS, fix, **how)


def values(
    frame: pd.DataFrame, model: str, task: str, column: str = "accuracy"
) -> np.ndarray:
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
