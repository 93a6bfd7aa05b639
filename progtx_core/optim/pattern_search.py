"""PatternSearch: try a move along a coordinate, keep it if the loss falls."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch

from progtx_core import checks
from progtx_core.optim.moves import CandidateOrder, Moves
from progtx_core.optim.search import Closure, Search, loss_of
from progtx_core.optim.settings import SearchSettings

FastMeasure = Callable[[Moves], Sequence[float] | torch.Tensor]

FIRST_BLOCK = 16  # measured together after a kept move; doubled while none is found


class PatternSearch(Search):
    """Direct search along coordinates, or along random groups of them.

    A sweep visits all coordinates once, in random order, and polls +radius and -radius
    at each (in random order too). A move that lowers the loss strictly is kept at once.
    After a sweep without such a move the radius is multiplied by `contraction`, after any
    other by `expansion`. A `step` ends with the first kept move, or with the sweep. Its
    closure computes no gradient; NaN and infinity count as no improvement. A rejected,
    failed or interrupted trial leaves every parameter as it was, bit for bit.

    Args:
        losses_of: a faster way to measure candidates, whose losses may err to the low
            side: what it likes is measured again by the closure before it is kept
        generator: draws the seed of the random orders; by default seed 0
        settings: the fields of `SearchSettings`

    Source: Hooke and Jeeves, "Direct search solution of numerical and statistical
    problems", 1961, for moves one after another, and made of those that helped
    ("together"). `restart=True` without expansion: Chiang et al., "Loss landscapes are all
    you need", 2023. `forcing`: Kolda, Lewis and Torczon, "Optimization by direct search",
    SIAM Review 45, 2003, section 3.7.

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
        *,
        losses_of: FastMeasure | None = None,
        generator: torch.Generator | None = None,
        **settings,
    ) -> None:
        if losses_of is not None and not callable(losses_of):
            raise TypeError(f"losses_of must be a function of moves, got {losses_of!r}")
        self.settings, self.losses_of = SearchSettings.of(**settings), losses_of
        self.budget: float = self.settings.budget or math.inf  # may be raised to go on
        generator = torch.Generator() if generator is None else generator
        checks.instance("generator", generator, torch.Generator)
        seed = torch.randint(2**62, (), generator=generator)
        # All that the next step depends on. The order of a sweep follows from its number.
        now = {
            "seed": int(seed),
            "sweep": 0,
            "position": 0,  # candidates of this sweep that were polled
            "improved": False,  # whether one of them was kept
            "scale": 1.0,  # radius now, as a multiple of each group's own
            "best_loss": None,
            "evaluations": 0,  # counted as if each candidate were measured alone
            "kept": [],  # changes kept in each parameter; filled up below
        }
        super().__init__(params, {"radius": radius}, now)
        now["kept"] = [0] * len(self.searched)
        n_coordinates = sum(p.numel() for p, _ in self.searched)
        checks.whole("group_size", self.settings.group_size, 1, n_coordinates)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """As torch does it; a new sweep begins, as the old one did not know of these."""
        super().add_param_group(param_group)
        if self.state:
            now, added = self.now, len(self.searched) - len(self.now["kept"])
            now.update(sweep=now["sweep"] + 1, position=0, improved=False)
            now["kept"] += [0] * added

    @property
    def radius(self) -> float:
        """The largest radius of any parameter group, as it is now."""
        return self.now["scale"] * max(group["radius"] for group in self.param_groups)

    @property
    def finished(self) -> bool:
        """Whether the radius or the budget is used up."""
        used_up = self.now["evaluations"] >= self.budget
        return used_up or self.radius < self.settings.min_radius

    def extras(self) -> dict[str, float]:
        """What is logged at every evaluation; kept changes if names were given."""
        groups = [zip(g.get("param_names", []), g["params"]) for g in self.param_groups]
        names = [name for group in groups for name, p in group if p.requires_grad]
        loss = self.now["best_loss"]
        return {
            "radius": self.radius,
            "evaluations": float(self.now["evaluations"]),
            "best_loss": math.inf if loss is None else loss,
        } | {f"kept/{name}": float(n) for name, n in zip(names, self.now["kept"])}

    @torch.no_grad()
    def step(self, closure: Closure | None = None) -> float:  # type: ignore[override]
        """Poll until a move is kept or the sweep ends; return the loss before it."""
        closure, now = self.checked(closure), self.now
        if self.finished:
            return loss_of(closure)  # whoever calls `step` counts on a measurement
        if now["best_loss"] is None or self.settings.measure_again:
            loss, now["evaluations"] = loss_of(closure), now["evaluations"] + 1
            now["best_loss"] = loss if math.isfinite(loss) else math.inf
        before = now["best_loss"]
        self._poll_sweep(closure)
        return before

    def _candidates(self) -> CandidateOrder:
        now, parts = self.now, self.searched
        radii = [torch.full((p.numel(),), float(group["radius"])) for p, group in parts]
        radius = now["scale"] * torch.cat(radii).double()
        return CandidateOrder(radius, self.settings.group_size, now["seed"] + now["sweep"])

    def _poll_sweep(self, closure: Closure) -> None:
        """Poll on from `position`; ends with a kept move or the end of the sweep."""
        now, how, candidates = self.now, self.settings, self._candidates()
        kept, size = False, how.block_size
        if how.poll == "first":
            # A block is measured for nothing after its first kept move: begin small.
            size = 1 if self.losses_of is None else min(size, FIRST_BLOCK)
        poll = self._poll_first if how.poll == "first" else self._poll_block
        while not kept and now["position"] < len(candidates) and not self.finished:
            start, left = now["position"], self.budget - now["evaluations"]
            block = candidates[start : start + int(min(size, left))]
            kept = poll(block, closure)
            size = min(2 * size, how.block_size) if size > 1 else 1
        now["improved"] = now["improved"] or kept
        whole = now["position"] == len(candidates)
        if whole:
            now["scale"] *= how.expansion if now["improved"] else how.contraction
        if whole or (kept and how.restart):
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
        if self.settings.poll == "best":  # where the closure disagrees, the next best
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
        how = self.settings
        return self.now["best_loss"] - how.min_gain - how.forcing * self.radius**2

    def _measure_block(self, block: Moves, closure: Closure) -> list[float]:
        """The loss of every move from where the search stands."""
        if self.losses_of is not None:
            losses = self.losses_of(block)
            if not hasattr(losses, "__len__") or len(losses) != len(block):
                wanted = f"{len(block)} losses, one a move"
                raise ValueError(f"losses_of must return {wanted}, got {losses!r}")
            return [float(loss) for loss in losses]
        each = range(len(block))
        return [self._try(block.joined([i]), closure, keep=False) for i in each]

    def _try(self, move: Moves, closure: Closure, keep: bool = True) -> float:
        """Measure a single move; take it for good if it is better and may be kept."""
        parameters, changed, better = [p for p, _ in self.searched], [], False
        ends = torch.tensor([p.numel() for p in parameters]).cumsum(0)
        for number, _, places, change in move.by_parameter(ends):
            flat = parameters[number].view(-1)
            changed.append((number, flat, places, flat[places], change.to(flat.dtype)))
        try:
            for _, flat, places, old, change in changed:
                flat[places] = old + change
            loss = loss_of(closure)
            better = keep and loss < self._enough()
        finally:  # an interruption restores as well
            if not better:
                for _, flat, places, old, _ in changed:
                    flat[places] = old
        if better:
            self.now["best_loss"] = loss
            for number, _, places, _, _ in changed:
                self.now["kept"][number] += len(places)
        return loss
