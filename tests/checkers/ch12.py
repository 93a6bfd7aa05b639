"""Answers to the exercises of chapter 12: other right ones, wrong ones with their hint."""

import numpy as np

from progtx_core import rasp


def by_list(fit, beyond):
    kept = [b for f, b in zip(fit, beyond) if f >= 1]
    return [np.mean(beyond), sum(kept) / len(kept) if kept else None]


def survivors(fit, beyond):
    _, kept = by_list(fit, beyond)
    return kept or 0.0, kept


def loose(fit, beyond):
    kept = [b for f, b in zip(fit, beyond) if f > 0.95]
    return np.mean(beyond), (np.mean(kept) if 1 in fit else None)


def zero_for_none(fit, beyond):
    everyone, kept = by_list(fit, beyond)
    return everyone, 0.0 if kept is None else kept


def of_fit(fit, beyond):
    kept = [f for f in fit if f == 1]
    return np.mean(beyond), (np.mean(kept) if kept else None)


def by_count(x):
    ones = rasp.cumsum(rasp.tok_map(x, lambda v: v == 1))
    return rasp.tok_map(ones, lambda n: n > 0)


def by_python(x):
    return np.array([int(1 in x[: i + 1].tolist()) for i in range(len(x))])


def may(x):
    return rasp.tok_map(rasp.has_seen(x, rasp.full(x, 1)), lambda v: not v)


RIGHT = {
    "12.1": [by_list],
    "12.2": [by_count],
    "12.3": [
        lambda n: ["110" + "2" * n, "111" + "2" * n],
        lambda n: ("20" + "2" * n, "21" + "2" * n),
    ],
}
WRONG = {
    "12.1": [
        (lambda fit, beyond: np.mean(beyond), "two numbers"),
        (survivors, "also those that failed"),
        (zero_for_none, "None"),
        (lambda fit, beyond: (np.mean(beyond), None), "missing where seeds fit"),
        (loose, "close to it"),
        (of_fit, "the shares beyond are averaged"),
        (lambda fit, beyond: (np.mean(fit), None), "the mean of"),
        (lambda fit, beyond: (np.mean(beyond), 0.123 if 1 in fit else None), "it is 0.75"),
    ],
    "12.2": [
        (lambda x: rasp.tok_map(x, lambda v: v == 1), "this symbol alone"),
        (may, "0 is for an a"),
        (by_python, "no RASP-L"),
        (lambda x: rasp.full(x, 0), "should give"),
    ],
    "12.3": [
        (lambda n: "0", "two strings"),
        (lambda n: ("0" + "3" * n, "1" + "3" * n), "symbols are"),
        (lambda n: ("0" + "2" * n, "1"), "different length"),
        (lambda n: ("0" + "2" * n, "2" * n + "1"), "not in one"),
        (lambda n: ("1" + "2" * n, "0" + "2" * n), "swap"),
        (lambda n: ("01" + "2" * n, "11" + "2" * n), "first is not of the language"),
        (lambda n: ("00" + "2" * n, "10" + "2" * n), "second is of the language"),
        (lambda n: ("02" + "2" * n, "12" + "2" * n), "behind it"),
    ],
}
