"""The contract of a task: a rule in plain Python, and examples drawn by it.

A new task is one class with a `name`. It says how to `sample_inputs` inputs and how
to label many of them at once; `label` says the same for one example in plain
Python and is the specification that the fast form is tested against.
"""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

import torch

from progtx_core import checks
from progtx_core.types import Batch, Spec

# Every possible input falls into one of ten buckets by a hash of its values.
# A split owns whole buckets, so no input can appear in two splits.
SPLITS: dict[str, tuple[int, ...]] = {
    "train": (0, 1, 2, 3, 4, 5, 6, 7),
    "val": (8,),
    "test": (9,),
}
UNDECIDED = -1
MAX_ROUNDS = 200

_registry: dict[str, type["Task"]] = {}


class Task(ABC):
    """A rule to be learned, and a source of examples of it.

    name: how `tasks.get` finds it; rule: the rule in one line
    spec: the sizes a model is built from
    """

    name: ClassVar[str]
    rule: ClassVar[str]
    spec: Spec

    def __init_subclass__(cls, **kwargs) -> None:
        super().__init_subclass__(**kwargs)
        if "name" in cls.__dict__:
            _registry[cls.name] = cls

    @abstractmethod
    def sample_inputs(self, n: int, generator: torch.Generator) -> torch.Tensor:
        """Draw n inputs, each class about equally often."""

    @abstractmethod
    def labels(self, inputs: torch.Tensor) -> torch.Tensor:
        """Label many inputs at once: (batch,) int, -1 where the rule is undecided."""

    @abstractmethod
    def label(self, example: list) -> int | None:
        """Label one input by the rule in plain Python; None where undecided."""

    def sample(self, n: int, generator: torch.Generator, split: str = "train") -> Batch:
        """Draw n examples of a split, every class equally often, shuffled.

        Where n is no multiple of the number of classes, classes chosen at random
        get one more. Raises ValueError for n < 1 or an unknown split, and
        RuntimeError if `sample_inputs` hardly ever makes what is asked for.
        """
        checks.whole("n", n, at_least=1)
        checks.one_of("split", split, SPLITS)
        n_classes = self.spec.n_classes
        missing = torch.full((n_classes,), n // n_classes)
        missing[torch.randperm(n_classes, generator=generator)[: n % n_classes]] += 1
        kept: list[Batch] = []
        share = len(SPLITS[split]) / 10
        for _ in range(MAX_ROUNDS):
            wanted = n_classes * int(missing.max())
            inputs = self.sample_inputs(int(1.25 * wanted / share) + 16, generator)
            targets = self.labels(inputs)
            rows = _fill(missing, targets, in_split(inputs, split))
            kept.append(Batch(inputs[rows], targets[rows]))
            if not missing.any():
                return _shuffled(kept, generator)
        raise RuntimeError(
            f"{self.name}: after {MAX_ROUNDS} rounds of drawing, classes "
            f"{missing.nonzero().flatten().tolist()} are still short of examples; "
            "sample_inputs() must make every class about equally often"
        )


def in_split(inputs: torch.Tensor, split: str) -> torch.Tensor:
    """Which inputs belong to a split: (batch,) bool. The answer depends on values only.

    >>> x = torch.randn(1000, 5, 1, generator=torch.Generator().manual_seed(0))
    >>> sum(in_split(x, split).long() for split in SPLITS).unique().tolist()
    [1]
    """
    words = inputs.flatten(1)
    if words.is_floating_point():
        # Equal numbers need equal bits: adding 0.0 turns -0.0 into 0.0.
        words = (words.float() + 0.0).view(torch.int32)
    weights = torch.randint(
        2**62,
        (words.shape[1],),
        generator=torch.Generator().manual_seed(words.shape[1]),
    )
    mixed = (words.long() * (2 * weights + 1)).sum(1)  # wraps around, as it should
    mixed = (mixed ^ (mixed >> 29)) * 0x3C6EF372FE94F82B
    bucket = (mixed ^ (mixed >> 32)) % 10
    return torch.isin(bucket, torch.tensor(SPLITS[split]))


def _fill(
    missing: torch.Tensor, targets: torch.Tensor, usable: torch.Tensor
) -> torch.Tensor:
    """Choose rows that fill what is missing of each class; lowers `missing`."""
    rows = []
    for label in range(len(missing)):
        found = ((targets == label) & usable).nonzero().flatten()
        rows.append(found[: missing[label]])
        missing[label] -= len(rows[-1])
    return torch.cat(rows)


def _shuffled(parts: list[Batch], generator: torch.Generator) -> Batch:
    inputs = torch.cat([part.inputs for part in parts])
    targets = torch.cat([part.targets for part in parts])
    order = torch.randperm(len(targets), generator=generator)
    return Batch(inputs[order], targets[order])


def names() -> list[str]:
    """The names of all tasks, in the order in which they are defined."""
    return list(_registry)


def get(name: str, **sizes) -> Task:
    """Make the task of that name, with its default sizes or the given ones.

    Raises ValueError for an unknown name (with the nearest ones), TypeError for
    a size the task does not have.
    """
    make: Callable[..., Task] = _registry[checks.one_of("task", name, _registry)]
    known = [p for p in inspect.signature(make).parameters if p != "self"]
    for size in sizes:
        if size not in known:
            raise TypeError(
                f"task {name!r} has no size {size!r}; it has: {', '.join(known)}"
            )
    return make(**sizes)
