"""Estimates of a gradient without a pass back; an optimizer of torch steps along them."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.optim import SGD

from progtx_core import checks
from progtx_core.optim.random_search import WholeSearch
from progtx_core.optim.search import Closure, loss_of

Rule = Callable[..., torch.optim.Optimizer]
Estimate = tuple[float, list[Tensor] | None]  # the loss, and one for each parameter
DUAL_PASSES = 3  # that one in forward mode counts for


class Estimator(WholeSearch, ABC):
    """An estimate of the gradient, and the update rule that takes it for one.

    rule: makes an optimizer of torch from parameters and lr, its learning rate, such as
    `partial(SGD, momentum=0.9)`; its settings join the groups'. seed: of the directions
    """

    def __init__(self, params: Any, rule: Rule, lr: float, seed: int, **defaults) -> None:
        checks.number("lr", lr, above=0)
        blank = torch.nn.Parameter(torch.zeros(1))  # to ask the rule for its settings
        made = checks.function("rule", rule)([blank], lr=lr)
        self.rule = checks.instance("what rule makes", made, torch.optim.Optimizer)
        kind = f"{type(self).__name__} with {type(made).__name__}"  # names its state
        super().__init__(params, made.defaults | defaults, seed, **{kind: 1})

    @abstractmethod
    def estimate(self, closure: Closure) -> Estimate:
        """Measure, and leave the parameters as they were."""

    @torch.no_grad()
    def step(self, closure: Closure | None = None) -> float:  # type: ignore[override]
        """One estimate, one update along it; returns the loss, as measured."""
        loss, estimate = self.estimate(self.checked(closure))
        if estimate is not None:
            held = [(p, p.grad) for group in self.param_groups for p in group["params"]]
            given = dict(zip((p for p, _ in self.searched), estimate, strict=True))
            for p, _ in held:
                p.grad = given.get(p)
            self.rule.param_groups = self.param_groups
            self.rule.step()
            for p, grad in held:
                p.grad = grad
        return loss

    def state_dict(self) -> dict[str, Any]:
        """As torch has it, and what the rule remembers."""
        return super().state_dict() | {"rule": self.rule.state_dict()["state"]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where the search stood that gave this state; ValueError for another's."""
        super().load_state_dict(state_dict)
        self.rule.param_groups = self.param_groups
        self.rule.load_state_dict(state_dict | {"state": state_dict["rule"]})


class TwoSided(Estimator):
    """Losses on both sides along random directions (SPSA, MeZO).

    Along e, standard normal numbers, the slope is (f(x + radius e) - f(x - radius e)) /
    (2 radius). The estimate is the mean of slope times e over `pairs` directions, on
    average the gradient, smoothed over the radius. A step measures 2 pairs losses; a pair
    with one that is not finite does not count. One pair and SGD is plain SPSA.

    rule, lr, seed: see `Estimator`; radius: standard deviation of what is added to a
    parameter, in its units; pairs: directions a step, each as large as the model

    Source: Spall, "Multivariate stochastic approximation using a simultaneous perturbation
    gradient approximation", 1992, section II; with normal directions Malladi et al.,
    "Fine-tuning language models with just forward passes" (MeZO), 2023, section 2.

    >>> w = torch.nn.Parameter(torch.tensor([3.0, -1.0]))
    >>> search = TwoSided([w], torch.optim.Adam, lr=0.1)
    >>> losses = [search.step(lambda: (w**2).sum()) for _ in range(300)]
    >>> losses[-1] < 0.1, search.now["evaluations"]
    (True, 600)
    """

    def __init__(
        self, params: Any, rule: Rule = SGD, lr=1e-3, radius=1e-2, pairs=1, seed=0
    ) -> None:
        self.pairs = checks.whole("pairs", pairs, at_least=1)
        super().__init__(params, rule, lr, seed, radius=radius)

    def shaped(self, losses: Tensor) -> Tensor:
        """What counts in place of losses (2, pairs): here these themselves."""
        return losses

    def estimate(self, closure: Closure) -> Estimate:
        drawn = [self.draw() for _ in range(self.pairs)]
        old, found = drawn[0][0], []
        try:
            for sign in (1, -1):
                for _, by in drawn:
                    self.move(old, by, lambda group: sign * group["radius"])  # noqa: B023
                    found.append(self.measure(closure))
        finally:
            self.restore(old)
        losses = torch.tensor(found, dtype=torch.double).view(2, -1)
        above, below = self.shaped(losses)
        counts, zero = losses.isfinite().all(0), torch.tensor(0.0)
        weights = torch.where(counts, above - below, 0.0) / (2 * counts.sum())
        scaled = [(weights / group["radius"]).tolist() for _, group in self.searched]
        parts = zip(scaled, zip(*(by for _, by in drawn)))
        found = [sum((w * e for w, e in zip(*part)), zero) for part in parts]
        return float(losses.mean()), found if counts.any() else None


