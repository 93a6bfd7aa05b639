"""PatternSearch: try a step along a coordinate, keep it if the loss falls."""

import math
from collections.abc import Callable, Iterator, Sequence

import torch

from progtx_core import checks
from progtx_core.optim.moves import Move, Sweep, trained

Closure = Callable[[], torch.Tensor | float]


class PatternSearch(torch.optim.Optimizer):
    """Direct search along coordinates, or along random groups of them.

    A sweep visits all coordinates once, in random order, and polls +radius and -radius
    at each (in random order too). A move that lowers the loss strictly is kept at once,
    and the sweep goes on with the next coordinate. After a sweep without such a move
    the radius is multiplied by `contraction`, after any other by `expansion`. One call
    of `step` ends with the first kept move, or with the sweep.

    radius: length of a move in one coordinate; contraction: below 1; expansion: at
        least 1; min_radius: below it the search is finished
    group_size: coordinates that are moved together, with random signs
    poll: "first" takes the first improvement, "best" the best of each block
    block_size: candidates in a block, for poll="best" and for `losses_of`
    budget: evaluations after which the search is finished; None for no end
    restart: begin a new sweep after every kept move, as the paper's code does
    measure_again: measure the loss at the start of every step, as a new batch a step
        needs, and a loop that logs the first loss; else that of the last kept move stands
    generator: draws the seed of the random orders; by default seed 0
    losses_of: a faster way to measure candidates, `Sequence[Move]` to losses; what it
        likes is measured again by the closure before it is kept

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
        group_size: int = 1,
        poll: str = "first",
        block_size: int = 1,
        budget: int | None = None,
        restart: bool = False,
        measure_again: bool = False,
        generator: torch.Generator | None = None,
        losses_of: Callable[[Sequence[Move]], Sequence[float]] | None = None,
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
        now, moves = self.now, self._sweep()
        in_blocks = self.poll == "best" or self.losses_of is not None
        kept = False
        while not kept and now["position"] < len(moves) and not self.finished:
            size = self.block_size if in_blocks else 1
            left = min(len(moves) - now["position"], self.budget - now["evaluations"])
            block = range(now["position"], now["position"] + int(min(size, left)))
            kept = self._poll_block(moves, block, closure)
        now["improved"] = now["improved"] or kept
        whole = now["position"] == len(moves)
        if whole:
            now["scale"] *= self.expansion if now["improved"] else self.contraction
        if whole or (kept and self.restart):
            now.update(sweep=now["sweep"] + 1, position=0, improved=False)

    def _poll_block(self, moves: Sweep, block: range, closure: Closure) -> bool:
        """Poll some candidates; True if one of them was kept."""
        now, best = self.now, self.now["best_loss"]
        losses = None
        if self.losses_of is not None:
            losses = [float(x) for x in self.losses_of([moves[i] for i in block])]
        found = []
        for number, i in enumerate(block):
            now["position"], now["evaluations"] = i + 1, now["evaluations"] + 1
            if self.poll == "best":
                trial = self._try(moves[i], closure, keep=False)
                loss = trial if losses is None else losses[number]
                found += [(loss, i)] if loss < best else []
            elif losses is not None and not losses[number] < best:  # NaN included
                continue
            elif self._try(moves[i], closure) < best:
                return True
        # Best of the block; where the closure disagrees, the next best.
        return any(self._try(moves[i], closure) < best for _, i in sorted(found))

    def _try(self, move: Move, closure: Closure, keep: bool = True) -> float:
        """Measure a move; take it for good if it is better and may be kept."""
        pieces = list(self._pieces(move))
        old = [flat[places].clone() for flat, places, _ in pieces]
        better = False
        try:
            for flat, places, change in pieces:
                flat[places] += change
            loss = float(closure())
            better = keep and loss < self.now["best_loss"]
        finally:
            if not better:
                for (flat, places, _), values in zip(pieces, old, strict=True):
                    flat[places] = values
        if better:
            self.now["best_loss"] = loss
        return loss

    def _pieces(self, move: Move) -> Iterator[tuple]:
        """What a move changes: flattened parameter, places in it, change."""
        owner = torch.searchsorted(self._ends, move.coordinates, right=True)
        for number in owner.unique().tolist():
            parameter, here = self._parameters[number][0], owner == number
            first = int(self._ends[number]) - parameter.numel()
            places = move.coordinates[here] - first
            yield parameter.view(-1), places, move.change[here].to(parameter.dtype)

    def _measure(self, closure: Closure) -> float:
        self.now["evaluations"] += 1
        loss = float(closure())
        return loss if math.isfinite(loss) else math.inf
