"""A causal transformer for sequences longer than any that it was trained on."""

import torch
from torch import nn

from progtx_core import checks
from progtx_core.models.attention import NEG_INF
from progtx_core.models.positions import SCHEMES, Learned, Positions
from progtx_core.models.transformer import Transformer


class Clipped(Learned):
    """A learned vector for each of the first places, and one for all places after them.

    No place of a longer sequence has a vector that training never reached. Shaw et al.,
    "Self-attention with relative position representations", 2018, section 3.2, clip
    distances for the same reason; here it is the place itself.

    >>> scheme = Clipped(n_ctx=50, d_model=4, n_heads=1)
    >>> added = scheme.add_to_embeddings(torch.zeros(1, 50, 4))[0]
    >>> bool((added[3] == added[4]).all()), bool((added[4] == added[49]).all())
    (False, True)
    """

    n_first = 4  # a prompt

    def __init__(self, n_ctx: int, d_model: int, n_heads: int) -> None:
        super().__init__(self.n_first + 1, d_model, n_heads)
        self.n_ctx = n_ctx

    def add_to_embeddings(self, steps: torch.Tensor) -> torch.Tensor:
        self.check_length(steps.shape[1])
        place = torch.arange(steps.shape[1]).clamp(max=self.n_first)
        return steps + self.table[place]


class Anchored(Clipped):
    """Clipped places, and scores of the first ones that grow with the length.

    Among n places a key whose score is higher by s has e^s / (e^s + n) of the attention:
    the longer the sequence, the less. Here the score of a first place is higher by
    a learned weight times log n, which makes its share n^weight / (n^weight + n).

    Source: log n as in Chiang and Cholak, "Overcoming a theoretical limitation of
    self-attention", 2022, section 5.3, who scale all scores by it.

    >>> scheme = Anchored(n_ctx=50, d_model=4, n_heads=1)
    >>> scheme.weight.data.fill_(1.0).shape, scheme.attention_bias(9)[0, 8].shape
    (torch.Size([1, 4]), torch.Size([9]))
    """

    def __init__(self, n_ctx: int, d_model: int, n_heads: int) -> None:
        super().__init__(n_ctx, d_model, n_heads)
        self.weight = nn.Parameter(torch.zeros(n_heads, self.n_first))

    def attention_bias(self, seq: int) -> torch.Tensor:
        n_seen = torch.arange(1, seq + 1).unsqueeze(1)  # by each query
        weight = nn.functional.pad(self.weight, (0, max(0, seq - self.n_first)))
        return weight[:, None, :seq] * n_seen.log()  # (head, query, key)


class Windowed(Clipped):
    """Clipped places, and sight of the first and the nearest ones only.

    However long the sequence, a query sees at most n_first + n_near keys: no more of it
    dilutes what a head looks for.

    Source: Xiao et al., "Efficient streaming language models with attention sinks", 2024,
    section 3.2; the first places are the prompt here.

    >>> scheme = Windowed(n_ctx=50, d_model=4, n_heads=1)
    >>> (scheme.attention_bias(50)[0, 49] == 0).nonzero()[:, 0].tolist()
    [0, 1, 2, 3, 42, 43, 44, 45, 46, 47, 48, 49]
    """

    n_near = 8

    def attention_bias(self, seq: int) -> torch.Tensor:
        place = torch.arange(seq)
        far = place.unsqueeze(1) - place >= self.n_near  # (query, key)
        hidden = far & (place >= self.n_first)
        return torch.where(hidden, NEG_INF, 0.0).unsqueeze(0)  # alike in all heads


class Randomised(Learned):
    """A learned vector for every position; in training a random choice of them, in order.

    There are twice as many as places, so all are trained, with gaps between neighbours.
    In evaluation mode every second one is taken.

    Source: Ruoss et al., "Randomized positional encodings boost length generalization of
    transformers", 2023, section 3, who choose at random in tests too.
    """

    def __init__(self, n_ctx: int, d_model: int, n_heads: int) -> None:
        super().__init__(2 * n_ctx, d_model, n_heads)
        self.n_ctx = n_ctx

    def add_to_embeddings(self, steps: torch.Tensor) -> torch.Tensor:
        batch, seq, _ = steps.shape
        self.check_length(seq)
        if not self.training:
            return steps + self.table[: 2 * seq : 2]
        chosen = torch.rand(batch, len(self.table)).argsort(1)[:, :seq].sort(1).values
        return steps + self.table[chosen]


LONG_SCHEMES: dict[str, type[Positions]] = SCHEMES | {
    "randomised": Randomised,
    "clipped": Clipped,
    "anchored": Anchored,
    "windowed": Windowed,
}


class LongTransformer(Transformer):
    """A causal transformer with any of LONG_SCHEMES, and room for n_ctx tokens.

    >>> from progtx_core.types import Spec
    >>> model = LongTransformer(Spec(9, seq_len=6, d_vocab=9, per_position=True), d_model=8)
    >>> model(torch.zeros(2, 40, dtype=torch.long)).shape
    torch.Size([2, 40, 9])
    """

    default_config = {
        "steps": 2500,
        "batch_size": 32,
        "learning_rate": 0.002,
        "warmup_steps": 100,
        "schedule": "cosine",
    }

    def __init__(
        self,
        spec,
        d_model: int = 64,
        n_layers: int = 2,
        n_heads: int = 4,
        positions: str = "none",
        n_ctx: int = 256,
        **more,
    ) -> None:
        super().__init__(
            spec, d_model, n_layers, n_heads, positions="none", causal=True, **more
        )
        scheme = LONG_SCHEMES[checks.one_of("positional scheme", positions, LONG_SCHEMES)]
        self.positions: nn.Module = scheme(n_ctx, d_model, n_heads)
