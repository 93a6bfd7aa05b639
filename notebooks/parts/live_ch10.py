"""A program in RASP-L that the reader writes into the page, with what it selects.

`book/live/rasp.js` has a parser of its own and the words of `progtx_core.rasp`.
"""

import json

from progtx_core import rasp
from progtx_core.tools.page import pictured

from parts import ch10, live_page

PROGRAMS = {
    "the number before": {
        "x": "3 1 4 1 5",
        "code": "here = indices(x)\n"
        "before = tok_map(here, lambda i: i - 1)\n"
        "kqv(here, before, x, equals, default=-9)",
    },
    "smaller numbers so far": {
        "x": "3 1 4 1 5",
        "code": "smaller = select(x, x, lambda k, q: k < q)\nsel_width(smaller)",
    },
    "the largest number so far": {"x": "3 1 4 1 5", "code": "maximum(x)"},
    "count up": {
        "x": "SoS 3 6 >",
        "code": "start = lasts(x, full(x, START))\n"
        "one = tok_map(start, lambda i: i + 1)\n"
        "two = tok_map(one, lambda i: i + 1)\n"
        "a = index_select(x, one)\n"
        "b = index_select(x, two)\n"
        "at_b = seq_map(x, b, lambda v, last: v == last)\n"
        "later = where(at_b, full(x, END), tok_map(x, lambda v: v + 1))\n"
        "where(tok_map(x, lambda v: v == GO), a, later)",
    },
}
GOALS = (
    {
        "name": "repeated",
        "say": "Write a program that marks every repeated number: 1 where the number has "
        "stood at an earlier position, else 0.",
    },
    {
        "name": "followed",
        "say": "Write an induction head: at every position, what came after the last "
        "earlier position with the same number; -1 where there is none.",
    },
)


def show(x, alt: str) -> None:
    """Let a reader edit a program and its input; x: of the picture without scripts."""
    from IPython.display import display

    with rasp.record_selections() as seen:
        rasp.shift_right(x)
        rasp.num_prev(x, x)
    bundle, metadata = pictured(ch10.draw(seen), alt)
    text = json.dumps({"programs": PROGRAMS, "goals": GOALS})
    bundle["text/html"] = live_page.page(text, bundle["image/png"], alt, script())
    display(bundle, raw=True, metadata=metadata)


def script() -> str:
    """The language and the page's editor, in JavaScript."""
    return live_page.script("rasp.js")
