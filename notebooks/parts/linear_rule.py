"""The most accurate linear rule on a set of examples: what *no* linear rule can beat."""

from dataclasses import dataclass

import torch
from progtx_core import checks
from progtx_core.types import Batch


@dataclass(frozen=True)
class LinearRule:
    """Answer 1 where weight · input > threshold; accuracy is that on what was searched."""

    weight: torch.Tensor  # (seq, d_input), of length 1
    threshold: float
    accuracy: float

    def __call__(self, inputs: torch.Tensor) -> torch.Tensor:
        """(batch, seq, d_input) to answers (batch,), 0 or 1."""
        return (inputs.flatten(1) @ self.weight.flatten() > self.threshold).long()


def best_linear_rule(
    batch: Batch, generator: torch.Generator, n_starts: int = 256, n_rounds: int = 40
) -> LinearRule:
    """Search for the linear rule with the highest accuracy on a two-class batch.

    Training minimises a loss, and may miss it. From random directions, single positions
    and the line through the means of the classes on, the best few are changed by ever
    smaller amounts. The result is a lower bound, and a tight one in a few dimensions.
    """
    checks.whole("n_starts", n_starts, at_least=8)
    checks.whole("n_rounds", n_rounds, at_least=1)
    examples, (_, seq, d_input) = batch.inputs.flatten(1), batch.inputs.shape
    single = torch.eye(seq).repeat_interleave(d_input, dim=1)
    random = torch.randn(n_starts, seq * d_input, generator=generator)
    sums = torch.randn(n_starts, seq, generator=generator) @ single
    same = torch.ones(1, seq * d_input)
    means = [examples[batch.targets == c].mean(0, keepdim=True) for c in (0, 1)]
    pool = torch.cat([single, -single, same, -same, means[1] - means[0], random, sums])
    accuracy, threshold = _best_thresholds(examples, batch.targets, pool)
    for round_number in range(n_rounds - 1):
        best = accuracy.topk(8).indices
        elite = pool[best] / pool[best].norm(dim=1, keepdim=True)
        noise = torch.randn(8, 16, seq * d_input, generator=generator)
        changed = elite.unsqueeze(1) + 0.3 * 0.93**round_number * noise
        pool = torch.cat([elite, changed.flatten(0, 1)])
        accuracy, threshold = _best_thresholds(examples, batch.targets, pool)
    best = accuracy.topk(8).indices[0]
    weight = (pool[best] / pool[best].norm()).view(seq, d_input)
    at = (threshold[best] / pool[best].norm()).item()
    return LinearRule(weight, at, accuracy[best].item())


def _best_thresholds(examples, targets, directions) -> tuple[torch.Tensor, torch.Tensor]:
    """For each direction the accuracy of its best threshold, and that threshold."""
    projected, order = (directions @ examples.T).sort(dim=1)  # (directions, batch)
    # Answering 1 behind the first k examples is right on the ones behind them and
    # the zeros among them: each example passed gains 1 if it is a zero, else loses 1.
    gain = (1 - 2 * targets[order]).int().cumsum(1, dtype=torch.int32)
    gained, last = gain[:, :-1].max(1)
    rows = torch.arange(len(directions))
    between = (projected[rows, last] + projected[rows, last + 1]) / 2
    return (targets.sum() + gained) / len(examples), between
