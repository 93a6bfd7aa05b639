"""What is written with the primitives again and again, each in a line or two.

Positions are numbers like others here, but a program that is to hold at every length
must not calculate with them: see `progtx_core.rasp.rules`.

Source: as `progtx_core.rasp.primitives`.
"""

import numpy as np

from progtx_core.rasp.primitives import (
    always,
    equals,
    full,
    indices,
    kqv,
    sel_width,
    select,
    tok_map,
    where,
)


def shift_right(x, n: int = 1, default: int = 0) -> np.ndarray:
    """What stood n places before.

    >>> shift_right([7, 8, 9], 1, default=-1).tolist()
    [-1, 7, 8]
    """
    later = tok_map(indices(x), lambda i: i + n)
    return kqv(later, indices(x), x, equals, default)


def cumsum(x) -> np.ndarray:
    """How many places were true so far, this one counted.

    >>> cumsum([1, 0, 1, 1]).tolist()
    [1, 1, 2, 3]
    """
    return sel_width(select(tok_map(x, lambda v: v != 0), full(x, 1), equals))


def maximum(x) -> np.ndarray:
    """Largest number so far.

    >>> maximum([2, 1, 5, 3]).tolist()
    [2, 2, 5, 5]
    """
    return kqv(x, x, x, always, reduction="max")


def minimum(x) -> np.ndarray:
    """Smallest number so far.

    >>> minimum([2, 1, 5, 0]).tolist()
    [2, 1, 1, 0]
    """
    return kqv(x, x, x, always, reduction="min")


def num_prev(x, queries) -> np.ndarray:
    """How often what is asked for has occurred so far.

    >>> num_prev([7, 8, 7, 7], [7, 7, 7, 8]).tolist()
    [1, 1, 2, 1]
    """
    return sel_width(select(x, queries, equals))


def has_seen(x, queries) -> np.ndarray:
    """Whether what is asked for has occurred so far.

    >>> has_seen([7, 8, 7], [8, 8, 9]).tolist()
    [0, 1, 0]
    """
    return kqv(x, queries, full(x, 1), equals, default=0)


def firsts(x, queries, default: int = -1) -> np.ndarray:
    """Where what is asked for stood first.

    >>> firsts([7, 8, 7], [8, 8, 7]).tolist()
    [-1, 1, 0]
    """
    return kqv(x, queries, indices(x), equals, default, reduction="min")


def lasts(x, queries, default: int = -1) -> np.ndarray:
    """Where what is asked for stood last.

    >>> lasts([7, 8, 7], [8, 8, 7]).tolist()
    [-1, 1, 2]
    """
    return kqv(x, queries, indices(x), equals, default, reduction="max")


def index_select(x, places, default: int = 0) -> np.ndarray:
    """What stands at these places; the default where a place is still to come.

    >>> index_select([7, 8, 9], [0, 2, 1], default=-1).tolist()
    [7, -1, 8]
    """
    return kqv(indices(x), places, x, equals, default)


def first_true(x, default: int = -1) -> np.ndarray:
    """The first place that is true.

    >>> first_true([0, 1, 0, 1]).tolist()
    [-1, 1, 1, 1]
    """
    return firsts(tok_map(x, lambda v: v != 0), full(x, 1), default)


def induct_kqv(keys, queries, values, offset: int = 1, default: int = 0) -> np.ndarray:
    """The value that stood `offset` places after the first key like the query.

    This is an induction head (Olsson et al., 2022): find what is the same, look what
    came next.

    >>> induct_kqv([7, 8, 9, 7], [7, 7, 7, 7], [1, 2, 3, 4], default=-1).tolist()
    [-1, 2, 2, 2]
    """
    before = shift_right(keys, offset, default=NOTHING)
    return index_select(values, firsts(before, queries), default)


def induct(keys, queries, offset: int = 1, default: int = 0) -> np.ndarray:
    """The key that stood `offset` places after the first one like the query.

    >>> induct([7, 8, 9, 7], [7, 7, 8, 7], default=-1).tolist()
    [-1, 8, 9, 8]
    """
    return induct_kqv(keys, queries, keys, offset, default)


def argmax(x) -> np.ndarray:
    """Where the largest number so far stands; the first, if there are several.

    >>> argmax([2, 5, 1, 5]).tolist()
    [0, 1, 1, 1]
    """
    return firsts(x, maximum(x))


def argmin(x) -> np.ndarray:
    """Where the smallest number so far stands; the first, if there are several.

    >>> argmin([2, 5, 1, 1]).tolist()
    [0, 0, 2, 2]
    """
    return firsts(x, minimum(x))


def mode(x, counted=None) -> np.ndarray:
    """The number that has occurred most often so far; of several, the first to get there.

    counted: true where a place counts; by default everywhere

    >>> mode([7, 8, 8, 7, 7]).tolist()
    [7, 7, 8, 8, 7]
    """
    times = num_prev(x, x)
    if counted is not None:
        times = where(counted, times, full(x, 0))
    return index_select(x, argmax(times))


NOTHING = -(2**31)  # a number that no sequence holds
