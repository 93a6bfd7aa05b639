"""Models side by side on the same data of one task: `python -m progtx_core compare`."""

import contextlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from progtx_core import checks, models, tasks
from progtx_core.tools import recorded
from progtx_core.tools.experiments import benchmarks
from progtx_core.tools.pages import dashboard, model_page
from progtx_core.tools.recorded import Cell
from progtx_core.tools.trackers import opened
from progtx_core.tools.trackers.base import Outputs
from progtx_core.training import Checkpoints, Config, ExtraMetrics, TrainingResult
from progtx_core.training.checkpoint import load as load_checkpoint
from progtx_core.training.data import held_out
from progtx_core.training.loop import evaluate, seeds_from
from progtx_core.training.result import SeedResult, as_arrays

BENCHMARKS, TRAININGS = "benchmarks.csv", "trainings"
PAGES, DASHBOARD = "pages", "index.html"


@dataclass(frozen=True)
class Comparison:
    """What is compared, and where what is found goes.

    names: of the models, the baseline first; by default all of the ladder that fit
    settings: of every `Config`, where not each model's own
    trackers: see `trackers.KINDS`; mode: of Weights & Biases
    """

    task: str
    names: Sequence[str] = ()
    settings: dict = field(default_factory=dict)
    seed: int = 0
    n_seeds: int = 3
    trackers: Sequence[str] = ("jsonl",)
    mode: str | None = None
    folder: Path = Path("runs")

    def cells(self) -> list[Cell]:
        """One training a model. All names and numbers are checked before anything runs."""
        ladder, found = ladder_for(self.task), []
        for name in dict.fromkeys(self.names or ladder):
            cell = cell_of(checks.one_of("model", name, models.names()), self.task)
            check_fits(cell)
            cell = cell.with_settings(**self.settings)
            if "n_train" in self.settings:  # a batch is no larger than the set
                n_train = checks.whole("n_samples", self.settings["n_train"], 1, 10**7)
                size = cell.all_settings().get("batch_size", Config.batch_size)
                cell = cell.with_settings(batch_size=min(size, n_train))
            checks.whole("batch_size", cell.config().batch_size, 1, 10**5)
            found.append(cell)
        return found

    def run(self) -> dict[str, TrainingResult]:
        """Train all models; what each reached is kept as soon as it is done."""
        cells, results = self.cells(), {}
        seeds_from(self.seed, self.n_seeds)
        if (self.folder / BENCHMARKS).exists():
            benchmarks.read(self.folder / BENCHMARKS)  # another table is refused now
        trackers = opened(self.trackers, self.folder, f"compare-{self.task}", self.mode)
        with contextlib.ExitStack() as stack:
            for tracker in trackers:
                stack.callback(tracker.close)
            for cell in cells:
                kept = place(self.folder, self.task, cell.row)
                begun = kept.with_name(f".{kept.name}")  # takes the place once complete
                shutil.rmtree(begun, ignore_errors=True)
                more = ExtraMetrics(Outputs(cell.data())), *trackers, Checkpoints(begun)
                result = cell.train(self.n_seeds, self.seed, callbacks=more)
                if result.interrupted:
                    shutil.rmtree(begun, ignore_errors=True)
                    raise KeyboardInterrupt
                rows, fix = benchmarks.rows_of(result), "lower the learning rate"
                benchmarks.check(cell.row, rows, [], ["steps"], fix)  # if it diverged
                shutil.rmtree(kept, ignore_errors=True)
                begun.rename(kept)
                benchmarks.append(self.folder / BENCHMARKS, rows)
                results[cell.row] = result
        return results


def place(folder: Path, task: str, model: str) -> Path:
    """Where a model's checkpoints on a task are kept; ValueError for an unknown name."""
    checks.one_of("task", task, tasks.names())
    return folder / TRAININGS / task / checks.one_of("model", model, models.names())


def cell_of(model: str, task: str) -> Cell:
    """How a model is trained on a task: as on the scoreboard, or by its default config."""
    with contextlib.suppress(ImportError):  # the package alone has no scoreboard
        scoreboard = import_module("experiments.scoreboard")
        if task in scoreboard.TASKS and model in scoreboard.MODELS:
            return scoreboard.cell(model, task)
    return Cell(model, task, model)


def check_fits(cell: Cell) -> None:
    """Raise ValueError for a model that does not answer what its task asks for."""
    task = cell.data()
    batch = task.sample(2 * task.spec.n_classes, torch.Generator().manual_seed(0))
    if cell.make()(task.spec)(batch.inputs).shape[:-1] != batch.targets.shape:
        asked = "an answer a position" if task.spec.per_position else "one answer"
        why = f"asks for {asked}, which {cell.model} does not give"
        raise ValueError(f"task {cell.task!r} {why}; name others, such as transformer")


