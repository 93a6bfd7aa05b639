"""The block of rung 6 with one part taken away or moved, to measure what it is for."""

from torch import nn

from progtx_core.models.transformer import Block


class NoResidual(Block):
    """What a part finds replaces what was there."""

    def forward(self, resid, real=None, positions=None):
        resid = self.attention(self.norm_1(resid), real, positions)
        return self.mlp(self.norm_2(resid))


class NoNorm(Block):
    """Numbers may grow from part to part."""

    def __init__(self, *sizes, **more) -> None:
        super().__init__(*sizes, **more)
        self.norm_1, self.norm_2 = nn.Identity(), nn.Identity()


class NoMlp(Block):
    """Only attention, which is linear in its values."""

    def forward(self, resid, real=None, positions=None):
        return resid + self.attention(self.norm_1(resid), real, positions)


class NormAfter(Block):
    """The normalisation after each sum, as in the paper of 2017."""

    def forward(self, resid, real=None, positions=None):
        resid = self.norm_1(resid + self.attention(resid, real, positions))
        return self.norm_2(resid + self.mlp(resid))
