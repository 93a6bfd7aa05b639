"""A fixed number of examples: what most data sets are."""

from collections.abc import Callable

import torch
from torch.nn.functional import one_hot

from progtx_core import checks
from progtx_core.tasks.base import MAX_ROUNDS, SPLITS, Task
from progtx_core.types import Batch

Balance = Callable[[torch.Tensor], torch.Tensor]


class FiniteDataset(Task):
    """Unique examples of a task: 80 % to train, 10 % to validate, 10 % to test.

    balance: gives every input a group, (batch,) int, by default `task.groups`; all groups
    are equally frequent in every split, to within one example.
    """

    def __init__(
        self, task: Task, size: int, seed: int = 0, balance: Balance | None = None
    ) -> None:
        checks.instance("task", task, Task)
        checks.size("size", size, 10, task.spec.seq_len)
        checks.whole("seed", seed, 0, 2**62)
        self.task, self.size, self.seed = task, size, seed
        self.name, self.rule, self.spec = task.name, task.rule, task.spec
        generator = torch.Generator().manual_seed(seed)
        data = task.batch(unique_inputs(task, size, balance or task.groups, generator))
        test, val = size // 10, 2 * (size // 10)
        self.splits = {"train": data[val:], "val": data[test:val], "test": data[:test]}

    def sample_inputs(self, n, generator):
        return self.task.sample_inputs(n, generator)

    def labels(self, inputs):
        return self.task.labels(inputs)

    def label(self, example):
        return self.task.label(example)

    def sample(self, n: int, generator: torch.Generator, split: str = "train") -> Batch:
        """Draw n unique examples of a split; raises ValueError if it has fewer."""
        checks.instance("generator", generator, torch.Generator)
        data = self.splits[checks.one_of("split", split, SPLITS)]
        if checks.size("n", n) > len(data):
            have = f"cannot draw {n} examples from the {len(data)} of {split!r}"
            raise ValueError(f"{self.name}: {have}; set a smaller n_train or n_eval")
        return data[torch.randperm(len(data), generator=generator)[:n]]


def unique_inputs(
    task: Task, size: int, balance: Balance, generator: torch.Generator
) -> torch.Tensor:
    """Draw inputs until `size` of them are unique: (size, …).

    Groups take turns, so that every stretch of the rows has all of them equally often.
    """
    kept = task.sample_inputs(0, generator)
    for _ in range(MAX_ROUNDS):
        pool = first_occurrences(torch.cat([kept, task.sample_inputs(size, generator)]))
        group = balance(pool)
        pool, group = pool[group >= 0], group[group >= 0]  # below 0: undecided
        n_so_far = one_hot(group).cumsum(0).gather(1, group[:, None])[:, 0]  # of the group
        rank = (n_so_far - 1) * (int(group.max()) + 1) + group
        kept = pool[rank.argsort()][: (rank < size).sum()]
        if len(kept) == size:
            return kept
    wanted = f"{size} unique examples in equal groups"
    raise ValueError(f"{task.name} has not {wanted}, only {len(kept)}")


def first_occurrences(rows: torch.Tensor) -> torch.Tensor:
    """The rows without repetitions, in the order in which they first occur."""
    unique, same = torch.unique(rows, dim=0, return_inverse=True)
    first = torch.full((len(unique),), len(rows))
    first.scatter_reduce_(0, same, torch.arange(len(rows)), "amin")
    return rows[first.sort().values]
