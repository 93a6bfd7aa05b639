"""A causal transformer with one layer more, which compares two numbers (chapter 11)."""

import math

import torch
from progtx_core.models.attention import NEG_INF
from progtx_core.models.inputs import as_features, padding_mask
from progtx_core.models.long import LongTransformer, Windowed
from progtx_core.tasks.counting import PROMPT
from progtx_core.types import Spec
from torch import Tensor, nn

SPACING = 0.1  # between the levels of two neighbouring numbers, before training
N_MARKS = 3  # tokens behind the numbers: SoS, > and EoS; padding is the one before them


class ReadOnce(Windowed):
    """A window; of all positions behind the prompt, none attends to it."""

    def attention_bias(self, seq: int) -> Tensor:
        bias = super().attention_bias(seq).clone()
        bias[:, self.n_first :, : self.n_first] = NEG_INF
        return bias


class Compare(nn.Module):
    """What follows from which of two numbers is larger: x here, or one of the prompt.

    Each token has a level, one number. The difference of two levels goes through tanh: as
    soon as two numbers are some way apart, it no longer matters how far.
    """

    def __init__(self, d_model: int, by_position: bool, d_head: int = 16) -> None:
        super().__init__()
        self.by_position = by_position  # attend by position alone, or by all that is known
        self.norm = nn.LayerNorm(d_model)
        self.query, self.key = nn.Linear(d_model, d_head), nn.Linear(d_model, d_head)
        self.log_slope = nn.Parameter(torch.tensor(math.log(2.0)))
        self.maps = nn.Linear(d_model, 2 * d_model)  # one of x for each of two outcomes
        self.constants = nn.Linear(2, d_model)

    def pattern(self, where: Tensor) -> Tensor:
        """Which position of the prompt each one compares with: (…, seq, prompt)."""
        query, key = self.query(where), self.key(where[..., :PROMPT, :])
        scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
        seen = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
        return scores.masked_fill(~seen, NEG_INF).softmax(-1)

    def outcomes(self, levels: Tensor, pattern: Tensor) -> Tensor:
        """On which side of the other number, and whether equal: (batch, seq, 2)."""
        difference = levels - pattern @ levels[:, :PROMPT]  # (batch, seq, 1)
        side = torch.tanh(difference * self.log_slope.exp())  # -1 below, 0 equal, 1 above
        return torch.cat([side, 1 - side**2], -1)

    def forward(self, resid: Tensor, levels: Tensor, positions: Tensor) -> Tensor:
        """(batch, seq, d_model) to the same shape.

        levels: of the tokens, (batch, seq, 1); positions: their vectors, (seq, d_model)
        """
        x = self.norm(resid)
        pattern = self.pattern(positions if self.by_position else x)
        outcomes = self.outcomes(levels, pattern)
        maps = self.maps(x).unflatten(-1, (2, -1))  # (batch, seq, 2, d_model)
        mapped = (outcomes.unsqueeze(-1) * maps).sum(-2) / 2**0.5
        return resid + mapped + self.constants(outcomes)


class ComparingTransformer(LongTransformer):
    """A transformer whose last layer is `Compare`; for counting.

    Args:
        read_once: only > attends to the prompt, else all that follows does
        by_position: compare with a position of the prompt, whatever stands there
        ordered: the levels of the numbers begin in their order, else at random
    """

    def __init__(
        self,
        spec: Spec,
        d_model=64,
        n_layers=1,
        read_once=True,
        by_position=True,
        ordered=True,
        **more,
    ) -> None:
        super().__init__(spec, d_model, n_layers, **more)
        scheme = ReadOnce if read_once else Windowed
        self.positions: Windowed = scheme(self.positions.n_ctx, d_model, 1)
        self.compare = Compare(d_model, by_position)
        n_numbers = spec.d_features - 1 - N_MARKS
        levels = torch.randn(spec.d_features)
        if ordered:
            levels[1 : n_numbers + 1] = SPACING * (torch.arange(n_numbers) - n_numbers / 2)
        self.levels = nn.Linear(spec.d_features, 1, bias=False)
        self.levels.weight.data = levels.unsqueeze(0)

    def forward(self, inputs: Tensor) -> Tensor:
        """Tokens (batch, seq) to logits (batch, seq, n_classes)."""
        tokens = as_features(inputs, self.spec, self.embed)  # one-hot
        mask = padding_mask(inputs, self.spec)
        resid = self.positions.add_to_embeddings(self.embed(tokens))
        for block in self.blocks:
            resid = block(resid, mask, self.positions)
        where = self.where(inputs.shape[1])
        resid = self.compare(resid, self.levels(tokens), where)  # CHANGED: the last layer
        return self.logits_head(self.norm(resid))

    def where(self, seq: int) -> Tensor:
        """The vectors of the positions: (seq, d_model)."""
        return self.positions.table[torch.arange(seq).clamp(max=PROMPT)]
