"""Training batches without end, and held-out sets that share no example with them."""

from collections.abc import Iterator

import torch

from progtx_core.tasks import SPLITS, Task
from progtx_core.types import Batch

# One large draw costs little more than a small one, so a stream draws this many
# batches at once and cuts them up.
BATCHES_A_DRAW = 64


class Stream(Iterator[Batch]):
    """Training batches for ever; the same seed gives the same batches.

    With n_train, the batches come from one fixed set of that size, shuffled anew
    every epoch (what does not fill a batch waits for the next shuffle). Without,
    every batch is new.

    >>> from progtx_core import tasks
    >>> batches = Stream(tasks.get("last_gt_first"), batch_size=4, seed=0)
    >>> next(batches).inputs.shape
    torch.Size([4, 10, 2])
    """

    def __init__(
        self, task: Task, batch_size: int, seed: int, n_train: int | None = None
    ) -> None:
        self.task, self.batch_size = task, batch_size
        self.generator = torch.Generator().manual_seed(seed)
        self.fixed = None if n_train is None else task.sample(n_train, self.generator)
        self.drawn: Batch | None = None

    def _draw(self) -> None:
        """Some batches at once, of which `given` are handed out."""
        self.before, self.given = self.generator.get_state(), 0
        if self.fixed is None:
            size = BATCHES_A_DRAW * self.batch_size
            self.drawn = self.task.sample(size, self.generator)
        else:
            order = torch.randperm(len(self.fixed), generator=self.generator)
            self.drawn = self.fixed[order]

    def __next__(self) -> Batch:
        if self.drawn is None or (self.given + 1) * self.batch_size > len(self.drawn):
            self._draw()
        start = self.given * self.batch_size
        self.given += 1
        return self.drawn[start : start + self.batch_size]

    def state_dict(self) -> dict:
        """Where the stream stands; a stream of the same settings can go on from there."""
        if self.drawn is None:
            return {"generator": self.generator.get_state(), "given": None}
        return {"generator": self.before, "given": self.given}

    def load_state_dict(self, state: dict) -> None:
        """Go on where the stream stood that gave this state."""
        self.generator.set_state(state["generator"])
        self.drawn = None
        if state["given"] is not None:
            self._draw()
            self.given = state["given"]


def held_out(task: Task, split: str, n: int) -> Batch:
    """Draw n examples of "val" or "test": the same ones at every call.

    "val" may steer a training; "test" is for one look at its end.
    """
    seed = list(SPLITS).index(split) if split in SPLITS else 0
    return task.sample(n, torch.Generator().manual_seed(seed), split)
