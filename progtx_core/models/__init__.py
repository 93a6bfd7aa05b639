"""What learns a task: plain `torch.nn.Module`s, one file a rung of the ladder.

`build(name, spec, **sizes)` makes a model for a task's sizes, `names()` lists
them in the order of the ladder.
"""

import inspect

from torch import nn

from progtx_core import checks
from progtx_core.models.attention_pooling import AttentionPooling
from progtx_core.models.linear import LogisticRegression
from progtx_core.models.pooling import TemporalPooling
from progtx_core.models.self_attention import SelfAttention
from progtx_core.models.transformer import Transformer
from progtx_core.types import Spec

# Lowest rung first: the class of a model, and what the name says of its sizes.
LADDER: dict[str, tuple[type[nn.Module], dict]] = {
    "logistic_regression": (LogisticRegression, {}),
    "mean_pooling": (TemporalPooling, {"pool": "mean"}),
    "max_pooling": (TemporalPooling, {"pool": "max"}),
    "attention_pooling": (AttentionPooling, {"scores": "linear"}),
    "additive_attention_pooling": (AttentionPooling, {"scores": "additive"}),
    "self_attention": (SelfAttention, {}),
    "self_attention_with_positions": (SelfAttention, {"positions": "learned"}),
    "transformer": (Transformer, {}),
}


def names() -> list[str]:
    """The names of all models, lowest rung first."""
    return list(LADDER)


def build(name: str, spec: Spec, **sizes) -> nn.Module:
    """Make the model of that name for a task's spec.

    Raises ValueError for an unknown name (with the nearest ones), TypeError for
    a size the model does not have.

    >>> model = build("logistic_regression", Spec(n_classes=2, seq_len=4, d_input=3))
    >>> count_parameters(model)
    26
    """
    make, preset = LADDER[checks.one_of("model", name, LADDER)]
    known = [p for p in inspect.signature(make).parameters if p != "spec"]
    for size in sizes:
        if size not in known:
            has = f"it has: {', '.join(known)}" if known else "it has none"
            raise TypeError(f"model {name!r} has no size {size!r}; {has}")
    return make(spec, **preset | sizes)


def default_config(name: str) -> dict:
    """How the model of that name is trained by default: settings of a `Config`."""
    return dict(LADDER[checks.one_of("model", name, LADDER)][0].default_config)


def count_parameters(model: nn.Module) -> int:
    """How many numbers a training may change."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
