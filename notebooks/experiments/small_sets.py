"""What a model answers that fits a small training set, by how it was found (chapter 9).

One narrow network, and four ways to weights that answer every training example rightly:
guesses, a search, SGD, Adam. Each stops at the first such weights, so that models differ in
how they were found, and in nothing else.

Source: Chiang et al., "Loss landscapes are all you need", 2023, section 4, whose networks
are larger, and whose models are compared at equal losses.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from progtx_core import checks
from progtx_core.optim import PatternSearch
from progtx_core.optim.populations import GuessAndCheck
from progtx_core.tasks import SPLITS, Task
from progtx_core.tools.recorded.cell import Cell, Experiment
from progtx_core.training import Callback, TrainingResult, evaluate
from progtx_core.training.config import MakeOptimizer, Training
from progtx_core.training.data import Stream
from progtx_core.types import Batch, Spec
from torch import nn
from torch.optim import SGD, Adam, Optimizer

from experiments.race import by_errors

SIZES = (4, 8, 16, 32)  # training examples, half of each class
GUESSED = {"3 or 8": 32, "parity": 8}  # at most so many; more take millions of guesses
N_VAL = 40


def images() -> tuple[torch.Tensor, torch.Tensor]:
    """scikit-learn's digits that are a 3 (0) or an 8 (1): (n, 1, 64) from 0 to 1."""
    from sklearn.datasets import load_digits

    found = load_digits()
    chosen = np.isin(found.target, (3, 8))
    pixels = torch.tensor(found.data[chosen] / 16).float()
    return pixels.unsqueeze(1), torch.tensor(found.target[chosen] == 8).long()


def bits() -> tuple[torch.Tensor, torch.Tensor]:
    """All strings of eight bits, -1 or 1, and whether their number of ones is odd."""
    strings = torch.cartesian_prod(*[torch.tensor([0, 1])] * 8)
    return (2.0 * strings - 1).unsqueeze(1), strings.sum(1) % 2


SOURCES: dict[str, Callable[[], tuple[torch.Tensor, torch.Tensor]]] = {
    "3 or 8": images,
    "parity": bits,
}


