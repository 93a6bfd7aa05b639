"""A claim: a statement, its measured value, and a bound that it must keep.

Claims are judged where all parameters of their chapter have their defaults; with others (a
fast run, a learner's, a sweep's) they are recorded as not judged, and nothing is raised.
"""

import contextlib
import html
import math
from dataclasses import asdict, dataclass

from progtx_core import checks
from progtx_core.tools import paths
from progtx_core.tools.execution import defaults_of

HOLDS, FAILS, NOT_JUDGED = "holds", "FAILS", "not judged"
METADATA_KEY = "progtx_claim"
Bound = float | None
COLOURS = {HOLDS: "#00694b", FAILS: "#a33c00", NOT_JUDGED: "#595959"}


class ClaimFailed(AssertionError):
    """A judged claim does not hold any more."""


@dataclass(frozen=True)
class Claim:
    """One statement with what was measured for it and how it was judged."""

    statement: str
    value: float
    at_least: Bound
    at_most: Bound
    verdict: str

    @property
    def bound(self) -> str:
        """The bound in words of mathematics, such as "≥ 0.98"."""
        bounds = ("≥", self.at_least), ("≤", self.at_most)
        return " and ".join(f"{sign} {x:g}" for sign, x in bounds if x is not None)

    def __str__(self) -> str:
        # No measured digits: they differ between machines, and this text is compared.
        return f"claim {self.verdict}: {self.statement} ({self.bound})"

    def _repr_html_(self) -> str:
        return (
            f'<div style="border-left: 4px solid {COLOURS[self.verdict]}; padding: 0.1em '
            f'0.7em; margin: 0.1em 0"><strong>{self.verdict}</strong>: '
            f"{html.escape(self.statement)} <small>({self.bound})</small></div>"
        )


class Claims:
    """The claims of a chapter; parameters: what holds its own, such as `globals()`.

    >>> Claims("no_such_chapter", {}).why_not
    'no default parameters are recorded for no_such_chapter'
    """

    def __init__(self, chapter: str, parameters: dict) -> None:
        checks.instance("parameters", parameters, dict)
        paths.check_own()
        self.made: list[Claim] = []
        self.why_not = f"no default parameters are recorded for {chapter}"
        with contextlib.suppress(FileNotFoundError):
            if defaults := defaults_of(chapter):
                self.why_not = "; ".join(
                    f"{name} is {parameters.get(name)!r}, by default {default!r}"
                    for name, default in defaults.items()
                    if parameters.get(name) != default
                )

    def check(
        self, statement: str, value: float, *, at_least: Bound = None, at_most: Bound = None
    ) -> None:
        """Record a claim and show its row; a value that is not a number (NaN) fails.

        Raises ClaimFailed if it is judged and false, ValueError if there is no bound.
        """
        from IPython.display import display

        if at_least is None and at_most is None:
            raise ValueError(f"the claim {statement!r} needs at_least or at_most")
        value = float(value)
        low = -math.inf if at_least is None else at_least
        high = math.inf if at_most is None else at_most
        verdict = HOLDS if low <= value <= high else FAILS  # NaN lies in no range
        verdict = NOT_JUDGED if self.why_not else verdict
        self.made.append(claim := Claim(statement, value, at_least, at_most, verdict))
        bundle = {"text/plain": str(claim), "text/html": claim._repr_html_()}
        # What was measured goes into the metadata, for the ledger.
        display(bundle, raw=True, metadata={METADATA_KEY: asdict(claim)})
        if verdict == FAILS:
            raise ClaimFailed(f"{claim}: measured {value:.4g}")

    def summary(self) -> str:
        """How many claims there are and how they were judged, in one line."""
        if self.why_not:
            return f"{len(self.made)} claims, none judged: {self.why_not}"
        held = sum(claim.verdict == HOLDS for claim in self.made)
        return f"{held} of {len(self.made)} claims hold"
