"""Checkers of chapter 5, positions."""

import numpy as np
import torch

from progtx_core.tools.checkers.judge import array, exercise, near, not_weights, require


@exercise("5.1", "a function of the width of a head")
def wavelengths(answer):
    for width in (8, 32):
        angles = 10_000.0 ** (-np.arange(0, width, 2) / width)
        made, want = array("the result", answer(width)), 2 * np.pi / angles
        require(made.shape != (width,), "one for each pair, not one for each number")
        traps = {
            "these are the angles; how many of them make a whole turn?": angles,
            "a whole turn is 2 pi, not 1": 1 / angles,
            "the angles are in radians: a whole turn is 2 pi, not 360": 360 / angles,
            "pair i has the exponent 2 i / width": np.sqrt(2 * np.pi * want),
            "the first pair turns fastest: turn the order round": want[::-1],
        }
        near(f"the result for width {width}", made, want, traps)


@exercise("5.2", "a function of seq that returns a bias")
def bias(answer):
    for seq in (3, 10):
        made = array("the bias", answer(seq), (seq, seq))
        require(not np.isposinf(made).any(), "the bias holds an infinity: inf - inf is NaN")
        not_weights("the bias", made)
        shares = torch.tensor(made.clip(-1e9)).softmax(1).numpy()  # no NaN of -inf
        hint = "it attends to the right: rows are queries, columns are keys"
        require(shares.diagonal(1).min() < 0.5, hint)
        require(shares.diagonal()[1:].min() < 0.5, "it attends to itself")
        least = shares.diagonal(-1).min()
        hint = f"of {seq} positions one gives its left neighbour only {least:.4f}"
        require(least >= 0.99, hint)


@exercise("5.3", "a function of a pair, t and angle")
def rotation(answer):
    pair = np.array([1.0, 2.0])
    for t, angle in ((0, 0.3), (1, 0.3), (1, 1.1), (7, 0.3)):
        made, by = array("the pair", taken(answer, pair, t, angle), (2,)), t * angle
        hint = "nothing is turned" if t else "position 0 must not be turned, nor stretched"
        require(np.allclose(made, pair, atol=1e-5) == (t == 0), hint)
        traps = {
            "the angle does not grow with t": turn(pair, angle),
            "the angle is in radians already": turn(pair, np.radians(by)),
            "the angle is in radians, not in degrees": turn(pair, np.degrees(by)),
        }
        back = turn(pair, -by)  # the other way round does as well
        want = back if np.allclose(made, back, atol=1e-5) else turn(pair, by)
        if abs(np.linalg.norm(made) - np.linalg.norm(pair)) > 1e-4:
            traps["the length changes: is it a turn, are the signs right?"] = made
        near(f"position {t}, angle {angle}: the turned pair", made, want, traps)


def turn(pair, by):
    return np.array([[np.cos(by), -np.sin(by)], [np.sin(by), np.cos(by)]]) @ pair


def taken(answer, pair, t, angle):
    """What it makes of a pair, in the first type of numbers that it takes."""
    for given in (torch.tensor(pair).float(), torch.tensor(pair), pair.copy()):
        try:
            return answer(given, t, angle)
        except (TypeError, RuntimeError) as error:  # such as types that do not mix
            wrong = error
    raise wrong


@exercise("5.4", "a function of a and b")
def larger(answer):
    a, b = torch.randn(2, 20, 25, generator=torch.Generator().manual_seed(6))
    made = array("the result", answer(a, b), (20, 25))
    for hint, mistake in {
        "the sign is the other way round": b.abs() - a.abs(),
        "-3 is larger in size than 2, but not for this": a - b,
        "negative numbers count as 0": a.relu() - b.relu(),
    }.items():
        require((np.sign(made) != np.sign(mistake.numpy())).any(), hint)
    right = (np.sign(made) == (a.abs() - b.abs()).sign().numpy()).sum()
    require(right == 500, f"right on {right} of 500 pairs")
    hint = "made of relu and sums, it doubles where a and b double; this does not"
    doubled = array("the result", answer(2 * a, 2 * b), (20, 25))
    require(np.allclose(doubled, 2 * made, atol=1e-4), hint)
