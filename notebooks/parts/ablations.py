"""The transformer with one part of its blocks taken away or moved: what is it for?"""

from progtx_core.models.transformer import Block, Transformer
from torch import nn


class NoResidual(Block):
    """What a part finds replaces what was there."""

    def forward(self, resid, mask=None, positions=None):
        resid = self.attention(self.norm_1(resid), mask, positions)
        return self.mlp(self.norm_2(resid))


class NoNorm(Block):
    """Numbers may grow from part to part."""

    def __init__(self, *sizes, **more) -> None:
        super().__init__(*sizes, **more)
        self.norm_1, self.norm_2 = nn.Identity(), nn.Identity()


class NoMlp(Block):
    """Only attention, which is linear in its values."""

    def forward(self, resid, mask=None, positions=None):
        return resid + self.attention(self.norm_1(resid), mask, positions)


class NormAfter(Block):
    """The normalisation after each sum, as in the paper of 2017."""

    def forward(self, resid, mask=None, positions=None):
        resid = self.norm_1(resid + self.attention(resid, mask, positions))
        return self.norm_2(resid + self.mlp(resid))


# Each as `class NoMlpTransformer(Transformer): block = NoMlp` makes it.
NoResidualTransformer = type("NoResidualTransformer", (Transformer,), {"block": NoResidual})
NoMlpTransformer = type("NoMlpTransformer", (Transformer,), {"block": NoMlp})
NormAfterTransformer = type("NormAfterTransformer", (Transformer,), {"block": NormAfter})


class NoNormTransformer(Transformer):
    """No normalisation at all: before the logits neither."""

    block = NoNorm

    def __init__(self, *sizes, **more) -> None:
        super().__init__(*sizes, **more)
        self.norm = nn.Identity()
