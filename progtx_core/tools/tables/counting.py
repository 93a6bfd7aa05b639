"""What is recorded of chapter 11: counting and copying beyond the training length."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from progtx_core import checks, tasks
from progtx_core.evaluation.generation import exact_match, near_match
from progtx_core.models.long import LongTransformer
from progtx_core.tasks.counting import PROMPT
from progtx_core.tools.tables.entry import Entry
from progtx_core.training import TrainingResult
from progtx_core.types import Batch

TEST_LENGTHS = (60, 70, 80, 90, 100, 120, 150)
COPY_LENGTHS = (20, 25, 30, 40)  # symbols; in training at most the first
N_NEAR = 20  # tokens that a model reads beside the prompt when the middle is left out
# In training no sequence has more than 60 tokens; numbers from 0 to 199 in training and
# tests alike. "cut": three in ten would be longer, and end there.
REGIMES: dict[str, dict] = {
    "up": {"directions": "up"},
    "up, truncated": {"directions": "up", "truncated_share": 0.3},
    "both": {"directions": "both"},
    "both, truncated": {"directions": "both", "truncated_share": 0.3},
}
# By direction: the comparison of a and b is learned last, and takes width.
COUNTERS = {
    "up": {"d_model": 32, "n_layers": 3, "d_mlp": 128},
    "both": {"d_model": 64, "n_layers": 3, "d_mlp": 256},
}
TRAINED: dict[str, dict] = {
    "up": {"steps": 1500, "learning_rate": 0.006},
    "both": {"steps": 6000, "learning_rate": 0.004},
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
# The sizes of the paper's models; for a GPU.
PAPER = {"d_model": 512, "n_layers": 6, "n_heads": 8, "d_mlp": 2048, "n_ctx": 256}


@dataclass(frozen=True)
class LongEntry(Entry, ABC):
    """A causal transformer, tested on sequences longer than in its training.

    contrast: recorded on N_CONTRAST seeds at most
    """

    contrast: bool = False

    def n_seeds(self, asked: int) -> int:
        return min(asked, N_CONTRAST) if self.contrast else asked

    def modules(self) -> list[str]:
        return ["progtx_core.evaluation.generation"]

    @abstractmethod
    def tests(self) -> dict[str, Batch]:
        """What it is tested on, by name."""

    def measures(self, run: TrainingResult) -> dict[str, np.ndarray]:
        """Share of answers without an error on every test."""
        tests = self.tests().items()
        return {name: shares(run.models, batch) for name, batch in tests}


class CountingEntry(LongEntry):
    """Tested on all prompts of every length: "up_150", and "down_150" if it goes down.

    At the greatest length also with the middle left out: "near_up_150".
    """

    def tests(self) -> dict[str, Batch]:
        longest = tasks.get("counting", max_len=TEST_LENGTHS[-1])
        trained = self.of_task["directions"]
        return {
            f"{direction}_{length}": of_length(longest, length, direction)
            for direction in ("up", "down")
            if trained in (direction, "both")
            for length in TEST_LENGTHS
        }

    def measures(self, run: TrainingResult) -> dict[str, np.ndarray]:
        near = partial(near_match, prompt=PROMPT, n_near=N_NEAR)
        longest = {
            f"near_{name}": shares(run.models, batch, near)
            for name, batch in self.tests().items()
            if name.endswith(f"_{TEST_LENGTHS[-1]}")
        }
        return super().measures(run) | longest


def shares(
    models: list[torch.nn.Module], batch: Batch, match: Callable = exact_match
) -> np.ndarray:
    """Share of the answers that each model would write without an error: (model,).

    match: model and batch to whether each answer is right
    """
    return np.array([match(model, batch).float().mean().item() for model in models])


class CopyingEntry(LongEntry):
    """Tested on prompts of every length: "copy_40" and so on."""

    def tests(self) -> dict[str, Batch]:
        found = {}
        for n in COPY_LENGTHS:
            task = tasks.get("copying", **self.of_task | {"longest": n, "shortest": n})
            found[f"copy_{n}"] = task.sample(300, torch.Generator().manual_seed(0), "test")
        return found


def of_length(task, length: int, direction: str) -> Batch:
    """All sequences of so many tokens, in one direction."""
    return task.batch(task.write(task.pairs_of_length(length, direction))[:, :length])


def counting_entry(scheme: str, regime: str = "up", **settings) -> CountingEntry:
    """One positional scheme of LONG_SCHEMES, trained in one of REGIMES.

    settings: of the `Config`, instead of those that are recorded
    """
    directions = REGIMES[checks.one_of("regime", regime, REGIMES)]["directions"]
    settings = TRAINED[directions] | {"n_eval": 300} | settings
    if (
        settings["steps"] < LongTransformer.default_config["warmup_steps"]
    ):  # for a quick look
        settings["warmup_steps"] = settings["steps"]
    return CountingEntry(
        row=f"{scheme}, {regime}",
        task="counting",
        model=LongTransformer,
        sizes={"positions": scheme} | COUNTERS[directions],
        of_task=REGIMES[regime],
        settings=settings,
        contrast=scheme != COMPARED[0] or regime == "both",
    )


def copying_entry(unique: bool) -> CopyingEntry:
    """Copying symbols that occur once, or again and again."""
    return CopyingEntry(
        row="unique" if unique else "repeated",
        task="copying",
        model=LongTransformer,
        sizes={"positions": "random_offset", "n_ctx": 128},
        of_task={"longest": COPY_LENGTHS[0], "unique": unique},
        settings={"steps": 3000, "n_eval": 300},
        contrast=True,
    )


def counting_entries() -> list[LongEntry]:
    """Every scheme upwards; some of them in the other regimes; copying."""
    regimes = [(scheme, "up, truncated") for scheme in COMPARED]
    regimes += [(scheme, "up") for scheme in ("windowed", "none")]
    regimes.append(("windowed", "both"))
    regimes += [(scheme, "both, truncated") for scheme in ("windowed", "none", "anchored")]
    return [
        *(counting_entry(scheme, regime) for scheme, regime in regimes),
        *(copying_entry(unique) for unique in (True, False)),
    ]
