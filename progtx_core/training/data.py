"""Training batches without end, held-out sets, and the one loss and accuracy on both."""

from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from progtx_core import checks
from progtx_core.tasks import SPLITS, Task
from progtx_core.types import Batch

# One large draw costs little more than a small one, so a stream draws this many
# batches at once and cuts them up.
BATCHES_PER_DRAW = 64


class Stream(Iterator[Batch]):
    """Training batches for ever; the same seed gives the same batches.

    With n_train, the batches come from one fixed set of that size, shuffled anew
    every epoch (what does not fill a batch waits for the next shuffle). Without,
    every batch is new.
    """

    def __init__(
        self, task: Task, batch_size: int, seed: int, n_train: int | None = None
    ) -> None:
        self.task, self.batch_size = task, batch_size
        self.generator = torch.Generator().manual_seed(seed)
        self.fixed = None if n_train is None else task.sample(n_train, self.generator)
        self.drawn: Batch | None = None
        self.n_given = 0

    def _draw(self) -> Batch:
        """Several batches at once, of which `n_given` are handed out."""
        self.before, self.n_given = self.generator.get_state(), 0
        if self.fixed is None:
            return self.task.sample(BATCHES_PER_DRAW * self.batch_size, self.generator)
        return self.fixed[torch.randperm(len(self.fixed), generator=self.generator)]

    def __next__(self) -> Batch:
        if self.drawn is None or (self.n_given + 1) * self.batch_size > len(self.drawn):
            self.drawn = self._draw()
        start = self.n_given * self.batch_size
        self.n_given += 1
        return self.drawn[start : start + self.batch_size]

    def state_dict(self) -> dict[str, Any]:
        """Where the stream stands; a stream of the same settings can go on from there."""
        if self.drawn is None:
            return {"generator": self.generator.get_state(), "n_given": None}
        return {"generator": self.before, "n_given": self.n_given}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where the stream stood that gave this state."""
        self.generator.set_state(state["generator"])
        self.drawn = None
        if state["n_given"] is not None:
            self.drawn = self._draw()
            self.n_given = checks.whole("n_given", state["n_given"], 0)


def held_out(task: Task, split: str, n: int) -> Batch:
    """Draw n examples of "val" or "test": the same ones at every call.

    "val" may steer a training; "test" is evaluated once, at its end.
    """
    seed = list(SPLITS).index(split) if split in SPLITS else 0
    return task.sample(n, torch.Generator().manual_seed(seed), split)


def masked_cross_entropy(logits: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Mean cross-entropy in nats over the answers that count: a scalar.

    Args:
        logits: (batch, n_classes), or (batch, seq, n_classes) with an answer a position.

    Raises:
        ValueError: no answer counts; the mean of nothing is not a number.

    Example:
        >>> batch = Batch(torch.zeros(2, 1, 1), torch.tensor([0, 1]))
        >>> round(masked_cross_entropy(torch.zeros(2, 2), batch).item(), 4)
        0.6931
    """
    check_logits(logits, batch)
    targets, mask = batch.targets.flatten(), batch.mask.flatten()
    losses = F.cross_entropy(logits.flatten(0, -2), targets, reduction="none")
    return (losses * mask).sum() / mask.sum()


def accuracy(logits: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Share of the answers that count and are right: a scalar from 0 to 1."""
    check_logits(logits, batch)
    right = (logits.argmax(-1) == batch.targets) & batch.mask
    return right.sum() / batch.mask.sum()


def check_logits(logits: torch.Tensor, batch: Batch) -> None:
    """Raise TypeError or ValueError for what are no logits for the targets of a batch."""
    checks.instance("what a model returns", logits, torch.Tensor)
    shape, targets = tuple(logits.shape), tuple(batch.targets.shape)
    if shape[:-1] != targets or not logits.is_floating_point():
        wanted = f"({', '.join(map(str, targets))}, n_classes) for targets {targets}"
        raise ValueError(f"logits must be {wanted}, got {logits.dtype} of {shape}")
    if not batch.mask.any():
        raise ValueError("mask is False everywhere: no answer counts; mark one True")


def evaluate(model: nn.Module, batch: Batch) -> dict[str, float]:
    """The "loss" and "accuracy" of a model on a batch, without training on it."""
    model.eval()
    with torch.no_grad():
        logits = model(batch.inputs)
        check_logits(logits, batch)
        if (highest := int(batch.targets.max())) >= (n := logits.shape[-1]):
            raise ValueError(f"a model with {n} logits cannot answer class {highest}")
        loss = masked_cross_entropy(logits, batch)
    return {"loss": loss.item(), "accuracy": accuracy(logits, batch).item()}


def norm(tensors: Iterable[torch.Tensor | None]) -> float:
    """Euclidean norm of all numbers in some tensors; None counts as zero."""
    found = [t.detach() for t in tensors if t is not None]
    return torch.nn.utils.get_total_norm(found).item() if found else 0.0
