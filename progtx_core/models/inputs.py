"""What every model does first: look at its input, and refuse one it cannot read."""

import torch
from torch import nn
from torch.nn import functional as F

from progtx_core.types import Spec


def as_features(inputs: torch.Tensor, spec: Spec) -> torch.Tensor:
    """(batch, seq, d_features) from an input of the task; a token becomes one-hot.

    Raises ValueError for a wrong number of features, an empty sequence and a token id
    out of range.

    >>> as_features(torch.tensor([[2, 0]]), Spec(2, seq_len=2, d_vocab=3)).tolist()
    [[[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]]
    """
    check_inputs(inputs, spec)
    if spec.d_vocab is None:
        return inputs
    return F.one_hot(inputs, spec.d_vocab).float()


def embedding(spec: Spec, d_model: int) -> nn.Linear:
    """A linear map of the features of a step; for tokens, a vector for each of them.

    A token's vector starts with entries of size 1, as `nn.Embedding`'s do: the default
    of `nn.Linear` is so small that positions would drown it.
    """
    layer = nn.Linear(spec.d_features, d_model)
    if spec.d_vocab is not None:
        nn.init.normal_(layer.weight)
    return layer


def padding_mask(inputs: torch.Tensor, spec: Spec) -> torch.Tensor | None:
    """Which steps are no padding, (batch, seq) bool; None for a task without padding.

    Raises ValueError for a row of nothing but padding: nothing can be said of it.

    >>> spec = Spec(2, seq_len=3, d_vocab=5, pad=0)
    >>> padding_mask(torch.tensor([[4, 1, 0]]), spec).tolist()
    [[True, True, False]]
    """
    if spec.pad is None:
        return None
    real = inputs != spec.pad
    empty = ~real.any(1)
    if empty.any():
        raise ValueError(
            f"inputs: row {int(empty.nonzero()[0])} is all padding (token {spec.pad}); "
            "every row needs at least one other token"
        )
    return real


def check_inputs(inputs: torch.Tensor, spec: Spec) -> None:
    """Raise ValueError, naming what is wrong, if a model of this spec cannot read it."""
    shape = tuple(inputs.shape)
    if spec.d_vocab is None:
        if inputs.ndim != 3 or shape[2] != spec.d_input or shape[1] < 1:
            raise ValueError(
                f"inputs must have the shape (batch, seq of at least 1, d_input="
                f"{spec.d_input}), got {shape}"
            )
        return
    if inputs.ndim != 2 or shape[1] < 1 or inputs.is_floating_point():
        raise ValueError(
            "inputs must be whole numbers of the shape (batch, seq of at least 1), got "
            f"{inputs.dtype} of {shape}"
        )
    low, high = inputs.aminmax()
    if low < 0 or high >= spec.d_vocab:
        wrong = int(low if low < 0 else high)
        raise ValueError(
            f"inputs: token id {wrong} is out of range; ids go from 0 to "
            f"{spec.d_vocab - 1} (d_vocab={spec.d_vocab})"
        )
