"""Rung 6: blocks of attention and MLP, each added to what goes past it."""

from torch import Tensor, nn

from progtx_core import checks
from progtx_core.models.attention import MultiHeadAttention
from progtx_core.models.inputs import as_features, embedding, padding_mask
from progtx_core.models.pooling import mean_over
from progtx_core.models.positions import Positions, make_positions
from progtx_core.types import Spec


class Block(nn.Module):
    """Attention between positions, then an MLP at each of them; both normalised first.

    Source: Vaswani et al., 2017, section 3.1; the norm before each part: Xiong et al., "On
    layer normalization in the transformer architecture", 2020, figure 1 (b).
    """

    def __init__(
        self, d_model: int, n_heads: int, d_mlp: int, causal: bool = False
    ) -> None:
        super().__init__()
        self.norm_1: nn.Module = nn.LayerNorm(d_model)
        self.attention = MultiHeadAttention(d_model, n_heads, causal)
        self.norm_2: nn.Module = nn.LayerNorm(d_model)
        layers = nn.Linear(d_model, d_mlp), nn.ReLU(), nn.Linear(d_mlp, d_model)
        self.mlp = nn.Sequential(*layers)

    def forward(
        self, resid: Tensor, mask: Tensor | None = None, positions: Positions | None = None
    ) -> Tensor:
        """(batch, seq, d_model) to the same shape; mask: (batch, seq), False at padding."""
        resid = resid + self.attention(self.norm_1(resid), mask, positions)
        return resid + self.mlp(self.norm_2(resid))


class Transformer(nn.Module):
    """Embedding and positions, blocks, a last norm, and logits."""

    causal = False  # True: a position sees itself and what stands before it only
    block: type[Block] = Block  # the class of a layer; chapter 6 tries others

    rung, variants = 6, {"transformer": {}}
    default_config = {"steps": 2000, "batch_size": 64, "learning_rate": 0.003}
    default_config |= {"warmup_steps": 100}

    def __init__(
        self,
        spec: Spec,
        d_model: int = 32,
        n_layers: int = 2,
        n_heads: int = 4,
        d_mlp: int | None = None,  # by default 4 d_model
        positions: str = "learned",  # a name of positions.SCHEMES
        n_ctx: int | None = None,  # longest input they are for; by default spec.seq_len
        read: str = "mean",  # of all positions, or "first": what one answer is read from
    ) -> None:
        super().__init__()
        n_ctx = spec.seq_len if n_ctx is None else n_ctx
        self.spec, self.read = spec, checks.one_of("read", read, ("mean", "first"))
        self.embed = embedding(spec, d_model)
        self.positions = make_positions(positions, n_ctx, d_model, n_heads)
        d_mlp = checks.size("d_mlp", 4 * d_model if d_mlp is None else d_mlp, 1, d_model)
        a_layer = 4 * d_model**2 + 2 * d_model * d_mlp  # numbers; a small one takes time
        checks.size("n_layers", n_layers, 1, max(a_layer, 10**5))
        sizes = (d_model, n_heads, d_mlp, self.causal)
        self.blocks = nn.ModuleList(self.block(*sizes) for _ in range(n_layers))
        self.norm = nn.LayerNorm(d_model)
        self.logits_head = nn.Linear(d_model, spec.n_classes)

    def forward(self, inputs: Tensor) -> Tensor:
        """(batch, seq, d_features), or tokens (batch, seq), to logits."""
        resid = self.embed(
            as_features(inputs, self.spec, self.embed)
        )  # (batch, seq, d_model)
        mask = padding_mask(inputs, self.spec)
        resid = self.positions.add_to_embeddings(resid)
        for block in self.blocks:
            resid = block(resid, mask, self.positions)
        resid = self.norm(resid)
        if not self.spec.per_position:  # one answer in all: (batch, d_model)
            resid = mean_over(resid, mask) if self.read == "mean" else resid[:, 0]
        return self.logits_head(resid)  # (batch, n_classes) or (batch, seq, n_classes)


class CausalTransformer(Transformer):
    """A transformer whose positions see themselves and what stands before them only."""

    causal = True
