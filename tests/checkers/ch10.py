"""Answers to the exercises of chapter 10: other right ones, wrong ones with their hint."""

import numpy as np

from progtx_core import rasp


def record_by_kqv(x):
    larger = rasp.select(x, x, lambda k, q: k > q)
    return rasp.tok_map(rasp.sel_width(larger), lambda n: n == 0)


def repeat_by_firsts(x):
    first = rasp.firsts(x, x)
    return rasp.seq_map(first, rasp.indices(x), lambda i, j: i < j)


def since_by_cumsum(x):
    zeros = rasp.cumsum(rasp.tok_map(x, lambda v: v == 0))
    same = rasp.sel_width(rasp.select(zeros, zeros, rasp.equals))
    less = rasp.tok_map(same, lambda n: n - 1)
    none = rasp.tok_map(zeros, lambda n: n == 0)
    return rasp.where(none, same, less)


def since_by_subtraction(x):
    last = rasp.lasts(x, rasp.full(x, 0))
    return rasp.seq_map(rasp.indices(x), last, lambda i, j: i - j)


def repeat_by_a_loop(x):
    found = []
    for i, v in enumerate(x):
        found.append(int(v in x[:i]))
    return np.array(found)


def record_by_numpy(x):
    return np.maximum.accumulate(x) == x


RIGHT = {
    "10.1": [record_by_kqv],
    "10.2": [repeat_by_firsts],
    "10.3": [since_by_cumsum],
    "10.4": [28, np.int64(28), 28.0],
}
WRONG = {
    "10.1": [
        (rasp.maximum, "the largest number so far"),
        (lambda x: rasp.seq_map(x, rasp.shift_right(x), lambda v, w: v > w), "alone"),
        (lambda x: rasp.seq_map(x, rasp.shift_right(x), lambda v, w: v >= w), "alone"),
        (
            lambda x: rasp.seq_map(rasp.indices(x), rasp.argmax(x), lambda i, j: i == j),
            "as large as",
        ),
        (lambda x: x == x.max(), "should give"),
        (lambda x: rasp.maximum(x)[-1], "shape"),
        (record_by_numpy, "no RASP-L"),
    ],
    "10.2": [
        (lambda x: rasp.has_seen(x, x), "selects itself"),
        (lambda x: rasp.num_prev(x, x), "counts"),
        (lambda x: rasp.tok_map(rasp.num_prev(x, x), lambda n: n == 1), "other way"),
        (lambda x: rasp.seq_map(x, rasp.shift_right(x), rasp.equals), "alone"),
        (lambda x: rasp.seq_map(x, rasp.shift_right(x, 1, -1), rasp.equals), "alone"),
        (lambda x: rasp.tok_map(rasp.num_prev(x, x), lambda n: n > 2), "should give"),
        (repeat_by_a_loop, "no RASP-L"),
    ],
    "10.3": [
        (lambda x: rasp.lasts(x, rasp.full(x, 0)), "position of the last 0"),
        (lambda x: rasp.lasts(x, rasp.full(x, 0), default=0), "position of the last 0"),
        (lambda x: rasp.num_prev(x, rasp.full(x, 0)), "counts the zeros"),
        (
            lambda x: rasp.sel_width(
                rasp.select(
                    rasp.indices(x), rasp.lasts(x, rasp.full(x, 0)), lambda k, q: k >= q
                )
            ),
            "not counted",
        ),
        (
            lambda x: rasp.sel_width(
                rasp.select(
                    rasp.indices(x), rasp.lasts(x, rasp.full(x, 0), 0), lambda k, q: k > q
                )
            ),
            "without a 0",
        ),
        (rasp.indices, "should give"),
        (since_by_subtraction, "no RASP-L"),
    ],
    "10.4": [
        (10, "sqrt(8)"),
        (17, "five keys"),
        (20, "gives the selected position 0.855"),
        (27, "gives"),
        (29, "more than is needed"),
        (100, "more than is needed"),
        (27.97, "whole number"),
        ([28], "shape"),
    ],
}
