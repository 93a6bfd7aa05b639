"""Bad input, refused in one line that says what, where and how to mend it."""

import difflib
from collections.abc import Iterable
from typing import Any

LARGEST = 1e300  # of a number; far below what a float overflows at
Bound = float | None
MOST_NUMBERS = 10**8  # in one tensor, or in a model; more would hardly fit into memory


def whole(name: str, value: object, at_least: int, at_most: int | None = None) -> int:
    """Return `value` if it is a whole number in the range, else raise.

    Raises:
        TypeError: another type; True and 3.0 are refused as well.
        ValueError: out of range.

    >>> whole("n_seeds", 0, at_least=1)
    Traceback (most recent call last):
    ...
    ValueError: n_seeds must be a whole number of at least 1, got 0
    """
    allowed = f"{name} must be a whole number of at least {at_least}"
    if at_most is not None:
        allowed = f"{name} must be a whole number from {at_least} to {at_most}"
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{allowed}, got {shown(value)} ({type(value).__name__})")
    if value < at_least or (at_most is not None and value > at_most):
        raise ValueError(f"{allowed}, got {shown(value)}")
    return value


def size(name: str, value: object, at_least: int = 1, times: int = 1) -> int:
    """Return `value` if it is a whole number, and `times` as many numbers are no flood."""
    if (n := whole(name, value, at_least)) * times > MOST_NUMBERS:
        most = f"{MOST_NUMBERS:,} numbers; at most {MOST_NUMBERS // times:,} fit here"
        raise ValueError(f"{name}={shown(value)} makes more than {most}")
    return n


def number(
    name: str,
    value: object,
    above: Bound = None,
    at_least: Bound = None,
    at_most: Bound = None,
) -> float:
    """Return `value` as a float if it is a finite number in the range, else raise.

    >>> number("learning_rate", float("nan"), above=0)
    Traceback (most recent call last):
    ...
    ValueError: learning_rate must be a finite number above 0, got nan
    """
    bounds = {"above": above, "of at least": at_least, "of at most": at_most}
    limits = [f"{word} {bound:g}" for word, bound in bounds.items() if bound is not None]
    allowed = f"{name} must be a finite number {' and '.join(limits)}".rstrip()
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{allowed}, got {shown(value)} ({type(value).__name__})")
    high = (above is None or value > above) and (at_least is None or value >= at_least)
    if not (high and abs(value) < LARGEST and (at_most is None or value <= at_most)):
        raise ValueError(f"{allowed}, got {shown(value)}")
    return float(value)


def instance(name: str, value: object, kind: type | tuple[type, ...]) -> Any:
    """Return `value` if it is of that class, or of one of those; else raise TypeError.

    >>> instance("task", "xor", int)
    Traceback (most recent call last):
    ...
    TypeError: task must be of the class int, got 'xor' (str)
    """
    if not isinstance(value, kind):
        kinds = kind if isinstance(kind, tuple) else (kind,)
        allowed = f"{name} must be of the class {' or '.join(k.__name__ for k in kinds)}"
        raise TypeError(f"{allowed}, got {shown(value)} ({type(value).__name__})")
    return value


def function(name: str, value: object) -> Any:
    """Return `value` if it can be called, and is no object that was made already."""
    if not callable(value):
        raise TypeError(f"{name} must be a function or a class, got {shown(value)}")
    return value


def shown(value: object) -> str:
    """A value as a message quotes it: one line, not too long."""
    try:
        text = " ".join(repr(value).split())
    except ValueError:  # Python writes no number of thousands of digits
        text = "a number of thousands of digits"
    return text if len(text) <= 80 else f"{text[:80]} …"


def one_of(kind: str, name: object, names: Iterable[str]) -> str:
    """Return `name` if it is among `names`, else name the nearest ones.

    >>> one_of("task", "xor", ["xor_of_endpoints", "trend_sign"])
    Traceback (most recent call last):
    ...
    ValueError: there is no task 'xor'; nearest: xor_of_endpoints
    """
    known = list(names)
    if name in known:
        return str(name)
    asked = name[:80] if isinstance(name, str) else shown(name)
    nearest = [k for k in known if asked and asked.lower() in k.lower()]
    nearest += difflib.get_close_matches(asked, known, n=3, cutoff=0.4)
    listed = ", ".join(dict.fromkeys(nearest) or known)
    hint = f"{'nearest' if nearest else 'choose from'}: {listed}"
    raise ValueError(f"there is no {kind} {shown(name)}; {hint}")
