"""Checkers of chapter 7, the scoreboard."""

import numpy as np
import torch

from progtx_core.tasks import SignalTask
from progtx_core.tools import recorded
from progtx_core.tools.checkers.judge import array, exercise, near, require

LINE = 0.98  # a worst seed that solves a task


def solvers(frame, task: str, of) -> list[str]:
    """The models that reach LINE, by what `of` makes of their seeds, in their order."""
    models = frame.model.unique()
    return [m for m in models if of(recorded.values(frame, m, task)) >= LINE]


@exercise("7.1", "a function of (task) that returns a model's name, or None")
def first_to_solve(answer):
    board = recorded.read("scoreboard")
    for task in board.task.unique():
        found, made = solvers(board, task, np.min), answer(task)
        want = found[0] if found else None
        if isinstance(made, str | None) and made == want:
            continue
        known = isinstance(made, str | None) and made in [None, *board.model.unique()]
        require(known, f"first_to_solve returns {str(made)[:40]}, which is no model")
        trap = solvers(board, task, np.median)
        hint = f"on {task} the median of {made} reaches {LINE}, its worst seed does not"
        require(not (trap and made == trap[0] and made not in found), hint)
        trap = solvers(board, task, np.max)
        hint = f"on {task} the best seed of {made} reaches {LINE}, its worst does not"
        require(not (trap and made == trap[0] and made not in found), hint)
        hint = f"on {task} {made} solves it, but {want} is before it on the ladder"
        require(made not in found, hint)
        require(made is not None, f"on {task} the worst seed of {want} reaches {LINE}")
        require(False, f"on {task} {made} has a seed below {LINE}; it is {want}")


@exercise("7.2", "the class PositiveMiddle")
def positive_middle(answer):
    require(isinstance(answer, type), "give the class itself: no (), no instance of it")
    require(issubclass(answer, SignalTask), "the class must be a kind of SignalTask")
    name = getattr(answer, "name", None)
    require(name == "positive_middle", f"its name is {name!r}, not 'positive_middle'")
    for seq_len in (7, 10):
        task, middle = answer(seq_len=seq_len), seq_len // 2
        signals = torch.randn(200, seq_len, generator=torch.Generator().manual_seed(1))
        signals[:3, middle] = 0.0
        traps = {"it reads the position before the middle": signals[:, middle - 1]}
        traps |= {"it reads the position after the middle": signals[:, middle + 1]}
        traps |= {"it reads the middle of odd lengths only": signals[:, (seq_len - 1) // 2]}
        traps |= {"it reads the first value": signals[:, 0]}
        right = rule(signals[:, middle])
        hints = {hint: rule(values) for hint, values in traps.items()}
        hints |= {"the answers are the wrong way round": rule(-signals[:, middle])}
        zero = (
            "a value of zero in the middle is undecided: None for one signal, -1 for many"
        )
        hints |= {zero: torch.where(right < 0, 0, right)}
        hints |= {f"{zero}; ": torch.where(right < 0, 1, right)}
        fast = array("label_signals", task.label_signals(signals), (200,))
        plain = [task.label_signal(one) for one in signals.tolist()]
        plain = array("label_signal", [-1 if one is None else one for one in plain], (200,))
        near(f"for {seq_len} positions the fast rule", fast, right, hints)
        near(f"for {seq_len} positions the plain rule", plain, right, hints)


def rule(values: torch.Tensor) -> torch.Tensor:
    """1 where positive, 0 where negative, -1 at zero."""
    return torch.where(values == 0, -1, (values > 0).long())


@exercise("7.3", "a function of (accuracy, n_classes)")
def way(answer):
    for n in (2, 3, 10):
        for share in (0.25, 0.0, 1.0, -0.1):
            chance = 1 / n
            accuracy = chance + share * (1 - chance)
            traps = {"it is the accuracy itself: chance must become 0": accuracy}
            traps |= {
                "1 must stay 1: divide by what is left above chance": accuracy - chance
            }
            traps |= {"that is right for two classes only": 2 * accuracy - 1}
            traps |= {"chance must become 0, not 1": accuracy / chance}
            traps |= {"below chance it is below 0: leave it so": max(0.0, share)}
            near(f"way({accuracy:.3g}, {n})", answer(accuracy, n), share, traps)
