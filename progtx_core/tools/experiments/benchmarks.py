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
OF_TEST = {"accuracy": "test_accuracy", "loss": "test_loss"}  # elsewhere and here
FIX = "fix the line or take it out"
COUNTS = *WHOLE, "seconds", "version", "train_loss", "test_loss", "loss"
RANGES = dict.fromkeys(COUNTS, (0, 10**15)) | {"classes": (2, 10**9)}
RANGES |= dict.fromkeys(("train_accuracy", "test_accuracy", "accuracy"), (0, 1))


def facts_of(result: "TrainingResult") -> dict[str, Any]:
    """What all tables tell of a training, by seed."""
    return {
        "model": result.name,
        "task": result.task.name,
        "seed": result.seeds,
        "classes": result.task.spec.n_classes,
        "accuracy": result.test["accuracy"],
        "loss": result.test["loss"],
        "parameters": result.n_parameters,
        "steps": result.config.steps,
        "seconds": round(result.seconds / len(result.seeds), 2),
    }


def rows_of(result: "TrainingResult") -> pd.DataFrame:
    """A row for every seed of a training."""
    from progtx_core.evaluation.answers import answers_of

    train = [answers_of(result, i)["train"] for i in range(len(result.seeds))]
    found: Any = pd.DataFrame(facts_of(result)).rename(columns=OF_TEST)
    found["train_accuracy"] = [one.accuracy for one in train]
    found["train_loss"] = [one.loss for one in train]
    found["date"] = datetime.datetime.now().isoformat(timespec="seconds")
    return found[COLUMNS].round(5)


def append(path: Path, rows: pd.DataFrame) -> None:
    """Add rows: all of them or none, whoever else writes at the same time."""
    from filelock import FileLock

    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f".{path.name}.lock")):
        there = files.read_text(path) if path.exists() else ""
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
    whole, _, rest = files.read_text(path).rpartition("\n")
    n = whole.count("\n") + 2
    remarks = [f"{path}, line {n}: cut off, left out"] if rest else []
    frame = read_csv(path, COLUMNS, FIX, whole + "\n", dtype=str)
    check(path, frame, FLOATS, WHOLE, FIX)
    frame = frame.astype(dict.fromkeys(FLOATS, float) | dict.fromkeys(WHOLE, int))
    last = frame.drop_duplicates(KEY, keep="last").reset_index(drop=True)
    if n_replaced := len(frame) - len(last):
        remarks.append(f"{path}: {n_replaced} results were replaced by later ones")
    last.attrs["remarks"] = remarks
    return last


def check(path: Path | str, frame: Any, floats: list, whole: list, fix: str) -> None:
    """Name the first cell that is missing (in `floats` it may be) or out of RANGES."""
    for name, column in frame.items():
        numbers: Any = pd.to_numeric(column, errors="coerce")
        bad = column.isna() & (name not in floats)
        if name in RANGES:
            low, high = RANGES[name]
            bad |= column.notna() & ~numbers.between(low, high)
        bad |= column.notna() & (numbers % 1 != 0) & (name in whole)
        if bad.any():
            at, value = bad.idxmax() + 2, column.fillna("missing")[bad.idxmax()]
            raise ValueError(f"{path}, line {at}: {name} is {str(value)[:80]}; {fix}")


def read_csv(
    path: Path, columns: list[str], fix: str, text: str | None = None, **how
) -> pd.DataFrame:
    """A CSV table that has some columns at least; text: instead of the file's own.

    Raises ValueError that names file, line and fix, for a row that is cut off.
    """
    text = files.read_text(path) if text is None else text
    try:
        head, *rows = [*csv.reader(io.StringIO(text))] or [[]]
    except csv.Error as error:
        raise ValueError(f"{path}: no CSV ({error}); {fix}") from None
    if wrong := [name for name in columns if head.count(name) != 1]:
        raise ValueError(f"{path}, line 1: no {', '.join(wrong)}, or twice; {fix}")
    for number, row in enumerate(rows, 2):
        if len(row) != len(head):
            why = f"damaged, {len(row)} values for {len(head)} columns"
            raise ValueError(f"{path}, line {number}: {why}; {fix}")
    how |= {"keep_default_na": False, "na_values": [""], "float_precision": "round_trip"}
    return pd.read_csv(io.StringIO(text), **how)
