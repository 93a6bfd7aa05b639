"""PatternSearch: try a step along a coordinate, keep it if the loss falls."""

import math
from collections.abc import Callable, Sequence

import torch

from progtx_core import checks
from progtx_core.optim.moves import Moves, Sweep, shrinking, trained

Closure = Callable[[], torch.Tensor | float]

POLLS = ("first", "best", "together")
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
    min_gain, forcing: to be kept, a move must lower the loss by more than min_gain +
        forcing radius^2. With forcing 0 a long radius may live on crumbs for ever
    group_size: coordinates that are moved together, with random signs
    poll: "first" takes the first improvement, "best" the best of each block; "together"
        takes all improvements of a block at once if that lowers the loss, else the
        better half of them, and so on to the best alone
    block_size: candidates in a block, measured from the same point; for poll="first"
        the most that `losses_of` is given
    budget: evaluations after which the search is finished; None for no end. They are
        counted as if each candidate were measured alone
    restart: begin a new sweep after every kept move, as the paper's code does
    measure_again: measure the loss at the start of every step, as new batches need, and
        a loop that logs the first loss; else that of the last kept move stands
    generator: draws the seed of the random orders; by default seed 0
    losses_of: a faster way to measure candidates, `Moves` to losses that may err to the
        low side; what it likes is measured again by the closure before it is kept. With
        poll="first" the block begins small after every kept move and grows to block_size

    The closure returns the loss and computes no gradient; `step` calls it under
    `torch.no_grad()`. NaN and infinity count as no improvement. A rejected, failed or
    interrupted trial leaves every parameter as it was, bit for bit.

    Source: Hooke and Jeeves, "Direct search solution of numerical and statistical
    problems", 1961: exploratory moves one after another, and the idea of "together", a
    move made of those that helped. The variant with `restart=True` and no expansion is
    that of Chiang et al., "Loss landscapes are all you need", 2023. Forcing: Kolda, Lewis
    and Torczon, "Optimization by direct search", SIAM Review 45, 2003, section 3.7.

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
        forcing: float = 0.0,
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
        self.contraction = shrinking(contraction)
        self.expansion = checks.number("expansion", expansion, at_least=1)
        self.min_radius = checks.number("min_radius", min_radius, above=0)
        self.min_gain = checks.number("min_gain", min_gain, at_least=0)
        self.forcing = checks.number("forcing", forcing, at_least=0)
        self.block_size = checks.whole("block_size", block_size, 1)
        self.budget = math.inf if budget is None else checks.whole("budget", budget, 1)
        self.poll = checks.one_of("poll", poll, POLLS)
        self.restart, self.measure_again = restart, measure_again
        self.losses_of = losses_of
        self._parameters = trained(self.param_groups)
        self.n_coordinates = sum(p.numel() for p, _ in self._parameters)
        self.group_size = checks.whole("group_size", group_size, 1, self.n_coordinates)
        seed = torch.randint(2**62, (), generator=generator or torch.Generator())
        # All that the next step depends on. The order of a sweep follows from its number.
        self.state[self._parameters[0][0]] = {
            "seed": int(seed),
            "sweep": 0,
            "position": 0,  # candidates of this sweep that were polled
            "improved": False,  # whether one of them was kept
            "scale": 1.0,  # radius now, as a multiple of each group's own
            "best_loss": None,
            "evaluations": 0,
            "kept": [0] * len(self._parameters),  # changes kept in each parameter
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

    def extras(self) -> dict[str, float]:
        """What a training loop logs at every look; kept changes if names were given."""
        groups = [zip(g.get("param_names", []), g["params"]) for g in self.param_groups]
        names = [name for group in groups for name, p in group if p.requires_grad]
        loss = self.now["best_loss"]
        return {
            "radius": self.radius,
            "evaluations": float(self.now["evaluations"]),
            "best_loss": math.inf if loss is None else loss,
        } | {f"kept/{name}": float(n) for name, n in zip(names, self.now["kept"])}

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
            loss, now["evaluations"] = float(closure()), now["evaluations"] + 1
            now["best_loss"] = loss if math.isfinite(loss) else math.inf
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
            poll = self._poll_first if self.poll == "first" else self._poll_block
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
        losses = None if self.losses_of is None else self._measure_block(block, closure)
        for number in range(len(block)):
            self.now["position"] += 1
            self.now["evaluations"] += 1
            promising = losses is None or losses[number] < enough  # NaN is not
            if promising and self._try(block.joined([number]), closure) < enough:
                return True
        return False

    def _poll_block(self, block: Moves, closure: Closure) -> bool:
        """Measure a whole block, then keep the best of it, or the best together."""
        enough = self._enough()
        losses = self._measure_block(block, closure)
        self.now["position"] += len(block)
        self.now["evaluations"] += len(block)
        found = sorted((loss, i) for i, loss in enumerate(losses) if loss < enough)
        better = [i for _, i in found]
        if self.poll == "best":  # where the closure disagrees, the next best
            return any(self._try(block.joined([i]), closure) < enough for i in better)
        better = block.apart(better)
        while better:
            if len(better) > 1:  # one alone has been counted
                self.now["evaluations"] += 1
            if self._try(block.joined(better), closure) < enough:
                return True
            better = better[: len(better) // 2]
        return False

    def _enough(self) -> float:
        """What a loss must be below, to be kept."""
        return self.now["best_loss"] - self.min_gain - self.forcing * self.radius**2

    def _measure_block(self, block: Moves, closure: Closure) -> list[float]:
        """The loss of every move from where the search stands."""
        if self.losses_of is not None:
            return [float(loss) for loss in self.losses_of(block)]
        each = range(len(block))
        return [self._try(block.joined([i]), closure, keep=False) for i in each]

    def _try(self, move: Moves, closure: Closure, keep: bool = True) -> float:
        """Measure a single move; take it for good if it is better and may be kept."""
        pieces = move.pieces([p for p, _ in self._parameters])
        old = [flat[places].clone() for _, flat, places, _ in pieces]
        better = False
        try:
            for _, flat, places, change in pieces:
                flat[places] += change
            loss = float(closure())
            better = keep and loss < self._enough()
        finally:
            if not better:
                for (_, flat, places, _), values in zip(pieces, old, strict=True):
                    flat[places] = values
        if better:
            self.now["best_loss"] = loss
            for number, _, places, _ in pieces:
                self.now["kept"][number] += len(places)
        return loss
