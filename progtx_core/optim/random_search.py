"""Two searches that move all parameters at once: greedy random search and SPSA."""

import math

import torch
from torch import Tensor

from progtx_core import checks
from progtx_core.optim.moves import Closure, check_closure, searched
from progtx_core.optim.settings import check_contraction


class WholeSearch(torch.optim.Optimizer):
    """What both share: noise for all parameters, drawn again from its number."""

    def __init__(self, params, seed: int, state: dict) -> None:
        super().__init__(params, {})
        self._parameters = [p for p, _ in searched(self.param_groups)]
        checks.whole("seed", seed, at_least=0)
        now = {"seed": seed, "draw": 0, "evaluations": 0}
        self.state[self._parameters[0]] = now | state

    @property
    def now(self) -> dict:
        """Where the search stands; part of `state_dict`."""
        return self.state[self._parameters[0]]

    def extras(self) -> dict[str, float]:
        """What is logged at every evaluation."""
        return {"evaluations": float(self.now["evaluations"])}

    def noise(self) -> list[Tensor]:
        """Standard normal numbers, a tensor for each parameter; new ones for every draw."""
        seed = self.now["seed"] * 2**32 + self.now["draw"]
        g = torch.Generator().manual_seed(seed)
        return [torch.randn(p.shape, generator=g, dtype=p.dtype) for p in self._parameters]

    def measure(self, closure: Closure | None) -> float:
        closure = check_closure(self, closure)
        self.now["evaluations"] += 1
        return float(closure())

    def move(self, old: list[Tensor], by: list[Tensor], scale: float) -> None:
        """Set every parameter to its old value plus a scaled change."""
        for parameter, start, change in zip(self._parameters, old, by, strict=True):
            parameter.copy_(start + scale * change)

    def restore(self, old: list[Tensor]) -> None:
        for parameter, start in zip(self._parameters, old, strict=True):
            parameter.copy_(start)


class GreedyRandom(WholeSearch):
    """Add noise to all parameters; keep it if the loss falls, else take it back.

    radius: standard deviation of the noise; times `contraction` after `patience` failures
    Source: Chiang et al., "Loss landscapes are all you need", 2023: greedy random search.
    """

    def __init__(self, params, radius=0.1, contraction=0.5, patience=100, seed=0) -> None:
        checks.number("radius", radius, above=0)
        self.contraction = check_contraction(contraction)
        self.patience = checks.whole("patience", patience, at_least=1)
        super().__init__(params, seed, {"radius": radius, "failures": 0, "best_loss": None})

    @torch.no_grad()
    def step(self, closure: Closure | None = None) -> float:  # type: ignore[override]
        """One trial; returns the loss before it."""
        now = self.now
        if now["best_loss"] is None:
            loss = self.measure(closure)
            now["best_loss"] = loss if math.isfinite(loss) else math.inf
        before, better = now["best_loss"], False
        old, by = [p.clone() for p in self._parameters], self.noise()
        now["draw"] += 1
        try:
            self.move(old, by, now["radius"])
            loss = self.measure(closure)
            better = loss < before
        finally:  # an interruption restores as well
            if not better:
                self.restore(old)
        now["failures"] = 0 if better else now["failures"] + 1
        if better:
            now["best_loss"] = loss
        elif now["failures"] == self.patience:
            now.update(failures=0, radius=now["radius"] * self.contraction)
        return before


class Spsa(WholeSearch):
    """Two measurements along a random direction estimate the slope there; step down it.

    lr: length of a step for a slope of 1; radius: how far to both sides is measured
    Source: Spall, "Multivariate stochastic approximation using a simultaneous
    perturbation gradient approximation", 1992; with normal directions, as in Malladi et
    al., "Fine-tuning language models with just forward passes", 2023 (MeZO).
    """

    def __init__(self, params, lr=1e-3, radius=1e-2, seed=0) -> None:
        self.radius = checks.number("radius", radius, above=0)
        super().__init__(params, seed, {})
        for group in self.param_groups:  # a training loop sets it anew for each step
            group["lr"] = checks.number("lr", lr, above=0)

    @torch.no_grad()
    def step(self, closure: Closure | None = None) -> float:  # type: ignore[override]
        """Measure on both sides, then step; returns the mean of both losses."""
        old, by = [p.clone() for p in self._parameters], self.noise()
        self.now["draw"] += 1
        try:
            self.move(old, by, self.radius)
            above = self.measure(closure)
            self.move(old, by, -self.radius)
            below = self.measure(closure)
        finally:
            self.restore(old)
        slope = (above - below) / (2 * self.radius)
        if math.isfinite(slope):
            self.move(old, by, -self.param_groups[0]["lr"] * slope)
        return (above + below) / 2
