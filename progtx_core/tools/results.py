"""Results of trainings, one JSON object a line, which several processes may append to."""

import json
import math
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from progtx_core.tools.answers import answers_of
from progtx_core.training import TrainingResult

VERSION = 1


@dataclass(frozen=True)
class Result:
    """What one seed of one model reached on one task. NaN for what was not measured.

    classes: of the task, so that chance is 1 / classes; date: when, as in ISO 8601
    """

    task: str
    model: str
    seed: int
    train_accuracy: float
    train_loss: float
    test_accuracy: float
    test_loss: float
    parameters: int
    steps: int
    seconds: float
    classes: int
    date: str

    @property
    def key(self) -> tuple:
        """A later result with the same key takes the place of an earlier one."""
        return self.task, self.model, self.seed


NAMES = [field.name for field in fields(Result)]


def results_of(run: TrainingResult, date: str) -> list[Result]:
    """A result for every seed of a run."""
    found = []
    for i, seed in enumerate(run.seeds):
        train = answers_of(run, i)["train"]
        found.append(
            Result(
                task=run.task.name,
                model=run.name,
                seed=seed,
                train_accuracy=round(train.accuracy, 5),
                train_loss=round(train.loss, 5),
                test_accuracy=round(float(run.test["accuracy"][i]), 5),
                test_loss=round(float(run.test["loss"][i]), 5),
                parameters=run.n_parameters,
                steps=run.config.steps,
                seconds=round(run.seconds / len(run.seeds), 2),
                classes=run.task.spec.n_classes,
                date=date,
            )
        )
    return found


def append(path: Path, results: list[Result]) -> None:
    """Add results: all of these lines or none, whoever else writes at the same time.

    A last line that was cut off, by a full disk or a kill, is left as it is, and the
    new ones begin below it.
    """
    from filelock import FileLock

    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps({"version": VERSION} | asdict(one)) for one in results]
    with FileLock(path.with_name(f".{path.name}.lock")), path.open("ab+") as file:
        size = file.seek(0, 2)
        if size:
            file.seek(size - 1)
            if file.read(1) != b"\n":
                lines.insert(0, "")
        file.write(("\n".join(lines) + "\n").encode())


def read(path: Path) -> tuple[list[Result], list[str]]:
    """All results of a file, the last of equal keys, and remarks about it.

    A line that was cut off is left out, with a remark.

    Raises ValueError, naming file, line and mend, for a line that is no result: a
    missing column, another version, a value of the wrong kind.
    """
    if not path.exists():
        raise ValueError(
            f"{path} does not exist; make it with 'python -m progtx_core compare TASK'"
        )
    found, remarks, n_replaced = {}, [], 0
    for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            remarks.append(f"{path}, line {number}: cut off, left out")
            continue
        one = _result(row, f"{path}, line {number}")
        n_replaced += one.key in found
        found.pop(one.key, None)  # the last one is also the last in order
        found[one.key] = one
    if n_replaced:
        remarks.append(f"{path}: {n_replaced} results were replaced by later ones")
    return list(found.values()), remarks


def _result(row: object, where: str) -> Result:
    """One line as a result, or a ValueError that says what is wrong with it."""
    mend = "mend the line or take it out"
    if not isinstance(row, dict):
        raise ValueError(f"{where}: a result is an object, got {row!r}; {mend}")
    version = row.get("version")
    if version != VERSION:
        raise ValueError(
            f"{where}: version {version!r}, this program reads {VERSION}; read it with "
            "the program that wrote it, or train again"
        )
    missing = [name for name in NAMES if name not in row]
    if missing:
        raise ValueError(f"{where}: no {', '.join(missing)}; {mend}")
    values = {}
    for field in fields(Result):
        value = row[field.name]
        if field.type == "float" or field.type is float:
            value = math.nan if value is None else value
            fits = isinstance(value, int | float)
        else:
            fits = type(value) is field.type
        if not fits:
            raise ValueError(f"{where}: {field.name} is {value!r}; {mend}")
        values[field.name] = value
    return Result(**values)


def cells(results: list[Result]) -> dict[tuple[str, str], list[Result]]:
    """The seeds of every model on every task: (task, model) to results."""
    found: dict[tuple[str, str], list[Result]] = {}
    for one in results:
        found.setdefault((one.task, one.model), []).append(one)
    return found


def median(results: list[Result], name: str) -> float:
    """Of the seeds, without those for which it was not measured; NaN if all of them."""
    values = np.array([getattr(one, name) for one in results], dtype=float)
    values = values[~np.isnan(values)]
    return float(np.median(values)) if len(values) else math.nan
