"""One cell of a recorded table, and the trials that an experiment makes of its cells."""

import datetime
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from progtx_core import __version__, models, tasks
from progtx_core.tools.experiments.trial import Trial
from progtx_core.training import Callback, Config, TrainingResult, adam, fit
from progtx_core.training.config import MakeModel, MakeOptimizer

Measure = Callable[["Cell", TrainingResult], dict[str, np.ndarray]]


@dataclass(frozen=True)
class Cell:
    """A model trained on a task, over several seeds.

    row: what the model is called in the table; task: the task's name
    model: a name from `models.names()`, or a class that takes a spec
    settings: of the `Config`, where they differ from the model's default_config
    max_seeds: recorded on so many at most
    """

    row: str
    task: str
    model: str | type[nn.Module]
    model_kwargs: dict = field(default_factory=dict)
    task_kwargs: dict = field(default_factory=dict)
    settings: dict = field(default_factory=dict)
    max_seeds: int | None = None

    @property
    def place(self) -> dict[str, str]:
        """Its rows in the table."""
        return {"model": self.row, "task": self.task}

    def data(self):
        """What it is trained on: a task, or a finite set of its examples."""
        return tasks.get(self.task, **self.task_kwargs)

    def with_settings(self, **settings) -> "Cell":
        """The same cell, trained another way."""
        return replace(self, settings=self.settings | settings)

    def all_settings(self) -> dict:
        """The model's default config, and what differs from it."""
        known = isinstance(self.model, str)
        own = models.default_config(self.model) if known else self.model.default_config
        return own | self.settings

    def config(self) -> Config:
        """How it is trained; a warm-up is no longer than the training."""
        settings = self.all_settings()
        steps = settings.get("steps", Config.steps)
        warmup = min(settings.get("warmup_steps", 0), steps)
        return Config(**settings | {"warmup_steps": warmup})

    def make(self) -> MakeModel:
        """What builds the model, untrained."""
        known = isinstance(self.model, str)
        make = partial(models.build, self.model) if known else self.model
        return partial(make, **self.model_kwargs)

    def make_optimizer(self, data) -> MakeOptimizer:
        """What `fit` takes as such."""
        return adam

    def callbacks(self) -> list[Callback]:
        """What is kept or measured while it is trained."""
        return []

    def train(
        self, n_seeds: int = 1, seed: int = 0, callbacks: Sequence[Callback] = (), **how
    ) -> TrainingResult:
        """Train it as it is recorded. how: more of what `fit` takes"""
        data = self.data()
        return fit(
            self.make(),
            data,
            self.config(),
            seed=seed,
            n_seeds=n_seeds,
            make_optimizer=self.make_optimizer(data),
            callbacks=[*self.callbacks(), *callbacks],
            **how,
        )

    def rows(self, result: TrainingResult, measure: Measure | None = None) -> pd.DataFrame:
        """A tidy row for every seed of a training."""
        more = measure(self, result) if measure else {}
        return pd.DataFrame(
            self.place
            | {
                "seed": result.seeds,
                "classes": result.task.spec.n_classes,
                "accuracy": result.test["accuracy"],
                "loss": result.test["loss"],
                "parameters": result.n_parameters,
                "steps": result.config.steps,
                "seconds": round(result.seconds / len(result.seeds), 2),
            }
            | more
        ).round(5)


@dataclass(frozen=True)
class Experiment:
    """A recorded table: its cells, and what is measured of each beside the test set.

    version: raised by whoever changes what the numbers depend on; rows of an older one
    are measured again by `record`, and shown as stale until then
    """

    name: str
    cells: list[Cell]
    version: int = 1
    measure: Measure | None = None

    def trials(self, n_seeds: int) -> list["CellTrial"]:
        """A trial for every seed of every cell."""
        version = f"{__version__} {self.version}"
        return [
            CellTrial(self.name, version, cell.place | {"seed": seed}, cell, self.measure)
            for cell in self.cells
            for seed in range(min(n_seeds, cell.max_seeds or n_seeds))
        ]


@dataclass(frozen=True)
class CellTrial(Trial):
    """One seed of a cell."""

    kind = "table"
    cell: Cell
    measure: Measure | None

    @property
    def place(self) -> tuple:
        """Its row in the table: model, task and seed."""
        return tuple(self.parameters.values())

    def content(self) -> dict:
        return super().content() | {"cell": vars(self.cell)}

    def version_here(self) -> str:
        return f"{__version__} {self.version.split()[-1]}"

    def execute(self, folder: Path, timeout: float | None = None) -> dict:
        torch.set_num_threads(1)
        result = self.cell.train(1, self.parameters["seed"])
        (row,) = self.cell.rows(result, self.measure).to_dict("records")
        return row | {
            "torch": torch.__version__.split("+")[0],
            "python": platform.python_version(),
            "date": datetime.date.today().isoformat(),
            "version": self.version.split()[-1],
        }
