"""Checkers of chapter 3, attention pooling."""

import numpy as np
import torch

from progtx_core.tools.checkers.judge import array, exercise, near, require


@exercise("3.1", "a function of inputs, (batch, seq_len, d_input)")
def scores(answer, seq_len=32, n_values=8):
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(200, seq_len, 1 + n_values, generator=generator)
    for row in x:  # distinct keys, 0.01 apart, in random order
        row[:, 0] = torch.randperm(seq_len, generator=generator) / 100
    made = torch.tensor(array("the table of scores", answer(x), (200, seq_len)))
    half, zero = (torch.as_tensor(answer(x * by)).double() for by in (0.5, 0))
    straight = torch.allclose(half, (made + zero) / 2, rtol=1e-3, atol=1e-3)
    require(straight, "the scores are not linear in the features")
    largest = (made.argmax(1) == x[..., 0].argmax(1)).all()
    require(not largest, "it picks the largest key: the sign is wrong")
    right = (made.argmax(1) == x[..., 0].argmin(1)).all()
    require(right, "the smallest key does not get the greatest score everywhere")
    low = made.softmax(-1).amax(1).min().item()
    require(low >= 0.99, f"not sharp enough: a smallest key gets only {low:.4f}")


@exercise("3.2", "a pair of functions: weight(n, d) and lead(n, w)")
def sharpness(answer):
    pair = isinstance(answer, tuple | list) and len(answer) == 2
    require(pair and all(map(callable, answer)), "give a pair of functions")
    made = array("lead(24, 0.5)", answer[1](24, 0.5))
    swapped = np.allclose(made, 1 / (1 + 23 * np.exp(-0.5)))
    require(not swapped, "weight and lead have changed places")
    n_others = "the leader is one of the n: n - 1 are others"
    for n, d in ((24, 5.0), (2, 0.0), (2, 1.0), (1000, 10.0)):
        w = 1 / (1 + (n - 1) * np.exp(-d))
        traps = {
            n_others: 1 / (1 + n * np.exp(-d)),
            "divide by the sum over all positions": np.exp(d) / n,
            "each of the others gives e^0 = 1: n - 1 in all": 1 / (1 + np.exp(-d)),
        }
        near(f"weight({n}, {d:g})", answer[0](n, d), w, traps, atol=1e-9)
        odds = w / (1 - w)
        traps = {n_others: np.log(n * odds), "take the logarithm": (n - 1) * odds}
        traps["the other weights are 1 - w in all, not 1"] = np.log((n - 1) * w)
        near(f"lead({n}, {w:.4f})", answer[1](n, w), d, traps, atol=1e-6)


@exercise("3.3", "a function of a signal s, a tensor of any shape")
def valley(answer):
    s = torch.linspace(0, 3, 61, dtype=torch.float64)
    up, down = (array("the score", answer(x), s.shape) for x in (s, -s))
    require(not np.allclose(up, up[0]), "the score is the same for all sizes")
    odd = "it tells the signs apart: one tanh must rise, the other fall"
    require(not np.allclose(up - up[0], down[0] - down), odd)
    require(np.allclose(up, down), "the scores of s and -s differ")
    require(not (np.diff(up) < 0).all(), "it is a hill: larger sizes get smaller scores")
    kink = 2 * (up[1] - up[0]) > up[2] - up[1] + 1e-6
    require(not kink, "it has a kink at 0, which no sum of tanh has: is it made of abs?")
    require((np.diff(up) > 0).all(), "the score does not grow with the size everywhere")
    far = np.ptp(array("the score", answer(s * 1e4 + 1e4), s.shape))
    require(far < 1e-6, "it grows without bound: make it of tanh and sums only")


@exercise("3.4", "a function of (values, beta)")
def pooled(answer):
    values = torch.tensor([[1.0, 2.0, 6.0], [-4.0, 0.0, 1.0]])
    for beta in (0.0, 1.0):
        weights = (beta * values).softmax(-1)
        traps = {
            "it is the mean, whatever beta is": values.mean(-1),
            "it is the maximum, whatever beta is": values.amax(-1),
            "divide the weights by their sum": ((beta * values).exp() * values).sum(-1),
        }
        want, name = (weights * values).sum(-1), f"the pooled value at beta {beta:g}"
        near(name, answer(values, beta), want, traps)
    close = values / 8000  # at a large beta, too, several of them have a weight
    for x, beta in ((values, 1e4), (values, -1e4), (close, 1e4), (close * 100, 100.0)):
        made = torch.as_tensor(answer(x, beta))
        hint = (
            f"beta {beta:g} overflows: before exp subtract the largest *score* of each row"
        )
        require(made.isfinite().all(), hint)
        want = ((beta * x).softmax(-1) * x).sum(-1)
        near(f"the pooled value of {x.tolist()} at beta {beta:g}", made, want)


@exercise("3.5", "a function of (d, u, v)")
def divisor(answer):
    for d, u, v in ((64, 1.0, 1.0), (64, 4.0, 1.0), (100, 0.25, 9.0)):
        traps = {"that is the variance: take its root": d * u * v}
        traps["variances of query and key matter, too"] = d**0.5
        traps["u and v are variances: take their roots, too"] = d**0.5 * u * v
        traps["variances of a product multiply, not add"] = (d * (u + v)) ** 0.5
        name, want = f"the divisor for d={d}, u={u:g}, v={v:g}", (d * u * v) ** 0.5
        near(name, answer(d, u, v), want, traps)
