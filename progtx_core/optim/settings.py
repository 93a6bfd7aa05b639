"""How a `PatternSearch` goes about it: its settings, each with its range."""

from dataclasses import dataclass, fields

from progtx_core import checks


@dataclass(frozen=True)
class SearchSettings:
    """What `PatternSearch` takes as keyword arguments beside its radius."""

    contraction: float = 0.5  # of the radius after a sweep without a kept move; below 1
    expansion: float = 1.0  # of the radius after a sweep with one; at least 1
    min_radius: float = 1e-3  # below it the search is finished
    # A kept move lowers the loss by more than min_gain + forcing radius^2. With forcing 0
    # a long radius may live on crumbs for ever.
    min_gain: float = 0.0
    forcing: float = 0.0
    group_size: int = 1  # coordinates that are moved together, with random signs
    # "first" keeps the first improvement, "best" the best of each block; "together" all
    # of a block at once if that lowers the loss, else the better half, down to the best.
    poll: str = "first"
    # Candidates measured from the same point; with "first": at most, for `losses_of`.
    block_size: int = 1
    budget: int | None = None  # evaluations after which it is finished; None: no end
    restart: bool = False  # a new sweep after every kept move, as in Chiang et al.'s code
    # Measure the loss at the start of every step, as new batches need and a loop that
    # logs the first loss; else that of the last kept move stands.
    measure_again: bool = False

    def __post_init__(self) -> None:
        checks.number("contraction", self.contraction, above=0, at_most=0.999)
        checks.number("expansion", self.expansion, at_least=1)
        checks.number("min_radius", self.min_radius, above=0)
        checks.number("min_gain", self.min_gain, at_least=0)
        checks.number("forcing", self.forcing, at_least=0)
        checks.one_of("poll", self.poll, ("first", "best", "together"))
        checks.whole("block_size", self.block_size, at_least=1)
        if self.budget is not None:
            checks.whole("budget", self.budget, at_least=1)

    @classmethod
    def of(cls, **settings) -> "SearchSettings":
        """From keyword arguments; ValueError for an unknown one, with the nearest ones."""
        known = [field.name for field in fields(cls)]
        for name in settings:
            checks.one_of("setting of PatternSearch", name, known)
        return cls(**settings)
