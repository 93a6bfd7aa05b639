"""What a transformer extends beyond the training length: a row a task (chapter 12).

A new row is one more in ROWS: what is predicted stands there before anything is trained.
Each becomes two cells, with positions and without. `python -m progtx_core record extending`
measures what is new.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd
import torch
from progtx_core import checks, tasks
from progtx_core.evaluation.generation import exact_match
from progtx_core.models.long import LongTransformer
from progtx_core.rasp import extending, programs
from progtx_core.tools import recorded
from progtx_core.tools.recorded.cell import Cell, Experiment
from progtx_core.training import TrainingResult
from progtx_core.types import Batch, Spec

# Tokens of a prompt, or symbols of a string: those of training, and two bins beyond.
BINS = {"bin_50": (1, 50), "bin_100": (51, 100), "bin_150": (101, 150)}
SCHEMES = ("random_offset", "none")
N_TESTS, AT_ONCE = 500, 50  # strings a bin; of them in one pass, which takes memory
# Of the mean exact match over all seeds: from the first on, the training lengths are
# learned; from the second on, in both bins beyond, they are extended; below the third not.
LEARNED, EXTENDS, FAILS = 0.95, 0.9, 0.7
FITS = 0.99  # of a seed: what published means take for learned, and drop otherwise
HUANG = (
    "Huang et al., ICLR 2025, github.com/lacoco-lab/length_generalization, "
    "formal_lang_suite/visualise/data_local.py: five seeds that were perfect in training"
)
ZHOU = "Zhou et al., ICLR 2024, sections 4 and 5: figures without numbers, other lengths"
Figures = tuple[float, float, float]


@dataclass(frozen=True)
class Row:
    """One task: what a program predicts, what was published, how it is trained.

    Args:
        task, arguments: of `tasks.get`; `longest` and `shortest` come from the bins
        predicted: by encoding, whether a program of C-RASP exists with what the encoding
            adds, and so whether a model should extend; in the order of SCHEMES
        program: the program; None if none was found
        rasp_l: a program that RASP-L has where C-RASP has none: the two theories disagree
        published: by encoding, exact match in per cent in the three bins
        tokens: of the prompt, for each item of `longest`
        sizes, settings: of the model, and of its `Config`
    """

    task: str
    arguments: dict
    predicted: tuple[bool, bool]
    program: Callable | None = None
    rasp_l: Callable | None = None
    published: dict[str, Figures] = field(default_factory=dict)
    source: str = HUANG
    tokens: int = 1
    sizes: dict = field(default_factory=dict)
    settings: dict = field(default_factory=dict)


class Started(LongTransformer):
    """A transformer whose embeddings and positions begin smaller, by these factors."""

    def __init__(self, spec: Spec, start=1.0, positions_start=1.0, **sizes) -> None:
        super().__init__(spec, **sizes)
        factors = {"embed.weight": start, "positions.table": positions_start}
        with torch.no_grad():
            for name in factors.keys() & self.state_dict().keys():
                self.get_parameter(name).mul_(factors[name])


def huang(offset: Figures, none: Figures) -> dict[str, Figures]:
    """Published figures by encoding."""
    return dict(zip(SCHEMES, (offset, none), strict=True))


# So small that a training takes about a minute of one core.
SMALL = {"d_model": 32, "n_layers": 1, "n_heads": 2}
WIDE = {"d_model": 64, "n_layers": 1, "n_heads": 2}
MIDDLE = {"d_model": 64, "n_layers": 2, "n_heads": 2}
# Where a symbol has to be found again (an induction head): small vectors grow sooner.
FINDING = {"d_model": 64, "n_layers": 2, "n_heads": 1, "start": 0.1, "positions_start": 0.1}
# Where positions say nothing, they disturb less if they begin small.
QUIET = {"d_model": 64, "n_layers": 1, "n_heads": 2, "positions_start": 0.05}
# Settings were chosen by the loss at training lengths, of seed 0 or of one not recorded:
# one layer takes the higher rate, two layers often stay where they are with it.
SETTINGS = {"n_eval": 200}
HIGHER = {"learning_rate": 0.006}

ROWS: dict[str, Row] = {
    "binary majority": Row(
        "majority",
        {"n_symbols": 2, "uneven": True},
        (True, True),
        programs.most_frequent,
        published=huang((100, 100, 100), (100, 100, 100)),
        sizes=SMALL,
        settings=HIGHER | {"steps": 2000},
    ),
    "majority": Row(
        "majority",
        {"n_symbols": 26},
        (True, True),
        programs.most_frequent,
        published=huang((100, 99.6, 97.8), (100, 99.9, 98.5)),
        sizes=QUIET,
        settings=HIGHER | {"steps": 4000},
    ),
    "mode": Row(
        "majority",
        {"n_symbols": 26, "n_distinct": 5},
        (True, True),
        programs.most_frequent,
        source=ZHOU,
        sizes=QUIET,
        settings=HIGHER | {"steps": 4000},
    ),
    "sort": Row(
        "sorting",
        {"n_numbers": 150},
        (True, True),
        programs.sort_unique,
        published=huang((100, 100, 99.4), (100, 99.8, 80.6)),
        sizes=QUIET,
        settings=HIGHER | {"steps": 4000},
    ),
    "copy unique": Row(
        "copying",
        {"n_symbols": 150},
        (True, False),
        programs.copy_unique,
        published=huang((100, 99.9, 98.7), (100, 18.0, 0)),
        sizes=FINDING,
        settings={"steps": 3000, "learning_rate": 0.004},
    ),
    "copy repeated": Row(
        "copying",
        {"n_symbols": 2, "unique": False},
        (False, False),
        published=huang((100, 25.6, 0), (100, 28.0, 0)),
        sizes=FINDING,
        settings={"steps": 3000},
    ),
    "parity": Row(
        "bit_parity",
        {"hints": False},
        (False, False),
        published=huang((100, 83.0, 62.1), (97.5, 74.5, 63.3)),
        sizes=MIDDLE,
        settings={"steps": 4000},
    ),
    "parity, steps": Row(
        "bit_parity",
        {"hints": True, "n_hints": 75},
        (True, False),
        programs.parity_steps,
        source=ZHOU,
        tokens=2,
        sizes=FINDING,
        settings={"steps": 4000},
    ),
    "addition": Row(
        "binary_addition",
        {"hints": False},
        (False, False),
        published=huang((99.7, 26.8, 0), (99.5, 27.7, 0)),
        source=f"{HUANG}; 85 million parameters, the ones last",
        tokens=2,
        sizes=MIDDLE,
        settings={"steps": 3000},
    ),
    "addition, hints": Row(
        "binary_addition",
        {"hints": True, "n_hints": 37},
        (True, False),
        extending.add_steps,
        source=ZHOU,
        tokens=4,
        sizes=FINDING,
        settings={"steps": 3000},
    ),
    "(aa)*": Row(
        "language",
        {"language": "(aa)*"},
        (True, False),
        extending.even_length,
        published=huang((100, 100, 100), (100, 0, 0)),
        sizes=WIDE,
        settings=HIGHER | {"steps": 5000},
    ),
    "Tomita 4": Row(
        "language",
        {"language": "tomita_4"},
        (True, False),
        extending.no_000,
        published=huang((100, 85.4, 84.4), (100, 16.45, 0)),
        sizes=MIDDLE,
        settings={"steps": 4000},
    ),
    "Tomita 3": Row(
        "language",
        {"language": "tomita_3"},
        (False, False),
        published=huang((60.45, 7.7, 0), (21.1, 0, 0)),
        sizes=MIDDLE,
        settings={"steps": 4000},
    ),
    "{0,1,2}*02*": Row(
        "language",
        {"language": "{0,1,2}*02*"},
        (False, False),
        rasp_l=extending.last_is_0,
        published=huang((99.7, 24.4, 1.2), (18.2, 11.2, 0)),
        sizes=WIDE | {"positions_start": 0.2},
        settings=HIGHER | {"steps": 4000},
    ),
    "Dyck-1": Row(
        "language",
        {"language": "dyck_1"},
        (True, True),
        extending.brackets,
        published=huang((100, 100, 100), (100, 100, 100)),
        sizes=WIDE,
        settings=HIGHER | {"steps": 4000},
    ),
}


def row_of(name: str) -> Row:
    """The row of that name, or of a cell's `row`, which has the encoding behind it."""
    for scheme in SCHEMES:
        name = name.removesuffix(f", {scheme}")
    return ROWS[checks.one_of("row", name, ROWS)]


