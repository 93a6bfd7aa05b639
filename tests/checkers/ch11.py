"""Answers to the exercises of chapter 11: other right ones, wrong ones with their hint."""

import numpy as np


def by_zip(written, wanted):
    """Right, in another way."""
    filled = [*written, *[None] * len(wanted)]
    at = next((i for i, want in enumerate(wanted) if filled[i] != want), None)
    if at is None:
        return "right"
    if "EoS" in (filled[at], wanted[at]):
        return "missing EoS" if wanted[at] == "EoS" else "early EoS"
    return "wrong first token" if at == 0 else "wrong successor"


def last_first(written, wanted):
    """It asks whether EoS came before it asks what is wrong first."""
    if written == wanted:
        return "right"
    if len(written) < len(wanted) and written[-1:] == ["EoS"]:
        return "early EoS"
    return by_zip(written, wanted)


def without_first(written, wanted):
    found = by_zip(written, wanted)
    return "wrong successor" if found == "wrong first token" else found


def first_is_first(written, wanted):
    """An EoS in place of the first number counts as a wrong first token."""
    if written[:1] != wanted[:1]:
        return "wrong first token"
    return by_zip(written, wanted)


def by_words(written, wanted):
    """Only as far as something was written."""
    for got, want in zip(written, wanted):
        if got != want:
            return by_zip(written, wanted)
    return "right"


RIGHT = {
    "11.1": [lambda a, b: 4 + len(range(min(a, b), max(a, b) + 1)) + 1],
    "11.2": [by_zip],
    "11.3": [
        lambda share, n: np.log(share) - np.log1p(-share) + np.log(n - 1),
        lambda share, n: np.float64(-np.log((1 / share - 1) / (n - 1))),
    ],
}
WRONG = {
    "11.1": [
        (lambda a, b: b - a + 6, "below"),
        (lambda a, b: abs(b - a) + 5, "first number"),
        (lambda a, b: abs(b - a) + 1, "marks"),
        (lambda a, b: abs(b - a), "apart"),
        (lambda a, b: abs(b - a) + 2, "prompt is missing"),
        (lambda a, b: abs(b - a) + 7, "one mark too many"),
        (lambda a: 6, "TypeError"),
    ],
    "11.2": [
        (lambda w, right: "right" if w == right else "early EoS", "is 'missing EoS'"),
        (lambda w, right: None, "return"),
        (lambda w, right: "right" if w == right else "wrong", "none of the five"),
        (last_first, "is 'wrong first token'"),
        (without_first, "very first number"),
        (first_is_first, "at any position"),
        (by_words, "missing is a wrong one"),
        (lambda w, right: "right" if w == right else "wrong successor", "early EoS"),
    ],
    "11.3": [
        (lambda share, n: None, "None"),
        (lambda share, n: np.log(n * share / (1 - share)), "n - 1, not n"),
        (lambda share, n: np.log(n * share), "share / (1 - share)"),
        (lambda share, n: np.log((n - 1) * share), "odds"),
        (lambda share, n: np.log(n - 1), "one half"),
        (lambda share, n: share * (n - 1) / (1 - share), "logarithm"),
        (lambda share, n: -np.log(share * (n - 1) / (1 - share)), "sign"),
        (lambda share, n: np.log(share / (1 - share)), "add up"),
        (lambda share, n: float("nan"), "NaN"),
        (lambda share, n: 3.0, "its share is"),
    ],
}
