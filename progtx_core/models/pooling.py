"""Rung 2: look at every position alone, then pool over the sequence."""

import torch
from torch import Tensor, nn

from progtx_core import checks
from progtx_core.models.inputs import as_features, padding_mask
from progtx_core.types import Spec


class TemporalPooling(nn.Module):
    """A linear projection of each position, rectified; mean, maximum or both; logits.

    Source: max pooling over time, Collobert et al., "Natural language processing
    (almost) from scratch", 2011, section 3.2.2.
    """

    rung, variants = 2, {"mean_pooling": {"pool": "mean"}, "max_pooling": {"pool": "max"}}
    default_config = {"steps": 1000, "batch_size": 64, "learning_rate": 0.02}

    def __init__(self, spec: Spec, d_model: int = 64, pool: str = "max") -> None:
        super().__init__()
        checks.size("d_model", d_model, 1, spec.d_features + 2 * spec.n_classes)
        self.spec, self.pool = spec, checks.one_of("pool", pool, ("mean", "max", "both"))
        self.project = nn.Linear(spec.d_features, d_model)
        width = 2 * d_model if pool == "both" else d_model
        self.logits_head = nn.Linear(width, spec.n_classes)

    def forward(self, inputs: Tensor) -> Tensor:
        """(batch, seq, d_features), or tokens (batch, seq), to (batch, n_classes)."""
        features = as_features(inputs, self.spec, self.project)  # (batch, seq, d_features)
        hidden = self.project(features).relu()  # (batch, seq, d_model)
        mask = padding_mask(inputs, self.spec)
        pools = []
        if self.pool in ("mean", "both"):
            pools.append(mean_over(hidden, mask))  # (batch, d_model)
        if self.pool in ("max", "both"):
            if mask is not None:
                # Rectified numbers are at least 0, so a 0 is never the maximum alone.
                hidden = hidden * mask.unsqueeze(-1)
            pools.append(hidden.amax(1))  # (batch, d_model)
        return self.logits_head(torch.cat(pools, -1))  # (batch, n_classes)


def mean_over(x: Tensor, mask: Tensor | None) -> Tensor:
    """Mean over what is no padding: (batch, seq, width) to (batch, width)."""
    if mask is None:
        return x.mean(1)
    return (x * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim=True)
