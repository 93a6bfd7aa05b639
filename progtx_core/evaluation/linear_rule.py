"""The most accurate linear rule on a set of examples, found by search.

Training minimises a loss; the most accurate rule can lie elsewhere. To say
what *no* linear rule can do, one has to look for the best one directly.
"""

from dataclasses import dataclass

import torch

from progtx_core import checks
from progtx_core.types import Batch


@dataclass(frozen=True)
class LinearRule:
    """Answer 1 where weight · input > threshold.

    weight: (seq, d_input), of length 1; accuracy: on the examples searched
    """

    weight: torch.Tensor
    threshold: float
    accuracy: float

    def __call__(self, inputs: torch.Tensor) -> torch.Tensor:
        """(batch, seq, d_input) to answers (batch,), 0 or 1."""
        return (inputs.flatten(1) @ self.weight.flatten() > self.threshold).long()


def best_linear_rule(
    batch: Batch, generator: torch.Generator, n_starts: int = 256, n_rounds: int = 40
) -> LinearRule:
    """Search for the linear rule with the highest accuracy on a two-class batch.

    The start: random directions, single steps, and the line through the means of
    the two classes. The best few are then changed at random by ever smaller
    amounts. For each direction the best threshold is found exactly, from the
    sorted projections. What comes out is a lower bound on the best accuracy, and
    a tight one in a few dimensions.
    """
    checks.whole("n_starts", n_starts, at_least=8)
    examples = batch.inputs.flatten(1)
    n_features = examples.shape[1]
    per_position = torch.eye(batch.inputs.shape[1])
    per_position = per_position.repeat_interleave(batch.inputs.shape[2], dim=1)
    random = torch.randn(n_starts, n_features, generator=generator)
    sums = torch.randn(n_starts, len(per_position), generator=generator) @ per_position
    same = torch.ones(1, n_features)
    means = [examples[batch.targets == c].mean(0, keepdim=True) for c in (0, 1)]
    between = means[1] - means[0]
    pool = torch.cat([per_position, -per_position, same, -same, between, random, sums])
    for round_number in range(n_rounds):
        accuracy, threshold = _best_thresholds(examples, batch.targets, pool)
        best = accuracy.topk(8).indices
        if round_number == n_rounds - 1:
            break
        elite = pool[best] / pool[best].norm(dim=1, keepdim=True)
        noise = torch.randn(8, 16, n_features, generator=generator)
        size = 0.3 * 0.93**round_number
        pool = torch.cat([elite, (elite.unsqueeze(1) + size * noise).flatten(0, 1)])
    winner, length = pool[best[0]], pool[best[0]].norm()
    return LinearRule(
        weight=(winner / length).view(batch.inputs.shape[1:]),
        threshold=(threshold[best[0]] / length).item(),
        accuracy=accuracy[best[0]].item(),
    )


def _best_thresholds(
    examples: torch.Tensor, targets: torch.Tensor, directions: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """For each direction the accuracy of its best threshold, and that threshold."""
    projected, order = (directions @ examples.T).sort(dim=1)  # (directions, batch)
    # Answering 1 behind the first k examples is right on the ones behind them and
    # the zeros among them: each example passed gains 1 if it is a zero, else loses 1.
    gain = (1 - 2 * targets[order]).int().cumsum(1, dtype=torch.int32)
    gained, cut = gain[:, :-1].max(1)
    rows = torch.arange(len(directions))
    between = (projected[rows, cut] + projected[rows, cut + 1]) / 2
    right = targets.sum() + gained
    return right / len(examples), between
