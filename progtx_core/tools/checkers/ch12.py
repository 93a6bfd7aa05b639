"""Checkers of chapter 12, what a transformer will extend."""

import re

import numpy as np

from progtx_core.rasp.programs import START
from progtx_core.rasp.rasp_l import violations
from progtx_core.tools.checkers.judge import array, exercise, require


@exercise("12.1", "a function of (fit, beyond), which gives two numbers")
def means(answer):
    for fit, beyond in (
        ([1.0, 0.5, 1.0], [0.9, 0.1, 0.6]),
        ([1.0, 0.99, 0.3], [0.9, 0.1, 0.0]),
        ([0.99, 0.2], [0.8, 0.0]),
        ([1.0, 1.0], [0.2, 0.4]),
        ([1.0], [0.0]),
    ):
        made = answer(list(fit), list(beyond))
        two = isinstance(made, list | tuple) and len(made) == 2
        require(two, "two numbers are asked for, of all seeds and of those that fit")
        kept = [b for f, b in zip(fit, beyond) if f == 1]
        everyone, survivors = made
        said = float(array("the mean of all", everyone, ()))
        off = abs(said - np.mean(beyond)) > 1e-9
        only = kept and abs(said - np.mean(kept)) < 1e-9
        require(
            not (off and only), "the first mean is of all seeds, also those that failed"
        )
        require(not off, f"the mean of {beyond} is {np.mean(beyond):.4g}, not {said:.4g}")
        if not kept:
            why = "where no seed fits there is no such mean: None"
            require(survivors is None, f"{why}, not {survivors!r}")
            continue
        require(survivors is not None, "the second mean is missing where seeds fit")
        said = float(array("the mean of those that fit", survivors, ()))
        right = abs(said - np.mean(kept)) < 1e-9
        loose = [b for f, b in zip(fit, beyond) if f > 0.5]
        hint = "a share of 1 is asked for, not one that is close to it"
        require(right or abs(said - np.mean(loose)) > 1e-9, hint)
        of_fit = abs(said - np.mean([f for f in fit if f == 1])) < 1e-9
        require(right or not of_fit, "the shares beyond are averaged, not those that fit")
        where = f"for fit={fit}, beyond={beyond} it is {np.mean(kept):.4g}"
        require(right, f"{where}, not {said:.4g}")


@exercise("12.2", "a program: a function of a sequence x, written with the words of rasp")
def next_of_ab(answer):
    generator = np.random.default_rng(0)
    for length in (1, 2, 3, 6, 12) * 8:
        n_first = int(generator.integers(0, length + 1))
        x = [START, *[0] * n_first, *[1] * (length - n_first)]
        if length > 2 and generator.random() < 0.5:  # no string of the language
            x = [START, *generator.integers(0, 2, length).tolist()]
        found = array(f"the answer to {x}", answer(np.array(x)), (len(x),)).astype(int)
        wanted = [int(1 in x[: i + 1]) for i in range(len(x))]
        last = [int(v == 1) for v in x]
        if found.tolist() == wanted:
            continue
        turned = found.tolist() == [1 - v for v in wanted]
        require(not turned, "0 is for an a that may be next, 1 for one that may not")
        hint = "it looks at this symbol alone: once a b was there, no a may ever follow"
        require(found.tolist() != last, hint)
        require(False, f"{x} should give {wanted}, not {found.tolist()}")
    broken = violations(answer)
    require(not broken, f"right, but no RASP-L: {broken[0]}" if broken else "")


@exercise("12.3", "a function of n, which gives two strings")
def pair(answer):
    for n in (0, 1, 3, 40):
        made = answer(n)
        two = isinstance(made, list | tuple) and len(made) == 2
        require(two and all(isinstance(s, str) for s in made), "two strings are asked for")
        first, second = made
        for text in made:
            require(set(text) <= set("012"), f"{text[:20]!r}: symbols are 0, 1 and 2")
        require(len(first) == len(second), f"n={n}: the two are of different length")
        apart = [i for i, (a, b) in enumerate(zip(first, second)) if a != b]
        one = f"n={n}: they differ in {len(apart)} symbols, not in one"
        require(len(apart) == 1, one)
        behind = len(first) - 1 - apart[0]
        belongs = [re.fullmatch("[012]*02*", text) is not None for text in made]
        swapped = "the first belongs to the language, the second does not: swap them"
        require(belongs != [False, True], swapped)
        require(belongs[0], f"n={n}: the first is not of the language: {first[-20:]!r}")
        require(not belongs[1], f"n={n}: the second is of the language: {second[-20:]!r}")
        require(behind == n, f"n={n}: the symbol that differs has {behind} behind it")
