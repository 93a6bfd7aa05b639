"""Two searches that move all parameters at once: greedy random search and SPSA."""

import math
from collections.abc import Callable

import torch

from progtx_core import checks
from progtx_core.optim.moves import shrinking, trained

Closure = Callable[[], torch.Tensor | float]


class WholeSearch(torch.optim.Optimizer):
    """What both share: noise for all parameters, drawn again from its number."""

    def __init__(self, params, seed: int, state: dict) -> None:
        super().__init__(params, {})
        self._parameters = [p for p, _ in trained(self.param_groups)]
        checks.whole("seed", seed, at_least=0)
        self.state[self._parameters[0]] = {"seed": seed, "draw": 0, "evaluations": 0}
        self.now.update(state)

    @property
    def now(self) -> dict:
        """Where the search stands; part of `state_dict`."""
        return self.state[self._parameters[0]]

    def extras(self) -> dict[str, float]:
        """What a training loop logs of it at every look."""
        return {"evaluations": float(self.now["evaluations"])}

    def noise(self) -> list[torch.Tensor]:
        """Standard normal numbers, a tensor a parameter; new ones for every draw."""
        generator = torch.Generator().manual_seed(
            self.now["seed"] * 2**32 + self.now["draw"]
        )
        return [
            torch.randn(p.shape, generator=generator, dtype=p.dtype)
            for p in self._parameters
        ]

    def measure(self, closure: Closure | None) -> float:
        if closure is None:
            raise TypeError(f"{type(self).__name__}.step needs a closure: the loss")
        self.now["evaluations"] += 1
        return float(closure())

    def move(self, old: list[torch.Tensor], by: list[torch.Tensor], scale: float) -> None:
        """Set every parameter to its old value plus a scaled change."""
        for parameter, start, change in zip(self._parameters, old, by, strict=True):
            parameter.copy_(start + scale * change)


class GreedyRandom(WholeSearch):
    """Add noise to all parameters; keep it if the loss falls, else take it back.

    radius: standard deviation of the noise; it is multiplied by `contraction` after
    `patience` failures in a row

    Source: Chiang et al., "Loss landscapes are all you need", 2023, its "greedy random
    search".

    >>> w = torch.nn.Parameter(torch.tensor([3.0, -1.0]))
    >>> search = GreedyRandom([w], radius=1.0, patience=10)
    >>> for _ in range(300):
    ...     _ = search.step(lambda: (w**2).sum())
    >>> bool((w**2).sum() < 1e-3)
    True
    """

    def __init__(
        self,
        params,
        radius: float = 0.1,
        contraction: float = 0.5,
        patience: int = 100,
        seed: int = 0,
    ) -> None:
        checks.number("radius", radius, above=0)
        self.contraction = shrinking(contraction)
        self.patience = checks.whole("patience", patience, at_least=1)
        state = {"radius": radius, "failures": 0, "best_loss": None}
        super().__init__(params, seed, state)

    @torch.no_grad()
    def step(self, closure: Closure | None = None) -> float:
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
        finally:
            if not better:
                for parameter, start in zip(self._parameters, old, strict=True):
                    parameter.copy_(start)
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

    >>> w = torch.nn.Parameter(torch.tensor([3.0, -1.0]))
    >>> search = Spsa([w], lr=0.05, radius=0.01)
    >>> for _ in range(300):
    ...     _ = search.step(lambda: (w**2).sum())
    >>> bool((w**2).sum() < 1e-3)
    True
    """

    def __init__(
        self, params, lr: float = 1e-3, radius: float = 1e-2, seed: int = 0
    ) -> None:
        self.radius = checks.number("radius", radius, above=0)
        super().__init__(params, seed, {})
        for group in self.param_groups:  # a training loop sets the rate of each step
            group["lr"] = checks.number("lr", lr, above=0)

    @torch.no_grad()
    def step(self, closure: Closure | None = None) -> float:
        """Measure on both sides, then step; returns the mean of both losses."""
        old, by = [p.clone() for p in self._parameters], self.noise()
        self.now["draw"] += 1
        losses = []
        try:
            for side in (1, -1):
                self.move(old, by, side * self.radius)
                losses.append(self.measure(closure))
            slope = (losses[0] - losses[1]) / (2 * self.radius)
        finally:
            for parameter, start in zip(self._parameters, old, strict=True):
                parameter.copy_(start)
        if math.isfinite(slope):
            self.move(old, by, -self.param_groups[0]["lr"] * slope)
        return sum(losses) / 2
