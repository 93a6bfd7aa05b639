"""What the recorded tables hold: which models, on which tasks, trained how."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import torch
from torch import nn

from progtx_core import checks, models, tasks
from progtx_core.contract import Batch, Spec
from progtx_core.models import ablations
from progtx_core.models.positions import SCHEMES
from progtx_core.tasks.selection import OPERATIONS
from progtx_core.training import Config, Run, fit

SIGNAL = {"seq_len": 8}
# The tasks of the scoreboard in the order of difficulty, with their sizes: first those
# that ask what, then those that ask where, then strings.
CONTENT = {
    "any_positive": SIGNAL,
    "majority_positive": SIGNAL,
    "sign_of_winner": SIGNAL,
    "has_pos_and_neg": SIGNAL,
    "value_at_max_key": {},
    "value_at_query": {},
}
ORDER = {
    "last_gt_first": SIGNAL,
    "trend_sign": SIGNAL,
    "argmax_position": SIGNAL,
    "argmin_position": SIGNAL,
    "xor_of_endpoints": SIGNAL,
    "mixed_rule": SIGNAL,
    "sign_changes_mod_3": SIGNAL,
}
STRINGS = {"sum_mod_10": {}, "equation_is_true": {}}


@dataclass(frozen=True)
class Entry:
    """One cell of a table: a model trained on a task, over several seeds.

    row: what the model is called in the table; task: the task's name
    model: a name from `models.names()`, or a class that takes a spec
    sizes: of the model; of_task: of the task; settings: what differs from the recipe
    """

    row: str
    task: str
    model: str | Callable[[Spec], nn.Module]
    sizes: dict = field(default_factory=dict)
    of_task: dict = field(default_factory=dict)
    settings: dict = field(default_factory=dict)

    def config(self) -> Config:
        """How it is trained: the model's recipe, and what differs from it."""
        known = isinstance(self.model, str)
        recipe = models.recipe(self.model) if known else self.model.recipe
        return Config(**recipe | self.settings)

    def with_settings(self, **settings) -> "Entry":
        """The same entry, trained another way."""
        return replace(self, settings=self.settings | settings)

    def modules(self) -> list[str]:
        """Where the code lies that it runs besides that of all entries."""
        return []

    def measures(self, run: Run) -> dict[str, np.ndarray]:
        """What is recorded besides: more columns, a value a seed."""
        return {}

    def train(self, n_seeds: int, seed: int = 0, **how) -> Run:
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


# The transformer is trained until it stops improving: longer where the task is harder.
SHORT = {"steps": 800}
STEPS = {
    **dict.fromkeys([*CONTENT, *ORDER], SHORT),
    "value_at_max_key": {"steps": 5000},
    "value_at_query": {"steps": 4000},
    "mixed_rule": {"steps": 5000},
    "sign_changes_mod_3": {"steps": 5000},
    "sum_mod_10": {"steps": 3500, "weight_decay": 0.1},
    "equation_is_true": {"steps": 4500, "batch_size": 128, "weight_decay": 0.3},
}
# An equation has more to compare than the others: two places and what is carried.
LARGER = {"equation_is_true": {"n_layers": 3, "n_heads": 8}}


def scoreboard_entries() -> list[Entry]:
    """Every model of the ladder on every task."""
    of_tasks = {**CONTENT, **ORDER, **STRINGS}
    return [scoreboard_entry(m, t) for t in of_tasks for m in models.names()]


def scoreboard_entry(model: str, task: str) -> Entry:
    """One cell of the scoreboard."""
    is_transformer = model == "transformer"
    return Entry(
        row=model,
        task=task,
        model=model,
        sizes=LARGER.get(task, {}) if is_transformer else {},
        of_task={**CONTENT, **ORDER, **STRINGS}[task],
        settings=STEPS[task] if is_transformer else {},
    )


def position_entries() -> list[Entry]:
    """One layer of self-attention under every positional scheme, on three tasks."""
    # A random offset needs a table longer than the input.
    sizes = {scheme: {"positions": scheme} for scheme in SCHEMES}
    sizes["random_offset"]["n_ctx"] = 20
    return [
        Entry(scheme, task, "self_attention", sizes[scheme], {}, {"learning_rate": 0.01})
        for scheme in SCHEMES
        for task in ("last_gt_first", "xor_of_endpoints", "argmax_position")
    ]


# The parts of the transformer, each taken away or changed alone.
ABLATIONS: dict[str, dict] = {
    "all parts": {},
    "one head": {"n_heads": 1},
    "one layer": {"n_layers": 1},
    "no MLP": {"block": ablations.NoMlp},
    "no residual sums": {"block": ablations.NoResidual},
    "no normalisation": {"block": ablations.NoNorm},
    "normalisation after": {"block": ablations.NormAfter},
}


def ablation_entries() -> list[Entry]:
    """The transformer with one part changed, on two tasks that need all of it."""
    settings = {"steps": 2500, "warmup_steps": 100}
    return [
        Entry(row, task, "transformer", sizes, of_task, settings)
        for row, sizes in ABLATIONS.items()
        for task, of_task in (("sign_changes_mod_3", {"seq_len": 6}), ("sum_mod_10", {}))
    ]


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
# Rows of the table by what was changed; "medium" is the recipe itself.
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

    size: a name in SET_SIZES; recipe: see `training_recipe`
    """

    size: str = "medium"
    recipe: dict = field(default_factory=dict)

    def data(self, seed: int = 0) -> tasks.DataSet:
        """The data set; operations are equally frequent."""
        task = tasks.get(self.task, **self.of_task)
        return tasks.DataSet(task, SET_SIZES[self.size], seed, task.kinds)

    def train(self, n_seeds: int, seed: int = 0, **how) -> Run:
        """Train it as it is recorded, as chapter 8 does."""
        data, recipe = self.data(seed), training_recipe(self.size) | self.recipe
        n_train = len(data.parts["train"])
        steps = recipe.pop("epochs") * (n_train // recipe["batch_size"])
        n_eval = len(data.parts["val"])
        config = Config(steps, **recipe, n_train=n_train, n_eval=n_eval)
        make = partial(models.build, self.model, **self.sizes)
        return fit(make, data, config, seed=seed, n_seeds=n_seeds, best=True, **how)

    def modules(self) -> list[str]:
        return ["progtx_core.tasks.finite"]

    def measures(self, run: Run) -> dict[str, np.ndarray]:
        """Accuracy on the training part, and on the test part by operation."""
        parts, kinds = run.task.parts, list(OPERATIONS)
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

    def entry(row: str, size: str = "medium", **recipe) -> SetEntry:
        base = (row, "selection", "transformer", SELECTOR)
        return SetEntry(*base, size=size, recipe=training_recipe(size) | recipe)

    return [
        *(entry(size, size) for size in SET_SIZES),
        entry("small, no decay", "small", weight_decay=0.0),
        *(entry(row, learning_rate=r) for r, row in RATES.items() if row != "medium"),
        *(entry(row, batch_size=b) for b, row in BATCHES.items() if row != "medium"),
    ]


TABLES: dict[str, Callable[[], list[Entry]]] = {
    "scoreboard": scoreboard_entries,
    "positions": position_entries,
    "ablations": ablation_entries,
    "training": training_entries,
}
