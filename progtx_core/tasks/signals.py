"""Signal tasks whose rule asks *where*: order and position of steps matter.

A signal task labels a real-valued sequence by the signal it carries (`content`
has those whose rule asks only *what*). An input is (seq, d_input). Its *signal*
is the sum of the features at every step, (seq,), and every rule reads the signal
only. The single features around it are noise that a model must learn to add up.

All values lie on a grid of 1/1024, so sums are exact in float32 and the plain
rule and its vectorised form agree to the last bit, ties included.
"""

import math
from abc import abstractmethod

import torch

from progtx_core import checks
from progtx_core.tasks.base import UNDECIDED, Task
from progtx_core.types import Spec

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

    @abstractmethod
    def label_signal(self, signal: list[float]) -> int | None:
        """The rule for one signal, in plain Python; None where it is undecided."""

    @abstractmethod
    def label_signals(self, signals: torch.Tensor) -> torch.Tensor:
        """The rule for signals (batch, seq) at once; -1 where it is undecided."""

    def sample_inputs(self, n: int, generator: torch.Generator) -> torch.Tensor:
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


def decided(positive: torch.Tensor, tie: torch.Tensor) -> torch.Tensor:
    """Labels 1 where positive, else 0; undecided where there is a tie."""
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
        return decided(last > first, first == last)


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
        return decided(slope > 0, slope == 0)


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
        return decided(product < 0, product == 0)


class SignChangesMod3(SignalTask):
    """How often does the sign change from step to step, modulo 3?

    Modulo 2 this would be `xor_of_endpoints`. Modulo 3 every step counts.

    >>> SignChangesMod3(4).label_signal([1.0, -1.0, 1.0, -1.0])
    0
    """

    name = "sign_changes_mod_3"
    rule = "the number of sign changes from step to step, modulo 3"
    min_steps = 3
    n_classes = 3

    def label_signal(self, signal):
        if 0 in signal:
            return None
        pairs = zip(signal, signal[1:], strict=False)
        return sum((a > 0) != (b > 0) for a, b in pairs) % 3

    def label_signals(self, signals):
        changes = (signals[:, 1:] * signals[:, :-1] < 0).sum(1) % 3
        return changes.masked_fill((signals == 0).any(1), UNDECIDED)


class ArgmaxPosition(SignalTask):
    """At which step is the signal greatest? As many classes as steps.

    >>> ArgmaxPosition(3).label_signal([0.5, 2.0, -3.0])
    1
    """

    name = "argmax_position"
    rule = "the step at which the signal is greatest"

    def __init__(self, seq_len: int = 10, d_input: int = 2) -> None:
        checks.whole("seq_len", seq_len, at_least=self.min_steps)
        self.n_classes = seq_len
        super().__init__(seq_len, d_input)

    def label_signal(self, signal):
        top = max(signal)
        return None if signal.count(top) > 1 else signal.index(top)

    def label_signals(self, signals):
        top, where = signals.max(1)
        tie = (signals == top.unsqueeze(1)).sum(1) > 1
        return where.masked_fill(tie, UNDECIDED)


class ArgminPosition(ArgmaxPosition):
    """At which step is the signal least?"""

    name = "argmin_position"
    rule = "the step at which the signal is least"

    def label_signal(self, signal):
        return super().label_signal([-s for s in signal])

    def label_signals(self, signals):
        return super().label_signals(-signals)
