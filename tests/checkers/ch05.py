"""Answers to the exercises of chapter 5: other right ones, wrong ones with their hint."""

import math

import numpy as np
import torch


def matrix(t, angle):
    """Of float64: float32 numbers and it do not multiply in torch."""
    cos, sin = np.cos(t * angle), np.sin(t * angle)
    return torch.tensor([[cos, -sin], [sin, cos]], dtype=torch.float64)


def by_complex_numbers(pair, t, angle):
    turned = complex(*map(float, pair)) * complex(math.cos(t * angle), math.sin(t * angle))
    return [turned.real, turned.imag]


def with_numpy(pair, t, angle):
    return matrix(t, angle).numpy() @ np.asarray(pair)


def mixed(pair, t, angle, signs=(1, -1, 1, 1)):
    """[cos, sin, sin, cos] with some signs."""
    a = torch.tensor(t * angle)
    rows = [a.cos(), a.sin(), a.sin(), a.cos()]
    return torch.stack([s * r for s, r in zip(signs, rows)]).view(2, 2) @ pair


def masked(seq):
    """Nothing but the left neighbour; the first attends to none."""
    bias = torch.full((seq, seq), -torch.inf)
    bias.diagonal(-1).zero_()
    return bias


def to_the_left(size):
    return lambda seq: torch.diag(torch.full((seq - 1,), size), -1)


def pairs(width):
    return torch.arange(width // 2)


RIGHT = {
    "5.1": [
        lambda width: [2 * math.pi * 10_000 ** (2 * i / width) for i in range(width // 2)],
        lambda width: 2 * torch.pi * 10_000.0 ** (pairs(width) / len(pairs(width))),
    ],
    "5.2": [
        masked,
        to_the_left(10),
        to_the_left(1e30),
        lambda seq: 20 * np.eye(seq, k=-1, dtype=int),
        lambda seq: -9 * (torch.arange(seq) - torch.arange(seq)[:, None] + 1).abs(),
        lambda seq: (10 * torch.eye(seq).roll(-1, 1)).requires_grad_(),
    ],
    "5.3": [
        by_complex_numbers,
        with_numpy,
        lambda pair, t, angle: matrix(t, angle) @ pair,
        lambda pair, t, angle: matrix(t, angle).float() @ pair,
        lambda pair, t, angle: matrix(-t, angle).float() @ pair,
    ],
    "5.4": [
        lambda a, b: a.abs() - b.abs(),
        lambda a, b: torch.maximum(a, -a) - torch.maximum(b, -b),
        lambda a, b: (a - b).abs() * 0 + (a.relu() + (-a).relu()) - b.abs(),
    ],
}
WRONG = {
    "5.1": [
        (lambda width: 10_000.0 ** (-2 * pairs(width) / width), "these are the angles"),
        (lambda width: 10_000.0 ** (2 * pairs(width) / width), "2 pi, not 1"),
        (lambda width: 360 * 10_000.0 ** (2 * pairs(width) / width), "not 360"),
        (lambda width: 2 * np.pi * 10_000.0 ** (pairs(width) / width), "the exponent"),
        (lambda width: 2 * np.pi * 10_000.0 ** (torch.arange(width) / width), "each pair"),
        (
            lambda width: (2 * np.pi * 10_000.0 ** (2 * pairs(width) / width)).flip(0),
            "turn the order round",
        ),
        (lambda width: 2 * np.pi * 10_000, "shape"),
    ],
    "5.2": [
        (lambda seq: torch.diag(torch.full((seq - 1,), 10.0), 1), "to the right"),
        (to_the_left(1.0), "these are weights"),
        (lambda seq: (20 * torch.eye(seq).roll(-1, 1)).softmax(-1), "these are weights"),
        (to_the_left(3.0), "left neighbour only"),
        (lambda seq: 10 * torch.eye(seq), "to itself"),
        (lambda seq: torch.zeros(seq), "shape"),
        (lambda seq: torch.zeros(seq, seq), "left neighbour only"),
        (lambda seq: torch.full((seq, seq), torch.nan), "NaN"),
        (lambda seq: torch.full((seq, seq), torch.inf), "infinity"),
        (lambda seq: torch.diag(torch.full((2,), 10.0), -1), "shape"),
        (torch.zeros(3, 3), "a function of seq"),
    ],
    "5.3": [
        (lambda pair, t, angle: pair, "nothing is turned"),
        (lambda pair, t, angle: pair * (t * angle), "position 0"),
        (lambda pair, t, angle: pair + t * angle, "length changes"),
        (lambda pair, t, angle: mixed(pair, 1, angle) if t else pair, "grow with t"),
        (lambda pair, t, angle: mixed(pair, t + 1, angle), "position 0"),
        (lambda pair, t, angle: mixed(pair, t, math.radians(angle)), "radians already"),
        (lambda pair, t, angle: mixed(pair, t, math.degrees(angle)), "not in degrees"),
        (lambda pair, t, angle: mixed(pair, t, angle, (1, 1, 1, 1)), "are the signs right"),
        (lambda pair, t, angle: mixed(pair, t, angle, (1, 1, 1, -1)), "position 0"),
        (lambda pair, t, angle: pair * float("nan"), "NaN"),
        (lambda pair, t, angle: matrix(t, angle), "shape"),
    ],
    "5.4": [
        (lambda a, b: a - b, "-3 is larger"),
        (lambda a, b: a.relu() - b.relu(), "count as 0"),
        (lambda a, b: (-a).relu() - (-b).relu(), "right on"),
        (lambda a, b: b.abs() - a.abs(), "the other way round"),
        (lambda a, b: a.relu() + (-a).relu(), "right on"),
        (lambda a, b: a * a - b * b, "doubles"),
        (lambda a, b: (a.abs() > b.abs()).float() - 0.5, "doubles"),
        (lambda a, b: (a.abs() - b.abs()).sum(), "shape"),
        (lambda a, b: None, "None"),
    ],
}
