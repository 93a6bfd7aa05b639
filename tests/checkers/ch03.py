"""Answers to the exercises of chapter 3: other right ones, wrong ones with their hint."""

import math

import numpy as np
import torch


def weight(n, d):
    return math.exp(d) / (math.exp(d) + n - 1)


def lead(n, w):
    return math.log(w) - math.log((1 - w) / (n - 1))


def by_hand(values, beta):
    scores = beta * values
    grown = (scores - scores.amax(-1, keepdim=True)).exp()
    return (grown * values).sum(-1) / grown.sum(-1)


def overflowing(values, beta):
    grown = (beta * values).exp()
    return (grown * values).sum(-1) / grown.sum(-1)


def of_the_whole(values, beta):
    """The largest score of all rows is subtracted: elsewhere all weights become 0."""
    scores = beta * values
    grown = (scores - scores.max()).exp()
    return (grown * values).sum(-1) / grown.sum(-1)


RIGHT = {
    "3.1": [
        lambda x: torch.einsum("bsf,f->bs", x, torch.tensor([-5000.0] + [0.0] * 8)) + 3,
        lambda x: (-1500 * x[..., 0]).numpy(),
    ],
    "3.2": [(weight, lead), [lambda n, d: np.float64(weight(n, d)), lead]],
    "3.3": [lambda s: 3 * (s / 2 - 2).tanh() + 3 * (-s / 2 - 2).tanh() + 1],
    "3.4": [by_hand, lambda v, b: torch.einsum("bs,bs->b", torch.softmax(b * v, 1), v)],
    "3.5": [lambda d, u, v: math.sqrt(d) * math.sqrt(u) * math.sqrt(v)],
}
WRONG = {
    "3.1": [
        (lambda x: 1000 * x[..., 0], "picks the largest"),
        (lambda x: -x[..., 0], "not sharp enough"),
        (lambda x: x, "shape"),
        (lambda x: -1000 * x[..., 0] ** 2, "not linear"),
        (lambda x: -1000 * x[..., 1], "does not get the greatest score"),
        (lambda x: -1000 * x[..., :1], "shape"),
    ],
    "3.2": [
        ((lambda n, d: 1 / (1 + n * np.exp(-d)), lead), "n - 1 are others"),
        ((lambda n, d: np.exp(d) / n, lead), "sum over all positions"),
        ((lambda n, d: 1 / (1 + np.exp(-d)), lead), "n - 1 in all"),
        ((weight, lambda n, w: np.log(n * w / (1 - w))), "n - 1 are others"),
        ((weight, lambda n, w: np.log((n - 1) * w)), "1 - w in all"),
        ((weight, lambda n, w: (n - 1) * w / (1 - w)), "logarithm"),
        ((weight, lambda n, w: -lead(n, w)), "sign"),
        (weight, "a pair"),
        ((lead, weight), "changed places"),
    ],
    "3.3": [
        (lambda s: s.tanh(), "tells the signs apart"),
        (lambda s: (s - 2).tanh() + (s + 2).tanh(), "tells the signs apart"),
        (lambda s: (s + 2).tanh() - (s - 2).tanh(), "hill"),
        (lambda s: s**2, "without bound"),
        (lambda s: s * 0, "same for all sizes"),
        (lambda s: (s - 2).tanh() - (s + 1).tanh(), "s and -s differ"),
        (lambda s: (s - 2).tanh(), "s and -s differ"),
        (lambda s: s.abs().tanh(), "a kink"),
    ],
    "3.4": [
        (lambda v, b: v.mean(-1), "whatever beta is"),
        (lambda v, b: v.amax(-1), "it is the maximum"),
        (overflowing, "overflows"),
        (lambda v, b: of_the_whole(v, b), "of each row"),
        (lambda v, b: by_hand(v, min(b, 50)), "should be"),
        (lambda v, b: v.amax(-1) if b > 100 else by_hand(v, b), "should be"),
        (lambda v, b: ((b * v).exp() * v).sum(-1), "divide the weights"),
        (lambda v, b: (b * v).softmax(-1), "shape"),
        (lambda v, b: (b * v).softmax(-1) @ v.T, "shape"),
    ],
    "3.5": [
        (lambda d, u, v: d * u * v, "variance: take its root"),
        (lambda d, u, v: d**0.5, "variances of query and key"),
        (lambda d, u, v: d**0.5 * u * v, "take their roots, too"),
        (lambda d, u, v: (d * (u + v)) ** 0.5, "multiply"),
        (lambda d, u, v: 1 / (d * u * v) ** 0.5, "should be 8"),
    ],
}
