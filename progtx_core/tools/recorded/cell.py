"""One cell of a recorded table, and the trials that an experiment makes of its cells."""

import datetime
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from progtx_core import __version__, checks, models, tasks
from progtx_core.tools.experiments.benchmarks import facts_of
from progtx_core.tools.experiments.trial import Trial
from progtx_core.training import Callback, Config, TrainingResult, adam, fit
from progtx_core.training.config import MakeModel, MakeOptimizer

Measure = Callable[[Any, TrainingResult], dict[str, np.ndarray]]


@dataclass(frozen=True)
class Cell:
    """A model trained on a task, over several seeds. Its kinds change single methods.

    row: what the model is called in the table; max_seeds: recorded on so many at most
    settings: of the `Config`, where they differ from the model's default config
    """

    row: str
    task: str
    model: str | type
    model_kwargs: dict = field(default_factory=dict)
    task_kwargs: dict = field(default_factory=dict)
    settings: dict = field(default_factory=dict)
    max_seeds: int | None = None

    def with_settings(self, **settings) -> "Cell":
        """The same cell, trained another way."""
        return replace(self, settings=self.settings | settings)

    def data(self) -> Any:
        """What it is trained on: a task, or a finite set of its examples."""
        return tasks.get(self.task, **self.task_kwargs)

    def all_settings(self) -> dict:
        """The model's default config, and what differs from it."""
        model: Any = self.model
        if isinstance(model, str):
            return models.default_config(model) | self.settings
        return model.default_config | self.settings

    def config(self) -> Config:
        """How it is trained; a warm-up is no longer than the training."""
        given = self.all_settings()
        warmup = min(given.get("warmup_steps", 0), given.get("steps", Config.steps))
        return Config(**given | {"warmup_steps": warmup})

    def make(self) -> MakeModel:
        """What builds the model, untrained."""
        make: Any = self.model
        make = partial(models.build, make) if isinstance(make, str) else make
        return partial(make, **self.model_kwargs)

    def make_optimizer(self, data: Any) -> MakeOptimizer:
        """What `fit` takes as such."""
        return adam

    def callbacks(self) -> list[Callback]:
        """What is kept or measured while it is trained."""
        return []

    def train(
        self, n_seeds: int = 1, seed: int = 0, callbacks: Sequence[Callback] = ()
    ) -> TrainingResult:
        """Train it as it is recorded."""
        data = self.data()
        how: dict[str, Any] = {"seed": seed, "n_seeds": n_seeds}
        how["make_optimizer"] = self.make_optimizer(data)
        how["callbacks"] = [*self.callbacks(), *callbacks]
        return fit(self.make(), data, self.config(), **how)

    def rows(self, result: TrainingResult, measure: Measure | None = None) -> pd.DataFrame:
        """A tidy row for every seed of a training; measure: for more columns."""
        values = facts_of(result) | {"model": self.row, "task": self.task}
        return pd.DataFrame(values | (measure(self, result) if measure else {})).round(5)


@dataclass(frozen=True)
class Experiment:
    """A recorded table. measure: of each cell, beside the test set; n_seeds: models a cell

    version: raised by whoever changes what the numbers depend on; rows of an older one
    are measured again by `record`, and shown as stale until then
    """

    name: str
    cells: list[Cell]
    version: int = 1
    measure: Measure | None = None
    n_seeds: int = 5

    def trials(self, n_seeds: int | None = None) -> list["CellTrial"]:
        """A trial for every seed of every cell; n_seeds: instead of the table's own."""
        n = self.n_seeds if n_seeds is None else checks.whole("n_seeds", n_seeds, 1, 1000)
        version, found = f"{__version__} {self.version}", []
        for cell in self.cells:
            for seed in range(min(n, cell.max_seeds or n)):
                place = {"model": cell.row, "task": cell.task, "seed": seed}
                found.append(CellTrial(self.name, version, place, cell, self.measure))
        return found


@dataclass(frozen=True)
class CellTrial(Trial):
    """One seed of a cell. parameters: its place in the table, model, task and seed."""

    kind = "table"
    cell: Cell
    measure: Measure | None

    @property
    def place(self) -> tuple:
        return tuple(self.parameters.values())

    def content(self) -> dict:
        return super().content() | {"cell": vars(self.cell)}

    def execute(self, folder: Path, timeout: float | None = None) -> dict:
        torch.set_num_threads(1)
        result = self.cell.train(1, self.parameters["seed"])
        row: dict = self.cell.rows(result, self.measure).to_dict("records")[0]
        return row | {
            "torch": torch.__version__.split("+")[0],
            "python": platform.python_version(),
            "date": datetime.date.today().isoformat(),
            "version": self.version.split()[-1],
        }
