"""Checkers of chapter 1, logistic regression."""

import math

import numpy as np
import torch

from progtx_core import tasks
from progtx_core.tools.checkers.judge import array, exercise, near, require
from progtx_core.training import held_out


@exercise("1.1", "a tensor of weights, (seq_len, d_input)")
def weights(answer, seq_len=10, d_input=2):
    made, half = array("your tensor", answer, (seq_len, d_input)), seq_len // 2
    first, last, middle = made[:half], made[-half:], made[half : seq_len - half]
    require(np.isfinite(made).all() and made.any(), "weights are finite, and not all 0")
    sign = (first <= 0).any() or (last >= 0).any()
    require(sign, "the sign is wrong: the last values count for yes")
    require((first < 0).all(), "the first values count against: all their weights below 0")
    require((last > 0).all(), "the last values count for yes: all their weights above 0")
    require(not middle.any(), "the value in the middle belongs to neither half: weight 0")
    require(np.allclose([-first, last], last.mean(), rtol=1e-3), "all weights of one size")


@exercise("1.2", "three numbers, the losses in nats")
def costs(answer):
    made, yes = array("the list", answer, (3,)), (1 / 2, 3 / 4, 99 / 100)
    want = [-(math.log(p) + math.log(1 - p)) / 2 for p in yes]
    bits = np.allclose(made * math.log(2), want, atol=0.006)
    require(not bits, "these are bits; for nats take the natural logarithm")
    for p, number, right in zip(yes, made, want, strict=True):
        traps = {
            "this is a probability; the loss is minus its logarithm": p,
            "this is a share of answers; the loss is minus a logarithm": 1 / 2,
            "only for yes; half of the answers are no": -math.log(p),
            "only for no; half of the answers are yes": -math.log(1 - p),
            "it is a sum over both answers; take the mean": 2 * right,
            "take the mean of logarithms, not of probabilities": math.log(2),
        }
        near(f"the loss of the model that says {p:g}", number, right, traps, atol=0.006)


@exercise("1.3", "a function of a signal, a list of numbers")
def disguise(answer, seq_len=10):
    rng = np.random.default_rng(2)
    signals = [rng.standard_normal(rng.integers(2, seq_len + 1)) for _ in range(300)]
    array("the answer", answer(signals[0].tolist()), ())
    made = array("the list of answers", [answer(s.tolist()) for s in signals], (300,))
    changes = np.array([np.sum((s[1:] > 0) != (s[:-1] > 0)) for s in signals])
    larger = [s[-1] > s[0] for s in signals]
    positive = [np.sum(s > 0) % 2 for s in signals]
    traps = {
        "it counts the changes; answer 1 if their number is odd, else 0": changes,
        "it is 1 where the number of changes is even": 1 - changes % 2,
        "it is 1 wherever there is a change; is the number odd?": changes > 0,
        "it compares the sizes of first and last value; only signs count": larger,
        "it counts positive values; count neighbours whose signs differ": positive,
    }
    for hint, mistake in traps.items():
        require(not np.array_equal(made, mistake), hint)
    for signal, given, n in zip(signals, made, changes, strict=True):
        signs = "".join("+" if s > 0 else "-" for s in signal)
        require(given == n % 2, f"{signs} has {n} changes of sign: not {given:g}")


@exercise("1.4", "a function of inputs, (batch, seq, d_input), to numbers (batch,)")
def feature(answer, seq_len=10, d_input=2):
    from sklearn.linear_model import LogisticRegression

    task = tasks.get("xor_of_endpoints", seq_len=seq_len, d_input=d_input)
    val, test = held_out(task, "val", 2000), held_out(task, "test", 2000)

    def of(inputs):
        return array("the feature", answer(inputs.clone()), (len(inputs),)).reshape(-1, 1)

    def same(inputs, wanted):
        return np.allclose(of(inputs), wanted, atol=1e-4)

    x, made = val.inputs, of(val.inputs)
    require(made.max() > made.min(), "the feature is the same number for all examples")
    require(not same(-x, -made), "flip all signs: the answer stays, but your number flips")
    ends = torch.cat([x[:, :1], 0 * x[:, 1:-1], x[:, -1:]], 1)
    require(same(ends, made), "it depends on values in the middle; the two ends decide")
    alone = d_input > 1 and any(same(x * one, made) for one in torch.eye(d_input))
    require(not alone, "it reads one feature of a position; the signal is their sum")
    score = LogisticRegression().fit(made, val.targets).score(of(test.inputs), test.targets)
    require(score >= 0.97, f"right on {score:.0%} of the test examples; 97% are wanted")
