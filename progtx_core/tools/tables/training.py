"""What is recorded of chapter 8: sizes of the data, learning rates, batch sizes."""

from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
from torch import nn

from progtx_core import checks, models, tasks
from progtx_core.tasks.selection import OPERATIONS
from progtx_core.tools.tables.entry import Entry
from progtx_core.training import Config, TrainingResult, fit
from progtx_core.types import Batch

# Chapter 8: the sizes of its data sets, how each is trained, and what else is tried.
SET_SIZES = {"small": 1_000, "medium": 10_000, "large": 100_000}
SELECTOR = {"read": "first"}  # differs from the transformer's default sizes
RECIPES = {
    "small": {
        "epochs": 10,
        "batch_size": 4,
        "learning_rate": 0.003,
        "weight_decay": 0.3,
    },
    "medium": {"epochs": 20, "batch_size": 64, "learning_rate": 0.003},
    "large": {"epochs": 10, "batch_size": 128, "learning_rate": 0.003},
}
# Rows of the table by what was changed; "medium" is the default_config itself.
RATES = {rate: f"rate {rate}" for rate in (0.0001, 0.001, 0.003, 0.01, 0.03)}
BATCHES = {size: f"batch {size}" for size in (16, 32, 64, 128)}
RATES[RECIPES["medium"]["learning_rate"]] = "medium"
BATCHES[RECIPES["medium"]["batch_size"]] = "medium"


def training_recipe(size: str) -> dict:
    """Epochs and settings of the training for a data set of that size."""
    return {"warmup_steps": 100} | RECIPES[checks.one_of("size", size, RECIPES)]


@dataclass(frozen=True)
class SetEntry(Entry):
    """A model trained on a data set of a fixed size; the best look is kept.

    size: a name in SET_SIZES; default_config: see `training_recipe`
    """

    size: str = "medium"
    default_config: dict = field(default_factory=dict)

    def data(self, seed: int = 0) -> tasks.FiniteDataset:
        """The data set; operations are equally frequent."""
        task = tasks.get(self.task, **self.of_task)
        return tasks.FiniteDataset(task, SET_SIZES[self.size], seed, task.kinds)

    def train(self, n_seeds: int, seed: int = 0, **how) -> TrainingResult:
        """Train it as it is recorded, as chapter 8 does."""
        data, default_config = (
            self.data(seed),
            training_recipe(self.size) | self.default_config,
        )
        n_train = len(data.splits["train"])
        steps = default_config.pop("epochs") * (n_train // default_config["batch_size"])
        n_eval = len(data.splits["val"])
        config = Config(steps, **default_config, n_train=n_train, n_eval=n_eval)
        make = partial(models.build, self.model, **self.sizes)
        return fit(make, data, config, seed=seed, n_seeds=n_seeds, best=True, **how)

    def modules(self) -> list[str]:
        return ["progtx_core.tasks.finite"]

    def measures(self, run: TrainingResult) -> dict[str, np.ndarray]:
        """Accuracy on the training part, and on the test part by operation."""
        parts, kinds = run.task.splits, list(OPERATIONS)
        right = [predict_right(model, parts["test"]) for model in run.models]
        of_kind = run.task.task.kinds(parts["test"].inputs)
        by_kind = {
            name: np.array([float(r[of_kind == kind].mean()) for r in right])
            for kind, name in enumerate(kinds)
        }
        train = [predict_right(model, parts["train"]).mean() for model in run.models]
        return {"train": np.array([float(share) for share in train])} | by_kind


def predict_right(model: nn.Module, batch: Batch) -> torch.Tensor:
    """Which answers are right, (batch,), as 0.0 and 1.0."""
    with torch.no_grad():
        return (model(batch.inputs).argmax(1) == batch.targets).float()


def training_entries() -> list[SetEntry]:
    """Sizes of the data, learning rates and batch sizes, each changed alone."""

    def entry(row: str, size: str = "medium", **default_config) -> SetEntry:
        base = (row, "selection", "transformer", SELECTOR)
        return SetEntry(
            *base, size=size, default_config=training_recipe(size) | default_config
        )

    return [
        *(entry(size, size) for size in SET_SIZES),
        entry("small, no decay", "small", weight_decay=0.0),
        *(entry(row, learning_rate=r) for r, row in RATES.items() if row != "medium"),
        *(entry(row, batch_size=b) for b, row in BATCHES.items() if row != "medium"),
    ]
