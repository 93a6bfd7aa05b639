"""Signal tasks whose rule asks *where*: order and position matter.

The *signal* of an input (seq, d_input) is the sum of the features at every position.
Every rule reads the signal only; a model must learn to add up. All values lie on a grid of
1/1024, so sums are exact in float32 and both forms of a rule agree, ties included.
"""

import math
from abc import abstractmethod

import torch

from progtx_core import checks
from progtx_core.tasks.base import UNDECIDED, Task
from progtx_core.types import Spec

GRID = 1024


class SignalTask(Task):
    """A question about a signal, by default one of yes or no.

    A subclass redefines `draw_signals` where normal numbers would make an answer rare.

    >>> task = LastGtFirst(seq_len=3, d_input=2)
    >>> task.label([[1.0, 0.5], [0.0, 0.0], [2.0, -1.0]])  # 1.5, 0.0, 1.0
    0
    """

    min_seq_len = 2
    n_classes: int | None = 2  # None: as many as positions

    def __init__(self, seq_len: int = 10, d_input: int = 2) -> None:
        checks.size("seq_len", seq_len, self.min_seq_len)
        self.spec = Spec(self.n_classes or seq_len, seq_len, d_input)

    def draw_signals(self, n: int, generator: torch.Generator) -> torch.Tensor:
        """Draw n signals, (n, seq). By default every feature is a standard normal."""
        shape = (n, self.spec.seq_len)
        return math.sqrt(self.spec.d_features) * torch.randn(shape, generator=generator)

    @abstractmethod
    def label_signal(self, signal: list[float]) -> int | None:
        """The rule for one signal, in plain Python; None where it is undecided."""

    @abstractmethod
    def label_signals(self, signals: torch.Tensor) -> torch.Tensor:
        """The rule for signals (batch, seq) at once; -1 where it is undecided."""

    def sample_inputs(self, n, generator):
        signals = self.draw_signals(n, generator)
        return spread_over_features(signals, self.spec.d_features, generator)

    def labels(self, inputs):
        self.spec.check_inputs(inputs)
        if not inputs.isfinite().all():
            raise ValueError("inputs must be finite numbers, got NaN or infinity")
        return self.label_signals(inputs.double().sum(-1))

    def label(self, example):
        return self.label_signal([sum(features) for features in example])


def spread_over_features(
    signals: torch.Tensor, d_input: int, generator: torch.Generator
) -> torch.Tensor:
    """Draw normal features that sum to the signal: (n, seq) to (n, seq, d_input).

    They are standard normals, all shifted alike to meet the sum, then rounded to the grid;
    the last one takes what rounding left over.
    """
    signals = (signals * GRID).round()
    noise = torch.randn(*signals.shape, d_input, generator=generator)
    shift = signals / GRID - noise.sum(-1)
    features = ((noise + shift.unsqueeze(-1) / d_input) * GRID).round()
    features[..., -1] = signals - features[..., :-1].sum(-1)
    return features / GRID


def decided(positive: torch.Tensor, tie: torch.Tensor) -> torch.Tensor:
    """Labels 1 where positive, else 0; undecided where there is a tie."""
    return positive.long().masked_fill(tie, UNDECIDED)


def argmax_of(values: list[float]) -> int | None:
    """The position of the greatest value; None if two are equal."""
    return None if values.count(max(values)) > 1 else values.index(max(values))


def argmax_of_each(values: torch.Tensor) -> torch.Tensor:
    """The same for each row, (batch, n) to (batch,); undecided if two are equal."""
    top, position = values.max(1)
    return position.masked_fill((values == top.unsqueeze(1)).sum(1) > 1, UNDECIDED)


class LastGtFirst(SignalTask):
    """The last value is greater than the first."""

    name = "last_gt_first"

    def label_signal(self, signal):
        first, last = signal[0], signal[-1]
        return None if first == last else int(last > first)

    def label_signals(self, signals):
        first, last = signals[:, 0], signals[:, -1]
        return decided(last > first, first == last)


class TrendSign(SignalTask):
    """The least-squares line through the signal rises; one weight per position decides."""

    name = "trend_sign"

    def label_signal(self, signal):
        middle = (len(signal) - 1) / 2
        slope = sum((t - middle) * s for t, s in enumerate(signal))
        return None if slope == 0 else int(slope > 0)

    def label_signals(self, signals):
        time = torch.arange(signals.shape[1]).double()
        slope = signals @ (time - time.mean())
        return decided(slope > 0, slope == 0)


class XorOfEndpoints(SignalTask):
    """Exactly one of the first and the last value is positive."""

    name = "xor_of_endpoints"

    def label_signal(self, signal):
        first, last = signal[0], signal[-1]
        return None if first * last == 0 else int((first > 0) != (last > 0))

    def label_signals(self, signals):
        product = signals[:, 0] * signals[:, -1]
        return decided(product < 0, product == 0)


class SignChangesMod3(SignalTask):
    """The number of sign changes between neighbours, modulo 3: every position counts."""

    name = "sign_changes_mod_3"
    min_seq_len, n_classes = 3, 3

    def label_signal(self, signal):
        changes = sum((a > 0) != (b > 0) for a, b in zip(signal, signal[1:]))
        return None if 0 in signal else changes % 3

    def label_signals(self, signals):
        changes = (signals[:, 1:] * signals[:, :-1] < 0).sum(1) % 3
        return changes.masked_fill((signals == 0).any(1), UNDECIDED)


class ArgmaxPosition(SignalTask):
    """The position at which the signal is greatest."""

    name = "argmax_position"
    n_classes, sign = None, 1

    def label_signal(self, signal):
        return argmax_of([self.sign * s for s in signal])

    def label_signals(self, signals):
        return argmax_of_each(self.sign * signals)


class ArgminPosition(ArgmaxPosition):
    """The position at which the signal is least."""

    name = "argmin_position"
    sign = -1
