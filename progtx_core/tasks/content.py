"""Signal tasks whose rule asks *what*: shuffle the steps and the answer stays.

Each draws its signals so that cheap statistics (the sum, the mean square) do not
give the answer away; where that needs care, `draw_signals` says how it is done.
"""

import torch

from progtx_core.tasks.signals import SignalTask, decided


class AnyPositive(SignalTask):
    """Is any step positive? One small step decides.

    All steps are negative but one, the *witness*, which is small: just above
    zero for class 1, as far below zero for class 0. The other steps are scaled
    to make the sum come from the same distribution for both classes, so that the
    answer does not leak into the mean.

    >>> AnyPositive(3).label_signal([-1.0, 0.25, -2.0])
    1
    """

    name = "any_positive"
    rule = "at least one step is positive"

    def draw_signals(self, n, generator):
        shape = (n, self.spec.seq_len)
        others = -(0.5 + torch.randn(shape, generator=generator).abs())
        total = -(0.5 + torch.randn(shape, generator=generator).abs()).sum(1)
        size = 0.05 + 0.35 * torch.rand(n, generator=generator)
        sign = torch.randint(2, (n,), generator=generator) * 2 - 1
        where = torch.randint(shape[1], (n, 1), generator=generator)
        others = others.scatter(1, where, 0.0)
        scale = (total - size * sign) / others.sum(1)
        witness = torch.zeros(shape).scatter(1, where, (size * sign).unsqueeze(1))
        return others * scale.unsqueeze(1) + witness

    def label_signal(self, signal):
        return int(max(signal) > 0)

    def label_signals(self, signals):
        return (signals.amax(1) > 0).long()


class MajorityPositive(SignalTask):
    """Are more steps positive than negative? Every step has one vote.

    The sizes of the negative steps are scaled to make the sum of all steps
    come from the same distribution for both classes.

    >>> MajorityPositive(3).label_signal([0.25, 0.5, -3.0])
    1
    """

    name = "majority_positive"
    rule = "more steps are positive than negative"

    def draw_signals(self, n, generator):
        shape = (n, self.spec.seq_len)
        sizes = 0.1 + torch.randn(shape, generator=generator).abs()
        positive = torch.rand(shape, generator=generator) < 0.5
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


class SignOfWinner(SignalTask):
    """Is the step that is largest in size positive? One step decides, by its content.

    >>> SignOfWinner(3).label_signal([1.0, -2.0, 1.5])
    0
    """

    name = "sign_of_winner"
    rule = "the step of greatest absolute value is positive"

    def label_signal(self, signal):
        top, bottom = max(signal), -min(signal)
        return None if top == bottom else int(top > bottom)

    def label_signals(self, signals):
        top, bottom = signals.amax(1), -signals.amin(1)
        return decided(top > bottom, top == bottom)