def sizes_of(row: Row, bin: str) -> dict:
    """The arguments of its task for the lengths of one of BINS."""
    low, high = BINS[checks.one_of("bin", bin, BINS)]
    return row.arguments | {
        "longest": high // row.tokens,
        "shortest": -(-low // row.tokens),
    }


def task_of(row: Row, bin: str = "bin_50") -> tasks.Task:
    """Its task with the lengths of a bin, by default those of training."""
    return tasks.get(row.task, **sizes_of(row, bin))


@cache
def tests(name: str) -> dict[str, Batch]:
    """What a row is tested on, by bin, the same for all encodings and seeds.

    Beyond training every input is new, whatever its split; in training those of "test".
    """
    row, found = row_of(name), {}
    for bin in BINS:
        task, generator = task_of(row, bin), torch.Generator().manual_seed(0)
        if bin == "bin_50":
            found[bin] = task.sample(N_TESTS, generator, "test")
        else:
            found[bin] = task.batch(task.sample_inputs(N_TESTS, generator))
    return found


def measure(cell: Cell, result: TrainingResult) -> dict[str, np.ndarray]:
    """Exact match of every model in every bin: the share of faultless answers."""
    name = cell.row.rpartition(", ")[0]
    return {bin: shares(result.models, batch) for bin, batch in tests(name).items()}


def shares(models: list[torch.nn.Module], batch: Batch) -> np.ndarray:
    """Share of faultless answers of each model, (model,)."""
    parts = [batch[i : i + AT_ONCE] for i in range(0, len(batch), AT_ONCE)]
    right = [[exact_match(model, part) for part in parts] for model in models]
    return np.array([torch.cat(found).double().mean().item() for found in right])


def cell(name: str, scheme: str, **settings) -> Cell:
    """One of ROWS under one of SCHEMES; settings: of the `Config`, other than recorded."""
    row = row_of(name)
    n_ctx = task_of(row, "bin_150").spec.seq_len
    return Cell(
        row=f"{name}, {checks.one_of('encoding', scheme, SCHEMES)}",
        task=row.task,
        model=Started,
        model_kwargs=row.sizes | {"positions": scheme, "n_ctx": n_ctx},
        task_kwargs=sizes_of(row, "bin_50"),
        settings=SETTINGS | row.settings | settings,
    )


def verdict(predicted: bool, measured: dict[str, np.ndarray]) -> str:
    """What a measurement says of a prediction; all seeds count alike.

    measured: by bin, the share of faultless answers of every seed
    Returns: "not learned" where the lengths of training fail, which tests no prediction;
        "as predicted", "against the prediction", or "in between" EXTENDS and FAILS

    >>> shares = {"bin_50": np.ones(5), "bin_100": np.ones(5), "bin_150": np.zeros(5)}
    >>> verdict(True, shares), verdict(False, shares)
    ('against the prediction', 'as predicted')
    """
    means = {bin: float(np.mean(measured[bin])) for bin in BINS}
    if means["bin_50"] < LEARNED:
        return "not learned"
    beyond = min(means["bin_100"], means["bin_150"])
    if FAILS <= beyond < EXTENDS:
        return "in between"
    agrees = (beyond >= EXTENDS) == predicted
    return "as predicted" if agrees else "against the prediction"


def measured(frame: pd.DataFrame, name: str, scheme: str) -> dict[str, np.ndarray]:
    """By bin, the recorded share of faultless answers of every seed."""
    row = ROWS[name].task, f"{name}, {scheme}"
    return {bin: recorded.values(frame, row[1], row[0], bin) for bin in BINS}


def judged(frame: pd.DataFrame) -> list[dict]:
    """What was predicted of every row and encoding, what was measured, and the verdict.

    frame: the recorded table. Returns: beside the names, means over all seeds and over
        those that fit, by bin, and the verdicts of both; the share beyond training, in the
        worse bin
    """
    found = []
    for name, row in ROWS.items():
        for scheme, predicted in zip(SCHEMES, row.predicted, strict=True):
            shares = measured(frame, name, scheme)
            fit = shares["bin_50"] >= FITS
            kept = {bin: values[fit] for bin, values in shares.items() if fit.any()}
            found.append(
                {
                    "row": name,
                    "encoding": scheme,
                    "program": row.program.__name__ if row.program else "none found",
                    "predicted": predicted,
                    "all": {bin: values.mean() for bin, values in shares.items()},
                    "fit": {bin: values.mean() for bin, values in kept.items()},
                    "n_fit": int(fit.sum()),
                    "beyond": min(shares[b].mean() for b in ("bin_100", "bin_150")),
                    "published": row.published.get(scheme),
                    "verdict": verdict(predicted, shares),
                    "verdict_fit": verdict(predicted, kept) if kept else "none fits",
                }
            )
    return found


EXPERIMENT = Experiment(
    "extending",
    [cell(name, scheme) for name in ROWS for scheme in SCHEMES],
    measure=measure,
)
