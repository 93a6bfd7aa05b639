"""What trained models reached, a row a task, model and seed, in one CSV table."""

import csv
import datetime
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from progtx_core import files
from progtx_core.tools.experiments.table import as_csv

if TYPE_CHECKING:
    from progtx_core.training import TrainingResult

KEY = ["task", "model", "seed"]
FLOATS = ["train_accuracy", "train_loss", "test_accuracy", "test_loss", "seconds"]
WHOLE = ["seed", "parameters", "steps", "classes"]
COLUMNS = [*KEY, *FLOATS[:4], "parameters", "steps", "seconds", "classes", "date"]
FIX = "fix the line or take it out"


def rows_of(result: "TrainingResult") -> pd.DataFrame:
    """A row for every seed of a training."""
    from progtx_core.tools.answers import answers_of

    train = [answers_of(result, i)["train"] for i in range(len(result.seeds))]
    values = {
        "task": result.task.name,
        "model": result.name,
        "seed": result.seeds,
        "train_accuracy": [one.accuracy for one in train],
        "train_loss": [one.loss for one in train],
        "test_accuracy": result.test["accuracy"],
        "test_loss": result.test["loss"],
        "parameters": result.n_parameters,
        "steps": result.config.steps,
        "seconds": round(result.seconds / len(result.seeds), 2),
        "classes": result.task.spec.n_classes,
        "date": datetime.datetime.now().isoformat(timespec="seconds"),
    }
    return pd.DataFrame(values).round(5)


def append(path: Path, rows: pd.DataFrame) -> None:
    """Add rows: all of them or none, whoever else writes at the same time."""
    from filelock import FileLock

    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f".{path.name}.lock")):
        there = path.read_text("utf-8") if path.exists() else ""
        whole = there[: there.rfind("\n") + 1]  # without a last line that was cut off
        added = as_csv(rows.reindex(columns=COLUMNS))
        files.write_atomically(path, whole + (added.partition("\n")[2] if whole else added))


def read(path: Path) -> pd.DataFrame:
    """The table, of equal task, model and seed the last row; NaN: not measured.

    A last line that was cut off is left out. What was left out or replaced is said in
    `frame.attrs["remarks"]`. Raises ValueError that names file, line and fix.
    """
    if not path.exists():
        make = "make it with 'python -m progtx_core compare TASK'"
        raise ValueError(f"{path} does not exist; {make}")
    whole, _, rest = path.read_text("utf-8", "replace").rpartition("\n")
    n = whole.count("\n") + 2
    remarks = [f"{path}, line {n}: cut off, left out"] if rest else []
    frame = read_csv(path, COLUMNS, FIX, whole + "\n", dtype=str)
    for name in COLUMNS:
        column: Any = frame[name]
        numbers: Any = pd.to_numeric(column, errors="coerce")
        bad = column.isna() if name not in FLOATS else numbers.isna() & column.notna()
        bad |= (numbers % 1 != 0) & (name in WHOLE)
        if bad.any():
            at, value = bad.idxmax() + 2, column.fillna("missing")[bad.idxmax()]
            raise ValueError(f"{path}, line {at}: {name} is {value}; {FIX}")
    frame = frame.astype(dict.fromkeys(FLOATS, float) | dict.fromkeys(WHOLE, int))
    last = frame.drop_duplicates(KEY, keep="last").reset_index(drop=True)
    if n_replaced := len(frame) - len(last):
        remarks.append(f"{path}: {n_replaced} results were replaced by later ones")
    last.attrs["remarks"] = remarks
    return last


def read_csv(
    path: Path, columns: list[str], fix: str, text: str | None = None, **how
) -> pd.DataFrame:
    """A CSV table that has some columns at least; text: instead of the file's own.

    Raises ValueError that names file, line and fix, for a row that is cut off.
    """
    text = path.read_text("utf-8") if text is None else text
    head, *rows = [*csv.reader(io.StringIO(text))] or [[]]
    if missing := [name for name in columns if name not in head]:
        raise ValueError(f"{path}, line 1: no {', '.join(missing)}; {fix}")
    for number, row in enumerate(rows, 2):
        if len(row) != len(head):
            why = f"damaged, {len(row)} values for {len(head)} columns"
            raise ValueError(f"{path}, line {number}: {why}; {fix}")
    how |= {"keep_default_na": False, "na_values": [""], "float_precision": "round_trip"}
    return pd.read_csv(io.StringIO(text), **how)
