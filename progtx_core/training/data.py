"""Training batches without end, and held-out sets that share no example with them."""

from collections.abc import Iterator

import torch

from progtx_core.contract import Batch
from progtx_core.tasks import SPLITS, Task

# One large draw costs little more than a small one, so a stream draws this many
# batches at once and cuts them up.
BATCHES_A_DRAW = 64


def stream(
    task: Task, batch_size: int, seed: int, n_train: int | None = None
) -> Iterator[Batch]:
    """Yield training batches for ever; the same seed gives the same batches.

    With n_train, the batches come from one fixed set of that size, shuffled anew
    every epoch (what does not fill a batch waits for the next shuffle). Without,
    every batch is new.

    >>> from progtx_core import tasks
    >>> batches = stream(tasks.get("last_gt_first"), batch_size=4, seed=0)
    >>> next(batches).inputs.shape
    torch.Size([4, 10, 2])
    """
    generator = torch.Generator().manual_seed(seed)
    fixed = None if n_train is None else task.sample(n_train, generator)
    while True:
        if fixed is None:
            drawn = task.sample(BATCHES_A_DRAW * batch_size, generator)
        else:
            drawn = fixed[torch.randperm(n_train, generator=generator)]
        for start in range(0, len(drawn) - batch_size + 1, batch_size):
            yield drawn[start : start + batch_size]


def held_out(task: Task, split: str, n: int) -> Batch:
    """Draw n examples of "val" or "test": the same ones at every call.

    "val" may steer a training; "test" is for one look at its end.
    """
    seed = list(SPLITS).index(split) if split in SPLITS else 0
    return task.sample(n, torch.Generator().manual_seed(seed), split)
