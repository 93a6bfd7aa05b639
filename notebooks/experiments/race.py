"""Methods that ask for no gradient, at equal passes, each of them tuned (chapter 9).

`race_tuning` tries the same number of settings of each method on seeds that are used for
nothing else; the table of this module measures the best of them on new seeds; `race_growth`
measures how the passes to a loss grow with the number of parameters.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import torch
from parts.ch09 import unseen
from parts.fast_losses import FastLosses
from progtx_core import checks, tasks
from progtx_core.models.transformer import CausalTransformer
from progtx_core.optim import GreedyRandom, PatternSearch
from progtx_core.optim.estimates import (
    DUAL_PASSES,
    EvolutionStrategy,
    ForwardGradient,
    TwoSided,
)
from progtx_core.optim.populations import GuessAndCheck, SepCma
from progtx_core.tools.recorded.cell import Experiment
from progtx_core.training import Callback, TrainingResult, evaluate
from progtx_core.training.config import MakeOptimizer, Training
from progtx_core.training.data import accuracy
from progtx_core.types import Batch
from torch import nn
from torch.optim import LBFGS, SGD, Adam, Optimizer

from experiments.searches import PATTERN, SIZES, SearchCell, progress

BUDGET = 30_000  # passes of every method, in the tuning and in the race
LONG = 100_000  # of those that have not ended by then
PASSES = (1_000, 3_000, 10_000, 30_000, 100_000)  # after which a loss is noted
LEVELS = (0.6, 0.3, 0.1)  # losses in nats; the passes until each are noted
N_EVALUATIONS = 200
TUNING_SEEDS = 1000  # the first of them
# A gradient is a pass and its way back, which has twice the products of the pass.
GRADIENT_PASSES = 3
INT8 = 1 / 16  # what a weight of one stands for, where weights are whole numbers
# Widths of the models whose passes are compared, from 554 to 48,314 parameters.
WIDTHS: dict[int, dict] = {
    width: {"d_model": width, "n_layers": 2, "n_heads": heads, "d_mlp": 4 * width}
    for width, heads in ((4, 2), (8, 4), (20, 4), (44, 4))
}


@dataclass(frozen=True)
class Method:
    """One row of the race.

    make: an optimizer from a model, the training strings, the learning rate (or radius)
    of the `Config`, a seed, and arguments; grid: what is tuned, six settings
    tuned: what the race takes; to be the best of `race_tuning`, once that is recorded
    passes: of a step, from its arguments
    fixed: arguments beside those of the grid
    """

    make: Callable[..., Optimizer]
    grid: dict[str, tuple]
    tuned: dict[str, float]
    passes: Callable[[dict], float] = lambda arguments: 1.0
    fixed: dict[str, Any] = field(default_factory=dict)


def adam(beta2: float) -> Callable[..., Optimizer]:
    """Adam as an update rule, with a memory for squares."""
    return partial(Adam, betas=(0.9, beta2), fused=True)


def two_sided(rule) -> Callable[..., Optimizer]:
    """What makes an SPSA with an update rule."""
    return lambda model, batch, lr, **more: TwoSided(model.parameters(), rule, lr, **more)


def pattern_search(model, batch: Batch, radius: float, seed: int, **more) -> Optimizer:
    """The search of the chapter, with its fast measure."""
    more |= {"losses_of": FastLosses(model, batch)}
    more |= {"generator": torch.Generator().manual_seed(seed)}
    return PatternSearch(model.named_parameters(), radius, **more)


class CountedLbfgs(LBFGS):
    """L-BFGS that says what it costs, and ends with a budget of passes."""

    def __init__(self, params, budget: float, **settings) -> None:
        super().__init__(params, line_search_fn="strong_wolfe", **settings)
        self.budget = budget

    def extras(self) -> dict[str, float]:
        """What is logged at every evaluation."""
        n_gradients = self.state[self._params[0]].get("func_evals", 0)
        return {"evaluations": float(GRADIENT_PASSES * n_gradients)}

    @property
    def finished(self) -> bool:
        """Whether the budget is used up."""
        return self.extras()["evaluations"] >= self.budget


METHODS: dict[str, Method] = {
    "guess and check": Method(
        lambda model, batch, lr, seed: GuessAndCheck(model.parameters(), lr, seed=seed),
        {"lr": (0.1, 0.2, 0.4, 0.7, 1.0, 2.0)},
        {"lr": 0.4},
    ),
    "greedy random search": Method(
        lambda model, batch, lr, **more: GreedyRandom(model.parameters(), lr, **more),
        {"lr": (0.01, 0.03, 0.1), "patience": (30, 100)},
        {"lr": 0.03, "patience": 100},
    ),
    "PatternSearch": Method(
        pattern_search,
        {"lr": (0.05, 0.1, 0.2), "forcing": (1e-4, 1e-3)},
        {"lr": 0.1, "forcing": 1e-3},
        fixed={name: PATTERN[name] for name in PATTERN if name not in ("radius", "budget")},
    ),
    "SPSA": Method(
        two_sided(SGD),
        {"lr": (1e-3, 3e-3, 1e-2), "radius": (1e-3, 1e-2)},
        {"lr": 3e-3, "radius": 1e-3},
        lambda arguments: 2.0,
    ),
    "SPSA, momentum": Method(
        two_sided(partial(SGD, momentum=0.9)),
        {"lr": (1e-4, 3e-4, 1e-3), "radius": (1e-3, 1e-2)},
        {"lr": 3e-4, "radius": 1e-3},
        lambda arguments: 2.0,
    ),
    "SPSA, Adam": Method(
        lambda model, batch, lr, beta2, **more: TwoSided(
            model.parameters(), adam(beta2), lr, **more
        ),
        {"lr": (1e-3, 3e-3, 1e-2), "beta2": (0.98, 0.999)},
        {"lr": 3e-3, "beta2": 0.98},
        lambda arguments: 2.0,
        {"radius": 1e-3},
    ),
    "evolution strategy": Method(
        lambda model, batch, lr, **more: EvolutionStrategy(
            model.parameters(), adam(0.98), lr, **more
        ),
        {"lr": (3e-3, 1e-2, 3e-2), "pairs": (4, 16)},
        {"lr": 1e-2, "pairs": 4},
        lambda arguments: 2.0 * arguments["pairs"],
        {"radius": 0.02},
    ),
    "sep-CMA": Method(
        lambda model, batch, lr, **more: SepCma(model.parameters(), lr, **more),
        {"lr": (0.03, 0.1, 0.3), "population": (26, 104)},
        {"lr": 0.1, "population": 26},
        lambda arguments: float(arguments["population"]),
    ),
    "forward gradient": Method(
        lambda model, batch, lr, beta2, seed: ForwardGradient(
            model.parameters(), adam(beta2), lr, seed
        ),
        {"lr": (1e-3, 3e-3, 1e-2), "beta2": (0.98, 0.999)},
        {"lr": 3e-3, "beta2": 0.98},
        lambda arguments: float(DUAL_PASSES),
    ),
    "Adam": Method(
        lambda model, batch, lr, beta2, seed: adam(beta2)(model.parameters(), lr=lr),
        {"lr": (3e-3, 1e-2, 3e-2), "beta2": (0.98, 0.999)},
        {"lr": 1e-2, "beta2": 0.98},
        lambda arguments: float(GRADIENT_PASSES),
    ),
    "L-BFGS": Method(
        lambda model, batch, lr, seed, **more: CountedLbfgs(
            model.parameters(), lr=lr, **more
        ),
        {"lr": (0.1, 0.3, 1.0), "history_size": (10, 50)},
        {"lr": 1.0, "history_size": 50},
        lambda arguments: 20.0 * GRADIENT_PASSES,  # at most; it counts for itself
    ),
}
COUNT_FOR_THEMSELVES = ("PatternSearch", "L-BFGS")  # they are given a budget


def by_errors(search: Optimizer, model: nn.Module, batch: Batch) -> Optimizer:
    """The search, with the share of wrong answers in place of the loss.

    That share has no slope: it is a staircase. The loop still logs the loss.
    """

    def errors() -> torch.Tensor:
        return 1 - accuracy(model(batch.inputs), batch)

    search.register_step_pre_hook(lambda search, *given: ((search, errors), {}))
    return search


def whole_numbers(model: nn.Module, unit: float = INT8) -> nn.Module:
    """The model, its weights rounded to units, from -127 to 127 of them (int8)."""
    with torch.no_grad():
        for p in model.parameters():
            p.copy_((p / unit).round().clamp(-127, 127) * unit)
    return model


# What only a search can do, with the settings of the method it is a kind of.
KINDS: dict[str, tuple[str, Callable[..., Optimizer]]] = {
    # Its steps are half a power of two, halved down to one unit: it stays on whole numbers.
    "PatternSearch, int8": (
        "PatternSearch",
        lambda model, batch, lr, **more: pattern_search(
            whole_numbers(model), batch, 2 * INT8, **more | {"min_radius": INT8}
        ),
    ),
    "evolution strategy, errors": (
        "evolution strategy",
        lambda model, batch, lr, **more: by_errors(
            METHODS["evolution strategy"].make(model, batch, lr, **more), model, batch
        ),
    ),
}


class UntilLoss(Callback):
    """Ends a training whose loss on some examples is low enough."""

    def __init__(self, batch: Batch, loss: float) -> None:
        self.batch, self.loss = batch, loss

    def on_eval(self, training: Training) -> None:
        found = evaluate(training.model, self.batch)["loss"]
        training.stopped = training.stopped or found <= self.loss


@dataclass(frozen=True)
class RaceCell(SearchCell):
    """A method of METHODS or KINDS; it ends where the loss is `until`, if that is given.

    first_seed: what the seed 0 of the table stands for; draws: seed of a search's noise
    """

    until: float | None = field(default=None, kw_only=True)
    first_seed: int = field(default=0, kw_only=True)
    draws: int = field(default=0, kw_only=True)

    @property
    def passes_a_step(self) -> float:
        """Passes of a step; at most, for those that count for themselves."""
        return METHODS[KINDS.get(self.method, (self.method, None))[0]].passes(
            self.arguments
        )

    @property
    def budget(self) -> float:
        """Passes that it is given."""
        counted = self.config().steps * self.passes_a_step
        return self.arguments.get("budget", counted)

    def make_optimizer(self, data: tasks.StringSet) -> MakeOptimizer:
        makers = {name: method.make for name, method in METHODS.items()}
        makers |= {name: make for name, (_, make) in KINDS.items()}
        make, batch = makers[self.method], data.splits["train"]
        return lambda model, config: make(
            model, batch, config.learning_rate, seed=self.draws, **self.arguments
        )

    def callbacks(self) -> list[Callback]:
        ends = [] if self.until is None else [UntilLoss(self.train_set(), self.until)]
        return [*super().callbacks(), *ends]

    def train_set(self) -> Batch:
        """The strings that it is trained on."""
        return self.data().splits["train"]

    def train(self, n_seeds=1, seed=0, callbacks=()) -> TrainingResult:
        """As it is recorded: one seed at a time, which is that of the noise too."""
        first = self.first_seed + seed
        return SearchCell.train(replace(self, draws=first), n_seeds, first, callbacks)

    def rows(self, result: TrainingResult, measure=None) -> pd.DataFrame:
        frame = super().rows(result, measure)
        frame["seed"] -= self.first_seed
        return frame


def cell(name: str, budget: int = BUDGET, **changed) -> RaceCell:
    """A method, or a kind of one, on the parity of eight bits.

    budget: passes; changed: what is tuned, by the names of the method's grid, in place of
    the best; or fields of the cell, such as `row` and `model_kwargs`
    """
    base = KINDS[name][0] if name in KINDS else checks.one_of("method", name, METHODS)
    method = METHODS[base]
    setting = {key: changed.pop(key, value) for key, value in method.tuned.items()}
    arguments = method.fixed | {key: setting[key] for key in setting if key != "lr"}
    steps = max(1, math.ceil(budget / method.passes(arguments)))
    every = max(1, steps // N_EVALUATIONS)
    if base in COUNT_FOR_THEMSELVES:
        arguments, every = (
            arguments | {"budget": budget},
            4 if base == "PatternSearch" else 1,
        )
    base_cell = RaceCell(
        row=name,
        task="parity",
        model=CausalTransformer,
        model_kwargs=SIZES["tiny"],
        task_kwargs={"output": "per_token", "seq_len": 8},
        settings={
            "steps": steps,
            "learning_rate": setting["lr"],
            "schedule": "cosine",  # for those who have a learning rate; others keep theirs
            "eval_every": every,
        },
        method=name,
        arguments=arguments,
    )
    return replace(base_cell, **changed)


def measure(cell: RaceCell, result: TrainingResult) -> dict[str, np.ndarray]:
    """On the training strings, loss and accuracy at the end and on the way; new answers.

    after_n, right_n: loss and accuracy after n passes, NaN if it was given fewer; to_x:
    passes until the loss was x, NaN if it never was; new: share of the test strings'
    answers that are right, of those whose prefix no training string has
    """
    splits = cell.data().splits
    passes, loss, right = progress(result, splits["train"], cell.passes_a_step)
    found = {"train": right[:, -1], "train_loss": loss[:, -1], "passes": passes[:, -1]}
    seeds = range(len(passes))
    for n in PASSES:
        last = [(at <= max(n, at[0])).nonzero()[0][-1] for at in passes]
        for kind, values in (("after", loss), ("right", right)):
            given = n <= cell.budget  # one that ended by itself stays where it was
            found[f"{kind}_{n}"] = values[seeds, last] if given else passes[:, -1] * np.nan
    for level in LEVELS:
        low = [
            np.append(at, np.nan)[np.append(of <= level, True).argmax()]
            for at, of in zip(passes, loss, strict=True)
        ]
        found[f"to_{level}"] = np.array(low)
    new, test = unseen(splits["train"], splits["test"]), splits["test"]
    answers = [model(test.inputs).argmax(-1) == test.targets for model in result.models]
    found["new"] = np.array([one[new].float().mean().item() for one in answers])
    return found


def grid_cells(name: str) -> list[RaceCell]:
    """All settings of a method's grid, on the seeds of the tuning."""
    grid = METHODS[name].grid
    points = [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]
    return [
        cell(name, row=row_of(name, point), first_seed=TUNING_SEEDS, max_seeds=2, **point)
        for point in points
    ]


