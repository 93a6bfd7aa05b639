"""A transformer on lists of numbers: sizes of data, learning rates, batches (chapter 8)."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from progtx_core import checks, tasks
from progtx_core.tasks.selection import OPERATIONS
from progtx_core.tools.recorded.cell import Cell, Experiment
from progtx_core.training import Callback, KeepBest, TrainingResult
from progtx_core.types import Batch
from torch import nn

# Sizes of the data sets, and how each is trained; the model's own differ in one.
SET_SIZES = {"small": 1_000, "medium": 10_000, "large": 100_000}
SELECTOR = {"read": "first"}
SETTINGS = {
    "small": {"epochs": 10, "batch_size": 4, "weight_decay": 0.3},
    "medium": {"epochs": 20, "batch_size": 64},
    "large": {"epochs": 10, "batch_size": 128},
}
# Rows of the table by what was changed; "medium" has the settings themselves.
RATES = {rate: f"lr {rate}" for rate in (0.0001, 0.001, 0.003, 0.01, 0.03)}
BATCHES = {size: f"batch {size}" for size in (16, 32, 64, 128)}
RATES[0.003] = BATCHES[64] = "medium"


def settings(size: str) -> dict:
    """Epochs and settings of the training for a data set of that size."""
    own = SETTINGS[checks.one_of("size", size, SETTINGS)]
    return {"warmup_steps": 100, "learning_rate": 0.003} | own


@dataclass(frozen=True)
class SetCell(Cell):
    """A model trained on a data set of a fixed size; the best evaluation is kept.

    size: a name in SET_SIZES; settings: with "epochs" for "steps"
    """

    size: str = field(default="medium", kw_only=True)

    def data(self) -> tasks.FiniteDataset:
        """The data set; operations are equally frequent."""
        task: Any = tasks.get(self.task, **self.task_kwargs)
        return tasks.FiniteDataset(task, SET_SIZES[self.size], balance=task.kinds)

    def all_settings(self) -> dict:
        splits, how = self.data().splits, dict(self.settings)
        n_train, n_eval = len(splits["train"]), len(splits["val"])
        steps = how.pop("epochs") * (n_train // how["batch_size"])
        return how | {"steps": steps, "n_train": n_train, "n_eval": n_eval}

    def callbacks(self) -> list[Callback]:
        return [KeepBest("val/accuracy")]


def cell(row: str, size: str = "medium", **changed) -> SetCell:
    """One row of the table. changed: of the settings"""
    how = settings(size) | changed
    return SetCell(row, "selection", "transformer", SELECTOR, {}, how, size=size)


def measure(cell: SetCell, result: TrainingResult) -> dict[str, np.ndarray]:
    """Accuracy on the train split, and on the test split by operation."""
    data: Any = cell.data()
    splits = data.splits
    right = [is_right(model, splits["test"]) for model in result.models]
    kinds = data.task.kinds(splits["test"].inputs)
    train = [is_right(model, splits["train"]).mean() for model in result.models]
    return {"train": np.array(list(map(float, train)))} | {
        name: np.array([float(one[kinds == kind].mean()) for one in right])
        for kind, name in enumerate(OPERATIONS)
    }


def is_right(model: nn.Module, batch: Batch) -> torch.Tensor:
    """Which answers are right, (batch,), as 0.0 and 1.0."""
    with torch.no_grad():
        return (model(batch.inputs).argmax(1) == batch.targets).float()


EXPERIMENT = Experiment(
    "training",
    [
        *(cell(size, size) for size in SET_SIZES),
        cell("small, no decay", "small", weight_decay=0.0),
        *(cell(row, learning_rate=r) for r, row in RATES.items() if row != "medium"),
        *(cell(row, batch_size=b) for b, row in BATCHES.items() if row != "medium"),
    ],
    measure=measure,
)
