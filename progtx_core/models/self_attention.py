"""Rungs 4 and 5: every step asks the others, then one pool over time."""

import torch
from torch import nn

from progtx_core import checks
from progtx_core.models import positions as schemes
from progtx_core.models.attention import MultiHeadAttention
from progtx_core.models.inputs import as_features, embedding, padding_mask
from progtx_core.models.pooling import mean_over
from progtx_core.types import Spec


class SelfAttention(nn.Module):
    """One head of self-attention: each step adds what it finds, then rectifier and mean.

    New since attention pooling: every step has a query of its own, made from its
    content, and keeps what it found beside what it was (the residual sum).

    positions: a name from `positions.SCHEMES`; "none" is rung 4, the others rung 5
    n_ctx: the longest input that positions are made for; by default spec.seq_len
    Source: Lin et al., "A structured self-attentive sentence embedding", 2017, for
    attention within one sequence; Vaswani et al., 2017, section 3.2.1, for its form.

    >>> model = SelfAttention(Spec(n_classes=4, seq_len=6, d_input=9), d_model=8)
    >>> model(torch.zeros(2, 6, 9)).shape
    torch.Size([2, 4])
    """

    default_config = {"steps": 2000, "batch_size": 64, "learning_rate": 0.005}

    def __init__(
        self,
        spec: Spec,
        d_model: int = 32,
        positions: str = "none",
        n_ctx: int | None = None,
    ) -> None:
        super().__init__()
        checks.whole("d_model", d_model, at_least=1)
        self.spec = spec
        self.embed = embedding(spec, d_model)
        self.positions = schemes.make(positions, n_ctx or spec.seq_len, d_model, 1)
        self.attention = MultiHeadAttention(d_model, n_heads=1)
        self.logits_head = nn.Linear(d_model, spec.n_classes)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """(batch, seq, d_features), or tokens (batch, seq), to (batch, n_classes)."""
        steps = self.embed(as_features(inputs, self.spec))  # (batch, seq, d_model)
        real = padding_mask(inputs, self.spec)
        steps = self.positions.add_to_embeddings(steps)
        found = self.attention(steps, real, self.positions)  # (batch, seq, d_model)
        hidden = (steps + found).relu()
        return self.logits_head(mean_over(hidden, real))  # (batch, n_classes)
