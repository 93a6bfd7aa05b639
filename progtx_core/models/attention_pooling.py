"""Rung 3: a weight for every step that depends on its content, then a weighted mean."""

import torch
from torch import nn

from progtx_core import checks
from progtx_core.models.attention import NEG_INF
from progtx_core.models.inputs import as_features, padding_mask
from progtx_core.types import Spec

SCORES = ("linear", "additive")


class AttentionPooling(nn.Module):
    """A learned query scores every step; the softmax of the scores weights the values.

    New since temporal pooling: one weight a step, the same for all of its numbers,
    so that what stands together at a step stays together.

    scores: "linear" (query · key, with key = W_K x, scaled by the root of d_model)
        or "additive" (query · tanh(W_K x + b))
    Source: additive scores, Bahdanau et al., "Neural machine translation by jointly
    learning to align and translate", 2015, appendix A.1.2; one learned query, Yang et
    al., "Hierarchical attention networks", 2016, section 2.2.

    >>> model = AttentionPooling(Spec(n_classes=4, seq_len=6, d_input=5), d_model=8)
    >>> model(torch.zeros(2, 6, 5)).shape, model.pattern(torch.zeros(2, 6, 5)).shape
    (torch.Size([2, 4]), torch.Size([2, 6]))
    """

    default_config = {"steps": 1500, "batch_size": 64, "learning_rate": 0.05}

    def __init__(self, spec: Spec, d_model: int = 32, scores: str = "additive") -> None:
        super().__init__()
        checks.whole("d_model", d_model, at_least=1)
        self.scores = checks.one_of("scores", scores, SCORES)
        self.spec = spec
        self.W_K = nn.Linear(spec.d_features, d_model)
        self.W_V = nn.Linear(spec.d_features, d_model)
        self.query = nn.Parameter(torch.randn(d_model) / d_model**0.5)
        self.logits_head = nn.Linear(d_model, spec.n_classes)

    def pattern(self, inputs: torch.Tensor) -> torch.Tensor:
        """Weights of the steps, (batch, seq): at least 0, and 1 in all for each example."""
        keys = self.W_K(as_features(inputs, self.spec))  # (batch, seq, d_model)
        if self.scores == "additive":
            scores = keys.tanh() @ self.query  # (batch, seq)
        else:
            scores = keys @ self.query / keys.shape[-1] ** 0.5
        real = padding_mask(inputs, self.spec)
        if real is not None:
            scores = scores.masked_fill(~real, NEG_INF)
        return scores.softmax(-1)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """(batch, seq, d_features), or tokens (batch, seq), to (batch, n_classes)."""
        values = self.W_V(as_features(inputs, self.spec))  # (batch, seq, d_model)
        weights = self.pattern(inputs).unsqueeze(-1)  # (batch, seq, 1)
        pooled = (weights * values).sum(1)  # (batch, d_model)
        return self.logits_head(pooled)  # (batch, n_classes)
