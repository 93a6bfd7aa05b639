"""The methods that chapter 9 compares, each with settings of its own, ready for `fit`."""

from functools import partial

import torch
from torch import nn

from progtx_core import checks
from progtx_core.contract import Batch
from progtx_core.optim import FastLosses, GreedyRandom, PatternSearch, Spsa
from progtx_core.training import Config
from progtx_core.training.learners import MakeOptimizer

# What every pattern search here begins from. A gain must be above the rounding of the
# fast measure; each step begins with a measurement, which is what `fit` logs.
PATTERN = {
    "radius": 0.1,
    "min_gain": 2e-6,
    "forcing": 0.003,
    "poll": "together",
    "block_size": 128,
    "measure_again": True,
}
SEARCHES: dict[str, dict] = {
    "PatternSearch": {},
    "with expansion": {"expansion": 2.0},
    "groups of four": {"group_size": 4},
    "one at a time": {"poll": "first"},
}
BASELINES: dict[str, dict] = {
    "greedy random search": {"learning_rate": 0.03},
    "SPSA": {"learning_rate": 0.003, "schedule": "constant"},
    "SGD": {"learning_rate": 0.3},
    "Adam": {"learning_rate": 0.01, "warmup_steps": 100, "batch_size": 64},
}
METHODS = (*SEARCHES, *BASELINES)


def method(name: str, batch: Batch, **others) -> MakeOptimizer:
    """What `fit` takes as `make_optimizer`.

    batch: the training data, which a pattern search measures fast; others: arguments
    of `PatternSearch` beside those of this method
    """
    if checks.one_of("method", name, METHODS) in SEARCHES:
        return partial(pattern_search, batch, PATTERN | SEARCHES[name] | others)
    makers = greedy_random, spsa, sgd, adam
    return dict(zip(BASELINES, makers, strict=True))[name]


def method_config(name: str, steps: int, n_train: int, **others) -> Config:
    """A training by that method on n_train examples; others: beside its own settings.

    All but Adam take all examples at every step.
    """
    own = BASELINES.get(checks.one_of("method", name, METHODS), {})
    own = {"batch_size": n_train, "n_train": n_train} | own | others
    own["batch_size"] = min(own["batch_size"], n_train)
    own["warmup_steps"] = min(steps, own.get("warmup_steps", 0))
    return Config(steps, **own)


def pattern_search(
    batch: Batch, arguments: dict, model: nn.Module, config: Config
) -> PatternSearch:
    """With the fast measure, on one fixed batch."""
    losses_of = FastLosses(model, batch)
    return PatternSearch(model.named_parameters(), losses_of=losses_of, **arguments)


def greedy_random(model: nn.Module, config: Config) -> GreedyRandom:
    """Its radius is the learning rate."""
    return GreedyRandom(model.parameters(), radius=config.learning_rate)


def spsa(model: nn.Module, config: Config) -> Spsa:
    """Measured close by; steps of the learning rate."""
    return Spsa(model.parameters(), radius=1e-3)


def adam(model: nn.Module, config: Config) -> torch.optim.AdamW:
    """With the shorter memory for squares of Vaswani et al., 2017, section 5.3."""
    # With the default of 0.999 one seed in three keeps a wrong answer.
    return torch.optim.AdamW(
        model.parameters(),
        lr=config.learning_rate,
        betas=(0.9, 0.98),
        weight_decay=config.weight_decay,
        fused=True,
    )


def sgd(model: nn.Module, config: Config) -> torch.optim.SGD:
    """With momentum."""
    return torch.optim.SGD(model.parameters(), lr=config.learning_rate, momentum=0.9)
