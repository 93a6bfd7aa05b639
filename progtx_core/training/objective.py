"""The one loss and the one accuracy of all tasks: both count masked answers only."""

import torch
from torch.nn import functional as F

from progtx_core.types import Batch


def masked_cross_entropy(logits: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Mean cross-entropy in nats over the answers that count: a scalar.

    logits: (batch, n_classes), or (batch, seq, n_classes) with an answer a step

    Raises ValueError if no answer counts: the mean of nothing is not a number.

    >>> batch = Batch(torch.zeros(2, 1, 1), torch.tensor([0, 1]))
    >>> round(masked_cross_entropy(torch.zeros(2, 2), batch).item(), 4)
    0.6931
    """
    check_mask(batch)
    return mean_loss(logits, batch.targets, batch.mask)


def accuracy(logits: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Share of the answers that count and are right: a scalar from 0 to 1.

    >>> batch = Batch(torch.zeros(2, 1, 1), torch.tensor([0, 1]))
    >>> accuracy(torch.tensor([[3.0, 1.0], [3.0, 1.0]]), batch).item()
    0.5
    """
    check_mask(batch)
    return share_right(logits, batch.targets, batch.mask)


def mean_loss(
    logits: torch.Tensor, targets: torch.Tensor, mask: torch.Tensor
) -> torch.Tensor:
    """Mean cross-entropy where the mask is True; not a number if it nowhere is."""
    per_answer = F.cross_entropy(logits.flatten(0, -2), targets.flatten(), reduction="none")
    return (per_answer * mask.flatten()).sum() / mask.sum()


def share_right(
    logits: torch.Tensor, targets: torch.Tensor, mask: torch.Tensor
) -> torch.Tensor:
    """Share of right answers where the mask is True; not a number if it nowhere is."""
    right = (logits.argmax(-1) == targets) & mask
    return right.sum() / mask.sum()


def check_mask(batch: Batch) -> None:
    """Raise ValueError if no answer of the batch counts."""
    if not batch.mask.any():
        raise ValueError(
            f"mask {tuple(batch.mask.shape)} is False everywhere: no answer counts; "
            "mark at least one answer True"
        )