def ladder_for(task: str) -> list[str]:
    """The models of the ladder that give what a task asks for, lowest rung first."""
    tasks.get(task)  # an unknown name is named, not passed over
    found = []
    for name in models.names():
        with contextlib.suppress(ValueError):
            check_fits(cell_of(name, task))
            found.append(name)
    return found


def load(folder: Path, task: str, model: str) -> TrainingResult:
    """A training that is kept in a folder, from its checkpoints. Nothing is trained.

    Raises FileNotFoundError if there is none, ValueError for a damaged one, or one
    whose model is built in another way now.
    """
    where = place(folder, task, model)
    found = [load_checkpoint(path) for path in sorted(where.glob("seed_*.pt"))]
    if not found:
        make = f"make it with 'python -m progtx_core compare {task} {model}'"
        raise FileNotFoundError(f"{where}: there is no training; {make}")
    cell = cell_of(model, task)
    data, config, trained = cell.data(), found[0].config, []
    for one in found:
        network = cell.make()(data.spec)
        try:
            network.load_state_dict(one.states["model"])
        except RuntimeError as error:
            why = f"{model} is built in another way now; train it again"
            raise ValueError(f"{one.path}: {why}") from error
        test = evaluate(network, held_out(data, "test", config.n_eval))
        state = as_arrays(network.state_dict())
        trained.append(SeedResult(one.facts["seed"], one.points, state, test, {}, False))
    rows = benchmarks.read(folder / BENCHMARKS).query("task == @task and model == @model")
    result = TrainingResult.of(model, data, config, cell.make(), trained)
    result.seconds = float(rows.seconds.sum())
    return result


def write_report(folder: Path, task: str, model: str) -> Path:
    """The page of one training that is kept in a folder. Nothing is trained."""
    result = load(folder, task, model)
    page = folder / PAGES / task / f"{model}.html"
    return model_page.write(page, result, dashboard=f"../../{DASHBOARD}")


def write_dashboard(folder: Path) -> Path:
    """The page of all results: those in a folder, and the recorded scoreboard.

    What was trained in the folder takes the place of what is recorded of that model on
    that task. Models whose page is there are linked.
    """
    frame: Any = pd.DataFrame({name: [] for name in benchmarks.COLUMNS})
    if recorded.path_of("scoreboard").exists():  # else the package alone is installed
        frame = recorded.read("scoreboard").rename(columns=benchmarks.OF_TEST)
        frame = frame.reindex(columns=benchmarks.COLUMNS)  # of the training part: NaN
    remarks = ["All of these results are recorded; none is from here."]
    if (folder / BENCHMARKS).exists():
        own = benchmarks.read(folder / BENCHMARKS)
        there = set(zip(own.task, own.model))
        rest = frame[[at not in there for at in zip(frame.task, frame.model)]]
        told = "What was not trained here is recorded (chapter 7)."
        remarks = [*own.attrs["remarks"], *([told] if len(rest) else [])]
        frame = pd.concat([own, rest]) if len(rest) else own
    pages = {
        (page.parent.name, page.stem): page.relative_to(folder).as_posix()
        for page in sorted((folder / PAGES).glob("*/*.html"))
    }
    return dashboard.write(folder / DASHBOARD, frame, pages, remarks)


def lines(results: dict[str, TrainingResult]) -> list[str]:
    """What a terminal shows: what every model reached, and whether it beat the first."""
    rows = []
    for result in results.values():
        frame = benchmarks.rows_of(result)
        test = frame.test_accuracy
        shares = frame.train_accuracy.median(), test.median(), test.min()
        rows.append([f"{result.n_parameters:,}", *shares, f"{result.seconds:.0f}"])
    head = ["parameters", "train", "test", "worst seed", "seconds"]
    table = pd.DataFrame(rows, pd.Index(results), pd.Index(head, name="model"))
    baseline, *challengers = results.values()
    verdicts = [verdict(baseline, challenger) for challenger in challengers]
    return [*table.to_string(float_format="{:.3f}".format).splitlines(), *verdicts]


def verdict(baseline: TrainingResult, challenger: TrainingResult) -> str:
    """Whether the challenger beat the baseline, in one sentence.

    It did if its worst seed is above the baseline's best, by more than two standard
    errors of a share; it is ahead if its median is. A model at chance beats nothing.
    """
    ours, theirs = challenger.test["accuracy"], baseline.test["accuracy"]
    noise = 1 / np.sqrt(challenger.config.n_eval)  # 2 sqrt(p (1 - p) / n) at p = 1/2
    one, other = challenger.name, baseline.name
    found = f"median test accuracy {np.median(ours):.3f} against {np.median(theirs):.3f}"
    if np.median(ours) < 1 / challenger.task.spec.n_classes + noise:
        return f"{one} did not beat {other}: {found}, no better than chance"
    if ours.min() > theirs.max() + noise:
        return f"{one} beat {other}: {found}, every seed above all of the other's"
    if np.median(ours) > np.median(theirs) + noise:
        return f"{one} is ahead of {other}, but not on every seed: {found}"
    return f"{one} did not beat {other}: {found}"
