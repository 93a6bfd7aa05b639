"""What all checkers share: an answer is judged in one line, and judging never raises.

A checker is a function in `chNN.py` that asks for what must hold, the most telling first::

    @exercise("6.3", "a function of (x, mask)")
    def mean(answer):
        made = array("the mean", answer(x, mask), shape=(2, 1))
        near("the mean", made, want, {"it counts the padding, too": x.mean(1)})
"""

import importlib.util
import re
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from progtx_core import checks
from progtx_core.tools.checkers import progress

EXERCISES: dict[str, tuple[str, Callable]] = {}  # by number: its form, its checker


class NotYet(Exception):
    """An answer that is not right; the message says what is wrong with it."""


def exercise(number: str, form: str) -> Callable[[Callable], Callable]:
    """Register a checker; it takes an answer, and raises `NotYet` if it is not right.

    Args:
        number: chapter and exercise, "6.3".
        form: what is asked for, "a function of (x, mask)".
    """

    def register(checker: Callable) -> Callable:
        EXERCISES[number] = form, checker
        return checker

    return register


def check(number: str, answer: object, **sizes: Any) -> None:
    """Print "correct", or "not yet:" and what is wrong with this answer.

    Args:
        number: chapter and exercise, "6.3".
        answer: what the exercise asks for.
        sizes: parameters of the chapter that the answer depends on.

    >>> check("6.3", None)
    not yet: give a function of (x, mask)
    """
    said = judged(number, answer, **sizes)
    if said == "correct":
        progress.note(number)
    print(said)


def judged(number: str, answer: object, **sizes: Any) -> str:
    """What `check` prints.

    Raises ValueError for an exercise that does not exist.
    """
    if number not in EXERCISES and re.fullmatch(r"[1-9]\d?\.[1-9]", str(number)):
        chapter = f"ch{int(number.partition('.')[0]):02d}"
        if importlib.util.find_spec(f"{__package__}.{chapter}"):
            importlib.import_module(f"{__package__}.{chapter}")
    form, checker = EXERCISES[checks.one_of("exercise", number, EXERCISES)]
    if answer is None or answer is Ellipsis:
        return f"not yet: give {form}"
    try:
        checker(answer, **sizes)
    except NotYet as wrong:
        return f"not yet: {wrong}"
    except Exception as error:
        return f"not yet: {told(error, form)}"
    return "correct"


def told(error: Exception, form: str) -> str:
    """An error of the answer in one line, with the answer's own line where it has one."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if Path(f.filename).parent != Path(__file__).parent]
    line = next((f" at '{f.line}'" for f in reversed(own) if f.line), "")
    reason = " ".join(str(error).split())[:150]
    return f"it raises {type(error).__name__}{line} ({reason}); wanted is {form}"


def require(holds: object, hint: str) -> None:
    """Raise `NotYet` with the hint unless it holds."""
    if not bool(holds):
        raise NotYet(hint)


def array(name: str, made: Any, shape: tuple[int, ...] | None = None) -> np.ndarray:
    """What an answer made, as float64; nothing, another shape and NaN are refused."""
    require(made is not None, f"{name} is None: is a `return` missing?")
    require(not callable(made), f"{name} is a function, not numbers: is it called?")
    try:
        numbers = np.asarray(made.detach() if hasattr(made, "detach") else made, float)
    except (TypeError, ValueError) as error:
        raise NotYet(f"{name} is {checks.shown(made)}, which is not numbers") from error
    if shape is not None and numbers.shape != tuple(shape):
        hint = ": transpose it" if numbers.shape == tuple(shape)[::-1] else ""
        raise NotYet(f"{name} has the shape {numbers.shape}, not {tuple(shape)}{hint}")
    require(not np.isnan(numbers).any(), f"{name} holds NaN, which is not a number")
    return numbers


def not_weights(name: str, made: Any) -> None:
    """Raise `NotYet` for what a softmax makes, or rows with a single 1, where scores go."""
    rows = np.asarray(made, float)[..., -1, :]
    weights = (rows >= 0).all() and np.allclose(rows.sum(-1), 1, atol=1e-4)
    require(not weights, f"{name}: these are weights that add up to 1; give larger scores")


def near(
    name: str, made: Any, want: Any, traps: dict[str, Any] | None = None, atol: float = 1e-5
) -> None:
    """Raise `NotYet` unless numbers agree; say what went wrong, if it is a usual mistake.

    Args:
        name: what the numbers are.
        made, want: what the answer made, and what is right.
        traps: by its hint, what a mistake of this exercise would give.
        atol: how far off a number may be, beside 1e-4 of its size.
    """
    want = np.asarray(want, float)
    made = array(name, made, want.shape)

    def same(other: Any) -> bool:
        other = np.asarray(other, float)
        return other.shape == made.shape and np.allclose(made, other, rtol=1e-4, atol=atol)

    if same(want):
        return
    usual = {"the sign is wrong": -want, "off by one: 1 too many": want + 1}
    usual |= {"off by one: 1 too few": want - 1}
    if want.ndim >= 2:
        usual["it is transposed"] = want.swapaxes(-1, -2)
    for hint, mistake in ((traps or {}) | usual).items():
        require(not same(mistake), f"{name}: {hint}")
    at = np.unravel_index(
        np.argmax(~np.isclose(made, want, rtol=1e-4, atol=atol)), want.shape
    )
    where = f" at {tuple(int(i) for i in at)}" if at else ""
    raise NotYet(f"{name}{where} is {made[at]:.6g}, it should be {want[at]:.6g}")
