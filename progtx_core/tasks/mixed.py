"""A signal task that asks what and where at once: a scored mixture of simpler rules."""

import torch

from progtx_core.tasks.base import UNDECIDED
from progtx_core.tasks.content import SignOfWinner
from progtx_core.tasks.signals import SignalTask, TrendSign, XorOfEndpoints, decided


class MixedRule(SignalTask):
    """Two of three: the trend rises, the endpoints differ in sign, the winner is positive.

    Each rule has one vote for or against, and the score is their sum. The votes need
    one weight a step, a relation between two places, and a look for the largest size:
    no single one of the simpler models has all three.

    >>> MixedRule(3).label_signal([-1.0, -2.0, 1.0])  # rises, differs; winner negative
    1
    """

    name = "mixed_rule"
    rule = "at least two of: trend rises, endpoints differ, winner positive"

    def __init__(self, seq_len: int = 10, d_input: int = 2) -> None:
        super().__init__(seq_len, d_input)
        sizes = {"seq_len": seq_len, "d_input": d_input}
        self.parts = [TrendSign(**sizes), XorOfEndpoints(**sizes), SignOfWinner(**sizes)]

    def label_signal(self, signal):
        votes = [part.label_signal(signal) for part in self.parts]
        return None if None in votes else int(sum(votes) >= 2)

    def label_signals(self, signals):
        votes = torch.stack([part.label_signals(signals) for part in self.parts])
        return decided(votes.sum(0) >= 2, (votes == UNDECIDED).any(0))