class Few(Task):
    """Two classes, of which a few examples are drawn, as many of each."""

    def __init__(self, kind: str = "3 or 8") -> None:
        self.inputs, self.targets = SOURCES[checks.one_of("kind", kind, SOURCES)]()
        self.name = kind
        self.spec = Spec(n_classes=2, seq_len=1, d_input=self.inputs.shape[-1])
        mixed = torch.randperm(
            len(self.targets), generator=torch.Generator().manual_seed(0)
        )
        half = (len(mixed) - N_VAL) // 2
        parts = mixed.split([half, N_VAL, len(mixed) - half - N_VAL])
        self.rows = dict(zip(SPLITS, parts, strict=True))

    def sample_inputs(self, n, generator):
        return self.inputs[torch.randint(len(self.inputs), (n,), generator=generator)]

    def labels(self, inputs):
        same = (inputs[:, None] == self.inputs).flatten(2).all(-1)  # (batch, n)
        return torch.where(same.any(1), self.targets[same.int().argmax(1)], -1)

    def label(self, example):
        found = self.labels(torch.tensor([example]))[0].item()
        return None if found < 0 else found

    def sample(self, n, generator, split="train"):
        """n examples of a split, half of each class; of "test" and "val" all there are."""
        rows = self.rows[checks.one_of("split", split, SPLITS)]
        if split == "train":
            rows = rows[torch.randperm(len(rows), generator=generator)]
            kinds = [rows[self.targets[rows] == label][: n // 2] for label in (0, 1)]
            rows = torch.cat(kinds)
            if len(rows) < n:
                fix = "give an even number, and no more"
                raise ValueError(f"{self.name}: {n} examples asked for, {len(rows)}; {fix}")
        return Batch(self.inputs[rows], self.targets[rows])


class Narrow(nn.Module):
    """Eight units between the pixels and two logits."""

    default_config = {"warmup_steps": 0}

    def __init__(self, spec: Spec, n_units: int = 8) -> None:
        super().__init__()
        self.hidden = nn.Linear(spec.n_features, n_units)
        self.logits_head = nn.Linear(n_units, spec.n_classes)

    def forward(self, inputs):
        """(batch, 1, d_input) to logits (batch, 2)."""
        return self.logits_head(self.hidden(inputs.flatten(1)).relu())


class UntilFit(Callback):
    """Ends a training that answers all its examples rightly."""

    def on_eval(self, training: Training) -> None:
        batch = training.batches.fixed
        assert batch is not None
        right = evaluate(training.model, batch)["accuracy"] == 1
        training.stopped = training.stopped or right


@dataclass(frozen=True)
class Method:
    """A way to weights that fit.

    make: an optimizer from a model, its training examples, a rate, and a seed
    rate: the learning rate; of a search, its radius. steps: at most; every: how often it is
    asked whether all is right
    """

    make: Callable[[nn.Module, Batch, float, int], Optimizer]
    rate: float
    steps: int
    every: int


def guesses(model: nn.Module, batch: Batch, radius: float, seed: int) -> Optimizer:
    """Guess and check; what it checks is the share of wrong answers, not the loss."""
    return by_errors(GuessAndCheck(model.parameters(), radius, seed=seed), model, batch)


def search(model: nn.Module, batch: Batch, radius: float, seed: int) -> Optimizer:
    """The plain search: one coordinate at a time."""
    order = torch.Generator().manual_seed(seed)
    return PatternSearch(model.parameters(), radius, generator=order)


METHODS: dict[str, Method] = {
    "guess and check": Method(guesses, rate=1.0, steps=400_000, every=500),
    "PatternSearch": Method(search, rate=0.5, steps=4_000, every=1),
    "SGD": Method(
        lambda model, batch, rate, seed: SGD(model.parameters(), rate, momentum=0.9),
        rate=0.1,
        steps=4_000,
        every=1,
    ),
    "Adam": Method(
        lambda model, batch, rate, seed: Adam(model.parameters(), rate),
        rate=0.01,
        steps=4_000,
        every=1,
    ),
}


@dataclass(frozen=True)
class FewCell(Cell):
    """A method on a few examples; each seed has other ones.

    draws: seed of the examples, and of a search's noise
    """

    method: str = field(default="Adam", kw_only=True)
    draws: int = field(default=0, kw_only=True)

    def data(self) -> Few:
        return Few(**self.task_kwargs)

    def train_set(self) -> Batch:
        """The examples that it is to answer, as the loop draws them."""
        n = self.config().batch_size
        found = Stream(self.data(), n, self.draws, n).fixed
        assert found is not None
        return found

    def make_optimizer(self, data: Few) -> MakeOptimizer:
        make, batch = METHODS[self.method].make, self.train_set()
        return lambda model, config: make(model, batch, config.learning_rate, self.draws)

    def callbacks(self) -> list[Callback]:
        return [UntilFit()]

    def train(self, n_seeds=1, seed=0, callbacks=()) -> TrainingResult:
        """As it is recorded: one seed at a time, which is that of the noise too."""
        return Cell.train(replace(self, draws=seed), n_seeds, seed, callbacks)


def cell(name: str, kind: str, n: int) -> FewCell:
    """A method of METHODS, on n examples of one of SOURCES."""
    method = METHODS[checks.one_of("method", name, METHODS)]
    return FewCell(
        row=f"{name}, {n} examples",
        task=checks.one_of("kind", kind, SOURCES),
        model=Narrow,
        task_kwargs={"kind": kind},
        settings={
            "steps": method.steps,
            "batch_size": n,
            "n_train": n,
            "n_eval": N_VAL,
            "learning_rate": method.rate,
            "eval_every": method.every,
        },
        method=name,
    )


def measure(cell: FewCell, result: TrainingResult) -> dict[str, np.ndarray]:
    """Whether all training examples are answered rightly, and after how many updates."""
    seeds = zip(result.seeds, result.models, strict=True)
    fits = [
        evaluate(model, replace(cell, draws=seed).train_set())["accuracy"] == 1
        for seed, model in seeds
    ]
    last = [points["val/loss"][-1][0] for points in result.history.of_seeds]
    return {"fits": np.array(fits, dtype=int), "updates": np.array(last)}


# Called otherwise than EXPERIMENT until its table is recorded: what is called so has one.
SMALL_SETS = Experiment(
    "small_sets",
    [
        cell(name, kind, n)
        for kind in SOURCES
        for n in SIZES
        for name in METHODS
        if name != "guess and check" or n <= GUESSED[kind]
    ],
    measure=measure,
    n_seeds=10,
)
