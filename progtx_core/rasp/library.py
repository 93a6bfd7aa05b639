"""What is written with the primitives again and again; source as `primitives`."""

import numpy as np

from progtx_core import checks
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

NOTHING = -(2**31)  # a number that no sequence holds


def shift_right(x, n: int = 1, default: int = 0) -> np.ndarray:
    """What stood n positions before.

    >>> shift_right([7, 8, 9], 1, default=-1).tolist()
    [-1, 7, 8]
    """
    checks.whole("n", n, at_least=0)
    later = tok_map(indices(x), lambda i: i + n)
    return kqv(later, indices(x), x, equals, default)


def cumsum(x) -> np.ndarray:
    """How many positions were true so far, this one counted."""
    return sel_width(select(tok_map(x, lambda v: v != 0), full(x, 1), equals))


def maximum(x) -> np.ndarray:
    """Largest number so far."""
    return kqv(x, x, x, always, reduction="max")


def minimum(x) -> np.ndarray:
    """Smallest number so far."""
    return kqv(x, x, x, always, reduction="min")


def num_prev(x, queries) -> np.ndarray:
    """How often what is asked for has occurred so far."""
    return sel_width(select(x, queries, equals))


def has_seen(x, queries) -> np.ndarray:
    """Whether what is asked for has occurred so far."""
    return kqv(x, queries, full(x, 1), equals, default=0)


def firsts(x, queries, default: int = -1) -> np.ndarray:
    """The position at which what is asked for stood first."""
    return kqv(x, queries, indices(x), equals, default, reduction="min")


def lasts(x, queries, default: int = -1) -> np.ndarray:
    """The position at which what is asked for stood last."""
    return kqv(x, queries, indices(x), equals, default, reduction="max")


def index_select(x, positions, default: int = 0) -> np.ndarray:
    """What stands at these positions; the default where one is still to come."""
    return kqv(indices(x), positions, x, equals, default)


def first_true(x, default: int = -1) -> np.ndarray:
    """The first position that is true."""
    return firsts(tok_map(x, lambda v: v != 0), full(x, 1), default)


def induct_kqv(keys, queries, values, offset: int = 1, default: int = 0) -> np.ndarray:
    """The value that stood `offset` positions after the first key like the query.

    An induction head (Olsson et al., 2022): find what is the same, look what came next.
    """
    before = shift_right(keys, offset, default=NOTHING)
    return index_select(values, firsts(before, queries), default)


def induct(keys, queries, offset: int = 1, default: int = 0) -> np.ndarray:
    """The key that stood `offset` positions after the first one like the query."""
    return induct_kqv(keys, queries, keys, offset, default)


def argmax(x) -> np.ndarray:
    """The position of the largest number so far; the first, if there are several."""
    return firsts(x, maximum(x))


def argmin(x) -> np.ndarray:
    """The position of the smallest number so far; the first, if there are several."""
    return firsts(x, minimum(x))


def mode(x, counted=None) -> np.ndarray:
    """The number that has occurred most often so far; of several, the first to get there.

    counted: true where a position counts; by default everywhere

    >>> mode([7, 8, 8, 7, 7]).tolist()
    [7, 7, 8, 8, 7]
    """
    times = num_prev(x, x)
    if counted is not None:
        times = where(counted, times, full(x, 0))
    return index_select(x, argmax(times))
