"""RASP-L in numpy: the few operations of which a program for a transformer is made.

A value is a sequence: whole numbers or truth values, one a position, (seq,). What
happens at a position reads only that one and those before it, as in a causal transformer.

Source: Zhou et al., "What algorithms can transformers learn? A study in length
generalization", 2024, section 4 and its appendix; RASP itself is from Weiss et al.,
"Thinking like transformers", 2021. The reference is the authors' np-rasp
(github.com/apple/ml-np-rasp): operations of the same name agree with it, except `argmax`,
`argmin` and `mode`, which raise an error there.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from progtx_core import checks

LARGEST = 2**53  # numbers in size; so no sum over a sequence overflows

Predicate = Callable[[np.ndarray, np.ndarray], np.ndarray]


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
        found = f"{array.dtype} of shape {array.shape}"
        raise ValueError(f"{name} must be one row of whole numbers, got {found}")
    if len(array) and max(abs(int(array.min())), abs(int(array.max()))) > LARGEST:
        raise ValueError(f"{name} must hold numbers up to 2^53 in size, not larger ones")
    return array.astype(np.int64)  # sums of small types would overflow


def selected(selection, n: int | None = None) -> np.ndarray:
    """A selection (query, key), for n values; ValueError for what is none."""
    matrix = np.asarray(selection)
    if matrix.ndim != 2 or matrix.dtype != bool or n not in (None, matrix.shape[1]):
        wanted = "truth values (query, key)" + (f", {n} keys" if n is not None else "")
        found = f"{matrix.dtype} of shape {matrix.shape}"
        raise ValueError(f"selection must be {wanted}, as `select` makes it, got {found}")
    return matrix


def sequences(**named) -> list[np.ndarray]:
    """Values that belong together; raises ValueError if their lengths differ."""
    arrays = [sequence(name, x) for name, x in named.items()]
    lengths = {name: len(array) for name, array in zip(named, arrays, strict=True)}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"sequences must be equally long, got {lengths}")
    return arrays


def full(x, constant: int) -> np.ndarray:
    """The same number at every position."""
    constant = checks.whole("constant", constant, -LARGEST, LARGEST)
    return np.full(len(sequence("x", x)), constant)


def indices(x) -> np.ndarray:
    """The number of each position, from 0."""
    return np.arange(len(sequence("x", x)))


def tok_map(x, function: Callable) -> np.ndarray:
    """A function of each number by itself, as a layer of an MLP computes one."""
    x = sequence("x", x)
    checks.function("function", function)
    return sequence("what tok_map returns", [function(int(v)) for v in x] or x)


def seq_map(x, y, function: Callable) -> np.ndarray:
    """A function of two numbers that stand at the same position."""
    x, y = sequences(x=x, y=y)
    checks.function("function", function)
    pairs = zip(x.tolist(), y.tolist(), strict=True)
    return sequence("what seq_map returns", [function(v, w) for v, w in pairs] or x)


def where(condition, x, y) -> np.ndarray:
    """x where the condition holds, else y."""
    condition, x, y = sequences(condition=condition, x=x, y=y)
    return np.where(condition != 0, x, y)


@dataclass(frozen=True)
class RecordedSelection:
    """What `select` made: matrix is (query, key), used_by the function it was made for."""

    keys: np.ndarray
    queries: np.ndarray
    matrix: np.ndarray
    used_by: str


_recordings: list[list[RecordedSelection]] = []


@contextmanager
def record_selections() -> Iterator[list[RecordedSelection]]:
    """Keep every selection that is made inside, in order."""
    found: list[RecordedSelection] = []
    _recordings.append(found)
    try:
        yield found
    finally:
        _recordings.remove(found)


def _used_by() -> str:
    """The outermost function of this package that is on the way to `select`."""
    frame, name = sys._getframe(2), "select"
    files = (__name__, __name__.replace("primitives", "library"))
    while frame and frame.f_globals.get("__name__", "") in files:
        if not frame.f_code.co_name.startswith("<"):
            name = frame.f_code.co_name
        frame = frame.f_back
    return name


def select(keys, queries, predicate: Predicate, causal: bool = True) -> np.ndarray:
    """Which keys each query looks at, (query, key) bool; its own may be among them.

    predicate: of keys and queries, both as arrays that broadcast; causal: no position
    looks at what comes after it

    >>> select([5, 6, 5], [5, 5, 6], equals).astype(int).tolist()
    [[1, 0, 0], [1, 0, 0], [0, 1, 0]]
    """
    keys, queries = sequences(keys=keys, queries=queries)
    checks.function("predicate", predicate)
    matrix = np.asarray(predicate(keys[None, :], queries[:, None])).astype(bool)
    pairs = (len(keys), len(keys))
    if matrix.shape != pairs:
        got = f"got an answer of shape {matrix.shape}"
        raise ValueError(f"predicate must answer for every pair, {pairs}, {got}")
    if causal:
        matrix = np.tril(matrix)
    for found in _recordings:
        found.append(RecordedSelection(keys, queries, matrix, _used_by()))
    return matrix


def sel_width(selection: np.ndarray) -> np.ndarray:
    """How many keys each query looks at."""
    return selected(selection).sum(1)


def aggr_mean(selection: np.ndarray, values, default: int = 0) -> np.ndarray:
    """Mean, truncated; the default where a query looks at nothing, here and below."""
    values = sequence("values", values)
    selection = selected(selection, len(values))
    width, sums = selection.sum(1), selection @ values
    mean = np.sign(sums) * (abs(sums) // np.maximum(width, 1))  # exact, unlike a division
    return np.where(width > 0, mean, default)


def aggr_max(selection: np.ndarray, values, default: int = 0) -> np.ndarray:
    """Largest of the values looked at."""
    values = sequence("values", values)
    selection = selected(selection, len(values))
    if len(values) == 0:
        return values
    largest = np.where(selection, values, values.min()).max(1)
    return np.where(selection.any(1), largest, default)


def aggr_min(selection: np.ndarray, values, default: int = 0) -> np.ndarray:
    """Smallest of the values looked at."""
    return -aggr_max(selection, -sequence("values", values), -default)


REDUCTIONS = {"mean": aggr_mean, "max": aggr_max, "min": aggr_min}


def kqv(
    keys, queries, values, predicate: Predicate, default: int = 0, reduction: str = "mean"
) -> np.ndarray:
    """Select, then aggregate by "mean", "max" or "min": what one attention head does.

    >>> kqv([1, 2, 3], [0, 2, 1], [7, 8, 9], equals, default=-1).tolist()
    [-1, 8, 7]
    """
    aggregate = REDUCTIONS[checks.one_of("reduction", reduction, REDUCTIONS)]
    sequences(keys=keys, queries=queries, values=values)
    return aggregate(select(keys, queries, predicate), values, default)
