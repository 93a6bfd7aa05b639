"""Rung 2: look at every step alone, then pool over time."""

import torch
from torch import nn

from progtx_core import checks
from progtx_core.models.inputs import as_features, padding_mask
from progtx_core.types import Spec

POOLS = ("mean", "max", "both")


class TemporalPooling(nn.Module):
    """One linear projection a step, rectified, then the mean or the maximum over steps.

    New since logistic regression: the same weights at every step, a rectifier, and
    a pool in place of one weight a step. So the model asks `d_model` questions of
    each step before it adds up, and does not know where a step stands.

    pool: "mean", "max", or "both" side by side
    Source: max pooling over time, Collobert et al., "Natural language processing
    (almost) from scratch", 2011, section 3.2.2.

    >>> model = TemporalPooling(Spec(n_classes=2, seq_len=4, d_input=3), d_model=8)
    >>> model(torch.zeros(5, 4, 3)).shape
    torch.Size([5, 2])
    """

    default_config = {"steps": 1000, "batch_size": 64, "learning_rate": 0.02}

    def __init__(self, spec: Spec, d_model: int = 64, pool: str = "max") -> None:
        super().__init__()
        checks.whole("d_model", d_model, at_least=1)
        self.pool = checks.one_of("pool", pool, POOLS)
        self.spec = spec
        self.project = nn.Linear(spec.d_features, d_model)
        width = 2 * d_model if pool == "both" else d_model
        self.logits_head = nn.Linear(width, spec.n_classes)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """(batch, seq, d_features), or tokens (batch, seq), to (batch, n_classes)."""
        features = as_features(inputs, self.spec)
        real = padding_mask(inputs, self.spec)
        hidden = self.project(features).relu()  # (batch, seq, d_model)
        pools = []
        if self.pool in ("mean", "both"):
            pools.append(mean_over(hidden, real))  # (batch, d_model)
        if self.pool in ("max", "both"):
            if real is not None:
                # Rectified numbers are at least 0, so a 0 is never the maximum alone.
                hidden = hidden * real.unsqueeze(-1)
            pools.append(hidden.amax(1))  # (batch, d_model)
        return self.logits_head(torch.cat(pools, -1))  # (batch, n_classes)


def mean_over(steps: torch.Tensor, real: torch.Tensor | None) -> torch.Tensor:
    """Mean over the steps that are no padding: (batch, seq, width) to (batch, width).

    >>> steps = torch.tensor([[[1.0], [3.0], [8.0]]])
    >>> mean_over(steps, torch.tensor([[True, True, False]])).item()
    2.0
    """
    if real is None:
        return steps.mean(1)
    return (steps * real.unsqueeze(-1)).sum(1) / real.sum(1, keepdim=True)
