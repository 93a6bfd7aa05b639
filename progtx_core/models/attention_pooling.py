"""Rung 3: a weight for each position that depends on its content; a weighted mean."""

import torch
from torch import Tensor, nn

from progtx_core import checks
from progtx_core.models.attention import NEG_INF
from progtx_core.models.inputs import as_features, padding_mask
from progtx_core.types import Spec


class AttentionPooling(nn.Module):
    """A learned query scores every position; the softmax of the scores weights the values.

    Source: Bahdanau et al., "Neural machine translation by jointly learning to align and
    translate", 2015, appendix A.1.2 (additive scores); Yang et al., "Hierarchical attention
    networks", 2016, section 2.2 (one learned query).
    """

    rung = 3
    variants = {
        "attention_pooling": {"scores": "linear"},
        "additive_attention_pooling": {"scores": "additive"},
    }
    default_config = {"steps": 1500, "batch_size": 64, "learning_rate": 0.05}

    def __init__(self, spec: Spec, d_model: int = 32, scores: str = "additive") -> None:
        super().__init__()
        checks.size("d_model", d_model, 1, 2 * spec.d_features + spec.n_classes)
        self.spec = spec
        self.scores = checks.one_of("scores", scores, ("linear", "additive"))
        self.W_K = nn.Linear(spec.d_features, d_model)
        self.W_V = nn.Linear(spec.d_features, d_model)
        self.query = nn.Parameter(torch.randn(d_model) / d_model**0.5)
        self.logits_head = nn.Linear(d_model, spec.n_classes)

    def pattern(self, inputs: Tensor) -> Tensor:
        """Weights of the positions, (batch, seq): at least 0, and 1 in all."""
        keys = self.W_K(as_features(inputs, self.spec, self.W_K))  # (batch, seq, d_model)
        if self.scores == "additive":
            scores = keys.tanh() @ self.query  # (batch, seq)
        else:
            scores = keys @ self.query / keys.shape[-1] ** 0.5
        mask = padding_mask(inputs, self.spec)
        if mask is not None:
            scores = scores.masked_fill(~mask, NEG_INF)
        return scores.softmax(-1)

    def forward(self, inputs: Tensor) -> Tensor:
        """(batch, seq, d_features), or tokens (batch, seq), to (batch, n_classes)."""
        values = self.W_V(as_features(inputs, self.spec, self.W_V))  # (batch, seq, d_model)
        weights = self.pattern(inputs).unsqueeze(-1)  # (batch, seq, 1)
        pooled = (weights * values).sum(1)  # (batch, d_model)
        return self.logits_head(pooled)  # (batch, n_classes)
