"""Rungs 4 and 5: every position asks the others, then one mean over all."""

from torch import Tensor, nn

from progtx_core.models.attention import MultiHeadAttention
from progtx_core.models.inputs import as_features, embedding, padding_mask
from progtx_core.models.pooling import mean_over
from progtx_core.models.positions import make_positions
from progtx_core.types import Spec


class SelfAttention(nn.Module):
    """One head of self-attention, added to what was there; then rectifier and mean.

    Source: Lin et al., "A structured self-attentive sentence embedding", 2017, for
    attention within one sequence; Vaswani et al., 2017, section 3.2.1, for its form.
    """

    rung = 4
    variants = {
        "self_attention": {},
        "self_attention_with_positions": {"positions": "learned"},
    }
    default_config = {"steps": 2000, "batch_size": 64, "learning_rate": 0.005}

    def __init__(self, spec: Spec, d_model=32, positions="none", n_ctx: int | None = None):
        super().__init__()
        self.spec = spec
        n_ctx = spec.seq_len if n_ctx is None else n_ctx
        self.embed = embedding(spec, d_model)
        self.positions = make_positions(positions, n_ctx, d_model, 1)
        self.attention = MultiHeadAttention(d_model, n_heads=1)
        self.logits_head = nn.Linear(d_model, spec.n_classes)

    def forward(self, inputs: Tensor) -> Tensor:
        """(batch, seq, d_features), or tokens (batch, seq), to (batch, n_classes)."""
        x = self.embed(as_features(inputs, self.spec, self.embed))  # (batch, seq, d_model)
        mask = padding_mask(inputs, self.spec)
        x = self.positions.add_to_embeddings(x)
        hidden = (x + self.attention(x, mask, self.positions)).relu()
        return self.logits_head(mean_over(hidden, mask))  # (batch, n_classes)
