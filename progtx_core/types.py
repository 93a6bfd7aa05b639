"""What a task promises and a model relies on: sizes (`Spec`), data (`Batch`).

These two are all that tasks, models and training have in common.
"""

from dataclasses import dataclass

import torch

from progtx_core import checks


@dataclass(frozen=True)
class Spec:
    """The sizes of a task, and nothing else of it.

    n_classes: number of answers to choose from
    seq_len: steps in the longest input
    d_input: features a step, for real-valued inputs; otherwise None
    d_vocab: number of different tokens, for token inputs; otherwise None
    pad: the token that fills up short inputs and is never looked at, or None
    per_step: True if every step has an answer, False for one answer in all

    Raises ValueError unless exactly one of d_input and d_vocab is given.

    >>> Spec(n_classes=2, seq_len=10, d_input=3).n_features
    30
    """

    n_classes: int
    seq_len: int
    d_input: int | None = None
    d_vocab: int | None = None
    pad: int | None = None
    per_step: bool = False

    def __post_init__(self) -> None:
        checks.whole("n_classes", self.n_classes, at_least=2)
        checks.whole("seq_len", self.seq_len, at_least=1)
        if (self.d_input is None) == (self.d_vocab is None):
            raise ValueError(
                "a spec needs exactly one of d_input and d_vocab, got "
                f"d_input={self.d_input}, d_vocab={self.d_vocab}"
            )
        width = "d_input" if self.d_vocab is None else "d_vocab"
        checks.whole(width, getattr(self, width), at_least=1)
        if self.pad is not None:
            checks.whole("pad", self.pad, 0, (self.d_vocab or 0) - 1)

    @property
    def d_features(self) -> int:
        """Numbers a step: its features, or one for each token of the vocabulary."""
        return self.d_vocab if self.d_input is None else self.d_input

    @property
    def n_features(self) -> int:
        """Numbers in one flattened input."""
        return self.seq_len * self.d_features


@dataclass(frozen=True)
class Batch:
    """Examples of a task, side by side.

    inputs: (batch, seq, d_input) float, or (batch, seq) int tokens
    targets: (batch,) int, or (batch, seq) int if every step has an answer
    mask: bool, the shape of targets; True where the loss counts

    >>> batch = Batch(torch.zeros(4, 3, 1), torch.tensor([0, 1, 0, 1]))
    >>> len(batch), batch[:2].targets.tolist(), batch.mask.all().item()
    (4, [0, 1], True)
    """

    inputs: torch.Tensor
    targets: torch.Tensor
    mask: torch.Tensor = None  # type: ignore[assignment]  # filled in below

    def __post_init__(self) -> None:
        if self.mask is None:
            everything = torch.ones_like(self.targets, dtype=torch.bool)
            object.__setattr__(self, "mask", everything)
        if self.mask.shape != self.targets.shape:
            raise ValueError(
                f"mask {tuple(self.mask.shape)} must have the shape of "
                f"targets {tuple(self.targets.shape)}"
            )

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, rows) -> "Batch":
        return Batch(self.inputs[rows], self.targets[rows], self.mask[rows])
