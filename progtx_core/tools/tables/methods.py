"""How `fit` is told to train by one of the methods that chapter 9 compares."""

from functools import partial

import torch
from torch import nn

from progtx_core import checks
from progtx_core.optim import FastLosses, GreedyRandom, PatternSearch, Spsa
from progtx_core.training import Config
from progtx_core.training.learners import MakeOptimizer
from progtx_core.types import Batch


def method(name: str, batch: Batch, **arguments) -> MakeOptimizer:
    """What `fit` takes as `make_optimizer`, by the name of a method.

    batch: the training data, which a pattern search measures fast; arguments: of the
    optimizer, beside the learning rate, which is that of the `Config`
    """
    makers = {
        "PatternSearch": partial(pattern_search, batch),
        "greedy random search": greedy_random,
        "SPSA": spsa,
        "SGD": sgd,
        "Adam": adam,
    }
    return partial(makers[checks.one_of("method", name, makers)], **arguments)


def pattern_search(
    batch: Batch, model: nn.Module, config: Config, **arguments
) -> PatternSearch:
    """With the fast measure, on one fixed batch."""
    losses_of = FastLosses(model, batch)
    return PatternSearch(model.named_parameters(), losses_of=losses_of, **arguments)


def greedy_random(model: nn.Module, config: Config, **arguments) -> GreedyRandom:
    """Its radius is the learning rate."""
    return GreedyRandom(model.parameters(), radius=config.learning_rate, **arguments)


def spsa(model: nn.Module, config: Config, **arguments) -> Spsa:
    """Steps of the learning rate times the slope."""
    return Spsa(model.parameters(), lr=config.learning_rate, **arguments)


def sgd(model: nn.Module, config: Config, **arguments) -> torch.optim.SGD:
    """As torch has it."""
    return torch.optim.SGD(model.parameters(), lr=config.learning_rate, **arguments)


def adam(model: nn.Module, config: Config, **arguments) -> torch.optim.AdamW:
    """With decoupled weight decay, and fused, as everywhere here."""
    decay = config.weight_decay
    return torch.optim.AdamW(
        model.parameters(),
        config.learning_rate,
        weight_decay=decay,
        fused=True,
        **arguments,
    )
