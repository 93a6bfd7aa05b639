"""PatternSearch: try a step along a coordinate, keep it if the loss falls."""

import math
from collections.abc import Callable, Iterator, Sequence

import torch

from progtx_core import checks
from progtx_core.optim.moves import Moves, Sweep, trained

Closure = Callable[[], torch.Tensor | float]

FIRST_BLOCK = 16  # measured together after a kept move; doubled while none is found


class PatternSearch(torch.optim.Optimizer):
    """Direct search along coordinates, or along random groups of them.

    A sweep visits all coordinates once, in random order, and polls +radius and -radius
    at each (in random order too). A move that lowers the loss strictly is kept at once,
    and the sweep goes on with the next coordinate. After a sweep without such a move
    the radius is multiplied by `contraction`, after any other by `expansion`. One call
    of `step` ends with the first kept move, or with the sweep.

    radius: length of a move in one coordinate; contraction: below 1; expansion: at
        least 1; min_radius: below it the search is finished
    min_gain: a move must lower the loss by more than this to be kept
    group_size: coordinates that are moved together, with random signs
    poll: "first" takes the first improvement, "best" the best of each block
    block_size: candidates in a block, for poll="best"; the most for `losses_of`
    budget: evaluations after which the search is finished; None for no end. They are
        counted as if each candidate were measured alone
    restart: begin a new sweep after every kept move, as the paper's code does
    measure_again: measure the loss at the start of every step, as a new batch a step
        needs, and a loop that logs the first loss; else that of the last kept move stands
    generator: draws the seed of the random orders; by default seed 0
    losses_of: a faster way to measure candidates, `Moves` to losses that may err to the
        low side; what it likes is measured again by the closure before it is kept. With
        poll="first" the block begins small after every kept move and grows to block_size

    The closure returns the loss and computes no gradient; `step` calls it under
    `torch.no_grad()`. NaN and infinity count as no improvement. A rejected, failed or
    interrupted trial leaves every parameter as it was, bit for bit.

    Source: Hooke and Jeeves, "Direct search solution of numerical and statistical
    problems", 1961 (exploratory moves); the variant with `restart=True` and no expansion
    is that of Chiang et al., "Loss landscapes are all you need", 2023.

    >>> w = torch.nn.Parameter(torch.tensor([3.0, -1.0]))
    >>> search = PatternSearch([w], radius=1.0)
    >>> while not search.finished:
    ...     _ = search.step(lambda: (w**2).sum())
    >>> w.tolist()
    [0.0, 0.0]
    """

    def __init__(
        self,
        params,
        radius: float = 1.0,
        contraction: float = 0.5,
        expansion: float = 1.0,
        min_radius: float = 1e-3,
        min_gain: float = 0.0,
        group_size: int = 1,
        poll: str = "first",
        block_size: int = 1,
        budget: int | None = None,
        restart: bool = False,
        measure_again: bool = False,
        generator: torch.Generator | None = None,
        losses_of: Callable[[Moves], Sequence[float]] | None = None,
    ) -> None:
        defaults = {"radius": checks.number("radius", radius, above=0)}
        super().__init__(params, defaults)
        for group in self.param_groups:
            checks.number("radius", group["radius"], above=0)
        self.contraction = checks.number("contraction", contraction, above=0)
        if contraction >= 1:
            raise ValueError(f"contraction must be below 1, got {contraction}")
        self.expansion = checks.number("expansion", expansion, at_least=1)
        self.min_radius = checks.number("min_radius", min_radius, above=0)
        self.min_gain = checks.number("min_gain", min_gain, at_least=0)
        self.block_size = checks.whole("block_size", block_size, 1)
        self.budget = math.inf if budget is None else checks.whole("budget", budget, 1)
        self.poll = checks.one_of("poll", poll, ("first", "best"))
        self.restart, self.measure_again = restart, measure_again
        self.losses_of = losses_of
        self._parameters = trained(self.param_groups)
        sizes = torch.tensor([p.numel() for p, _ in self._parameters])
        self._ends = sizes.cumsum(0)
        self.n_coordinates = int(sizes.sum())
        self.group_size = checks.whole("group_size", group_size, 1, self.n_coordinates)
        seed = torch.randint(2**62, (), generator=generator or torch.Generator())
        # All that the next step depends on, in plain numbers. The order of a sweep is
        # not kept: it follows from the seed and the number of the sweep.
        self.state[self._parameters[0][0]] = {
            "seed": int(seed),
            "sweep": 0,
            "position": 0,  # candidates of this sweep that were polled
            "improved": False,  # whether one of them was kept
            "scale": 1.0,  # radius now, as a multiple of each group's own
            "best_loss": None,
            "evaluations": 0,
        }

    @property
    def now(self) -> dict:
        """Where the search stands; part of `state_dict`."""
        return self.state[self._parameters[0][0]]

    @property
    def radius(self) -> float:
        """The largest radius of any parameter group, as it is now."""
        return self.now["scale"] * max(group["radius"] for group in self.param_groups)

    @property
    def finished(self) -> bool:
        """Whether the radius or the budget is used up."""
        used_up = self.now["evaluations"] >= self.budget
        return used_up or self.radius < self.min_radius

    @torch.no_grad()
    def step(self, closure: Closure | None = None) -> float:
        """Poll until a move is kept or the sweep ends; return the loss before it.

        Raises TypeError without a closure.
        """
        if closure is None:
            raise TypeError(
                "PatternSearch.step needs a closure that returns the loss: "
                "optimizer.step(lambda: loss_of(model(inputs)))"
            )
        now = self.now
        if self.finished:
            return float(closure())  # whoever calls `step` counts on a measurement
        if now["best_loss"] is None or self.measure_again:
            now["best_loss"] = self._measure(closure)
        before = now["best_loss"]
        self._poll_sweep(closure)
        return before

    def _sweep(self) -> Sweep:
        now, parts = self.now, self._parameters
        radii = [torch.full((p.numel(),), float(group["radius"])) for p, group in parts]
        radius = now["scale"] * torch.cat(radii).double()
        return Sweep(radius, self.group_size, now["seed"] + now["sweep"])

    def _poll_sweep(self, closure: Closure) -> None:
        """Poll on from `position`; ends with a kept move or the end of the sweep."""
        now, sweep = self.now, self._sweep()
        kept, size = False, self.block_size
        if self.poll == "first":
            size = 1 if self.losses_of is None else min(size, FIRST_BLOCK)
        while not kept and now["position"] < len(sweep) and not self.finished:
            left = min(len(sweep) - now["position"], self.budget - now["evaluations"])
            block = sweep[now["position"] : now["position"] + int(min(size, left))]
            poll = self._poll_best if self.poll == "best" else self._poll_first
            kept = poll(block, closure)
            size = min(2 * size, self.block_size) if size > 1 else 1
        now["improved"] = now["improved"] or kept
        whole = now["position"] == len(sweep)
        if whole:
            now["scale"] *= self.expansion if now["improved"] else self.contraction
        if whole or (kept and self.restart):
            now.update(sweep=now["sweep"] + 1, position=0, improved=False)

    def _poll_first(self, block: Moves, closure: Closure) -> bool:
        """Keep the first move of a block that is better; True if there is one."""
        enough = self._enough()
        losses = None if self.losses_of is None else self._measure_block(block)
        for number in range(len(block)):
            self.now["position"] += 1
            self.now["evaluations"] += 1
            promising = losses is None or losses[number] < enough  # NaN is not
            if promising and self._try(block, number, closure) < enough:
                return True
        return False

    def _poll_best(self, block: Moves, closure: Closure) -> bool:
        """Keep the best move of a block; True if one is better than none."""
        enough = self._enough()
        if self.losses_of is not None:
            losses = self._measure_block(block)
        else:
            each = range(len(block))
            losses = [self._try(block, i, closure, keep=False) for i in each]
        self.now["position"] += len(block)
        self.now["evaluations"] += len(block)
        found = sorted((loss, i) for i, loss in enumerate(losses) if loss < enough)
        # Where the closure disagrees, the next best.
        return any(self._try(block, i, closure) < enough for _, i in found)

    def _enough(self) -> float:
        """What a loss must be below, to be kept."""
        return self.now["best_loss"] - self.min_gain

    def _measure_block(self, block: Moves) -> list[float]:
        return [float(loss) for loss in self.losses_of(block)]

    def _try(self, block: Moves, number: int, closure: Closure, keep: bool = True) -> float:
        """Measure a move; take it for good if it is better and may be kept."""
        pieces = list(self._pieces(block.coordinates[number], block.change[number]))
        old = [flat[places].clone() for flat, places, _ in pieces]
        better = False
        try:
            for flat, places, change in pieces:
                flat[places] += change
            loss = float(closure())
            better = keep and loss < self._enough()
        finally:
            if not better:
                for (flat, places, _), values in zip(pieces, old, strict=True):
                    flat[places] = values
        if better:
            self.now["best_loss"] = loss
        return loss

    def _pieces(self, coordinates: torch.Tensor, change: torch.Tensor) -> Iterator[tuple]:
        """What a move changes: flattened parameter, places in it, change."""
        owner = torch.searchsorted(self._ends, coordinates, right=True)
        for number in owner.unique().tolist():
            parameter, here = self._parameters[number][0], owner == number
            first = int(self._ends[number]) - parameter.numel()
            places = coordinates[here] - first
            yield parameter.view(-1), places, change[here].to(parameter.dtype)

    def _measure(self, closure: Closure) -> float:
        self.now["evaluations"] += 1
        loss = float(closure())
        return loss if math.isfinite(loss) else math.inf
