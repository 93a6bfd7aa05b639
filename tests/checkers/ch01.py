"""Answers to the exercises of chapter 1: other right ones, wrong ones with their hint."""

import math
from itertools import pairwise

import numpy as np
import torch

HALVES = np.repeat([[-3.0], [3.0]], 5, 0).repeat(2, 1)


def changes(signal):
    return sum((a > 0) != (b > 0) for a, b in pairwise(signal))


def ends(inputs):
    return inputs.sum(-1)[:, 0], inputs.sum(-1)[:, -1]


def with_logs(log=math.log, yes=(0.5, 0.75, 0.99)):
    return [-(log(p) + log(1 - p)) / 2 for p in yes]


RIGHT = {
    "1.1": [HALVES, (HALVES / 3).tolist(), torch.nn.Parameter(torch.tensor(HALVES))],
    "1.2": [with_logs(), np.round(with_logs(), 2), tuple(with_logs())],
    "1.3": [
        lambda signal: changes(signal) % 2,
        lambda signal: bool(np.prod(np.sign([signal[0], signal[-1]])) < 0),
        lambda signal: np.int64(changes(signal) & 1),
    ],
    "1.4": [
        lambda inputs: ends(inputs)[0].sign() * ends(inputs)[1].sign(),
        lambda inputs: (ends(inputs)[0] > 0) != (ends(inputs)[1] > 0),
        lambda inputs: ((ends(inputs)[0] * ends(inputs)[1]) < 0).int().numpy(),
    ],
}
WRONG = {
    "1.1": [
        (torch.ones(10, 2), "against"),
        (torch.zeros(10, 2), "not all 0"),
        (-HALVES, "the sign is wrong"),
        (HALVES.T, "transpose it"),
        (torch.zeros(3), "shape"),
        (np.repeat(np.arange(10.0)[:, None] - 4.5, 2, 1), "one size"),
        (HALVES * [1, 0], "against"),
        (np.where(np.arange(10) < 5, -1, 0)[:, None] * np.ones(2), "for yes"),
        (HALVES * np.inf, "finite"),
    ],
    "1.2": [
        (with_logs(math.log2), "bits"),
        ([-loss for loss in with_logs()], "sign is wrong"),
        ([0.5, 0.75, 0.99], "a probability"),
        ([math.log(2), 0.5, 0.5], "share of answers"),
        ([-math.log(p) for p in (0.5, 0.75, 0.99)], "half of the answers are no"),
        ([-math.log(1 - p) for p in (0.5, 0.75, 0.99)], "half of the answers are yes"),
        ([math.log(2)] * 3, "mean of logarithms"),
        ([2 * loss for loss in with_logs()], "sum over both"),
        (with_logs()[:2], "shape"),
    ],
    "1.3": [
        (changes, "counts the changes"),
        (lambda signal: 1 - changes(signal) % 2, "even"),
        (lambda signal: int(changes(signal) > 0), "wherever there is a change"),
        (lambda signal: int(signal[-1] > signal[0]), "sizes"),
        (lambda signal: sum(s > 0 for s in signal) % 2, "positive values"),
        (lambda signal: 0, "has 1 changes of sign"),
        (lambda signal: changes(signal[1:]) % 2, "changes of sign"),
    ],
    "1.4": [
        (lambda inputs: inputs.sum((1, 2)), "flip all signs"),
        (lambda inputs: inputs[:, 0].sum(-1), "flip all signs"),
        (lambda inputs: inputs.sum(-1), "shape"),
        (lambda inputs: inputs.sum(-1).prod(1), "in the middle"),
        (lambda inputs: inputs[:, 0, 0] * inputs[:, -1, 0], "one feature"),
        (lambda inputs: ends(inputs)[0] ** 2, "right on"),
        (lambda inputs: torch.ones(len(inputs)), "the same number"),
        (lambda inputs: 1 / (0 * ends(inputs)[0]), "flip all"),
    ],
}
