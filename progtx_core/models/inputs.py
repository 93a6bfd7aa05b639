"""What every model does first: read its input, and refuse one that it cannot read."""

from torch import Tensor, nn
from torch.nn import functional as F

from progtx_core import checks
from progtx_core.types import Spec


def as_features(inputs: Tensor, spec: Spec, reader: nn.Linear | None = None) -> Tensor:
    """(batch, seq, d_features) in the precision of what reads them; a token is one-hot.

    >>> import torch
    >>> as_features(torch.tensor([[2, 0]]), Spec(2, seq_len=2, d_vocab=3)).tolist()
    [[[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]]
    """
    spec.check_inputs(inputs)
    features = inputs if spec.d_vocab is None else F.one_hot(inputs, spec.d_vocab).float()
    return features if reader is None else features.to(reader.weight.dtype)


def embedding(spec: Spec, d_model: int) -> nn.Linear:
    """A linear map of the features of a position; for tokens, a vector for each of them."""
    checks.size("d_model", d_model, 1, spec.d_features + spec.n_classes)
    layer = nn.Linear(spec.d_features, d_model)
    if spec.d_vocab is not None:
        # Entries of size 1, as in nn.Embedding: positions would drown nn.Linear's default.
        nn.init.normal_(layer.weight)
    return layer


def padding_mask(inputs: Tensor, spec: Spec) -> Tensor | None:
    """(batch, seq) bool, False at padding; None for a task without padding."""
    if spec.pad is None:
        return None
    mask = inputs != spec.pad
    if not (some := mask.any(1)).all():
        row = int(some.int().argmin())
        raise ValueError(f"inputs: row {row} is all padding, token {spec.pad}")
    return mask
