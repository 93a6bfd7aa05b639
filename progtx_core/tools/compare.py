"""Models side by side on the same data of one task: `python -m progtx_core compare`."""

import contextlib
import datetime
import math
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np
import torch

from progtx_core import checks, models, tasks
from progtx_core.evaluation.answers import each_model
from progtx_core.evaluation.outputs import Outputs
from progtx_core.tools import records, results, saved, tables
from progtx_core.tools.pages import dashboard, model_page
from progtx_core.tools.results import Result
from progtx_core.tools.tables import Entry
from progtx_core.tools.trackers import opened
from progtx_core.training import TrainingResult

RESULTS, RUNS = "results.jsonl", "trainings"
PAGES, DASHBOARD = "pages", "index.html"


@dataclass(frozen=True)
class Comparison:
    """What is compared, and where what is found goes.

    names: of the models, the baseline first; by default all of the ladder that fit
    n_samples: a finite training set of so many examples; None for ever new ones
    settings: of every `Config`, instead of those of each model's default_config
    trackers: see `trackers.KINDS`; mode: of Weights & Biases
    """

    task: str
    names: list[str] = field(default_factory=list)
    n_samples: int | None = None
    settings: dict = field(default_factory=dict)
    seed: int = 0
    n_seeds: int = 3
    trackers: tuple[str, ...] = ("jsonl",)
    mode: str | None = None
    folder: Path = Path("runs")

    def entries(self) -> list[Entry]:
        """One training a model. All names are checked before anything runs."""
        tasks.get(self.task)
        for name in self.names:
            checks.one_of("model", name, models.LADDER)
        settings = {k: v for k, v in self.settings.items() if v is not None}
        if self.n_samples is not None:
            settings["n_train"] = checks.whole("n_samples", self.n_samples, at_least=1)
        found = []
        for name in dict.fromkeys(self.names or ladder_for(self.task)):
            entry = entry_of(name, self.task)
            config = entry.config()
            if self.n_samples is not None:  # a batch is no larger than the set
                settings["batch_size"] = min(
                    settings.get("batch_size", config.batch_size), self.n_samples
                )
            if settings.get("steps", config.steps) < config.warmup_steps:
                settings["warmup_steps"] = settings["steps"]
            entry = entry.with_settings(**settings)
            entry.config()
            check_fits(entry)
            found.append(entry)
        return found

    def run(self, progress: bool = True) -> dict[str, TrainingResult]:
        """Train all models; of each, what it reached is kept as soon as it is done."""
        entries = self.entries()
        self.folder.mkdir(parents=True, exist_ok=True)
        tracker = opened(self.trackers, self.folder, f"compare-{self.task}", self.mode)
        runs = {}
        try:
            for entry in entries:
                data = tasks.get(entry.task, **entry.of_task)
                runs[entry.row] = run = entry.train(
                    self.n_seeds,
                    self.seed,
                    tracker=tracker,
                    watch=Outputs(data),
                    progress=progress,
                )
                saved.save(run, entry, self.folder / RUNS)
                now = datetime.datetime.now().isoformat(timespec="seconds")
                results.append(self.folder / RESULTS, results.results_of(run, now))
                if run.interrupted:
                    raise KeyboardInterrupt
        finally:
            tracker.close()
        return runs


def write_report(folder: Path, task: str, model: str) -> Path:
    """The page of one training that is kept in a folder. Nothing is trained.

    Raises FileNotFoundError if it was never trained there.
    """
    path = saved.place(folder / RUNS, task, model)
    if not path.exists():
        raise FileNotFoundError(
            f"{path} does not exist; train it with 'python -m progtx_core compare "
            f"{task} {model}'"
        )
    page = folder / PAGES / task / f"{model}.html"
    return model_page.write(page, saved.load(path), dashboard=f"../../{DASHBOARD}")


