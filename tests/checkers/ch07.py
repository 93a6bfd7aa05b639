"""Answers to the exercises of chapter 7: other right ones, wrong ones with their hint."""

import numpy as np
import torch

from progtx_core import tasks
from progtx_core.tools import recorded


def solving(of, pick=0, line=0.98):
    """Which model solves a task, if one goes by `of` its seeds and takes the pick-th."""

    def answer(task):
        board = recorded.read("scoreboard")
        found = [
            model
            for model in board.model.unique()
            if of(recorded.values(board, model, task)) >= line
        ]
        return found[pick] if found else None

    return answer


def by_groups(task):
    """The same, from a table of worst seeds."""
    board = recorded.read("scoreboard")
    worst = board[board.task == task].groupby("model", sort=False)["accuracy"].min()
    return next(iter(worst.index[worst >= 0.98]), None)


def task_class(fast, plain, named="positive_middle"):
    """A class of a task with both forms of a rule; it is not registered for good."""

    class PositiveMiddle(tasks.SignalTask):
        name = named
        rule = "the value in the middle is positive"

        def label_signal(self, signal):
            return plain(signal)

        def label_signals(self, signals):
            return fast(signals)

    del tasks.base._registry[named]
    return PositiveMiddle


def plain_at(index):
    def plain(signal):
        value = signal[index(len(signal))]
        return None if value == 0 else int(value > 0)

    return plain


def fast_at(index):
    def fast(signals):
        value = signals[:, index(signals.shape[1])]
        return tasks.decided(value > 0, value == 0)

    return fast


def at(index):
    return task_class(fast_at(index), plain_at(index))


def middle(n):
    return n // 2


def halves(signals):
    """The same, by the sign."""
    sign = signals[:, signals.shape[1] // 2].sign()
    return torch.where(sign == 0, -1, (sign + 1) / 2).long()


RIGHT = {
    "7.1": [by_groups, solving(np.min)],
    "7.2": [at(middle), task_class(halves, plain_at(middle))],
    "7.3": [
        lambda accuracy, n: (n * accuracy - 1) / (n - 1),
        lambda accuracy, n: 1 - (1 - accuracy) / (1 - 1 / n),
    ],
}
WRONG = {
    "7.1": [
        (lambda task: "transformer", "is before it on the ladder"),
        (lambda task: "logistic_regression", "it is mean_pooling"),
        (solving(np.median), "the median of"),
        (solving(np.max), "reaches 0.98, its worst"),
        (solving(np.min, pick=-1), "is before it"),
        (lambda task: 0, "is no model"),
        (lambda task: recorded.read("scoreboard").model.unique(), "is no model"),
        (lambda: "transformer", "TypeError"),
    ],
    "7.2": [
        (tasks.signals.LastGtFirst, "its name is"),
        (tasks.content.AnyPositive, "its name is"),
        (at(lambda n: n // 2 - 1), "before the middle"),
        (at(lambda n: n // 2 + 1), "after the middle"),
        (at(lambda n: (n - 1) // 2), "before the middle"),
        (at(lambda n: 0), "the first value"),
        (at(middle)(), "the class itself"),
        (task_class(fast_at(middle), plain_at(lambda n: 0)), "the plain rule"),
        (
            task_class(
                lambda signals: (signals[:, signals.shape[1] // 2] > 0).long(),
                plain_at(middle),
            ),
            "undecided",
        ),
        (
            task_class(
                lambda signals: 1 - (signals[:, signals.shape[1] // 2] > 0).long(),
                plain_at(middle),
            ),
            "fast rule",
        ),
        (at(lambda n: slice(None)), "has the shape"),
        (object, "a kind of SignalTask"),
    ],
    "7.3": [
        (lambda accuracy, n: accuracy, "the accuracy itself"),
        (lambda accuracy, n: accuracy - 1 / n, "divide by"),
        (lambda accuracy, n: 2 * accuracy - 1, "two classes only"),
        (lambda accuracy, n: accuracy * n, "not 1"),
        (
            lambda accuracy, n: max(0.0, (accuracy - 1 / n) / (1 - 1 / n)),
            "below chance",
        ),
        (lambda accuracy, n: (accuracy - 1 / n) / (1 / n), "not"),
    ],
}
