"""Answers to the exercises of chapter 8: other right ones, wrong ones with their hint."""

import numpy as np
import torch

NAMES = {
    "A": "too few examples",
    "B": "learning rate too high",
    "C": "answers shuffled",
    "D": "as it should be",
    "E": "mask is broken",
    "F": "learning rate too low",
}


def swapped(one, other):
    """The right names, but for two that were mistaken for each other."""
    return NAMES | {one: NAMES[other], other: NAMES[one]}


def by_entr(row):
    return torch.special.entr(torch.tensor(row)).sum() / np.log(len(row))


def by_sorting(accuracies, losses):
    order = sorted(range(len(losses)), key=lambda i: (accuracies[i], -losses[i]))
    return order[-1]


def entropy(row):
    return -sum(p * np.log(p) for p in row if p > 0)


def with_zeros(row):
    row = np.array(row)
    with np.errstate(divide="ignore", invalid="ignore"):
        return -(row * np.log(row)).sum() / np.log(len(row))


RIGHT = {
    "8.1": [dict(reversed(NAMES.items())), NAMES | {"G": "nothing"}],
    "8.2": [lambda n, size, epochs: sum(n // size for _ in range(epochs))],
    "8.3": [by_entr],
    "8.4": [by_sorting, lambda a, b: int(np.lexsort((b, -np.array(a)))[0])],
}
WRONG = {
    "8.1": [
        (dict.fromkeys(NAMES), "no name yet for A, B, C, D, E, F"),
        ({"A": "too few examples"}, "no name yet for B, C"),
        (NAMES | {"B": "mask is broken"}, "under two letters"),
        (NAMES | {"B": "too high"}, "none of the six names"),
        (swapped("D", "E"), "look again at ['D']: both curves fall together"),
        (swapped("C", "F"), "drops to one level"),
        (swapped("A", "E"), "part"),
        (swapped("B", "F"), "jumps about"),
        (list(NAMES.values()), "give a dictionary"),
    ],
    "8.2": [
        (lambda n, size, epochs: n * epochs // size, "each epoch, not once"),
        (lambda n, size, epochs: epochs * -(-n // size), "it is counted"),
        (lambda n, size, epochs: epochs * n / size, "not full"),
        (lambda n, size, epochs: n // size, "one epoch"),
        (lambda n, size, epochs: n * epochs, "should be 2500"),
        (lambda n, size, epochs: 0, "should be 2500"),
    ],
    "8.3": [
        (entropy, "it is the entropy"),
        (lambda row: entropy(row) / len(row), "not by the length"),
        (lambda row: 1 - entropy(row) / np.log(len(row)), "the wrong way round"),
        (lambda row: 1 - max(row), "greatest weight"),
        (with_zeros, "0 · log 0, which is NaN"),
        (
            lambda row: entropy(row) / np.log(max(2, sum(p > 0 for p in row))),
            "count for the length",
        ),
        (lambda row: -sum(p * np.log(p) for p in row) / np.log(len(row)), "NaN"),
        (lambda row: None, "None"),
    ],
    "8.4": [
        (lambda a, b: int(np.argmax(a)), "take the lower loss"),
        (lambda a, b: int(np.argmin(b)), "the lowest loss"),
        (lambda a, b: len(a) - 1, "the lowest loss"),
        (lambda a, b: max(a), "not the accuracy"),
        (lambda a, b: int(np.argmin(a)), "keep number"),
        (lambda a, b: None, "None"),
    ],
}
