"""All that tasks, models and training have in common: sizes (`Spec`), data (`Batch`)."""

from dataclasses import dataclass

import torch

from progtx_core import checks


@dataclass(frozen=True)
class Spec:
    """The sizes of a task, from which a model is built.

    Args:
        n_classes: answers to choose from
        seq_len: positions in the longest input
        d_input, d_vocab: features per position, or number of tokens: one of the two
        pad: the padding token, if there is one
        per_position: whether every position has an answer, or only the whole input
    """

    n_classes: int
    seq_len: int
    d_input: int | None = None
    d_vocab: int | None = None
    pad: int | None = None
    per_position: bool = False

    def __post_init__(self) -> None:
        checks.size("seq_len", self.seq_len)
        checks.size("n_classes", self.n_classes, 2, self.seq_len)
        if (self.d_input is None) == (self.d_vocab is None):
            raise ValueError("a spec needs exactly one of d_input and d_vocab, got 0 or 2")
        width = "d_input" if self.d_vocab is None else "d_vocab"
        checks.size(width, getattr(self, width), 1, self.seq_len)
        if self.pad is not None:
            checks.whole("pad", self.pad, 0, (self.d_vocab or 0) - 1)

    def check_inputs(self, inputs: torch.Tensor) -> None:
        """Raise TypeError or ValueError for inputs that are none of this task."""
        shape = tuple(checks.instance("inputs", inputs, torch.Tensor).shape)
        wanted = "whole numbers (int64) of the shape (batch, seq of at least 1)"
        fits = inputs.ndim == 2 and inputs.dtype == torch.long
        if self.d_vocab is None:
            wanted = f"of the shape (batch, seq of at least 1, d_input={self.d_input})"
            fits = inputs.ndim == 3 and shape[2] == self.d_input
            fits = fits and inputs.is_floating_point()
        if not fits or shape[1] < 1:
            raise ValueError(f"inputs must be {wanted}, got {inputs.dtype} of {shape}")
        if self.d_vocab is not None and len(inputs):
            for token in inputs.aminmax():
                checks.whole("inputs: token id", int(token), 0, self.d_vocab - 1)

    @property
    def d_features(self) -> int:
        """Numbers per position: its features, or one for each token of the vocabulary."""
        return self.d_input or self.d_vocab or 0

    @property
    def n_features(self) -> int:
        """Numbers in one flattened input."""
        return self.seq_len * self.d_features


@dataclass(frozen=True)
class Batch:
    """Examples of a task; the mask says where the loss counts, by default everywhere."""

    inputs: torch.Tensor  # (batch, seq, d_input) float, or (batch, seq) tokens
    targets: torch.Tensor  # (batch,) int, or (batch, seq) int with an answer per position
    mask: torch.Tensor = None  # type: ignore[assignment]  # like targets; filled in below

    def __post_init__(self) -> None:
        if len(self.inputs) != len(self.targets):
            lengths = f"{len(self.inputs)} inputs and {len(self.targets)} targets"
            raise ValueError(f"a batch needs a target for each input, got {lengths}")
        if self.mask is None:
            object.__setattr__(self, "mask", torch.ones_like(self.targets).bool())
        shape, wanted = tuple(self.mask.shape), tuple(self.targets.shape)
        if shape != wanted:
            raise ValueError(f"mask {shape} must have the shape of targets {wanted}")

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, rows) -> "Batch":
        return Batch(self.inputs[rows], self.targets[rows], self.mask[rows])
