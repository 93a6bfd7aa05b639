"""Programs that write an answer token by token: counting, copying, sorting, …

Each is a next-token function: it reads a sequence, prompt and answer so far, and says at
every place what comes next. `progtx_core.rasp.decode` runs it. Numbers stand for
themselves; the marks of a prompt are negative.

Source: Zhou et al., "What algorithms can transformers learn?", 2024, section 4 and its
appendix. Counting downwards and the index hints of `parity_steps` are written here.
"""

import numpy as np

from progtx_core.rasp.library import (
    cumsum,
    index_select,
    induct,
    lasts,
    mode,
    shift_right,
)
from progtx_core.rasp.primitives import full, kqv, seq_map, tok_map, where

START, GO, END = -1, -2, -3  # SoS, > and EoS
MARKS = {START: "SoS", GO: ">", END: "EoS"}


def successor(x) -> np.ndarray:
    """One more at every place."""
    return tok_map(x, lambda v: v + 1)


def predecessor(x) -> np.ndarray:
    """One less at every place."""
    return tok_map(x, lambda v: v - 1)


def count_up(x) -> np.ndarray:
    """`SoS a b >` is continued by a, a + 1, … b, EoS; a is at most b.

    >>> count_up([START, 3, 5, GO, 3, 4, 5])[3:].tolist()
    [3, 4, 5, -3]
    """
    start = lasts(x, full(x, START))
    a = index_select(x, successor(start))
    b = index_select(x, successor(successor(start)))
    finished = seq_map(x, b, lambda v, last: v == last)
    later = where(finished, full(x, END), successor(x))
    return where(is_go(x), a, later)


def count(x) -> np.ndarray:
    """`SoS a b >` is continued by all numbers from a to b, up or down, and EoS.

    >>> count([START, 5, 3, GO, 5, 4, 3])[3:].tolist()
    [5, 4, 3, -3]
    """
    start = lasts(x, full(x, START))
    a = index_select(x, successor(start))
    b = index_select(x, successor(successor(start)))
    upwards = seq_map(a, b, lambda first, last: first <= last)
    finished = seq_map(x, b, lambda v, last: v == last)
    step = where(upwards, successor(x), predecessor(x))
    later = where(finished, full(x, END), step)
    return where(is_go(x), a, later)


def copy_unique(x) -> np.ndarray:
    """`SoS x … z >` is continued by x … z, EoS, where no number occurs twice.

    >>> copy_unique([START, 7, 2, 9, GO, 7, 2, 9])[4:].tolist()
    [7, 2, 9, -3]
    """
    query = where(is_go(x), full(x, START), x)  # what comes first stands after SoS
    following = induct(x, query)
    return where(is_go(following), full(x, END), following)


def sort_unique(x) -> np.ndarray:
    """`SoS x … z >` is continued by the same numbers in order, EoS; none occurs twice.

    >>> sort_unique([START, 7, 2, 9, GO, 2, 7, 9])[4:].tolist()
    [2, 7, 9, -3]
    """
    smallest = full(x, START)  # below every number, and above the other marks
    query = where(is_go(x), smallest, x)
    return kqv(x, query, x, lambda k, q: k > q, default=END, reduction="min")


def most_frequent(x) -> np.ndarray:
    """`SoS x … z >` is continued by the number that occurs most often, and EoS.

    >>> most_frequent([START, 7, 2, 7, GO, 7])[4:].tolist()
    [7, -3]
    """
    found = mode(x, counted=tok_map(x, lambda v: v >= 0))
    return where(is_go(x), found, full(x, END))


def parity(x) -> np.ndarray:
    """`SoS bits >` is continued by the parity of the ones, and EoS.

    It takes a count, which grows with the length, modulo two: that is no RASP-L.

    >>> parity([START, 1, 0, 1, 1, GO, 1])[5:].tolist()
    [1, -3]
    """
    ones = cumsum(tok_map(x, lambda v: v == 1))
    odd = tok_map(ones, lambda n: n % 2)
    return where(is_go(x), odd, full(x, END))


HINTS = 2  # the first number that is a hint; below it are bits


def parity_steps(x) -> np.ndarray:
    """`SoS h bit … h bit >` is continued by every hint and the parity so far, and EoS.

    Hints are numbers from HINTS on, each different: they say which bit is next.

    >>> parity_steps([START, 2, 1, 3, 1, 4, 0, GO, 2, 1, 3, 0, 4, 0])[7:].tolist()
    [2, 1, 3, 0, 4, 0, -3]
    """
    is_hint = tok_map(x, lambda v: v >= HINTS)
    # After a hint: the parity before it, changed if the hint's bit is one.
    before = shift_right(x, 1)
    so_far = where(is_go(before), full(x, 0), before)
    bit = induct(x, x)
    parity_now = seq_map(so_far, bit, lambda p, b: int(p != b))
    # After a parity: the hint two places after the last one in the prompt; at > the first.
    hint = where(is_go(x), full(x, START), before)
    following = where(is_go(x), induct(x, hint), induct(x, hint, offset=2))
    following = where(is_go(following), full(x, END), following)
    return where(is_hint, parity_now, following)


def is_go(x) -> np.ndarray:
    """Where the mark > stands, after which the answer begins."""
    return tok_map(x, lambda v: v == GO)
