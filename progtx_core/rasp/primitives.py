"""RASP-L in numpy: the few operations of which a program for a transformer is made.

A value is a sequence: whole numbers or truth values, one a place, (seq,). What happens
at a place reads only that place and those before it, as in a causal transformer.

Source: Zhou et al., "What algorithms can transformers learn? A study in length
generalization", 2024, section 4 and its appendix; RASP itself is from Weiss et al.,
"Thinking like transformers", 2021.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from progtx_core import checks

Predicate = Callable[[np.ndarray, np.ndarray], np.ndarray]
REDUCTIONS = ("mean", "max", "min")


def equals(key, query):
    """Whether a key is what the query asks for."""
    return key == query


def always(key, query):
    """Every key is selected."""
    return np.broadcast_to(True, np.broadcast_shapes(np.shape(key), np.shape(query)))


def sequence(name: str, x) -> np.ndarray:
    """A value of the language, (seq,); raises ValueError for anything else."""
    array = np.asarray(x)
    if array.dtype == bool or array.shape == (0,):
        array = array.astype(int)
    if array.ndim != 1 or not np.issubdtype(array.dtype, np.integer):
        raise ValueError(
            f"{name} must be one row of whole numbers, got {array.dtype} of shape "
            f"{array.shape}"
        )
    return array


def sequences(**named) -> list[np.ndarray]:
    """Values that belong together; raises ValueError if their lengths differ."""
    arrays = [sequence(name, x) for name, x in named.items()]
    lengths = {name: len(array) for name, array in zip(named, arrays, strict=True)}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"sequences must be equally long, got {lengths}")
    return arrays


# Place by place -------------------------------------------------------------


def full(x, constant: int) -> np.ndarray:
    """The same number at every place.

    >>> full([7, 8, 9], 1).tolist()
    [1, 1, 1]
    """
    return np.full(len(sequence("x", x)), constant)


def indices(x) -> np.ndarray:
    """The number of each place, from 0.

    >>> indices([7, 8, 9]).tolist()
    [0, 1, 2]
    """
    return np.arange(len(sequence("x", x)))


def tok_map(x, function: Callable) -> np.ndarray:
    """A function of each number by itself, as a layer of an MLP computes one.

    >>> tok_map([7, 8, 9], lambda v: v + 1).tolist()
    [8, 9, 10]
    """
    x = sequence("x", x)
    return sequence("what tok_map returns", [function(int(v)) for v in x] or x)


def seq_map(x, y, function: Callable) -> np.ndarray:
    """A function of two numbers that stand at the same place.

    >>> seq_map([7, 8, 9], [9, 8, 7], lambda v, w: v <= w).tolist()
    [1, 1, 0]
    """
    x, y = sequences(x=x, y=y)
    pairs = zip(x.tolist(), y.tolist(), strict=True)
    return sequence("what seq_map returns", [function(v, w) for v, w in pairs] or x)


def where(condition, x, y) -> np.ndarray:
    """x where the condition holds, else y.

    >>> where([1, 0, 1], [7, 8, 9], [0, 0, 0]).tolist()
    [7, 0, 9]
    """
    condition, x, y = sequences(condition=condition, x=x, y=y)
    return np.where(condition != 0, x, y)


# Between places -------------------------------------------------------------


@dataclass(frozen=True)
class Selection:
    """A pattern that `select` made: who looks at whom.

    matrix: (query, key), True where the query's place looks at the key's
    used_by: the function of the library for which it was made, or "select"
    """

    keys: np.ndarray
    queries: np.ndarray
    matrix: np.ndarray
    used_by: str


_watching: list[list[Selection]] = []


@contextmanager
def watch() -> Iterator[list[Selection]]:
    """Keeps every selection that is made inside, in order, to be looked at.

    >>> with watch() as seen:
    ...     _ = kqv([5, 6, 5], [5, 5, 5], [1, 2, 3], equals)
    >>> seen[0].used_by, seen[0].matrix.astype(int).tolist()
    ('kqv', [[1, 0, 0], [1, 0, 0], [1, 0, 1]])
    """
    seen: list[Selection] = []
    _watching.append(seen)
    try:
        yield seen
    finally:
        _watching.remove(seen)


def _used_by() -> str:
    """The outermost function of this package that is on the way to `select`."""
    frame, name = sys._getframe(2), "select"
    package = __name__.rpartition(".")[0]
    while frame and frame.f_globals.get("__name__", "") in (
        f"{package}.primitives",
        f"{package}.library",
    ):
        if not frame.f_code.co_name.startswith("<"):
            name = frame.f_code.co_name
        frame = frame.f_back
    return name


def select(keys, queries, predicate: Predicate, causal: bool = True) -> np.ndarray:
    """Which places each place looks at, (query, key) bool; its own may be among them.

    predicate: of keys and queries, both as arrays that broadcast; causal: no place looks
    at what comes after it

    >>> select([5, 6, 5], [5, 5, 6], equals).astype(int).tolist()
    [[1, 0, 0], [1, 0, 0], [0, 1, 0]]
    """
    keys, queries = sequences(keys=keys, queries=queries)
    matrix = np.asarray(predicate(keys[None, :], queries[:, None])).astype(bool)
    if matrix.shape != (len(keys), len(keys)):
        raise ValueError(
            f"predicate must answer for every pair, {(len(keys), len(keys))}, got an "
            f"answer of shape {matrix.shape}"
        )
    if causal:
        matrix = np.tril(matrix)
    for seen in _watching:
        seen.append(Selection(keys, queries, matrix, _used_by()))
    return matrix


def sel_width(selection: np.ndarray) -> np.ndarray:
    """How many places each place looks at.

    >>> sel_width(select([5, 6, 5], [5, 5, 5], equals)).tolist()
    [1, 1, 2]
    """
    return selection.sum(1)


def aggr_mean(selection: np.ndarray, values, default: int = 0) -> np.ndarray:
    """Mean of the values that each place looks at, cut to a whole number.

    default: where a place looks at nothing, here and below

    >>> aggr_mean(select([1, 1, 0], [1, 1, 1], equals), [3, 6, 0]).tolist()
    [3, 4, 4]
    """
    values = sequence("values", values)
    width = selection.sum(1)
    mean = np.trunc(selection @ values / np.maximum(width, 1)).astype(int)
    return np.where(width > 0, mean, default)


def aggr_max(selection: np.ndarray, values, default: int = 0) -> np.ndarray:
    """Largest of the values that each place looks at.

    >>> aggr_max(select([1, 1, 0], [1, 1, 1], equals), [3, 6, 9]).tolist()
    [3, 6, 6]
    """
    values = sequence("values", values)
    if len(values) == 0:
        return values
    least = np.where(selection, values, values.min()).max(1)
    return np.where(selection.any(1), least, default)


def aggr_min(selection: np.ndarray, values, default: int = 0) -> np.ndarray:
    """Smallest of the values that each place looks at.

    >>> aggr_min(select([0, 1, 1], [1, 1, 1], equals), [3, 6, 5], default=-1).tolist()
    [-1, 6, 5]
    """
    return -aggr_max(selection, -sequence("values", values), -default)


def kqv(
    keys, queries, values, predicate: Predicate, default: int = 0, reduction: str = "mean"
) -> np.ndarray:
    """Select, then aggregate: what one attention head does.

    reduction: "mean", "max" or "min"

    >>> kqv([1, 2, 3], [0, 2, 1], [7, 8, 9], equals, default=-1).tolist()
    [-1, 8, 7]
    """
    aggregates = dict(zip(REDUCTIONS, (aggr_mean, aggr_max, aggr_min), strict=True))
    aggregate = aggregates[checks.one_of("reduction", reduction, REDUCTIONS)]
    sequences(keys=keys, queries=queries, values=values)
    return aggregate(select(keys, queries, predicate), values, default)
