"""Signal tasks: real-valued sequences, labelled by the signal they carry.

An input is (seq, d_input). Its *signal* is the sum of the features at every
step, (seq,), and every rule here reads the signal only. The single features
around it are noise that a model must learn to add up.

All values lie on a grid of 1/1024, so sums are exact in float32 and the plain
rule and its vectorised form agree to the last bit, ties included.
"""

import math

import torch

from progtx_core import checks
from progtx_core.contract import Spec
from progtx_core.tasks.base import UNDECIDED, Task

GRID = 1024


class SignalTask(Task):
    """A yes-or-no question about a signal.

    A subclass gives `label_signal` (the rule in plain Python) and
    `label_signals` (the same for many). It redefines `draw_signals` where
    plain normal numbers would make one answer rare.

    seq_len: steps, at least `min_steps`; d_input: features a step

    >>> task = LastGtFirst(seq_len=3, d_input=2)
    >>> task.label([[1.0, 0.5], [0.0, 0.0], [2.0, -1.0]])  # 1.5, 0.0, 1.0
    0
    """

    min_steps = 2
    n_classes = 2

    def __init__(self, seq_len: int = 10, d_input: int = 2) -> None:
        checks.whole("seq_len", seq_len, at_least=self.min_steps)
        self.spec = Spec(n_classes=self.n_classes, seq_len=seq_len, d_input=d_input)

    def draw_signals(self, n: int, generator: torch.Generator) -> torch.Tensor:
        """Draw n signals, (n, seq). By default every feature is a standard normal."""
        shape = (n, self.spec.seq_len)
        return math.sqrt(self.spec.d_input) * torch.randn(shape, generator=generator)

    def label_signal(self, signal: list[float]) -> int | None:
        """The rule for one signal, in plain Python; None where it is undecided."""
        raise NotImplementedError

    def label_signals(self, signals: torch.Tensor) -> torch.Tensor:
        """The rule for signals (batch, seq) at once; -1 where it is undecided."""
        raise NotImplementedError

    def propose(self, n: int, generator: torch.Generator) -> torch.Tensor:
        signals = self.draw_signals(n, generator)
        return spread_over_features(signals, self.spec.d_input, generator)

    def labels(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.label_signals(inputs.double().sum(-1))

    def label(self, example: list[list[float]]) -> int | None:
        return self.label_signal([sum(step) for step in example])


def spread_over_features(
    signals: torch.Tensor, d_input: int, generator: torch.Generator
) -> torch.Tensor:
    """Draw normal features that sum to the signal: (n, seq) to (n, seq, d_input).

    The features are standard normals, all shifted alike to meet the sum, then
    rounded to the grid; the last one takes what rounding left over.
    """
    signals = (signals * GRID).round()
    noise = torch.randn(*signals.shape, d_input, generator=generator)
    shift = signals / GRID - noise.sum(-1)
    features = ((noise + shift.unsqueeze(-1) / d_input) * GRID).round()
    features[..., -1] = signals - features[..., :-1].sum(-1)
    return features / GRID


def _decided(positive: torch.Tensor, tie: torch.Tensor) -> torch.Tensor:
    return positive.long().masked_fill(tie, UNDECIDED)


class LastGtFirst(SignalTask):
    """Is the last step greater than the first? Two numbers matter, by position."""

    name = "last_gt_first"
    rule = "the last step is greater than the first"

    def label_signal(self, signal):
        first, last = signal[0], signal[-1]
        return None if first == last else int(last > first)

    def label_signals(self, signals):
        first, last = signals[:, 0], signals[:, -1]
        return _decided(last > first, first == last)


class TrendSign(SignalTask):
    """Does the signal rise? The sign of the slope of its least-squares line.

    The slope is a positive multiple of the sum of signal times time, time
    counted from the middle, so one weight a step decides.

    >>> TrendSign(seq_len=3).label_signal([0.0, 5.0, 0.25])
    1
    """

    name = "trend_sign"
    rule = "the least-squares line through the steps rises"

    def label_signal(self, signal):
        middle = (len(signal) - 1) / 2
        slope = sum((t - middle) * s for t, s in enumerate(signal))
        return None if slope == 0 else int(slope > 0)

    def label_signals(self, signals):
        seq_len = signals.shape[1]
        time = torch.arange(seq_len, dtype=signals.dtype) - (seq_len - 1) / 2
        slope = signals @ time
        return _decided(slope > 0, slope == 0)


class XorOfEndpoints(SignalTask):
    """Do the first and the last step have different signs?

    Flip every sign of an input and the answer stays: no weight can gain.

    >>> [XorOfEndpoints(2).label_signal([a, b]) for a in (-1, 1) for b in (-1, 1)]
    [0, 1, 1, 0]
    """

    name = "xor_of_endpoints"
    rule = "exactly one of the first and the last step is positive"

    def label_signal(self, signal):
        first, last = signal[0], signal[-1]
        return None if first * last == 0 else int((first > 0) != (last > 0))

    def label_signals(self, signals):
        product = signals[:, 0] * signals[:, -1]
        return _decided(product < 0, product == 0)


class HasPosAndNeg(SignalTask):
    """Are there steps of both signs? Where they stand does not matter.

    Of plain normals nearly every sequence has both. So half of the signals
    are drawn with one sign throughout, the others with a sign a step.

    >>> HasPosAndNeg(3).label_signal([1.0, 2.0, -0.5])
    1
    """

    name = "has_pos_and_neg"
    rule = "at least one step is positive and at least one is negative"

    def draw_signals(self, n, generator):
        sizes = super().draw_signals(n, generator).abs()
        signs = torch.randint(2, sizes.shape, generator=generator) * 2 - 1
        one_sign = torch.rand(n, generator=generator) < 0.5
        signs[one_sign] = signs[one_sign, :1]
        return sizes * signs

    def label_signal(self, signal):
        return int(max(signal) > 0 and min(signal) < 0)

    def label_signals(self, signals):
        return ((signals > 0).any(1) & (signals < 0).any(1)).long()
