"""Training in a random subspace: how many directions does a task take? (chapter 9)

A model's parameters are where it began plus a random map of d numbers, and only these are
trained. A search then pays for d numbers in place of all; whether d are enough, a method
along the gradient tells.

Source: Li et al., "Measuring the intrinsic dimension of objective landscapes", 2018.
"""

from dataclasses import dataclass
from functools import partial

import torch
from progtx_core import checks
from progtx_core.models.transformer import CausalTransformer
from progtx_core.optim import PatternSearch
from progtx_core.tools.recorded.cell import Experiment
from progtx_core.training.config import MakeModel, MakeOptimizer
from progtx_core.types import Spec
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.utils import parameters_to_vector

from experiments.race import BUDGET, RaceCell, cell, measure
from experiments.searches import PATTERN, SIZES

DIMENSIONS = (16, 64, 256, 1024)
METHODS = ("Adam", "PatternSearch")
RATES = {"Adam": 0.03, "PatternSearch": 1.0}  # the latter is a radius


class Subspace(nn.Module):
    """A transformer that moves along d random directions only: start + directions z.

    d_subspace: numbers that are trained, zero at first; draw: seed of the directions, each
    of length one and the same for all that have this seed
    """

    default_config = CausalTransformer.default_config

    def __init__(self, spec: Spec, d_subspace: int, draw: int = 0, **sizes) -> None:
        super().__init__()
        inner = CausalTransformer(spec, **sizes).requires_grad_(False)
        self.inner = (inner,)  # in a tuple: no part of this module's own parameters
        checks.whole("d_subspace", d_subspace, at_least=1)
        self.register_buffer("start", parameters_to_vector(inner.parameters()))
        generator = torch.Generator().manual_seed(draw)
        directions = torch.randn(len(self.start), d_subspace, generator=generator)
        directions /= directions.norm(dim=0)
        self.register_buffer("directions", directions, persistent=False)
        self.z = nn.Parameter(torch.zeros(d_subspace))

    def parameters_now(self) -> dict[str, Tensor]:
        """The parameters of the transformer, by name."""
        (inner,), found, done = self.inner, {}, 0
        numbers = self.start + self.directions @ self.z
        for name, parameter in inner.named_parameters():
            found[name] = numbers[done : done + parameter.numel()].view_as(parameter)
            done += parameter.numel()
        return found

    def forward(self, inputs: Tensor) -> Tensor:
        """As the transformer: (batch, seq) tokens to logits (batch, seq, n_classes)."""
        return functional_call(self.inner[0], self.parameters_now(), (inputs,))


@dataclass(frozen=True)
class SubspaceCell(RaceCell):
    """Adam or the search, on the numbers of a subspace that each seed draws anew."""

    def make(self) -> MakeModel:
        return partial(Subspace, draw=self.draws, **self.model_kwargs)

    def make_optimizer(self, data) -> MakeOptimizer:
        if self.method == "Adam":
            return super().make_optimizer(data)
        return lambda model, config: PatternSearch(  # no fast measure: all weights move
            model.parameters(),
            config.learning_rate,
            generator=torch.Generator().manual_seed(self.draws),
            **self.arguments,
        )


def subspace_cell(method: str, d: int) -> SubspaceCell:
    """One of METHODS in a subspace of d dimensions, with the passes of the race."""
    base = cell(checks.one_of("method", method, METHODS))
    arguments = {name: value for name, value in PATTERN.items() if name != "radius"}
    return SubspaceCell(
        row=f"{method}, {d} directions",
        task=base.task,
        model=Subspace,
        model_kwargs=SIZES["tiny"] | {"d_subspace": d},
        task_kwargs=base.task_kwargs,
        settings=base.settings | {"learning_rate": RATES[method]},
        method=method,
        arguments=base.arguments if method == "Adam" else arguments | {"budget": BUDGET},
    )


# Called otherwise than EXPERIMENT until its table is recorded: what is called so has one.
SUBSPACES = Experiment(
    "subspaces",
    [subspace_cell(method, d) for d in DIMENSIONS for method in METHODS],
    measure=measure,
)