def write_dashboard(folder: Path) -> Path:
    """The page of all results: those in a folder, and the recorded scoreboard.

    What was trained in the folder takes the place of what is recorded of that model on
    that task. Models whose page is there are linked.
    """
    own, remarks = [], ["All of these results are recorded; none is from here."]
    if (folder / RESULTS).exists():
        own, remarks = results.read(folder / RESULTS)
    known = {(one.task, one.model) for one in own}
    others = [one for one in recorded() if (one.task, one.model) not in known]
    if own and others:
        remarks.append("What was not trained here is recorded (chapter 7).")
    pages = {
        (page.parent.name, page.stem): page.relative_to(folder).as_posix()
        for page in sorted((folder / PAGES).glob("*/*.html"))
    }
    return dashboard.write(folder / DASHBOARD, own + others, pages, remarks)


def recorded() -> list[Result]:
    """The committed scoreboard as results; of the training part it says nothing."""
    names = {"test_accuracy": "accuracy", "test_loss": "loss"}
    unknown = {"train_accuracy": math.nan, "train_loss": math.nan}
    return [
        Result(
            **{
                field.name: field.type(row[names.get(field.name, field.name)])
                for field in fields(Result)
                if field.name not in unknown
            },
            **unknown,
        )
        for row in records.read("scoreboard").rows
    ]


def check_fits(entry: Entry) -> None:
    """Raise ValueError for a model that does not answer what its task asks for."""
    task = tasks.get(entry.task, **entry.of_task)
    batch = task.sample(2 * task.spec.n_classes, torch.Generator().manual_seed(0))
    asked = "an answer a step" if task.spec.per_position else "one answer"
    model = models.build(entry.model, task.spec, **entry.sizes)
    if model(batch.inputs).shape[:-1] != batch.targets.shape:
        raise ValueError(
            f"task {entry.task!r} asks for {asked}, which {entry.model} does not give; "
            "name others, such as transformer"
        )


def ladder_for(task: str) -> list[str]:
    """The models of the ladder that give what a task asks for, lowest rung first."""
    tasks.get(task)  # an unknown name is named, not passed over
    found = []
    for name in models.names():
        with contextlib.suppress(ValueError):
            check_fits(entry_of(name, task))
            found.append(name)
    return found


def entry_of(model: str, task: str) -> Entry:
    """How a model is trained on a task: as on the scoreboard, or by its default_config."""
    if task in tables.CONTENT | tables.ORDER | tables.STRINGS:
        return tables.scoreboard_entry(model, task)
    return Entry(row=model, task=task, model=model)


def table(runs: dict[str, TrainingResult]) -> list[str]:
    """Lines of a table for a terminal: what every model reached, seed by seed in brief."""
    head = "model", "parameters", "train", "test", "worst seed", "seconds"
    rows = []
    for name, run in runs.items():
        train = [found["train"].accuracy for _, found in each_model(run)]
        test = run.test["accuracy"]
        shares = [f"{x:.3f}" for x in (np.median(train), np.median(test), test.min())]
        rows.append((name, f"{run.n_parameters:,}", *shares, f"{run.seconds:.0f}"))
    widths = [max(map(len, column)) for column in zip(head, *rows)]
    return [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in (head, *rows)
    ]


def verdict(baseline: TrainingResult, challenger: TrainingResult) -> str:
    """Whether the challenger beat the baseline, in one sentence.

    It did if its worst seed is above the baseline's best, by more than two standard
    errors of a share; it is ahead if its median is. A model at chance beats nothing.
    """
    ours, theirs = challenger.test["accuracy"], baseline.test["accuracy"]
    noise = 1 / np.sqrt(challenger.config.n_eval)  # 2 sqrt(p (1 - p) / n) at p = 1/2
    names = challenger.name, baseline.name
    found = f"median test accuracy {np.median(ours):.3f} against {np.median(theirs):.3f}"
    if np.median(ours) < 1 / challenger.task.spec.n_classes + noise:
        return "{} did not beat {}: {}, no better than chance".format(*names, found)
    if ours.min() > theirs.max() + noise:
        return "{} beat {}: {}, every seed above all of the other's".format(*names, found)
    if np.median(ours) > np.median(theirs) + noise:
        return "{} is ahead of {}, but not on every seed: {}".format(*names, found)
    return "{} did not beat {}: {}".format(*names, found)
