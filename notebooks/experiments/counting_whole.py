"""Counting beyond the training length from whole sequences only (chapter 11).

No sequence of training has more than sixty tokens, and none is truncated: two numbers
that are further apart never stood in one prompt. Each row is a way to come further.
"""

import math
from dataclasses import replace

import numpy as np
import torch
from parts import errors
from parts.comparing import ComparingTransformer, ReadOnce
from progtx_core.models.long import LongTransformer
from progtx_core.tasks.counting import Counting
from progtx_core.tools.recorded.cell import Experiment
from progtx_core.training import TrainingResult
from progtx_core.types import Spec

from experiments import counting

LONGEST = counting.TEST_LENGTHS[-1]
HALF = 100  # numbers


class Circle(LongTransformer):
    """The vectors of the numbers begin in order, along a quarter of a circle."""

    def __init__(self, spec: Spec, n_numbers=200, **more) -> None:
        super().__init__(spec, **more)
        angle = torch.linspace(0, math.pi / 2, n_numbers)
        turn = torch.stack([angle.cos(), angle.sin()])  # (2, number)
        plane = torch.randn(len(self.embed.weight), 2)
        self.embed.weight.data[:, 1 : n_numbers + 1] = plane @ turn


class ReadingOnce(LongTransformer):
    """Only > attends to the prompt."""

    def __init__(self, spec: Spec, **more) -> None:
        super().__init__(spec, **more)
        size = self.positions.n_ctx, self.positions.d_model, self.positions.n_heads
        self.positions = ReadOnce(*size)


def measure(cell: counting.LongCell, result: TrainingResult) -> dict[str, np.ndarray]:
    """Exact match at every length, and what the errors at the greatest one come from.

    early_down_150, turned_down_150: shares of the answers by their first error. Of a part
    of them: swapped_down_150, how many end too early; another_a_down_150 and
    another_b_down_150, which share of those still does with another a, another b.
    """
    task, found = Counting(LONGEST), counting.measure(cell, result)
    for name, batch in cell.tests().items():
        if not name.endswith(f"_{LONGEST}"):
            continue
        for model in result.models:
            causes = errors.causes(model, batch, task)
            swapped = errors.swapped(model, batch[::4], task)
            causes["swapped"] = swapped.pop("too early")
            for column, value in (causes | swapped).items():
                column = f"{column} {name}".replace(" ", "_")
                found[column] = np.append(found.get(column, []), value)
    return found


def up(scheme: str, max_seeds: int | None) -> counting.LongCell:
    """Counting upwards alone, with a positional scheme."""
    return replace(counting.cell(scheme, "up"), row=f"{scheme}, up", max_seeds=max_seeds)


def both(
    row: str,
    model: type = LongTransformer,
    sizes: dict | None = None,
    decay: float = 0.0,
    max_seeds: int | None = counting.N_CONTRAST,
) -> counting.LongCell:
    """Both directions in one model. sizes: what its class takes; decay: of the weights."""
    return counting.LongCell(
        row=row,
        task="counting",
        model=model,
        model_kwargs=counting.SIZES["both"] | (sizes or {}),
        task_kwargs=counting.REGIMES["both"],
        settings=counting.SETTINGS["both"] | {"weight_decay": decay},
        max_seeds=max_seeds,
    )


def comparing(row: str = "comparing", **changed) -> counting.LongCell:
    """The model that compares, or one without a part of it."""
    seeds = {"max_seeds": counting.N_CONTRAST if changed else None}
    sizes = {"n_layers": 1, "d_mlp": 128} | changed
    return both(row, ComparingTransformer, sizes, decay=0.05, **seeds)


def half(steps: int = 3000) -> counting.LongCell:
    """`comparing` with half as many numbers, and sequences half as long: not recorded."""
    sizes = {"n_numbers": HALF, "max_len": 30}
    cell = comparing().with_settings(steps=steps)
    return replace(cell, task_kwargs=cell.task_kwargs | sizes)


WINDOW = {"positions": "windowed"}
EXPERIMENT = Experiment(
    "counting_whole",
    [
        comparing(),
        up("windowed", None),
        up("random_offset", None),  # as Zhou and others (2024) have it
        both("windowed", sizes=WINDOW, max_seeds=None),
        comparing("comparing, prompt in view", read_once=False),
        comparing("comparing, by content", by_position=False),
        comparing("comparing, levels at random", ordered=False),
        both("circle", Circle, WINDOW),
        both("read once, decayed", ReadingOnce, decay=0.3),
        up("none", counting.N_CONTRAST),
    ],
    measure=measure,
    n_seeds=10,
)
