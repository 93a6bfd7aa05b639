"""A fixed number of examples: what most data sets are."""

from collections.abc import Callable

import torch

from progtx_core import checks
from progtx_core.tasks.base import MAX_ROUNDS, SPLITS, Task
from progtx_core.types import Batch


class FiniteDataset(Task):
    """So many different examples of a task: 80 % to train, 10 % val, 10 % test.

    No example occurs twice, so no two parts share one.

    balance: gives every input a group, (batch,) int; every group is equally frequent
        in all parts, to within one example. By default the classes.

    Raises ValueError if the task has not so many different examples.

    >>> from progtx_core import tasks
    >>> data = FiniteDataset(tasks.get("sum_mod_10"), size=200)
    >>> [len(data.parts[name]) for name in ("train", "val", "test")]
    [160, 20, 20]
    """

    def __init__(
        self,
        task: Task,
        size: int,
        seed: int = 0,
        balance: Callable[[torch.Tensor], torch.Tensor] | None = None,
    ) -> None:
        checks.whole("size", size, at_least=10)
        checks.whole("seed", seed, at_least=0)
        self.task, self.size, self.seed = task, size, seed
        self.name, self.rule, self.spec = task.name, task.rule, task.spec
        generator = torch.Generator().manual_seed(seed)
        inputs = different(task, size, balance or task.labels, generator)
        everything = Batch(inputs, task.labels(inputs))
        tenth = size // 10
        self.parts = {
            "train": everything[2 * tenth :],
            "val": everything[tenth : 2 * tenth],
            "test": everything[:tenth],
        }

    def sample_inputs(self, n, generator):
        return self.task.sample_inputs(n, generator)

    def labels(self, inputs):
        return self.task.labels(inputs)

    def label(self, example):
        return self.task.label(example)

    def sample(self, n: int, generator: torch.Generator, split: str = "train") -> Batch:
        """Draw n different examples of a part; raises ValueError if it has fewer."""
        part = self.parts[checks.one_of("split", split, SPLITS)]
        if not 1 <= n <= len(part):
            raise ValueError(
                f"{self.name}: cannot draw {n} examples from the {len(part)} of "
                f"{split!r}; set n_train or n_eval of the Config to at most that"
            )
        return part[torch.randperm(len(part), generator=generator)[:n]]


def different(
    task: Task,
    size: int,
    balance: Callable[[torch.Tensor], torch.Tensor],
    generator: torch.Generator,
) -> torch.Tensor:
    """Draw inputs until there are `size` different ones: (size, …).

    Groups take turns, so that every stretch of the rows has all of them equally often.
    """
    kept = task.sample_inputs(0, generator)
    for _ in range(MAX_ROUNDS):
        pool = first_occurrences(torch.cat([kept, task.sample_inputs(size, generator)]))
        group = balance(pool)
        pool, group = pool[group >= 0], group[group >= 0]  # below 0: undecided
        turn, n_groups = torch.empty_like(group), int(group.max()) + 1
        for number in range(n_groups):
            turn[group == number] = torch.arange(int((group == number).sum()))
        place = turn * n_groups + group  # rows in the order of their turns
        kept = pool[place.argsort()][: (place < size).sum()]
        if len(kept) == size:
            return kept
    raise ValueError(
        f"{task.name} has not {size} different examples in equal groups: {len(kept)} "
        "were found; ask for a smaller size"
    )


def first_occurrences(rows: torch.Tensor) -> torch.Tensor:
    """The rows without repetitions, in the order in which they first occur.

    >>> first_occurrences(torch.tensor([[2, 1], [0, 5], [2, 1], [0, 4]])).tolist()
    [[2, 1], [0, 5], [0, 4]]
    """
    _, same = torch.unique(rows, dim=0, return_inverse=True)
    n_different = int(same.max()) + 1 if len(rows) else 0
    first = torch.full((n_different,), len(rows))
    first.scatter_reduce_(0, same, torch.arange(len(rows)), "amin")
    return rows[first.sort().values]
