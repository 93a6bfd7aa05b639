"""Searches that move all parameters at once: what they share, and the greedy one."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from progtx_core import checks
from progtx_core.optim.search import MOST_SEEDS, SPREAD, Closure, Search, loss_of


class WholeSearch(Search):
    """What they share: noise for all parameters, drawn again from its number."""

    def __init__(self, params, defaults: dict, seed: int, **now: Any) -> None:
        checks.whole("seed", seed, 0, MOST_SEEDS)
        super().__init__(
            params, defaults, {"seed": seed, "draw": 0, "evaluations": 0} | now
        )

    def draw(self) -> tuple[list[Tensor], list[Tensor]]:
        """The parameters as they are, and new standard normal numbers for each."""
        old = [p.clone() for p, _ in self.searched]
        g = torch.Generator().manual_seed(self.now["seed"] * SPREAD + self.now["draw"])
        self.now["draw"] += 1
        return old, [torch.randn(p.shape, generator=g, dtype=p.dtype) for p in old]

    def measure(self, closure: Closure) -> float:
        self.now["evaluations"] += 1
        return loss_of(closure)

    def move(
        self, old: list[Tensor], by: list[Tensor], scale: Callable[[dict], float]
    ) -> None:
        """Set every parameter to its old value plus a change, scaled for its group."""
        parts = zip(self.searched, old, by, strict=True)
        for (parameter, group), start, change in parts:
            parameter.copy_(start + scale(group) * change)

    def restore(self, old: list[Tensor]) -> None:
        for (parameter, _), start in zip(self.searched, old, strict=True):
            parameter.copy_(start)


class GreedyRandom(WholeSearch):
    """Add noise to all parameters; keep it if the loss falls, else take it back.

    radius: standard deviation of the noise; times `contraction` after `patience` failures
    Source: Chiang et al., "Loss landscapes are all you need", 2023: greedy random search.
    """

    def __init__(self, params, radius=0.1, contraction=0.5, patience=100, seed=0) -> None:
        self.contraction = checks.number("contraction", contraction, above=0, at_most=0.999)
        self.patience = checks.whole("patience", patience, at_least=1)
        now = {"failures": 0, "best_loss": None, "scale": 1.0}
        super().__init__(params, {"radius": radius}, seed, **now)

    @torch.no_grad()
    def step(self, closure: Closure | None = None) -> float:  # type: ignore[override]
        """One trial; returns the loss before it."""
        closure, now = self.checked(closure), self.now
        if now["best_loss"] is None:
            loss = self.measure(closure)
            now["best_loss"] = loss if math.isfinite(loss) else math.inf
        before, better = now["best_loss"], False
        old, by = self.draw()
        try:
            self.move(old, by, lambda group: now["scale"] * group["radius"])
            loss = self.measure(closure)
            better = loss < before
        finally:  # an interruption restores as well
            if not better:
                self.restore(old)
        now["failures"] = 0 if better else now["failures"] + 1
        if better:
            now["best_loss"] = loss
        elif now["failures"] == self.patience:
            now.update(failures=0, scale=now["scale"] * self.contraction)
        return before
