"""Recorded measurements: many trainings, kept as a table with where they come from.

What takes longer than a chapter may is measured by `python -m progtx_core record NAME`
and kept in notebooks/results/NAME.csv: one row a model, task and seed. A chapter draws
it, says that it is recorded, and says so if the code has changed since.
"""

import ast
import csv
import datetime
import hashlib
import io
import platform
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from progtx_core import checks, files
from progtx_core.tables import TABLES, Entry
from progtx_core.training import Run

RESULTS = files.NOTEBOOKS / "results"
N_SEEDS = 5
# What decides the numbers beside a table's own entries: a change makes it stale.
DECIDING = ("contract.py", "tasks", "models", "training")


def rows_of(entry: Entry, run: Run) -> list[dict]:
    """A tidy row for every seed of a run."""
    return [
        {
            "model": entry.row,
            "task": entry.task,
            "seed": seed,
            "classes": run.task.spec.n_classes,
            "accuracy": round(float(run.test["accuracy"][i]), 5),
            "loss": round(float(run.test["loss"][i]), 5),
            "parameters": run.n_parameters,
            "steps": run.config.steps,
            "seconds": round(run.seconds / len(run.seeds), 2),
        }
        for i, seed in enumerate(run.seeds)
    ]


@dataclass(frozen=True)
class Record:
    """Rows of a table, with the hash of the code that made them."""

    name: str
    rows: list[dict]

    @property
    def stale(self) -> bool:
        """Whether the code that decides the numbers has changed since."""
        now = content_hash(self.name)
        return any(row.get("content", now) != now for row in self.rows)

    def names(self, column: str) -> list[str]:
        """What a column holds, each value once, in the order of the table."""
        return list(dict.fromkeys(row[column] for row in self.rows))

    def accuracies(self, model: str, task: str) -> np.ndarray:
        """Test accuracy of every seed; empty if this cell was not measured."""
        return np.array(
            [
                float(row["accuracy"])
                for row in self.rows
                if row["model"] == model and row["task"] == task
            ]
        )

    def chance(self, task: str) -> float:
        """Accuracy of a blind guess: all classes are equally frequent."""
        return 1 / next(int(r["classes"]) for r in self.rows if r["task"] == task)

    def with_run(self, entry: Entry, run: Run) -> "Record":
        """The table with the rows of one more run, which is not written anywhere."""
        return Record(self.name, self.rows + rows_of(entry, run))

    def origin(self) -> str:
        """Where the numbers come from, in one line."""
        first, seconds = self.rows[0], sum(float(row["seconds"]) for row in self.rows)
        return (
            f"Recorded on {first['date']} by `{first['command']}` (torch "
            f"{first['torch']}, Python {first['python']}; {seconds / 60:.0f} minutes)"
            + ("; **stale: the code has changed since**." if self.stale else ".")
        )


def read(name: str) -> Record:
    """The recorded table of that name.

    Raises ValueError if there is none or if it is damaged, and says how to make it.
    """
    path = RESULTS / f"{name}.csv"
    remake = f"make it with 'python -m progtx_core record {name}'"
    if not path.exists():
        raise ValueError(f"{path} does not exist; {remake}")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows or any(None in row or None in row.values() for row in rows):
        raise ValueError(f"{path}: damaged, a row is cut off; {remake}")
    return Record(name, rows)


def make(
    name: str,
    n_seeds: int = N_SEEDS,
    out: Path | None = None,
    report: Callable[[str], object] = print,
) -> Path:
    """Measure every entry of a table and write it; one line of report an entry."""
    import loky

    entries = TABLES[checks.one_of("record", name, TABLES)]()
    checks.whole("n_seeds", n_seeds, at_least=1)
    executor = loky.get_reusable_executor(max_workers=loky.cpu_count(), timeout=60)
    # The last entries take longest: begun first, they leave no core idle at the end.
    futures = {
        executor.submit(measure, entry, n_seeds): place
        for place, entry in reversed(list(enumerate(entries)))
    }
    parts: dict[int, list[dict]] = {}
    try:
        for done in loky.as_completed(futures):
            parts[futures[done]], line = done.result()
            report(f"[{len(parts)}/{len(entries)}] {line}")
    except BaseException:
        executor.shutdown(wait=False, kill_workers=True)
        raise
    rows = [row for place in sorted(parts) for row in parts[place]]
    provenance = {
        "command": f"python -m progtx_core record {name}",
        "torch": torch.__version__.split("+")[0],
        "python": platform.python_version(),
        "date": datetime.date.today().isoformat(),
        "content": content_hash(name),
    }
    path = out or RESULTS / f"{name}.csv"
    text = io.StringIO()
    writer = csv.DictWriter(text, [*rows[0], *provenance], lineterminator="\n")
    writer.writeheader()
    writer.writerows(row | provenance for row in rows)
    files.write_atomically(path, text.getvalue())
    return path


def measure(entry: Entry, n_seeds: int) -> tuple[list[dict], str]:
    """Train one entry on one core: its rows, and a line that says how it went."""
    torch.set_num_threads(1)
    run = entry.train(n_seeds, progress=False, n_processes=1)
    return rows_of(entry, run), f"{entry.row}: {run}"


def content_hash(name: str) -> str:
    """A hash of what decides a table's numbers: its entries, and the code they run.

    Comments and docstrings do not count.
    """
    entries = TABLES[name]() if name in TABLES else []
    core, digest = Path(__file__).parent, hashlib.sha256(repr(entries).encode())
    for room in DECIDING:
        place = core / room
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            digest.update(ast.dump(_without_docstrings(tree)).encode())
    return digest.hexdigest()[:12]


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            node.body = [
                part
                for part in node.body
                if not (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))
            ]
    return tree
