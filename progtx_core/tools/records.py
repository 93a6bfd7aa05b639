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
from functools import cache
from pathlib import Path

import numpy as np
import torch

from progtx_core import checks, files, models, tasks
from progtx_core.tools import paths
from progtx_core.tools.tables import TABLES, Entry
from progtx_core.training import TrainingResult

RESULTS = paths.NOTEBOOKS / "results"
N_SEEDS = 5
CORE = Path(__file__).parents[1]


@dataclass(frozen=True)
class Record:
    """Rows of a table; each carries the hash of what decided its numbers."""

    name: str
    rows: list[dict]

    @property
    def stale(self) -> bool:
        """Whether an entry, or the code that it runs, has changed since."""
        now = {(e.row, e.task): content_hash(e) for e in TABLES.get(self.name, list)()}
        return any(
            row["content"] != now.get((row["model"], row["task"]))
            for row in self.rows
            if "content" in row  # not a row that a notebook has added
        )

    def names(self, column: str) -> list[str]:
        """What a column holds, each value once, in the order of the table."""
        return list(dict.fromkeys(row[column] for row in self.rows))

    def accuracies(self, model: str, task: str) -> np.ndarray:
        """Test accuracy of every seed; empty if this cell was not measured."""
        return self.values("accuracy", model, task)

    def values(self, column: str, model: str, task: str) -> np.ndarray:
        """Any column of numbers, a value a seed (NaN for none); empty without a row."""
        checks.one_of("column", column, self.rows[0] if self.rows else [column])
        rows = (r for r in self.rows if (r["model"], r["task"]) == (model, task))
        return np.array([float(row.get(column) or "nan") for row in rows])

    def chance(self, task: str) -> float:
        """Accuracy of a blind guess: all classes are equally frequent."""
        return 1 / next(int(r["classes"]) for r in self.rows if r["task"] == task)

    def with_run(self, entry: Entry, run: TrainingResult) -> "Record":
        """The table with the rows of one more run, which is not written anywhere."""
        return Record(self.name, self.rows + rows_of(entry, run))

    def origin(self) -> str:
        """Where the numbers come from, in one line."""
        last = max(self.rows, key=lambda row: row["date"])
        minutes = sum(float(row["seconds"]) for row in self.rows) / 60
        return (
            f"Recorded by `python -m progtx_core record {self.name}`, last on "
            f"{last['date']} (torch {last['torch']}, Python {last['python']}; "
            f"{minutes:.0f} minutes of one core)"
            + ("; **stale: the code has changed since**." if self.stale else ".")
        )


def read(name: str, path: Path | None = None) -> Record:
    """The recorded table of that name.

    Raises ValueError if there is none or if it is damaged, and says how to make it.
    """
    path = path or RESULTS / f"{name}.csv"
    remake = f"make it with 'python -m progtx_core record {name} --fresh'"
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
    fresh: bool = False,
    report: Callable[[str], object] = print,
) -> Path:
    """Measure the entries of a table that are missing or stale, and write it.

    fresh: measure all of them. The file is written after every entry, so that an
    interrupted recording goes on where it stopped.
    """
    import loky

    entries = TABLES[checks.one_of("record", name, TABLES)]()
    checks.whole("n_seeds", n_seeds, at_least=1)
    path = out or RESULTS / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)  # fails now, not after minutes
    parts = {} if fresh or not path.exists() else _current(name, path, entries, n_seeds)
    missing = [place for place in range(len(entries)) if place not in parts]
    report(f"{len(parts)} of {len(entries)} entries are up to date")
    executor = loky.get_reusable_executor(max_workers=loky.cpu_count(), timeout=60)
    # The last entries take longest: begun first, they leave no core idle at the end.
    futures = {
        executor.submit(measure, entries[place], n_seeds): place
        for place in reversed(missing)
    }
    try:
        for number, done in enumerate(loky.as_completed(futures), 1):
            parts[futures[done]], line = done.result()
            _write(path, [row for place in sorted(parts) for row in parts[place]])
            report(f"[{number}/{len(missing)}] {line}")
    except BaseException:
        executor.shutdown(wait=False, kill_workers=True)
        raise
    return path


def _current(
    name: str, path: Path, entries: list[Entry], n_seeds: int
) -> dict[int, list[dict]]:
    """Rows that need not be measured again, by the place of their entry."""
    rows = read(name, path).rows
    found = {}
    for place, entry in enumerate(entries):
        hash_now = content_hash(entry)
        own = [
            row
            for row in rows
            if (row["model"], row["task"], row["content"])
            == (entry.row, entry.task, hash_now)
        ]
        if len(own) == entry.n_seeds(n_seeds):
            found[place] = own
    return found


def _write(path: Path, rows: list[dict]) -> None:
    columns = dict.fromkeys(name for row in rows for name in row)  # not all have all
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    files.write_atomically(path, text.getvalue())


def measure(entry: Entry, n_seeds: int) -> tuple[list[dict], str]:
    """Train one entry on one core: its rows, and a line that says how it went."""
    torch.set_num_threads(1)
    run = entry.train(entry.n_seeds(n_seeds), progress=False, n_processes=1)
    provenance = {
        "torch": torch.__version__.split("+")[0],
        "python": platform.python_version(),
        "date": datetime.date.today().isoformat(),
        "content": content_hash(entry),
    }
    return [row | provenance for row in rows_of(entry, run)], f"{entry.row}: {run}"


def rows_of(entry: Entry, run: TrainingResult) -> list[dict]:
    """A tidy row for every seed of a run."""
    more = entry.measures(run)
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
        | {name: round(float(values[i]), 5) for name, values in more.items()}
        for i, seed in enumerate(run.seeds)
    ]


def content_hash(entry: Entry) -> str:
    """A hash of what decides an entry's numbers: its settings, and the code it runs.

    That is the code of its model, its task and the training step, with all that they
    import of this package. Comments and docstrings do not count, nor do other tasks and
    models, nor what only refuses bad input.
    """
    make = models.LADDER[entry.model][0] if entry.model in models.LADDER else entry.model
    task = type(tasks.get(entry.task, **entry.of_task))
    code = "".join(
        _code(name) for name in _reached(make.__module__, task.__module__, *entry.modules())
    )
    return hashlib.sha256((repr(entry) + code).encode()).hexdigest()[:12]


@cache
def _reached(*names: str) -> list[str]:
    """Modules of this package that these and the update import, themselves included."""
    waiting, found = [*names, "progtx_core.training.stacked"], set()
    while waiting:
        name = waiting.pop()
        if name in found | {"progtx_core.checks"} or not _file(name).exists():
            continue
        found.add(name)
        for node in ast.walk(ast.parse(_file(name).read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                inside = [f"{node.module}.{alias.name}" for alias in node.names]
                waiting += [
                    n for n in [node.module, *inside] if n.startswith("progtx_core")
                ]
    return sorted(found)


def _file(module: str) -> Path:
    """Where a module of this package lies; a package's own file is not among them."""
    return CORE.joinpath(*module.split(".")[1:]).with_suffix(".py")


@cache
def _code(module: str) -> str:
    """A module's code as a tree, without comments and docstrings."""
    tree = ast.parse(_file(module).read_text(encoding="utf-8"))
    return ast.dump(_without_docstrings(tree))


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            node.body = [
                part
                for part in node.body
                if not (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))
            ]
    return tree
