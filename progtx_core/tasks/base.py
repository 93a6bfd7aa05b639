"""What a task is: a rule in plain Python, and examples drawn by it."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import wraps
from typing import Any

import torch

from progtx_core import checks
from progtx_core.types import Batch, Spec

# Every possible input falls into one of ten buckets by a hash of its values.
# A split owns whole buckets, so no input can appear in two splits.
SPLITS: dict[str, tuple[int, ...]] = {"train": tuple(range(8)), "val": (8,), "test": (9,)}
UNDECIDED = -1  # in a tensor of labels: the rule gives no answer, or none is asked for
MAX_ROUNDS = 200

_registry: dict[str, type["Task"]] = {}


def answering(label: Callable) -> Any:
    """A rule for one example, with one line for what is no example of the task."""

    @wraps(label)
    def checked(self, example):
        try:
            kind = torch.double if self.spec.d_vocab is None else None
            inputs = torch.tensor([example], dtype=kind)
            self.spec.check_inputs(inputs)
            checks.number("the sum of all", inputs.sum().item())
            return label(self, example)
        except Exception as error:
            got, why = checks.shown(example), " ".join(str(error).split())[:200]
            raise ValueError(f"{self.name}: {got} is no example: {why}") from error

    return checked


class Task(ABC):
    """A rule to be learned, and a source of examples of it.

    A new task is a subclass with a `name` and a `spec`; its docstring begins with the rule.
    `label` is its specification, `labels` the fast form tested against it.
    """

    name: str
    rule: str  # in one line
    spec: Spec

    def __init_subclass__(cls, **kwargs) -> None:
        super().__init_subclass__(**kwargs)
        if "label" in vars(cls):
            cls.label = answering(cls.label)
        if cls.__doc__ and "rule" not in cls.__dict__:
            cls.rule = cls.__doc__.partition("\n")[0].rstrip(".")
        if "name" in cls.__dict__:
            taken = _registry.get(cls.name, cls)
            if (taken.__module__, taken.__qualname__) != (cls.__module__, cls.__qualname__):
                both = f"{taken.__module__}.{taken.__qualname__}"
                raise ValueError(f"a task is called {cls.name!r} already: {both}")
            _registry[cls.name] = cls

    @abstractmethod
    def sample_inputs(self, n: int, generator: torch.Generator) -> torch.Tensor:
        """Draw n inputs, every class about equally often."""

    @abstractmethod
    def labels(self, inputs: torch.Tensor) -> torch.Tensor:
        """Label many inputs: (batch,) or (batch, seq) int, -1 where undecided."""

    @abstractmethod
    def label(self, example: list) -> int | None | list[int | None]:
        """Label one input in plain Python, None where undecided; a list if per position."""

    def split_key(self, inputs: torch.Tensor) -> torch.Tensor:
        """The part of each input that decides its split, by default all of it."""
        return inputs

    def groups(self, inputs: torch.Tensor) -> torch.Tensor:
        """What a sample has equally often, (batch,): classes, or one group of all."""
        one_group = self.spec.per_position  # of answers there are too many to balance
        return torch.zeros(len(inputs)).long() if one_group else self.labels(inputs)

    def batch(self, inputs: torch.Tensor) -> Batch:
        """Inputs with their answers; the mask is True where one is asked for."""
        labels = self.labels(inputs)
        return Batch(inputs, labels.clamp(min=0), labels != UNDECIDED)

    def sample(self, n: int, generator: torch.Generator, split: str = "train") -> Batch:
        """Draw n examples of a split; with one answer each, every class equally often.

        Where n is no multiple of the number of classes, random ones get one more. Raises
        RuntimeError if `sample_inputs` hardly ever makes what is missing.
        """
        checks.size("n", n)
        checks.instance("generator", generator, torch.Generator)
        numbers = max(self.spec.seq_len * (self.spec.d_input or 1), self.spec.d_features)
        share = len(SPLITS[checks.one_of("split", split, SPLITS)]) / 10
        balanced = not self.spec.per_position
        n_groups = self.spec.n_classes if balanced else 1
        missing = torch.full((n_groups,), n // n_groups)
        missing[torch.randperm(n_groups, generator=generator)[: n % n_groups]] += 1
        kept = []
        for _ in range(MAX_ROUNDS):
            wanted = 1.25 * n_groups * int(missing.max()) / share if balanced else 2 * n
            n_drawn = checks.size(f"n={n}, drawn", int(wanted) + 16, 1, numbers)
            inputs = self.sample_inputs(n_drawn, generator)
            inputs = inputs[in_split(self.split_key(inputs), split)]
            kept.append(inputs[_fill(missing, self.groups(inputs))])
            if not missing.any():
                inputs = torch.cat(kept)
                if balanced:  # so far sorted by class
                    inputs = inputs[torch.randperm(n, generator=generator)]
                return self.batch(inputs)
        short = (
            f"classes {missing.nonzero().flatten().tolist()} are still short of examples"
        )
        rounds = f"{MAX_ROUNDS} rounds of drawing for {split!r}"
        fix = "sample_inputs() must make every class about equally often"
        raise RuntimeError(f"{self.name}: after {rounds}, {short}; {fix}")


def in_split(inputs: torch.Tensor, split: str) -> torch.Tensor:
    """Which inputs belong to a split, (batch,) bool, by a hash of their values."""
    words = inputs.flatten(1)
    if words.is_floating_point():
        # Equal numbers need equal bits: adding 0.0 turns -0.0 into 0.0.
        words = (words.float() + 0.0).view(torch.int32)
    generator = torch.Generator().manual_seed(words.shape[1])
    weights = torch.randint(2**62, (words.shape[1],), generator=generator)
    mixed = (words.long() * (2 * weights + 1)).sum(1)  # wraps around, as it should
    mixed = (mixed ^ (mixed >> 29)) * 0x3C6EF372FE94F82B
    bucket = (mixed ^ (mixed >> 32)) % 10
    return torch.isin(bucket, torch.tensor(SPLITS[split]))


def _fill(missing: torch.Tensor, groups: torch.Tensor) -> torch.Tensor:
    """Choose rows that fill what is missing of each group; lowers `missing`."""
    rows = []
    for group in range(len(missing)):
        rows.append((groups == group).nonzero().flatten()[: missing[group]])
        missing[group] -= len(rows[-1])
    return torch.cat(rows)


def names() -> list[str]:
    """The names of all tasks."""
    return list(_registry)


def get(name: str, **sizes) -> Task:
    """Make the task of that name, with its default sizes or the given ones.

    Raises ValueError for an unknown name, TypeError for a size that the task has not.
    """
    make = _registry[checks.one_of("task", name, _registry)]
    known = list(inspect.signature(make).parameters)
    for size in set(sizes) - set(known):
        raise TypeError(f"task {name!r} has no size {size!r}; it has: {', '.join(known)}")
    return make(**sizes)
