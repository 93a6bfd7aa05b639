"""A causal transformer for sequences longer than any that it was trained on."""

import torch
from torch import Tensor, nn

from progtx_core.models.attention import NEG_INF
from progtx_core.models.positions import SCHEMES, Learned, Positions, make_positions
from progtx_core.models.transformer import CausalTransformer
from progtx_core.types import Spec


class Clipped(Learned):
    """A vector for each of the first positions, and one that all after them share.

    So none has a vector that training never reached. Source: Shaw et al., "Self-attention
    with relative position representations", 2018, section 3.2, who clip distances.
    """

    n_first = 4  # a prompt

    def __init__(self, n_ctx: int, d_model: int, n_heads: int) -> None:
        super().__init__(n_ctx, d_model, n_heads, n_rows=self.n_first + 1)

    def add_to_embeddings(self, x: Tensor) -> Tensor:
        self.check_length(x.shape[1])
        return x + self.table[torch.arange(x.shape[1]).clamp(max=self.n_first)]


class Anchored(Clipped):
    """Clipped positions, and scores of the first ones that grow with the length.

    A key whose score is higher by s than those of n others has e^s / (e^s + n) of the
    attention. With s = weight log n that is n^weight / (n^weight + n).
    Source: Chiang and Cholak, "Overcoming a theoretical limitation of self-attention",
    2022, section 5.3, who scale all scores by log n.
    """

    def __init__(self, n_ctx: int, d_model: int, n_heads: int) -> None:
        super().__init__(n_ctx, d_model, n_heads)
        self.weight = nn.Parameter(torch.zeros(n_heads, self.n_first))

    def attention_bias(self, seq: int) -> Tensor:
        n_seen = torch.arange(1, seq + 1).unsqueeze(1)  # by each query
        weight = nn.functional.pad(self.weight, (0, max(0, seq - self.n_first)))
        return weight[:, None, :seq] * n_seen.log()  # (head, query, key)


class Windowed(Clipped):
    """Clipped positions, and sight of the first and the nearest ones only.

    Source: Xiao et al., "Efficient streaming language models …", 2024, section 3.2.
    """

    n_near = 8

    def attention_bias(self, seq: int) -> Tensor:
        position = torch.arange(seq)
        far = position.unsqueeze(1) - position >= self.n_near  # (query, key)
        hidden = far & (position >= self.n_first)
        return torch.where(hidden, NEG_INF, 0.0).unsqueeze(0)  # alike in all heads


class Randomised(Learned):
    """Twice as many vectors as positions; in training a random choice of them, in order.

    Source: Ruoss et al., 2023, section 3 (see `RandomOffset`), who do so in tests too.
    """

    def __init__(self, n_ctx: int, d_model: int, n_heads: int) -> None:
        super().__init__(n_ctx, d_model, n_heads, n_rows=2 * n_ctx)

    def add_to_embeddings(self, x: Tensor) -> Tensor:
        batch, seq, _ = x.shape
        self.check_length(seq)
        if not self.training:  # every second one
            return x + self.table[: 2 * seq : 2]
        chosen = torch.rand(batch, len(self.table)).argsort(1)[:, :seq].sort(1).values
        return x + self.table[chosen]  # chosen: (batch, seq)


LONG_SCHEMES: dict[str, type[Positions]] = SCHEMES | {
    "randomised": Randomised,
    "clipped": Clipped,
    "anchored": Anchored,
    "windowed": Windowed,
}


class LongTransformer(CausalTransformer):
    """A causal transformer with any of LONG_SCHEMES, and room for n_ctx tokens."""

    default_config = {"steps": 2500, "batch_size": 32, "learning_rate": 0.002}
    default_config |= {"warmup_steps": 100, "schedule": "cosine"}

    def __init__(
        self,
        spec: Spec,
        d_model=64,
        n_layers=2,
        n_heads=4,
        positions="none",
        n_ctx=256,
        **more,
    ) -> None:
        super().__init__(spec, d_model, n_layers, n_heads, positions="none", **more)
        # Made last, so that under every scheme all other weights start alike.
        self.positions = make_positions(positions, n_ctx, d_model, n_heads, LONG_SCHEMES)
