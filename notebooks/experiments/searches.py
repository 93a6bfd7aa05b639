"""The same models trained with and without gradients (chapter 9)."""

import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from parts.fast_losses import FastLosses
from progtx_core import checks, tasks
from progtx_core.models.transformer import CausalTransformer
from progtx_core.optim import GreedyRandom, PatternSearch
from progtx_core.optim.estimates import TwoSided
from progtx_core.tools.recorded.cell import Cell, Experiment
from progtx_core.training import Callback, Snapshots, TrainingResult, adam, evaluate, update
from progtx_core.training.config import MakeOptimizer
from progtx_core.types import Batch
from torch.optim import SGD

SIZES = {
    "tiny": {"d_model": 8, "n_layers": 2, "n_heads": 4, "d_mlp": 32},
    "small": {"d_model": 64, "n_layers": 2, "n_heads": 4, "d_mlp": 256},
    "medium": {"d_model": 128, "n_layers": 4, "n_heads": 8, "d_mlp": 512},
    "large": {"d_model": 256, "n_layers": 6, "n_heads": 8, "d_mlp": 1024},
}
STRING_SETS = {
    "all": {"n_samples": 256, "seq_len": 8},
    "small": {"n_samples": 200, "seq_len": 8},
    "medium": {"n_samples": 500, "seq_len": 12},
    "large": {"n_samples": 1000, "seq_len": 16},
}
# Forward passes after which the loss is recorded.
PASSES = (100, 300, 1_000, 3_000, 10_000, 30_000, 100_000)
# What every pattern search begins from. A gain must be above the rounding of the fast
# measure; each step begins with a measurement, which is what `fit` logs.
PATTERN = {
    "radius": 0.1,
    "min_gain": 2e-6,
    "forcing": 0.001,
    "poll": "together",
    "block_size": 128,
    "measure_again": True,
    "budget": 220_000,
}
# What the kinds of pattern search change of it. They are compared at equal passes.
SHORT = {"budget": PASSES[-1]}
SEARCHES: dict[str, dict] = {
    "PatternSearch": {},
    "with expansion": {"expansion": 2.0} | SHORT,
    "groups of four": {"group_size": 4} | SHORT,
    "one at a time": {"poll": "first"} | SHORT,
    "without forcing": {"forcing": 0.0} | SHORT,
}
# How the others are trained, and the arguments of their optimizers. With Adam's usual
# memory of 0.999 for squares, one seed in three keeps a wrong answer.
BATCHES = {"steps": 3_000, "batch_size": 32, "warmup_steps": 100}
ADAM = {"learning_rate": 0.01, "weight_decay": 0.03}
BASELINES: dict[str, tuple[dict, dict]] = {
    "greedy random search": ({"steps": PASSES[-2], "learning_rate": 0.03}, {}),
    "SPSA": ({"steps": PASSES[-2] // 2, "learning_rate": 0.003}, {"radius": 1e-3}),
    "SGD": (BATCHES | {"learning_rate": 0.02}, {"momentum": 0.9}),
    "Adam": (BATCHES | ADAM, {"betas": (0.9, 0.98)}),
}
# A model that is large enough for Adam to answer all strings, those held out too.
WIDE = {"d_model": 24, "n_layers": 2, "n_heads": 4, "d_mlp": 96}
WIDER = {
    "steps": 2_000,
    "batch_size": 64,
    "learning_rate": 0.005,
    "weight_decay": 0.3,
    "schedule": "cosine",
    "eval_every": 100,  # each evaluation costs as much as several updates
}
METHODS = (*SEARCHES, *BASELINES)
N_EVALUATIONS = 100


@dataclass(frozen=True)
class SearchCell(Cell):
    """A causal transformer on strings, trained by a method.

    method: see `method`; arguments: of its optimizer; strings: how many there are in
    all, by default all that are possible
    """

    method: str = field(default="PatternSearch", kw_only=True)
    arguments: dict = field(default_factory=dict, kw_only=True)
    strings: int | None = field(default=None, kw_only=True)

    def data(self) -> tasks.StringSet:
        """The strings, split into train, val and test."""
        task: Any = tasks.get(self.task, **self.task_kwargs)
        return tasks.StringSet(task, self.strings)

    def all_settings(self) -> dict:
        """All strings at every step, if nothing else is said."""
        splits, steps = self.data().splits, self.settings["steps"]
        n_train, every = len(splits["train"]), max(1, steps // N_EVALUATIONS)
        size = min(self.settings.get("batch_size", n_train), n_train)
        fixed = {"n_train": n_train, "n_eval": len(splits["val"]), "batch_size": size}
        return {"eval_every": every} | self.settings | fixed

    def make_optimizer(self, data: tasks.StringSet) -> MakeOptimizer:
        return method(self.method, data.splits["train"], **self.arguments)

    def callbacks(self) -> list[Callback]:
        return [Snapshots()]


def method(name: str, batch: Batch, **arguments) -> MakeOptimizer:
    """What `fit` takes as `make_optimizer`, by the name of a method.

    batch: the training data, which a pattern search measures fast; arguments: of the
    optimizer, beside its learning rate (or radius), which is that of the `Config`
    """
    makers: dict[str, Callable] = {
        "PatternSearch": lambda model, config, **more: PatternSearch(
            model.named_parameters(), losses_of=FastLosses(model, batch), **more
        ),
        "greedy random search": lambda model, config, **more: GreedyRandom(
            model.parameters(), radius=config.learning_rate, **more
        ),
        "SPSA": lambda model, config, **more: TwoSided(
            model.parameters(), lr=config.learning_rate, **more
        ),
        "SGD": lambda model, config, **more: SGD(
            model.parameters(), lr=config.learning_rate, **more
        ),
        "Adam": adam,
    }
    return partial(makers[checks.one_of("method", name, makers)], **arguments)


def cell(
    name: str, task: str = "parity", output: str = "per_token", **changed
) -> SearchCell:
    """A method by its name in METHODS, on a task.

    changed: fields of the cell, such as `model_kwargs`, instead of those recorded;
    `task_kwargs`, `settings` and `arguments` are merged with them
    """
    direct = output == "per_token"
    if checks.one_of("method", name, METHODS) in SEARCHES:
        # A search ends with its budget, long before its steps.
        own = PATTERN | SEARCHES[name]
        one_by_one = own["poll"] == "first"  # a step is a kept move
        settings = {"steps": 50_000 if one_by_one else 4_000}
        if task == "parity" and direct:  # whose curves are drawn
            settings["eval_every"] = 50 if one_by_one else 4
    else:
        settings, own = BASELINES[name]
        if name == "Adam" and not direct:  # kept more surely with more decay
            settings = settings | {"weight_decay": 0.2}
    base = SearchCell(
        row=name if direct else f"{name}, {output}",
        task=task,
        model=CausalTransformer,
        model_kwargs=SIZES["tiny"],
        task_kwargs={"output": output, "seq_len": 8} | changed.pop("task_kwargs", {}),
        settings=settings | changed.pop("settings", {}),
        method=name if name in BASELINES else "PatternSearch",
        arguments=own | changed.pop("arguments", {}),
    )
    return replace(base, **changed)


def progress(
    result: TrainingResult, batch: Batch, passes_a_step: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Forward passes, loss and accuracy of every seed at every evaluation.

    result: with snapshots; passes_a_step: for a method that does not count its passes
    Returns: three arrays (seeds, evaluations)
    """
    steps = sorted(result.snapshots)
    found: list[list[dict[str, float]]] = []
    for i, trained in enumerate(result.models):
        model, last, one = deepcopy(trained), {}, []
        for state in (result.snapshots[step][i] for step in steps):
            if one and all(np.array_equal(state[name], last[name]) for name in state):
                one.append(one[-1])  # it stood still
            else:
                model.load_state_dict({n: torch.tensor(v) for n, v in state.items()})
                one.append(evaluate(model, batch))
            last = state
        found.append(one)
    loss, accuracy = (
        np.array([[at[key] for at in one] for one in found]) for key in ("loss", "accuracy")
    )
    if "evaluations" in result.history.names():
        return result.history["evaluations"], loss, accuracy
    passes = passes_a_step * np.array(steps, dtype=float)
    return np.broadcast_to(passes, loss.shape), loss, accuracy


def passes_a_step(cell: SearchCell, result: TrainingResult, repeats: int = 15) -> float:
    """What a step along the gradient costs, in passes over the training part.

    Measured: the median of some ratios of seconds, on copies of the first model. NaN for
    a method that counts its own passes.
    """
    if cell.method not in ("SGD", "Adam"):
        return float("nan")
    data: Any = result.task
    batch, model = data.splits["train"], result.models_at(0)[0]
    optimizer = cell.make_optimizer(data)(model, result.config)
    ratios = []
    for _ in range(repeats):
        started = time.perf_counter()
        update(model, optimizer, batch[: result.config.batch_size], 1e-9)
        between = time.perf_counter()
        evaluate(model, batch)
        ratios.append((between - started) / (time.perf_counter() - between))
    return float(np.median(ratios))


def measure(cell: SearchCell, result: TrainingResult) -> dict[str, np.ndarray]:
    """On the training part: accuracy, loss, passes, loss after so many passes."""
    price, data = passes_a_step(cell, result), cell.data()
    passes, loss, accuracy = progress(result, data.splits["train"], price)
    last = {"train": accuracy[:, -1], "train_loss": loss[:, -1], "passes": passes[:, -1]}
    seeds = list(zip(passes, loss, strict=True))
    return last | {
        f"after_{n}": np.array([of[at <= n][-1] for at, of in seeds]) for n in PASSES
    }


EASY = "first_bit", "last_bit", "running_majority"
WRITTEN = {"radius": 0.2, "budget": 600_000}  # of the search, with a scratchpad
EXPERIMENT = Experiment(
    "searches",
    [
        *map(cell, METHODS),
        cell("PatternSearch", output="scratchpad", arguments=WRITTEN),
        cell("Adam", output="scratchpad"),
        cell("Adam", row="Adam, wider", model_kwargs=WIDE, settings=WIDER),
        *(cell("PatternSearch", task, arguments={"budget": 50_000}) for task in EASY),
        *(cell("Adam", task) for task in EASY),
    ],
    measure=measure,
)
