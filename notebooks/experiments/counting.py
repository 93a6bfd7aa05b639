"""Counting beyond the training length, some sequences truncated (chapter 11).

What whole sequences alone allow stands in `counting_whole`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from parts.errors import near_match
from progtx_core import checks, tasks
from progtx_core.evaluation.generation import exact_match
from progtx_core.models.long import LongTransformer
from progtx_core.tasks.counting import PROMPT
from progtx_core.tools.recorded.cell import Cell, Experiment
from progtx_core.training import TrainingResult
from progtx_core.types import Batch

TEST_LENGTHS = (60, 70, 80, 90, 100, 120, 150)
N_NEAR = 20  # tokens that a model reads beside the prompt when the middle is left out
# In training no sequence has more than 60 tokens; numbers from 0 to 199 in training and
# tests alike. "truncated": three in ten would be longer, and end there.
REGIMES: dict[str, dict] = {
    "up": {"directions": "up"},
    "up, truncated": {"directions": "up", "truncated_share": 0.3},
    "both": {"directions": "both"},
    "both, truncated": {"directions": "both", "truncated_share": 0.3},
}
# By direction: the comparison of a and b is learned last, and takes width.
SIZES = {
    "up": {"d_model": 32, "n_layers": 3, "d_mlp": 128},
    "both": {"d_model": 64, "n_layers": 3, "d_mlp": 256},
    # Those of the paper's models, for a GPU.
    "paper": {"d_model": 512, "n_layers": 6, "n_heads": 8, "d_mlp": 2048, "n_ctx": 256},
}
SETTINGS: dict[str, dict] = {
    "up": {"steps": 1500, "learning_rate": 0.006, "n_eval": 300},
    "both": {"steps": 6000, "learning_rate": 0.004, "n_eval": 300},
}
N_CONTRAST = 3  # seeds of what a scheme that holds is compared with
# Those of LONG_SCHEMES that are compared; the first of them holds in every regime.
COMPARED = (
    "windowed",
    "anchored",
    "clipped",
    "none",
    "learned",
    "random_offset",
    "randomised",
    "sinusoidal",
    "rotary",
    "alibi",
)


@dataclass(frozen=True)
class LongCell(Cell):
    """A causal transformer, tested on sequences longer than in its training."""

    def directions(self) -> list[str]:
        """Those that it is trained for."""
        trained = self.task_kwargs["directions"]
        return [d for d in ("up", "down") if trained in (d, "both")]

    def tests(self) -> dict[str, Batch]:
        """What it is tested on: "up_150", and "down_150" if it goes down."""
        longest = tasks.get("counting", max_len=TEST_LENGTHS[-1])
        return {
            f"{direction}_{length}": of_length(longest, length, direction)
            for direction in self.directions()
            for length in TEST_LENGTHS
        }


def measure(cell: LongCell, result: TrainingResult) -> dict[str, np.ndarray]:
    """Share of answers without an error on every test.

    At the greatest length also with the middle left out: "near_up_150".
    """
    tests, near = cell.tests(), partial(near_match, prompt=PROMPT, n_near=N_NEAR)
    return {name: shares(result.models, batch) for name, batch in tests.items()} | {
        f"near_{name}": shares(result.models, batch, near)
        for name, batch in tests.items()
        if name.endswith(f"_{TEST_LENGTHS[-1]}")
    }


def shares(
    models: list[torch.nn.Module], batch: Batch, match: Callable = exact_match
) -> np.ndarray:
    """Share of the answers that each model would write without an error: (model,).

    match: model and batch to whether each answer is right
    """
    return np.array([match(model, batch).float().mean().item() for model in models])


def of_length(task, length: int, direction: str) -> Batch:
    """All sequences of so many tokens, in one direction."""
    return task.batch(task.write(task.pairs_of_length(length, direction))[:, :length])


def cell(scheme: str, regime: str = "up", **settings) -> LongCell:
    """One positional scheme of LONG_SCHEMES, trained in one of REGIMES.

    settings: of the `Config`, instead of those that are recorded; 0: as recorded
    """
    directions = REGIMES[checks.one_of("regime", regime, REGIMES)]["directions"]
    contrast = scheme != COMPARED[0] or regime == "both"
    return LongCell(
        row=f"{scheme}, {regime}",
        task="counting",
        model=LongTransformer,
        model_kwargs={"positions": scheme} | SIZES[directions],
        task_kwargs=REGIMES[regime],
        settings=SETTINGS[directions] | {n: v for n, v in settings.items() if v},
        max_seeds=N_CONTRAST if contrast else None,
    )


EXPERIMENT = Experiment(
    "counting",
    [
        *(cell(scheme, "up, truncated") for scheme in COMPARED),
        *(cell(name, "both, truncated") for name in ("windowed", "none", "anchored")),
    ],
    measure=measure,
)
