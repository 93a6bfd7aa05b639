"""Signal tasks whose rule asks *what*: shuffle the positions and the answer stays.

Each draws its signals so that the sum and the mean square do not give the answer away.
"""

import torch

from progtx_core.tasks.base import UNDECIDED
from progtx_core.tasks.signals import SignalTask, TrendSign, XorOfEndpoints, decided


class AnyPositive(SignalTask):
    """At least one value is positive.

    All are negative but the *witness*: just above zero for class 1, as far below for class
    0. The others are scaled so that the sum has the same distribution for both classes.
    """

    name = "any_positive"

    def draw_signals(self, n, generator):
        shape = (n, self.spec.seq_len)
        others = -(0.5 + torch.randn(shape, generator=generator).abs())
        total = -(0.5 + torch.randn(shape, generator=generator).abs()).sum(1)
        size = 0.05 + 0.35 * torch.rand(n, generator=generator)
        sign = torch.randint(2, (n,), generator=generator) * 2 - 1
        position = torch.randint(shape[1], (n, 1), generator=generator)
        others = others.scatter(1, position, 0.0)
        scale = (total - size * sign) / others.sum(1)
        witness = torch.zeros(shape).scatter(1, position, (size * sign).unsqueeze(1))
        return others * scale.unsqueeze(1) + witness

    def label_signal(self, signal):
        return int(max(signal) > 0)

    def label_signals(self, signals):
        return (signals.amax(1) > 0).long()


class MajorityPositive(SignalTask):
    """More values are positive than negative."""

    name = "majority_positive"

    def draw_signals(self, n, generator):
        shape = (n, self.spec.seq_len)
        sizes = 0.1 + torch.randn(shape, generator=generator).abs()
        positive = torch.rand(shape, generator=generator) < 0.5
        # Scale both signs to make the sum come from one distribution for both classes.
        weight = torch.where(positive, sizes, 0).sum(1)
        against = torch.where(positive, 0, sizes).sum(1)
        ratio = (weight / against.clamp_min(1e-3)).clamp(0.05, 20).sqrt().unsqueeze(1)
        return torch.where(positive, sizes / ratio, -sizes * ratio)

    def label_signal(self, signal):
        balance = sum(s > 0 for s in signal) - sum(s < 0 for s in signal)
        return None if balance == 0 else int(balance > 0)

    def label_signals(self, signals):
        balance = signals.sign().sum(1)
        return decided(balance > 0, balance == 0)


class HasPosAndNeg(SignalTask):
    """At least one value is positive and at least one is negative."""

    name = "has_pos_and_neg"

    def draw_signals(self, n, generator):
        sizes = super().draw_signals(n, generator).abs()
        signs = torch.randint(2, sizes.shape, generator=generator) * 2 - 1
        # Nearly every random sequence has both; so half of them get one sign only.
        one_sign = torch.rand(n, generator=generator) < 0.5
        signs[one_sign] = signs[one_sign, :1]
        return sizes * signs

    def label_signal(self, signal):
        return int(max(signal) > 0 and min(signal) < 0)

    def label_signals(self, signals):
        return ((signals > 0).any(1) & (signals < 0).any(1)).long()


class SignOfWinner(SignalTask):
    """The value of greatest size is positive."""

    name = "sign_of_winner"

    def label_signal(self, signal):
        top, bottom = max(signal), -min(signal)
        return None if top == bottom else int(top > bottom)

    def label_signals(self, signals):
        top, bottom = signals.amax(1), -signals.amin(1)
        return decided(top > bottom, top == bottom)


class MixedRule(SignalTask):
    """At least two of: trend rises, endpoints differ in sign, winner positive.

    It asks what and where at once: no simpler model has what all three votes need.
    """

    name = "mixed_rule"

    def __init__(self, seq_len: int = 10, d_input: int = 2) -> None:
        super().__init__(seq_len, d_input)
        makers = TrendSign, XorOfEndpoints, SignOfWinner
        self.rules = [make(seq_len, d_input) for make in makers]

    def label_signal(self, signal):
        votes = [rule.label_signal(signal) for rule in self.rules]
        return None if None in votes else int(votes.count(1) >= 2)

    def label_signals(self, signals):
        votes = torch.stack([rule.label_signals(signals) for rule in self.rules])
        return decided(votes.sum(0) >= 2, (votes == UNDECIDED).any(0))
