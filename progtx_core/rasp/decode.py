"""Runs a program as one runs a language model: token by token."""

from collections.abc import Callable

import numpy as np

from progtx_core import checks
from progtx_core.rasp.primitives import sequence
from progtx_core.rasp.programs import END, MARKS

Program = Callable[[np.ndarray], np.ndarray]


def decode(program: Program, prompt, max_new: int = 1000, end: int = END) -> list[int]:
    """What a program writes after a prompt, up to and with the end mark.

    max_new: tokens after which it is stopped, finished or not

    >>> from progtx_core.rasp.programs import GO, START, count
    >>> decode(count, [START, 8, 6, GO])
    [8, 7, 6, -3]
    """
    checks.whole("max_new", max_new, at_least=1)
    x = sequence("prompt", prompt)
    if len(x) == 0:
        raise ValueError("prompt is empty: a program continues what is there")
    written: list[int] = []
    while len(written) < max_new and written[-1:] != [end]:
        following = int(sequence("what the program returns", program(x))[-1])
        written.append(following)
        x = np.append(x, following)
    return written


def words(numbers) -> str:
    """Numbers and marks as they are read: `SoS 3 5 >`.

    >>> words([-1, 3, 5, -2])
    'SoS 3 5 >'
    """
    return " ".join(MARKS.get(int(n), str(int(n))) for n in numbers)
