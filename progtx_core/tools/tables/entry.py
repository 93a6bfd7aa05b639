"""One cell of a recorded table: a model, a task, and how it is trained."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from torch import nn

from progtx_core import models, tasks
from progtx_core.training import Config, TrainingResult, fit
from progtx_core.types import Spec


@dataclass(frozen=True)
class Entry:
    """One cell of a table: a model trained on a task, over several seeds.

    row: what the model is called in the table; task: the task's name
    model: a name from `models.names()`, or a class that takes a spec
    sizes: of the model; of_task: of the task; settings: what differs from the default_config
    """

    row: str
    task: str
    model: str | Callable[[Spec], nn.Module]
    sizes: dict = field(default_factory=dict)
    of_task: dict = field(default_factory=dict)
    settings: dict = field(default_factory=dict)

    def config(self) -> Config:
        """How it is trained: the model's default_config, and what differs from it."""
        known = isinstance(self.model, str)
        default_config = (
            models.default_config(self.model) if known else self.model.default_config
        )
        return Config(**default_config | self.settings)

    def with_settings(self, **settings) -> "Entry":
        """The same entry, trained another way."""
        return replace(self, settings=self.settings | settings)

    def modules(self) -> list[str]:
        """Where the code lies that it runs besides that of all entries."""
        return []

    def n_seeds(self, asked: int) -> int:
        """How many seeds are recorded where so many are asked for."""
        return asked

    def measures(self, run: TrainingResult) -> dict[str, np.ndarray]:
        """What is recorded besides: more columns, a value a seed."""
        return {}

    def train(self, n_seeds: int, seed: int = 0, **how) -> TrainingResult:
        """Train it as it is recorded; how: `progress` and `n_processes` of `fit`."""
        known = isinstance(self.model, str)
        make = partial(models.build, self.model) if known else self.model
        return fit(
            partial(make, **self.sizes),
            tasks.get(self.task, **self.of_task),
            self.config(),
            seed=seed,
            n_seeds=n_seeds,
            **how,
        )
