"""Answers to the exercises of chapter 9: other right ones, wrong ones with their hint."""

import math

import numpy as np


def by_groups(n, a_pass, size):
    return a_pass * sum(2 for _ in range(0, n, size))


def by_recursion(f, x, moves):
    there = np.sum([x, *moves], axis=0)
    if f(there) < f(x) or len(moves) == 1:
        return there
    return by_recursion(f, x, moves[: len(moves) // 2])


def theil_sen(sizes, seconds):
    n, s = np.log(sizes), np.log(seconds)
    i, j = np.triu_indices(len(n), 1)
    return np.median((s[j] - s[i]) / (n[j] - n[i]))


def least_squares(sizes, seconds):
    n, s = np.log10(sizes), np.log10(seconds)
    return np.cov(n, s)[0, 1] / np.var(n, ddof=1)


def halves(f, x, moves, half=lambda n: n // 2, gain=lambda then, now: then < now):
    while len(moves) > 1 and not gain(f(x + sum(moves)), f(x)):
        moves = moves[: half(len(moves))]
    return x + sum(moves)


def one_fewer(f, x, moves):
    while len(moves) > 1 and not f(x + sum(moves)) < f(x):
        moves = moves[:-1]
    return x + sum(moves)


def worse_half(f, x, moves):
    while len(moves) > 1 and not f(x + sum(moves)) < f(x):
        moves = moves[-(len(moves) // 2) :]
    return x + sum(moves)


RIGHT = {
    "9.1": [by_groups, lambda n, a, g: 2 * math.ceil(n / g) * a],
    "9.2": [by_recursion, halves],
    "9.3": [theil_sen, least_squares],
}
WRONG = {
    "9.1": [
        (lambda n, a, g: n * a, "two passes"),
        (lambda n, a, g: -(-n // g) * a, "two passes"),
        (lambda n, a, g: 2 * n * a, "moved at once"),
        (lambda n, a, g: 2 * n * a / g, "round up"),
        (lambda n, a, g: 2 * (n // g) * a, "may be smaller"),
        (lambda n, a, g: 2 * -(-n // g), "how long"),
        (lambda n, a: 2 * n * a, "TypeError"),
    ],
    "9.2": [
        (lambda f, x, m: x + sum(m), "may not help"),
        (lambda f, x, m: x + m[0], "only the best"),
        (
            lambda f, x, m: x + (sum(m) if f(x + sum(m)) < f(x) else m[0]),
            "there are halves",
        ),
        (one_fewer, "half of them is left out"),
        (lambda f, x, m: halves(f, x, m, lambda n: round(n / 2 + 0.1)), "round down"),
        (lambda f, x, m: halves(f, x, m, gain=lambda a, b: a <= b), "no gain"),
        (worse_half, "better half comes first"),
        (lambda f, x, m: sum(m), "may not help"),
        (lambda f, x, m: None, "None"),
    ],
    "9.3": [
        (lambda n, s: np.polyfit(n, s, 1)[0], "logarithms"),
        (lambda n, s: np.log(s[-1] / s[0]) / np.log(n[-1] / n[0]), "two ends"),
        (lambda n, s: np.polyfit(np.log(s), np.log(n), 1)[0], "turned round"),
        (lambda n, s: s[-1] / s[0], "ratio"),
        (lambda n, s: np.polyfit(np.log(n), np.log(s), 1)[1], "constant"),
        (lambda n, s: np.polyfit(np.log(n), np.log(s), 1), "shape"),
        (lambda n, s: np.log(s).mean() / np.log(n).mean(), "not"),
    ],
}
