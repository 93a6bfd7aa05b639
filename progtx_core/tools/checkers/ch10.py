"""Checkers of chapter 10, programs in RASP-L."""

import numpy as np

from progtx_core.rasp.rasp_l import violations
from progtx_core.tools.checkers.judge import array, exercise, require

PROGRAM = "a program: a function of a sequence x, written with the words of rasp"
ALONE = "it compares with the number before alone, not with all of them"


def program(answer, rule, traps: list) -> None:
    """Whether a program follows a rule on many sequences, and keeps to the language.

    rule: the answer at the last position of what was read; traps: what is said of an
    answer that follows another rule instead, and that rule
    """
    generator, rows, found = np.random.default_rng(0), [], []
    for length in (1, 2, 5, 9) * 20:
        row = generator.integers(0, 6, length)
        rows.append(row.tolist())
        made = array(f"the answer to {rows[-1]}", answer(row.copy()), (length,))
        found.append(made.tolist())

    def off(other) -> list[tuple]:
        wanted = [[int(other(row[: i + 1])) for i in range(len(row))] for row in rows]
        cases = zip(rows, wanted, found, strict=True)
        return [case for case in cases if case[1] != case[2]]

    if wrong := off(rule):
        for hint, other in traps:
            require(off(other), hint)
        row, want, made = wrong[0]
        require(False, f"{row} should give {want}, not {made}")
    broken = violations(answer)
    require(not broken, f"right, but no RASP-L: {broken[0]}" if broken else "")


def last(x: list[int], none: int = -1) -> int:
    """The last position of a 0."""
    return len(x) - 1 - x[::-1].index(0) if 0 in x else none


@exercise("10.1", PROGRAM)
def record(answer):
    largest = "it gives the largest number so far: is it the one that stands here?"
    equal = "a number that is as large as one before is a record, too"
    traps = [(largest, max), (equal, lambda x: x.index(max(x)) == len(x) - 1)]
    traps += [
        (ALONE, lambda x: x[-1] >= [0, *x][-2]),
        (ALONE, lambda x: x[-1] > [0, *x][-2]),
    ]
    program(answer, lambda x: x[-1] == max(x), traps)


@exercise("10.2", PROGRAM)
def repeat(answer):
    itself = "a position selects itself, too: every number has been seen"
    counts = "these are counts: is there more than one?"
    other = "the first of each are marked: it is the other way round"
    traps = [(itself, lambda x: 1), (counts, lambda x: x.count(x[-1]))]
    traps += [(other, lambda x: x[-1] not in x[:-1])]
    traps += [(ALONE, lambda x, v=v: x[-1] == [v, *x][-2]) for v in (0, -1)]
    program(answer, lambda x: x[-1] in x[:-1], traps)


@exercise("10.3", PROGRAM)
def since(answer):
    where = "it is the position of the last 0: how many come after it?"
    none = "without a 0 all positions count, position 0, too"
    traps = [(where, last), (where, lambda x: last(x, 0))]
    traps += [(none, lambda x: len(x) - 1 - last(x, 0))]
    traps += [("the 0 itself is not counted", lambda x: min(len(x), len(x) - last(x)))]
    traps += [("it counts the zeros: what comes after the last?", lambda x: x.count(0))]
    program(answer, lambda x: len(x) - 1 - last(x), traps)


@exercise("10.4", "a whole number")
def sharp(answer):
    factor, root = float(array("the factor", answer, ())), 8**0.5
    least, bare = (int(np.ceil(np.log(99 * 199) * by)) for by in (root, 1))
    require(factor == int(factor), "a whole number is asked for")
    require(factor != bare, f"{bare} leaves out that scores are divided by sqrt(8)")
    few = int(np.ceil(np.log(99 * 4) * root))
    require(factor != few, f"{few} is enough for five keys; there are 200")
    share = 1 / (1 + 199 * np.exp(-factor / root))
    require(factor >= least, f"{factor:.0f} gives the selected position {share:.3g}")
    require(factor == least, f"{factor:.0f} is more than is needed")
