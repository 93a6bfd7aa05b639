"""A claim: a statement, its measured value, and a bound that it must keep.

A chapter makes one `Claims` after its parameters and checks every number that
its text relies on. Claims are judged when all parameters have their default
values. With other values (a fast profile, a learner's, a sweep's) a claim is
recorded as not judged, visibly, and nothing is raised.
"""

import html
from dataclasses import asdict, dataclass

from progtx_core.tools import paths

HOLDS, FAILS, NOT_JUDGED = "holds", "FAILS", "not judged"
METADATA_KEY = "progtx_claim"
COLOURS = {HOLDS: "#00694b", FAILS: "#a33c00", NOT_JUDGED: "#595959"}


class ClaimFailed(AssertionError):
    """A judged claim does not hold any more."""


@dataclass(frozen=True)
class Claim:
    """One statement with what was measured for it and how it was judged."""

    statement: str
    value: float
    at_least: float | None
    at_most: float | None
    verdict: str

    @property
    def bound(self) -> str:
        """The bound in words of mathematics, such as "≥ 0.98"."""
        low = "" if self.at_least is None else f"≥ {self.at_least:g}"
        high = "" if self.at_most is None else f"≤ {self.at_most:g}"
        return " and ".join(part for part in (low, high) if part)

    def __str__(self) -> str:
        # No measured digits: they differ between machines, and this text is compared.
        return f"claim {self.verdict}: {self.statement} ({self.bound})"

    def _repr_html_(self) -> str:
        return (
            f'<div style="border-left: 4px solid {COLOURS[self.verdict]}; '
            'padding: 0.1em 0.7em; margin: 0.1em 0">'
            f"<strong>{self.verdict}</strong>: {html.escape(self.statement)} "
            f"<small>({self.bound})</small></div>"
        )


class Claims:
    """The claims of one chapter.

    chapter: its name, such as "01_logistic_regression"
    parameters: a mapping that holds the chapter's parameters (`globals()`)

    >>> claims = Claims("no_such_chapter", {})
    >>> claims.judged, claims.why_not
    (False, 'no default parameters are recorded for no_such_chapter')
    """

    def __init__(self, chapter: str, parameters: dict) -> None:
        self.chapter = chapter
        self.made: list[Claim] = []
        self.why_not = _differs(chapter, parameters)

    @property
    def judged(self) -> bool:
        """Whether all parameters have their default values."""
        return not self.why_not

    def check(
        self,
        statement: str,
        value: float,
        *,
        at_least: float | None = None,
        at_most: float | None = None,
    ) -> None:
        """Record a claim, show its row, and raise ClaimFailed if it is judged false.

        A value that is not a number (NaN) fails. Raises ValueError without a bound.
        """
        if at_least is None and at_most is None:
            raise ValueError(f"the claim {statement!r} needs at_least or at_most")
        value = float(value)
        # NaN is neither at least nor at most anything, so it fails.
        holds = (at_least is None or value >= at_least) and (
            at_most is None or value <= at_most
        )
        verdict = NOT_JUDGED if self.why_not else HOLDS if holds else FAILS
        claim = Claim(statement, value, at_least, at_most, verdict)
        self.made.append(claim)
        _show(claim)
        if verdict == FAILS:
            raise ClaimFailed(f"{claim}: measured {value:.4g}")

    def summary(self) -> str:
        """How many claims there are and how they were judged, in one line."""
        if not self.judged:
            return f"{len(self.made)} claims, none judged: {self.why_not}"
        held = sum(claim.verdict == HOLDS for claim in self.made)
        return f"{held} of {len(self.made)} claims hold"


def _differs(chapter: str, parameters: dict) -> str:
    """Why the claims cannot be judged: a parameter without its default, or ''."""
    try:
        defaults = paths.read_profile("full", chapter)
    except (ValueError, OSError):
        defaults = {}
    if not defaults:
        return f"no default parameters are recorded for {chapter}"
    changed = [
        f"{name} is {parameters.get(name)!r}, by default {default!r}"
        for name, default in defaults.items()
        if parameters.get(name) != default
    ]
    return "; ".join(changed)


def _show(claim: Claim) -> None:
    """Display a row; what was measured goes into its metadata, for the ledger."""
    from IPython.display import display

    bundle = {"text/plain": str(claim), "text/html": claim._repr_html_()}
    display(bundle, raw=True, metadata={METADATA_KEY: asdict(claim)})
