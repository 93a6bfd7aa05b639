"""Answers to the exercises of chapter 4: other right ones, wrong ones with their hint."""

import math

import torch


def scores_of(q, k):
    return q @ k.transpose(1, 2)


def with_einsum(q, k, v):
    scores = torch.einsum("bqd,bkd->bqk", q, k) * q.shape[-1] ** -0.5
    grown = scores.exp()
    return torch.einsum("bqk,bkd->bqd", grown / grown.sum(-1, keepdim=True), v)


def later(scores):
    return torch.ones_like(scores[0], dtype=torch.bool).triu(1)


def renormalised(scores):
    kept = scores.softmax(-1).tril()
    return kept / kept.sum(-1, keepdim=True)


def hidden(scores, diagonal, by=-torch.inf):
    mask = torch.ones_like(scores[0], dtype=torch.bool)
    mask = mask.triu(diagonal) if diagonal >= 0 else mask.tril(diagonal)
    return scores.masked_fill(mask, by)


RIGHT = {
    "4.1": [with_einsum],
    "4.2": [lambda k: -200 * torch.einsum("bqd,bkd->bqk", k, k).double() + 5],
    "4.3": [lambda n, p: p * (n - p) / math.comb(n, 2)],
    "4.4": [renormalised, lambda s: (s - 1e9 * later(s)).softmax(-1)],
    "4.5": [lambda n, d: 2 * n * n * d / (2 * n * n * d + 4 * n * d * d)],
}
WRONG = {
    "4.1": [
        (lambda q, k, v: scores_of(q, k).softmax(1) @ v, "both bugs"),
        (lambda q, k, v: scores_of(q, k).softmax(-1) @ v, "not divided"),
        (lambda q, k, v: (scores_of(q, k) / 4).softmax(1) @ v, "over queries"),
        (lambda q, k, v: (scores_of(q, k) / 16).softmax(-1) @ v, "not by d"),
        (lambda q, k, v: (scores_of(k, q) / 4).softmax(-1) @ v, "swapped"),
        (lambda q, k, v: scores_of(q, k) / 4 @ v, "no softmax"),
        (lambda q, k, v: (scores_of(q, k) / 4).softmax(-1), "shape"),
        (lambda q, k, v: scores_of(q, k).softmax(-1) @ v / 4, "before the softmax"),
    ],
    "4.2": [
        (lambda k: (-100 * k @ k.transpose(1, 2)).softmax(-1), "these are weights"),
        (lambda k: 100 * scores_of(k, k), "sign is wrong"),
        (lambda k: -scores_of(k, k), "not sharp enough"),
        (lambda k: k, "shape"),
        (lambda k: -100 * scores_of(k, k).abs(), "does not get the greatest"),
        (lambda k: -100 * scores_of(k, k).relu(), "does not get the greatest"),
        (lambda k: torch.cdist(k, k), "not sharp enough"),
    ],
    "4.3": [
        (lambda n, p: 2 * (p / n) * (1 - p / n), "n - 1 are left"),
        (lambda n, p: p * (n - p) / (n * (n - 1)), "twice that"),
        (lambda n, p: 1 - 2 * p * (n - p) / (n * (n - 1)), "agree"),
        (lambda n, p: 0.5, "coin toss"),
        (lambda n: 0.5, "TypeError"),
    ],
    "4.4": [
        (lambda s: s.softmax(-1), "nothing is masked"),
        (lambda s: (s - torch.inf * later(s)).softmax(-1), "zero times infinity"),
        (lambda s: hidden(s, 1), "softmax is missing"),
        (lambda s: hidden(s, -1).softmax(-1), "take the later ones"),
        (lambda s: s.softmax(-1).tril(), "mask before the softmax"),
        (lambda s: hidden(s, 1, 0.0).softmax(-1), "minus infinity"),
        (lambda s: hidden(s, 0).softmax(-1), "attend to itself"),
        (lambda s: hidden(s, 1).softmax(1), "over queries"),
    ],
    "4.5": [
        (lambda n, d: 2 * d / (n + 2 * d), "four maps"),
        (lambda n, d: 2 * n / (2 * n + 3 * d), "W_O"),
        (lambda n, d: n / (n + 4 * d), "used twice"),
        (lambda n, d: n / (2 * d), "a share"),
        (lambda n, d: n * n, "not"),
    ],
}