def row_of(name: str, point: dict[str, float]) -> str:
    """How the table of the tuning calls a setting of a method."""
    return f"{name}: " + ", ".join(f"{key} {value:g}" for key, value in point.items())


def best(frame: pd.DataFrame) -> dict[str, str]:
    """For each method the row of the tuning with the lowest mean loss at the end.

    frame: the recorded table of `race_tuning`
    """
    losses = frame.groupby("model").train_loss.mean().sort_values()
    found: dict[str, str] = {}
    for row in losses.index:
        found.setdefault(row.partition(":")[0], row)
    return found


def exponent(frame: pd.DataFrame, name: str, level: float = LEVELS[-1]) -> float:
    """The power of the parameters with which the passes until a loss grow.

    frame: the recorded `race_growth`. NaN if not all seeds of three sizes got there.
    """
    rows = frame[frame.model.str.startswith(f"{name}, width")]
    sizes = rows.groupby("parameters")[f"to_{level}"]
    reached = sizes.median()[sizes.count() == sizes.size()]
    if len(reached) < 3:
        return float("nan")
    return float(np.polyfit(np.log(reached.index), np.log(reached), 1)[0])


# Those that get somewhere: they are given more passes, and larger models.
GOING_ON = (
    "PatternSearch",
    "SPSA, Adam",
    "evolution strategy",
    "sep-CMA",
    "forward gradient",
)
# Called otherwise than EXPERIMENT until its table is recorded: what is called so has one.
RACE = Experiment(
    "race",
    [
        *map(cell, (*METHODS, *KINDS)),
        *(cell(name, LONG, row=f"{name}, long", max_seeds=3) for name in GOING_ON),
    ],
    measure=measure,
    n_seeds=10,
)
