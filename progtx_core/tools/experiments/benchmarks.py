"""What trained models reached, a row a task, model and seed, in one CSV table.

Several processes may add rows to it at the same time.
"""

import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from progtx_core import files
from progtx_core.tools.experiments.table import as_csv, read_csv

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
    return pd.DataFrame(
        {
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
    ).round(5)


def append(path: Path, rows: pd.DataFrame) -> None:
    """Add rows: all of them or none, whoever else writes at the same time."""
    from filelock import FileLock

    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f".{path.name}.lock")):
        there = path.read_text("utf-8") if path.exists() else ""
        whole = there[: there.rfind("\n") + 1]  # without a last line that was cut off
        added = as_csv(rows[COLUMNS])
        files.write_atomically(path, whole + (added.partition("\n")[2] if whole else added))


def read(path: Path) -> pd.DataFrame:
    """The table, of equal task, model and seed the last row; NaN: not measured.

    A last line that was cut off is left out. What was left out or replaced is said in
    `frame.attrs["remarks"]`.

    Raises ValueError, naming file, line and fix, for a row that is none.
    """
    if not path.exists():
        make = "make it with 'python -m progtx_core compare TASK'"
        raise ValueError(f"{path} does not exist; {make}")
    remarks, text = [], path.read_text("utf-8", "replace")
    whole, _, rest = text.rpartition("\n")
    if rest:
        remarks.append(f"{path}, line {text.count(chr(10)) + 1}: cut off, left out")
    frame = read_csv(path, COLUMNS, FIX, whole + "\n", dtype=str)
    for name in [*FLOATS, *WHOLE]:
        numbers = pd.to_numeric(frame[name], errors="coerce")
        wrong = numbers.isna() & (frame[name].notna() | (name in WHOLE))
        if name in WHOLE:
            wrong |= numbers % 1 != 0
        refuse(path, name, frame[name], wrong)
        frame[name] = frame[name].astype(float).astype(int if name in WHOLE else float)
    for name in ("task", "model", "date"):
        refuse(path, name, frame[name], frame[name].isna())
    last = frame.drop_duplicates(KEY, keep="last").reset_index(drop=True)
    if len(last) < len(frame):
        n = len(frame) - len(last)
        remarks.append(f"{path}: {n} results were replaced by later ones")
    last.attrs["remarks"] = remarks
    return last


def refuse(path: Path, name: str, values: pd.Series, wrong: pd.Series) -> None:
    """Raise ValueError for the first wrong value of a column."""
    if wrong.any():
        at = int(wrong.to_numpy().argmax())
        value = "missing" if pd.isna(values[at]) else repr(values[at])
        raise ValueError(f"{path}, line {at + 2}: {name} is {value}; {FIX}")
