"""Two published results that contradict each other, and what decides between them.

{0,1,2}*02* and Tomita 3 are not extended in [A], and are in [B], by the same group. Both
draw strings with long runs, as is done here. They differ in what is asked after every
symbol, see TARGETS; in how many strings there are to train on; and in the model that is
reported, which may be chosen by its test.

Sources: [A] Huang et al., 2025 (see `extending`), formal_lang_suite; [B] the models in
github.com/lacoco-lab/decompiling_transformers, 2026.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from progtx_core import checks
from progtx_core.models.long import LongTransformer
from progtx_core.tasks.base import UNDECIDED
from progtx_core.tasks.languages import Language
from progtx_core.tools.recorded.cell import Cell, Experiment
from progtx_core.training import Callback, Snapshots, TrainingResult
from torch.nn.functional import pad

from experiments.extending import BINS, MIDDLE, N_TESTS, SETTINGS

ALL, ASKED, NEXT = TARGETS = ("all legal symbols", "as asked in 2025", "one next symbol")
ONE_HEAD = {"d_model": 64, "n_layers": 1, "n_heads": 1}
SIZES = {"{0,1,2}*02*": ONE_HEAD, "tomita_3": MIDDLE}
N_STRINGS = 10_000  # of the finite training set of 2025
THRESHOLDS = np.geomspace(0.001, 0.3, 25)  # a symbol that is likelier is taken for legal


def long_tail(draw: random.Random, length: int) -> str:
    """A string of {0,1,2}*02* with a run of 2 at its end, of any length equally often."""
    n_before = draw.randrange(length)
    before = "".join(draw.choices("012", k=n_before))
    return before + "0" + "2" * (length - 1 - n_before)


def long_runs(draw: random.Random, length: int) -> str:
    """A string of Tomita 3 of few, long runs; short ones are the more frequent."""
    text, ones, symbol = "", 0, draw.choice("01")
    while (room := length - len(text)) > 0:
        size = min(draw.randint(1, room), draw.randint(1, room))
        if symbol == "0" and ones % 2:  # behind an odd run of 1, of an even length
            size += size % 2
            if size > room:
                symbol, size = "1", 1
        text += symbol * size
        ones = size + ones * text.endswith("1" * (size + 1)) if symbol == "1" else ones
        symbol = "01"[symbol == "0"]
    return text


STRINGS: dict[str, Callable[[random.Random, int], str]] = {
    "{0,1,2}*02*": long_tail,
    "tomita_3": long_runs,
}


class Strings(Language):
    """After every symbol, one of TARGETS; of a language of STRINGS, with long runs.

    In 2025 {0,1,2}*02* was asked whether the symbol is a 2 after which the string may end;
    Tomita 3 which symbols may be next, where none was taken for legal after which the
    string cannot end at once.
    """

    def __init__(self, language="{0,1,2}*02*", longest=50, shortest=1, target=ALL) -> None:
        super().__init__(checks.one_of("language", language, STRINGS), longest, shortest)
        self.target = checks.one_of("target", target, TARGETS)
        if target == NEXT:
            self.spec = replace(self.spec, n_classes=len(self.symbols) + 1)
        elif target == ASKED and language == "tomita_3":
            self.next_set = torch.tensor([0, 1, 2, 1, UNDECIDED])
            self.spec = replace(self.spec, n_classes=3)

    def sample_inputs(self, n, generator):
        draw = random.Random(int(torch.randint(2**31, (1,), generator=generator)))
        which = torch.randint(len(self.lengths), (n,), generator=generator)
        make, ids, pad_id = STRINGS[self.language], self.tokenizer.ids, self.spec.pad
        texts = [make(draw, length) for length in self.lengths[which].tolist()]
        rows = [[ids[s] for s in t] + [pad_id] * (self.longest - len(t)) for t in texts]
        return pad(torch.tensor(rows), (1, 0), value=self.start)

    def labels(self, inputs):
        if self.target == NEXT:
            following = pad(inputs[:, 1:], (0, 1), value=self.spec.pad) - 1
            ended = torch.where(following < 0, len(self.symbols), following)
            return ended.masked_fill(inputs == self.spec.pad, UNDECIDED)
        labels = super().labels(inputs)
        if self.target == ASKED and self.language == "{0,1,2}*02*":
            other = (inputs != self.tokenizer.ids["2"]) & (labels != UNDECIDED)
            return labels.masked_fill(other, 0)
        return labels

    def label(self, example):
        words = self.tokenizer.decode(example).split()[1:]
        texts = ["".join(words[:i]) for i in range(len(words) + 1)]
        if self.target == NEXT:
            found = [self.symbols.index(word) for word in words] + [len(self.symbols)]
        elif self.target == ALL:
            return super().label(example)
        elif self.language == "tomita_3":
            runs = [re.search("(1*)(0*)$", text).groups() for text in texts]
            found = [1 + len(zeros) % 2 if len(ones) % 2 else 0 for ones, zeros in runs]
        else:
            found = [int(bool(re.search("02+$", text))) for text in texts]
        return found + [None] * (len(example) - len(found))


@dataclass(frozen=True)
class TargetCell(Cell):
    """A transformer that is asked for one of TARGETS."""

    def data(self) -> Strings:
        return Strings(**self.task_kwargs)

    def callbacks(self) -> list[Callback]:
        return [Snapshots()]


def cell(language: str, target: str, finite: bool = False) -> TargetCell:
    """A language of STRINGS, one of TARGETS, and whether training has N_STRINGS alone."""
    finite_set = {"n_train": N_STRINGS} if finite else {}
    return TargetCell(
        row=f"{language}, {target}" + ", ten thousand strings" * finite,
        task="language",
        model=LongTransformer,
        model_kwargs=SIZES[checks.one_of("language", language, SIZES)]
        | {"positions": "random_offset", "n_ctx": BINS["bin_150"][1] + 1},
        task_kwargs={"language": language, "longest": BINS["bin_50"][1], "target": target},
        settings=SETTINGS | {"steps": 4000, "eval_every": 800} | finite_set,
    )


@torch.no_grad()
def outputs(model: torch.nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    """Logits of many strings, a few at a time."""
    return torch.cat([model(part) for part in inputs.split(50)])


def right(
    logits: torch.Tensor, task: Strings, inputs: torch.Tensor, above: float | None = None
) -> np.ndarray:
    """Whether each string has the right answer after all of its symbols, (batch,).

    above: of a model that was asked for one next symbol; what is likelier is legal to it
    """
    if above is None:
        said, wanted = logits.argmax(-1), task.labels(inputs)
        return ((said == wanted) | (wanted == UNDECIDED)).all(1).numpy()
    names = [*task.symbols, "EoS"]
    legal = torch.tensor([[name in of.split() for name in names] for of in task.sets])
    sets = Language.labels(task, inputs)
    same = ((logits.softmax(-1) > above) == legal[sets.clamp(min=0)]).all(-1)
    return (same | (sets == UNDECIDED)).all(1).numpy()


def threshold(model: torch.nn.Module, task: Strings) -> float | None:
    """The one of THRESHOLDS that is right on most strings of the training lengths."""
    if task.target != NEXT:
        return None
    inputs = task.sample(N_TESTS, torch.Generator().manual_seed(1), "train").inputs
    logits = outputs(model, inputs)
    found = [right(logits, task, inputs, float(t)).mean() for t in THRESHOLDS]
    return float(THRESHOLDS[int(np.argmax(found))])


def measure(cell: TargetCell, result: TrainingResult) -> dict[str, np.ndarray]:
    """Faultless strings in every bin: of the last model, and of that best in the last bin.

    The latter, `best_150` and the like, is chosen by the test.
    """
    found: dict[str, list[float]] = {}
    for seed in range(len(result.seeds)):
        shares = []
        for step in sorted(result.snapshots):
            model = result.models_at(step)[seed]
            above = threshold(model, cell.data())
            shares.append(
                [right(outputs(model, x), t, x, above).mean() for t, x in tests(cell)]
            )
        best = int(np.argmax([of[-1] for of in shares]))
        for kind, of in (("bin", shares[-1]), ("best", shares[best])):
            for bin, share in zip(BINS, of, strict=True):
                found.setdefault(bin.replace("bin", kind), []).append(float(share))
    return {name: np.array(values) for name, values in found.items()}


def tests(cell: TargetCell) -> list[tuple[Strings, torch.Tensor]]:
    """For every bin a task of its lengths and strings, the same for all models."""
    found = []
    for bin, (low, high) in BINS.items():
        task = Strings(**cell.task_kwargs | {"longest": high, "shortest": low})
        generator = torch.Generator().manual_seed(0)
        if bin == "bin_50":
            found.append((task, task.sample(N_TESTS, generator, "test").inputs))
        else:
            found.append((task, task.sample_inputs(N_TESTS, generator)))
    return found


EXPERIMENT = Experiment(
    "targets",
    [
        *(cell(language, target) for language in STRINGS for target in TARGETS),
        cell("{0,1,2}*02*", ASKED, finite=True),
    ],
    measure=measure,
    n_seeds=10,
)
