"""What is recorded of chapter 9: the same models trained with and without gradients."""

import time
from dataclasses import dataclass
from functools import partial

import numpy as np

from progtx_core import tasks
from progtx_core.contract import Batch, Spec
from progtx_core.models.transformer import Transformer
from progtx_core.tables.entry import Entry
from progtx_core.tables.methods import METHODS, SEARCHES, method, method_config
from progtx_core.training import Run, fit
from progtx_core.training.learners import evaluate, update

SEARCHED = {
    "tiny": {"d_model": 8, "n_layers": 2, "n_heads": 4, "d_mlp": 32},
    "small": {"d_model": 64, "n_layers": 2, "n_heads": 4, "d_mlp": 256},
    "medium": {"d_model": 128, "n_layers": 4, "n_heads": 8, "d_mlp": 512},
    "large": {"d_model": 256, "n_layers": 6, "n_heads": 8, "d_mlp": 1024},
}
STRING_SETS = {
    "all": {"n_samples": 256, "seq_len": 8},
    "small": {"n_samples": 200, "seq_len": 8},
    "medium": {"n_samples": 500, "seq_len": 12},
    "large": {"n_samples": 1000, "seq_len": 16},
}
# Forward passes after which the loss is recorded.
PASSES = (100, 300, 1_000, 3_000, 10_000, 30_000, 100_000)
# Updates at most, looks and evaluations: a search ends where its budget does.
LENGTHS: dict[str, dict] = {
    "one at a time": {"steps": 40_000, "eval_every": 400},
    "greedy random search": {"steps": 30_000, "eval_every": 300},
    "SPSA": {"steps": 15_000, "eval_every": 150},
    "SGD": {"steps": 1_000, "eval_every": 10},
    "Adam": {"steps": 2_500, "eval_every": 25},
}
BUDGET = 150_000


def searched_model(spec: Spec, **sizes) -> Transformer:
    """A transformer in which no place sees what stands behind it."""
    return Transformer(spec, causal=True, **sizes)


@dataclass(frozen=True)
class SearchEntry(Entry):
    """A causal transformer on strings, trained by a method; all looks are kept.

    method: a name in METHODS; budget: of a pattern search, in evaluations
    """

    method: str = "PatternSearch"
    budget: int = BUDGET

    def data(self) -> tasks.Strings:
        """All strings, split into train, val and test."""
        return tasks.Strings(tasks.get(self.task, **self.of_task))

    def train(self, n_seeds: int, seed: int = 0, **how) -> Run:
        """Train it as it is recorded, as chapter 9 does."""
        data = self.data()
        batch = data.parts["train"]
        length = LENGTHS.get(self.method, {"steps": 2_000, "eval_every": 20})
        length = {"n_eval": len(data.parts["val"])} | length
        others = {"budget": self.budget} if self.method in SEARCHES else {}
        return fit(
            partial(searched_model, **self.sizes),
            data,
            method_config(self.method, n_train=len(batch), **length),
            seed=seed,
            n_seeds=n_seeds,
            make_optimizer=method(self.method, batch, **others),
            snapshots=True,
            **how,
        )

    def modules(self) -> list[str]:
        return [
            "progtx_core.tables.methods",
            "progtx_core.optim.fast_losses",
            "progtx_core.optim.pattern_search",
            "progtx_core.optim.random_search",
            "progtx_core.tasks.finite",
        ]

    def measures(self, run: Run) -> dict[str, np.ndarray]:
        """On the training part: accuracy, loss, passes, loss after so many passes."""
        batch = run.task.parts["train"]
        passes, loss, accuracy = progress(run, batch, passes_a_step(self.method, run))
        last = {"train": accuracy[:, -1], "train_loss": loss[:, -1]}
        seeds = list(zip(passes, loss, strict=True))
        return (
            last
            | {"passes": passes[:, -1]}
            | {
                f"after_{n}": np.array([of[at <= n][-1] for at, of in seeds])
                for n in PASSES
            }
        )


def progress(
    run: Run, batch: Batch, passes_a_step: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How far every seed was at every look: passes, loss and accuracy, (seed, look).

    run: trained with snapshots; passes_a_step: for a method that does not count them
    """
    steps = sorted(run.snapshots)
    measured = [[evaluate(model, batch) for model in run.at(step)] for step in steps]
    loss, accuracy = (
        np.array([[one[key] for one in of_seeds] for of_seeds in measured]).T
        for key in ("loss", "accuracy")
    )
    if "evaluations" in run.history.names():
        return run.history["evaluations"], loss, accuracy
    passes = passes_a_step * np.array(steps, dtype=float)
    return np.broadcast_to(passes, loss.shape), loss, accuracy


def passes_a_step(name: str, run: Run, repeats: int = 15) -> float:
    """What a step of a method with gradients costs, in passes over the training part.

    Measured: the median of some ratios of seconds, on copies of the run's first model.
    """
    if name not in ("SGD", "Adam"):
        return float("nan")  # it counts its own
    batch, model = run.task.parts["train"], run.at(0)[0]
    some = batch[: run.config.batch_size]
    optimizer = method(name, batch)(model, run.config)
    ratios = []
    for _ in range(repeats):
        started = time.perf_counter()
        update(model, optimizer, some, 1e-9)
        between = time.perf_counter()
        evaluate(model, batch)
        ratios.append((between - started) / (time.perf_counter() - between))
    return float(np.median(ratios))


def search_entries() -> list[SearchEntry]:
    """Every method on parity; PatternSearch and Adam on the controls, and in sequence."""

    def entry(row: str, task: str, name: str, **of_task) -> SearchEntry:
        base = (row, task, "transformer", SEARCHED["tiny"], of_task)
        return SearchEntry(*base, method=name)

    ours = "PatternSearch", "Adam"
    return [
        *(entry(name, "parity", name) for name in METHODS),
        *(entry(f"{name}, sequence", "parity", name, reading="sequence") for name in ours),
        *(
            entry(name, task, name)
            for name in ours
            for task in ("first_bit", "last_bit", "running_majority")
        ),
    ]
