"""The methods that chapter 9 compares, each with settings of its own, ready for `fit`."""

from functools import partial

import torch
from torch import nn

from progtx_core import checks
from progtx_core.contract import Batch
from progtx_core.optim.fast_losses import FastLosses
from progtx_core.optim.pattern_search import PatternSearch
from progtx_core.optim.random_search import GreedyRandom, Spsa
from progtx_core.training.config import Config
from progtx_core.training.learners import MakeOptimizer, adam

# What every pattern search here begins from. A gain must be above the rounding of the
# fast measure; each step begins with a measurement, which is what `fit` logs.
PATTERN = {
    "radius": 0.1,
    "min_radius": 1e-3,
    "min_gain": 2e-6,
    "poll": "together",
    "block_size": 512,
    "measure_again": True,
}
SEARCHES: dict[str, dict] = {
    "PatternSearch": {},
    "with expansion": {"expansion": 2.0},
    "groups of 4": {"group_size": 4},
    "one at a time": {"poll": "first"},
}
BASELINES = ("greedy random search", "SPSA", "SGD", "Adam")
METHODS = (*SEARCHES, *BASELINES)


def settings(name: str) -> dict:
    """What a pattern search of that name is given."""
    return PATTERN | SEARCHES[checks.one_of("method", name, SEARCHES)]


def method(name: str, batch: Batch, budget: int | None = None, **others) -> MakeOptimizer:
    """What `fit` takes as `make_optimizer`.

    batch: the training data that a pattern search measures fast; budget: of its
        evaluations; others: more of its arguments
    """
    checks.one_of("method", name, METHODS)
    if name in SEARCHES:
        arguments = settings(name) | {"budget": budget} | others
        return partial(pattern_search, batch, arguments)
    return {
        "greedy random search": greedy_random,
        "SPSA": spsa,
        "SGD": sgd,
        "Adam": adam,
    }[name]


def pattern_search(
    batch: Batch, arguments: dict, model: nn.Module, config: Config
) -> PatternSearch:
    """With the fast measure, on one fixed batch."""
    # A seed of the model is one of the search: its first number decides the orders.
    first = next(model.parameters()).detach().flatten()[0]
    generator = torch.Generator().manual_seed(int(first.abs() * 2**30))
    return PatternSearch(
        model.named_parameters(),
        generator=generator,
        losses_of=FastLosses(model, batch),
        **arguments,
    )
