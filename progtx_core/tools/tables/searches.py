"""What is recorded of chapter 9: the same models trained with and without gradients."""

import time
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from progtx_core import checks, tasks
from progtx_core.models.transformer import Transformer
from progtx_core.tools.tables.curves import progress
from progtx_core.tools.tables.entry import Entry
from progtx_core.tools.tables.methods import method
from progtx_core.training import Config, TrainingResult, fit
from progtx_core.training.learners import evaluate, update
from progtx_core.types import Spec

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
# What every pattern search begins from. A gain must be above the rounding of the fast
# measure; each step begins with a measurement, which is what `fit` logs.
PATTERN = {
    "radius": 0.1,
    "min_gain": 2e-6,
    "forcing": 0.001,
    "poll": "together",
    "block_size": 128,
    "measure_again": True,
    "budget": 220_000,
}
# What the kinds of pattern search change of it. They are compared at equal passes.
SHORT = {"budget": PASSES[-1]}
SEARCHES: dict[str, dict] = {
    "PatternSearch": {},
    "with expansion": {"expansion": 2.0} | SHORT,
    "groups of four": {"group_size": 4} | SHORT,
    "one at a time": {"poll": "first"} | SHORT,
    "without forcing": {"forcing": 0.0} | SHORT,
}
# How the others are trained, and the arguments of their optimizers. With Adam's usual
# memory of 0.999 for squares, one seed in three keeps a wrong answer.
BATCHES = {"steps": 3_000, "batch_size": 32, "warmup_steps": 100}
BASELINES: dict[str, tuple[dict, dict]] = {
    "greedy random search": ({"steps": PASSES[-2], "learning_rate": 0.03}, {}),
    "SPSA": ({"steps": PASSES[-2] // 2, "learning_rate": 0.003}, {"radius": 1e-3}),
    "SGD": (BATCHES | {"learning_rate": 0.02}, {"momentum": 0.9}),
    "Adam": (
        BATCHES | {"learning_rate": 0.01, "weight_decay": 0.03},
        {"betas": (0.9, 0.98)},
    ),
}
# A model that is large enough for Adam to answer all strings, those held out too.
WIDE = {"d_model": 24, "n_layers": 2, "n_heads": 4, "d_mlp": 96}
WIDER = {
    "steps": 2_000,
    "batch_size": 64,
    "learning_rate": 0.005,
    "weight_decay": 0.3,
    "schedule": "cosine",
    "eval_every": 100,  # each look costs as much as several updates
}
# In sequence the answer is easier found, and kept more surely with more decay.
IN_SEQUENCE: dict[str, dict] = {"Adam": {"weight_decay": 0.2}}
METHODS = (*SEARCHES, *BASELINES)
N_LOOKS = 100


def searched_model(spec: Spec, **sizes) -> Transformer:
    """A transformer in which no place sees what stands behind it."""
    return Transformer(spec, causal=True, **sizes)


@dataclass(frozen=True)
class SearchEntry(Entry):
    """A causal transformer on strings, trained by a method; all looks are kept.

    settings: of the `Config`; method: see `method`; arguments: of its optimizer;
    strings: how many there are in all, by default all that are possible
    """

    method: str = "PatternSearch"
    arguments: dict = field(default_factory=dict)
    strings: int | None = None

    def data(self) -> tasks.StringSet:
        """The strings, split into train, val and test."""
        return tasks.StringSet(tasks.get(self.task, **self.of_task), self.strings)

    def config(self) -> Config:
        """All strings at every step, if nothing else is said."""
        data = self.data()
        n_train, steps = len(data.splits["train"]), self.settings["steps"]
        size = min(self.settings.get("batch_size", n_train), n_train)
        fixed = {"n_train": n_train, "n_eval": len(data.splits["val"]), "batch_size": size}
        every = max(1, steps // N_LOOKS)
        return Config(**{"eval_every": every} | self.settings | fixed)

    def train(self, n_seeds: int, seed: int = 0, **how) -> TrainingResult:
        """Train it as it is recorded, as chapter 9 does."""
        data = self.data()
        make_optimizer = method(self.method, data.splits["train"], **self.arguments)
        return fit(
            partial(searched_model, **self.sizes),
            data,
            self.config(),
            seed=seed,
            n_seeds=n_seeds,
            make_optimizer=make_optimizer,
            snapshots=True,
            **how,
        )

    def modules(self) -> list[str]:
        return [
            "progtx_core.tools.tables.methods",
            "progtx_core.optim.fast_losses",
            "progtx_core.optim.pattern_search",
            "progtx_core.optim.random_search",
            "progtx_core.tasks.finite",
        ]

    def measures(self, run: TrainingResult) -> dict[str, np.ndarray]:
        """On the training part: accuracy, loss, passes, loss after so many passes."""
        batch = run.task.splits["train"]
        passes, loss, accuracy = progress(run, batch, self.passes_a_step(run))
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

    def passes_a_step(self, run: TrainingResult, repeats: int = 15) -> float:
        """What a step along the gradient costs, in passes over the training part.

        Measured: the median of some ratios of seconds, on copies of the first model. Not
        a number for a method that counts its own passes.
        """
        if self.method not in ("SGD", "Adam"):
            return float("nan")
        batch, model = run.task.splits["train"], run.at(0)[0]
        optimizer = method(self.method, batch, **self.arguments)(model, run.config)
        ratios = []
        for _ in range(repeats):
            started = time.perf_counter()
            update(model, optimizer, batch[: run.config.batch_size], 1e-9)
            between = time.perf_counter()
            evaluate(model, batch)
            ratios.append((between - started) / (time.perf_counter() - between))
        return float(np.median(ratios))


def search_entry(
    name: str,
    task: str = "parity",
    output: str = "per_token",
    sizes: dict | None = None,
    seq_len: int = 8,
    strings: int | None = None,
    max_steps: int | None = None,
    batch_size: int | None = None,
    **arguments,
) -> SearchEntry:
    """A method by its name in METHODS, on a task.

    sizes: of the model, by default tiny; strings: how many, by default all; max_steps,
    batch_size: instead of those recorded; arguments: of the optimizer, instead of its own
    """
    if checks.one_of("method", name, METHODS) in SEARCHES:
        # A search ends with its budget, long before its steps.
        own = PATTERN | SEARCHES[name]
        one_by_one = own["poll"] == "first"  # a step is a kept move
        settings = {"steps": 50_000 if one_by_one else 4_000}
        if (task, output) == ("parity", "per_token"):  # whose curves are drawn
            settings["eval_every"] = 50 if one_by_one else 4
        kind = "PatternSearch"
    else:
        kind, (settings, own) = name, BASELINES[name]
    if output == "scratchpad":
        settings = settings | IN_SEQUENCE.get(name, {})
    if max_steps is not None:
        warmup = min(max_steps, settings.get("warmup_steps", 0))
        steps = min(max_steps, settings["steps"])
        settings = settings | {"steps": steps, "warmup_steps": warmup}
    if batch_size is not None:
        settings = settings | {"batch_size": batch_size}
    return SearchEntry(
        row=name if output == "per_token" else f"{name}, {output}",
        task=task,
        model="transformer",
        sizes=SEARCHED["tiny"] if sizes is None else sizes,
        of_task={"output": output, "seq_len": seq_len},
        settings=settings,
        method=kind,
        arguments=own | arguments,
        strings=strings,
    )


def wider_entry() -> SearchEntry:
    """Adam on direct parity with a wider model than the one that the methods share."""
    entry = search_entry("Adam", sizes=WIDE).with_settings(**WIDER)
    return replace(entry, row="Adam, wider")


def search_entries() -> list[SearchEntry]:
    """Every method on parity; PatternSearch and Adam on the controls, and in sequence."""
    easy = "first_bit", "last_bit", "running_majority"
    return [
        *(search_entry(name) for name in METHODS),
        search_entry("PatternSearch", output="scratchpad", radius=0.2, budget=600_000),
        search_entry("Adam", output="scratchpad"),
        wider_entry(),
        *(search_entry("PatternSearch", task, budget=50_000) for task in easy),
        *(search_entry("Adam", task) for task in easy),
    ]
