"""Checkers of chapter 9, training without a gradient."""

import numpy as np

from progtx_core.tools.checkers.judge import array, exercise, near, require


@exercise("9.1", "a function of (n_parameters, a_pass, group_size)")
def seconds(answer):
    for n, a_pass, size in ((1000, 0.01, 1), (10, 1.0, 4), (7, 2.0, 7), (9, 0.5, 2)):
        groups, whole = -(-n // size), n // size
        what = f"the sweep over {n} parameters in groups of {size}, {a_pass} s a pass,"
        traps = {
            "each group is moved forwards and backwards: two passes": groups * a_pass,
            "a group of coordinates is moved at once": 2 * n * a_pass,
            "the last group may be smaller, and takes its passes, too": 2 * whole * a_pass,
            "there is no part of a group: round up": 2 * n / size * a_pass,
            "these are passes: how long do they take?": 2 * groups,
        }
        near(what, answer(n, a_pass, size), 2 * groups * a_pass, traps)


def halved(f, x, moves, equal=False, up=False, last=False):
    while len(moves) > 1 and f(x + sum(moves)) >= f(x):
        if equal and f(x + sum(moves)) == f(x):
            break
        half = (len(moves) + up) // 2
        moves = moves[-half:] if last else moves[:half]
    return x + sum(moves)


def one_fewer(f, x, moves):
    while len(moves) > 1 and f(x + sum(moves)) >= f(x):
        moves = moves[:-1]
    return x + sum(moves)


def all_or_first(f, x, moves):
    return x + (sum(moves) if f(x + sum(moves)) < f(x) else moves[0])


SLIPS = {
    "all of them together may not help: is the loss measured?": lambda f, x, m: x + sum(m),
    "only the best is taken, though more of them help together": lambda f, x, m: x + m[0],
    "between all and the first alone there are halves to be tried": all_or_first,
    "half of them is left out at a time, not one": one_fewer,
    "half of three is one: round down": lambda f, x, m: halved(f, x, m, up=True),
    "the better half comes first in the list": lambda f, x, m: halved(f, x, m, last=True),
    "an equal loss is no gain": lambda f, x, m: halved(f, x, m, equal=True),
}
# The sum of x at which f is least, and the order in which coordinates are moved by one.
CASES = {9.0: "01", 1.5: "2013", 0.6: "012", 1.2: "310", 1.0: "14", 1.9: "531024"}
CASES |= {1.4: "421503", 2.4: "01234"}


@exercise("9.2", "a function of (f, x, moves)")
def together(answer):
    x, cases = np.zeros(6), []
    for least, order in CASES.items():
        moves = [np.eye(6)[int(i)] for i in order]
        cases.append((lambda x, least=least: abs(x.sum() - least), moves))
    made = [answer(f, x.copy(), list(moves)) for f, moves in cases]
    made = [array("x after the moves", one, (6,)) for one in made]
    want = [halved(f, x, moves) for f, moves in cases]
    for hint, slip in SLIPS.items() if not np.allclose(made, want) else ():
        require(not np.allclose(made, [slip(f, x, m) for f, m in cases]), hint)
    near("x after the moves of each case", made, want)


@exercise("9.3", "a function of (sizes, seconds)")
def exponent(answer):
    sizes = np.array([1.0, 1.5, 2, 3, 5, 7, 10, 14, 20]) * 1000
    noise = np.array([1.4, 0.97, 1.02, 0.98, 1.03, 0.98, 1.02, 1.03, 0.72])  # at the ends
    for power in (1.0, 2.0, 0.5):
        took = 7e-3 * sizes**power * noise
        n, s, line = np.log(sizes), np.log(took), np.polyfit
        traps = {
            "take logarithms first; a power is their slope": line(sizes, took, 1)[0],
            "the two ends alone are too noisy": (s[-1] - s[0]) / (n[-1] - n[0]),
            "turned round: sizes over seconds": line(s, n, 1)[0],
            "a ratio of seconds depends on how far sizes go": took[-1] / took[0],
            "it is the constant of the line; its slope is wanted": line(n, s, 1)[1],
        }
        made = array("the power", answer(sizes, took), ())
        if abs(made - power) > 0.15:  # any fit through all measurements is nearer
            near(
                f"the power of seconds that grow like sizes ** {power}", made, power, traps
            )
