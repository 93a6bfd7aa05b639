"""Searches that judge whole sets of parameters: guess and check, and sep-CMA."""

import math
from typing import Any

import torch
from torch import Tensor

from progtx_core import checks
from progtx_core.optim.random_search import GreedyRandom, WholeSearch
from progtx_core.optim.search import SPREAD, Closure


class GuessAndCheck(GreedyRandom):
    """Draw all parameters anew, uniformly from -radius to radius; keep the best guess.

    It is finished when one has a loss of at most `target`. If a share v of the cube has,
    that takes 1 / v guesses on average: their number measures a volume. radius: half the
    side of the cube, in units of a parameter; seed: of the guesses

    Source: Chiang et al., "Loss landscapes are all you need", 2023: guess and check.

    >>> w = torch.nn.Parameter(torch.tensor([3.0]))
    >>> search = GuessAndCheck([w], radius=1.0, target=0.01)
    >>> while not search.finished:
    ...     _ = search.step(lambda: (w**2).sum())
    >>> bool(w.abs() <= 0.1)
    True
    """

    def __init__(self, params: Any, radius=1.0, target=0.0, seed=0) -> None:
        self.target = checks.number("target", target)
        super().__init__(params, radius, patience=2**62, seed=seed)  # never contracts

    @property
    def finished(self) -> bool:
        """Whether a guess fits."""
        best = self.now["best_loss"]
        return best is not None and best <= self.target

    def move(self, old: list[Tensor], by: list[Tensor], scale) -> None:
        """Set every parameter to a number between its group's -radius and radius."""
        uniform = [torch.erf(normal / math.sqrt(2)) for normal in by]
        super().move([torch.zeros_like(start) for start in old], uniform, scale)


class SepCma(WholeSearch):
    """A normal distribution that moves to where losses are low, with P variances (sep-CMA).

    A step draws a population, measures it, and moves mean and variances towards the better
    half; only the order of losses counts. The parameters are then set to the mean: what
    others wrote there in between is lost. CMA-ES proper keeps P^2 numbers for P parameters.
    The package `cma` does the work (`pip install 'progtx-core[evolution]'`). The state is
    what it was told; a copy is told all of it again.

    radius: standard deviation at the start, in units of a parameter
    population: evaluations a step; by default 4 + 3 ln P; seed: of the draws

    Source: Ros and Hansen, "A simple modification in CMA-ES achieving linear time and space
    complexity", 2008, section 3.

    >>> w = torch.nn.Parameter(torch.tensor([3.0, -1.0]))
    >>> search = SepCma([w], radius=0.5)
    >>> losses = [search.step(lambda: (w**2).sum()) for _ in range(60)]
    >>> losses[-1] < 1e-4, search.now["evaluations"]
    (True, 360)
    """

    _made: Any = None, None  # the package's strategy, and what it was told; never copied

    def __init__(self, params: Any, radius=0.1, population=None, seed=0) -> None:
        if population is not None:
            checks.whole("population", population, at_least=4)
        try:
            import cma  # type: ignore[import]  # noqa: F401
        except ImportError:
            fix = "pip install 'progtx-core[evolution]'"
            raise ImportError(f"SepCma needs the package cma: {fix}") from None
        now = {"start": None, "population": population, "told": []}
        super().__init__(params, {"radius": radius}, seed, **now)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """As torch does it; a new distribution begins, at the parameters as they are."""
        super().add_param_group(param_group)
        if self.state:
            self.now.update(start=None, told=[], draw=self.now["draw"] + 1)

    @torch.no_grad()
    def step(self, closure: Closure | None = None) -> float:  # type: ignore[override]
        """One population, the same again if that fails; returns the mean finite loss."""
        closure, strategy, told = self.checked(closure), self._strategy(), self.now["told"]
        old, finite, losses = [p.clone() for p, _ in self.searched], [], []
        self._made = None, None
        try:
            asked = strategy.ask()
            for candidate in asked:
                self._put(candidate)
                losses.append(self.measure(closure))
            finite = [loss for loss in losses if math.isfinite(loss)]
        finally:
            self.restore(old)
        if finite:
            told.append([x if math.isfinite(x) else max(finite) for x in losses])
            strategy.tell(asked, told[-1])
            self._put(strategy.mean)
            self._made = strategy, told
        return math.fsum(finite) / len(finite) if finite else math.nan

    def _strategy(self) -> Any:
        """The package's strategy where it stands; made anew, it is told all again."""
        from cma import CMAEvolutionStrategy  # type: ignore[import]

        (made, of), now, parts = self._made, self.now, self.searched
        if made is not None and of is now["told"]:
            return made
        if now["start"] is None:
            mean = torch.cat([p.double().flatten() for p, _ in parts]).tolist()
            radius = [float(g["radius"]) for p, g in parts for _ in range(p.numel())]
            more = [1.0] * (len(mean) == 1)  # `cma` takes no single parameter
            now["start"] = [mean + more, radius + more]
        g = torch.Generator().manual_seed(now["seed"] * SPREAD + now["draw"])
        mean, radius = now["start"]
        options = {"CMA_diagonal": True, "CMA_stds": radius, "verbose": -9, "verb_log": 0}
        options["popsize"] = now["population"] or 4 + int(3 * math.log(len(mean)))
        options["randn"] = lambda *n: torch.randn(n, generator=g).double().numpy()
        options["seed"] = math.nan  # numpy's own random numbers are left alone
        made = CMAEvolutionStrategy(mean, 1.0, options)
        for losses in now["told"]:
            made.tell(made.ask(), losses)
        return made

    def _put(self, numbers: Any) -> None:
        rest = torch.as_tensor(numbers)
        for p, _ in self.searched:
            p.copy_(rest[: p.numel()].view_as(p))
            rest = rest[p.numel() :]
