"""Rung 6: blocks of attention and MLP, each added to what goes past it."""

import torch
from torch import nn

from progtx_core import checks
from progtx_core.models import positions as schemes
from progtx_core.models.attention import MultiHeadAttention
from progtx_core.models.inputs import as_features, embedding, padding_mask
from progtx_core.models.pooling import mean_over
from progtx_core.types import Spec


class Block(nn.Module):
    """Attention between the steps, then an MLP at each step; both normalised first.

    resid = resid + attention(norm(resid)); resid = resid + mlp(norm(resid))

    Source: Vaswani et al., "Attention is all you need", 2017, section 3.1; the norm
    before each part, not after it, as in Xiong et al., "On layer normalization in the
    transformer architecture", 2020, figure 1 (b).

    >>> Block(d_model=8, n_heads=2, d_mlp=16)(torch.zeros(3, 5, 8)).shape
    torch.Size([3, 5, 8])
    """

    def __init__(
        self, d_model: int, n_heads: int, d_mlp: int, causal: bool = False
    ) -> None:
        super().__init__()
        self.norm_1 = nn.LayerNorm(d_model)
        self.attention = MultiHeadAttention(d_model, n_heads, causal)
        self.norm_2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(
            nn.Linear(d_model, d_mlp), nn.ReLU(), nn.Linear(d_mlp, d_model)
        )

    def forward(
        self,
        resid: torch.Tensor,
        real: torch.Tensor | None = None,
        positions: schemes.Positions | None = None,
    ) -> torch.Tensor:
        """(batch, seq, d_model) to the same shape; real: (batch, seq), not padding."""
        resid = resid + self.attention(self.norm_1(resid), real, positions)
        return resid + self.mlp(self.norm_2(resid))


class Transformer(nn.Module):
    """Embedding and positions, blocks, a last norm, and logits.

    With one answer in all, the steps are averaged before they are read out, or the
    first step is read out alone; with an answer each (`spec.per_position`), all of them are.

    d_mlp: width of the MLPs, by default 4 d_model; positions: a name from
    `positions.SCHEMES`; n_ctx: longest input that positions are made for, by default
    spec.seq_len; causal: a step sees itself and what stands before it only; block: the
    class of a layer (`models.ablations` has others); read: "mean" of the steps or "first"

    >>> model = Transformer(Spec(n_classes=4, seq_len=6, d_vocab=9), d_model=8)
    >>> model(torch.zeros(2, 6, dtype=torch.long)).shape
    torch.Size([2, 4])
    """

    default_config = {
        "steps": 2000,
        "batch_size": 64,
        "learning_rate": 0.003,
        "warmup_steps": 100,
    }

    def __init__(
        self,
        spec: Spec,
        d_model: int = 32,
        n_layers: int = 2,
        n_heads: int = 4,
        d_mlp: int | None = None,
        positions: str = "learned",
        n_ctx: int | None = None,
        causal: bool = False,
        block: type[Block] = Block,
        read: str = "mean",
    ) -> None:
        super().__init__()
        checks.whole("d_model", d_model, at_least=1)
        checks.whole("n_layers", n_layers, at_least=1)
        self.spec, self.read = spec, checks.one_of("read", read, ("mean", "first"))
        self.embed = embedding(spec, d_model)
        self.positions = schemes.make(positions, n_ctx or spec.seq_len, d_model, n_heads)
        self.blocks = nn.ModuleList(
            block(d_model, n_heads, d_mlp or 4 * d_model, causal) for _ in range(n_layers)
        )
        self.norm = nn.LayerNorm(d_model)
        self.logits_head = nn.Linear(d_model, spec.n_classes)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """(batch, seq, d_features), or tokens (batch, seq), to logits.

        Logits: (batch, n_classes), or (batch, seq, n_classes) with an answer a step.
        """
        resid = self.embed(as_features(inputs, self.spec))  # (batch, seq, d_model)
        real = padding_mask(inputs, self.spec)
        resid = self.positions.add_to_embeddings(resid)
        for block in self.blocks:
            resid = block(resid, real, self.positions)
        resid = self.norm(resid)
        if not self.spec.per_position:  # to (batch, d_model)
            resid = mean_over(resid, real) if self.read == "mean" else resid[:, 0]
        return self.logits_head(resid)
