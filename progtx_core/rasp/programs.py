"""Programs that write an answer token by token: counting, copying, sorting, …

Each reads a sequence, prompt and answer so far, and says at every position what comes
next; `decode` runs it. Numbers stand for themselves; the marks of a prompt are negative.

Source: Zhou et al., "What algorithms can transformers learn?", 2024, section 4 and its
appendix. Counting downwards and the index hints of `parity_steps` are written here.
"""

from collections.abc import Callable

import numpy as np

from progtx_core import checks
from progtx_core.rasp.library import cumsum, index_select, induct, lasts, mode, shift_right
from progtx_core.rasp.primitives import full, kqv, seq_map, sequence, tok_map, where

START, GO, END = -1, -2, -3  # SoS, > and EoS
HINTS = 2  # the first number that is a hint in `parity_steps`; below it are bits
MARKS = {START: "SoS", GO: ">", END: "EoS"}


def decode(
    program: Callable[[np.ndarray], np.ndarray], prompt, max_new: int = 1000, end: int = END
) -> list[int]:
    """What a program writes after a prompt, up to and with the end; max_new tokens at most.

    >>> decode(count, [START, 8, 6, GO])
    [8, 7, 6, -3]
    """
    checks.whole("max_new", max_new, 1, 10_000)
    checks.function("program", program)
    x = sequence("prompt", prompt)
    if len(x) == 0:
        raise ValueError("prompt is empty: a program continues what is there")
    written: list[int] = []
    while len(written) < max_new and written[-1:] != [end]:
        found = sequence("what the program returns", program(x))
        if len(found) != len(x):
            raise ValueError(f"the program returns {len(found)} numbers for {len(x)}")
        written.append(int(found[-1]))
        x = np.append(x, written[-1])
    return written


def to_text(numbers) -> str:
    """Numbers and marks as they are read.

    >>> to_text([-1, 3, 5, -2])
    'SoS 3 5 >'
    """
    return " ".join(MARKS.get(int(n), str(int(n))) for n in numbers)


def is_go(x) -> np.ndarray:
    """Where the mark > stands, after which the answer begins."""
    return tok_map(x, lambda v: v == GO)


def successor(x) -> np.ndarray:
    """One more at every position."""
    return tok_map(x, lambda v: v + 1)


def count_up(x) -> np.ndarray:
    """`SoS a b >` is continued by a, a + 1, … b, EoS; a is at most b."""
    start = lasts(x, full(x, START))
    a = index_select(x, successor(start))
    b = index_select(x, successor(successor(start)))
    finished = seq_map(x, b, lambda v, last: v == last)
    later = where(finished, full(x, END), successor(x))
    return where(is_go(x), a, later)


def count(x) -> np.ndarray:
    """`SoS a b >` is continued by all numbers from a to b, up or down, and EoS."""
    start = lasts(x, full(x, START))
    a = index_select(x, successor(start))
    b = index_select(x, successor(successor(start)))
    upwards = seq_map(a, b, lambda first, last: first <= last)
    finished = seq_map(x, b, lambda v, last: v == last)
    following = where(upwards, successor(x), tok_map(x, lambda v: v - 1))
    later = where(finished, full(x, END), following)
    return where(is_go(x), a, later)


def copy_unique(x) -> np.ndarray:
    """`SoS x … z >` is continued by x … z, EoS, where no number occurs twice."""
    query = where(is_go(x), full(x, START), x)  # what comes first stands after SoS
    following = induct(x, query)
    return where(is_go(following), full(x, END), following)


def sort_unique(x) -> np.ndarray:
    """`SoS x … z >` is continued by the same numbers in order, EoS; none occurs twice."""
    smallest = full(x, START)  # below every number, and above the other marks
    query = where(is_go(x), smallest, x)
    return kqv(x, query, x, lambda k, q: k > q, default=END, reduction="min")


def most_frequent(x) -> np.ndarray:
    """`SoS x … z >` is continued by the number that occurs most often, and EoS."""
    found = mode(x, counted=tok_map(x, lambda v: v >= 0))
    return where(is_go(x), found, full(x, END))


def parity(x) -> np.ndarray:
    """`SoS bits >` is continued by the parity of the ones, and EoS.

    It takes a count, which grows with the length, modulo two: that is no RASP-L.
    """
    ones = cumsum(tok_map(x, lambda v: v == 1))
    odd = tok_map(ones, lambda n: n % 2)
    return where(is_go(x), odd, full(x, END))


def parity_steps(x) -> np.ndarray:
    """`SoS h bit … h bit >` is continued by every hint and the parity so far, and EoS.

    Hints are numbers from HINTS on, each different: they say which bit is next.
    """
    is_hint = tok_map(x, lambda v: v >= HINTS)
    # After a hint: the parity before it, changed if the hint's bit is one.
    before = shift_right(x, 1)
    so_far = where(is_go(before), full(x, 0), before)
    bit = induct(x, x)
    parity_now = seq_map(so_far, bit, lambda p, b: int(p != b))
    # After a parity: the hint two tokens after the last one in the prompt; at >, the first.
    hint = where(is_go(x), full(x, START), before)
    following = where(is_go(x), induct(x, hint), induct(x, hint, offset=2))
    following = where(is_go(following), full(x, END), following)
    return where(is_hint, parity_now, following)