class EvolutionStrategy(TwoSided):
    """`TwoSided` with ranks in place of losses, and mostly with more pairs (OpenAI-ES).

    Only the order of a step's losses counts: one that is very high, or losses measured in
    other units, change nothing, and an update is as long on a flat loss as on a steep one.
    With one pair its sign is left. Arguments: see `TwoSided`; the radius is its sigma.

    Source: Salimans et al., "Evolution strategies as a scalable alternative to
    reinforcement learning", 2017, section 2: mirrored sampling, fitness shaping.

    >>> w = torch.nn.Parameter(torch.tensor([3.0, -1.0]))
    >>> search = EvolutionStrategy([w], torch.optim.Adam, lr=0.1, radius=0.1, pairs=8)
    >>> losses = [search.step(lambda: (w**2).sum().exp()) for _ in range(100)]
    >>> losses[-1] < 1.1, search.now["evaluations"]
    (True, 1600)
    """

    def shaped(self, losses: Tensor) -> Tensor:
        """Ranks from -1/2 for the lowest to 1/2 for the highest; equal ones share."""
        flat = losses.flatten().nan_to_num(nan=math.inf, posinf=math.inf)
        lower = (flat[:, None] > flat).sum(1) + ((flat[:, None] == flat).sum(1) - 1) / 2
        return (lower / (len(flat) - 1) - 0.5).view_as(losses)


class ForwardGradient(Estimator):
    """The exact slope along a random direction, by one pass in forward mode.

    Such a pass carries beside each value how fast it changes along the direction e; of the
    loss that is gradient times e. The estimate is slope times e, on average the gradient.
    No radius, no way back, no activations kept; but one direction tells as little as in
    `TwoSided`. The closure must compute its loss by torch. Arguments: see `Estimator`.
    A step counts for three evaluations: of a linear layer it computes W x and also
    dW x + W dx, three products in place of one, as many as a pass and its way back do. By
    the clock it is more: torch has no fused attention in forward mode.

    Source: Baydin et al., "Gradients without backpropagation", 2022, section 3.

    >>> w = torch.nn.Parameter(torch.tensor([3.0, -1.0]))
    >>> search = ForwardGradient([w], torch.optim.Adam, lr=0.1)
    >>> losses = [search.step(lambda: (w**2).sum()) for _ in range(300)]
    >>> losses[-1] < 0.1, search.now["evaluations"]
    (True, 900)
    """

    def __init__(self, params: Any, rule: Rule = SGD, lr=1e-3, seed=0) -> None:
        super().__init__(params, rule, lr, seed)

    def estimate(self, closure: Closure) -> Estimate:
        old, by = self.draw()
        try:
            # Of the kernels of attention only this one has a forward mode.
            with sdpa_kernel(SDPBackend.MATH), forward_ad.dual_level():
                for (parameter, _), start, e in zip(self.searched, old, by, strict=True):
                    parameter.copy_(forward_ad.make_dual(start, e))
                self.now["evaluations"] += DUAL_PASSES
                loss = closure()
                value = loss_of(lambda: loss)
                slope = forward_ad.unpack_dual(torch.as_tensor(loss)).tangent
        finally:
            self.restore(old)
        if not math.isfinite(value):
            return value, None
        if slope is None:
            wanted = "needs a loss that torch computes from the parameters"
            raise TypeError(f"ForwardGradient {wanted}, got {checks.shown(loss)}")
        return value, [slope.to(e.dtype) * e for e in by] if slope.isfinite() else None
