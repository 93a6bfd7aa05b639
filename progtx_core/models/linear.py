"""Rung 1: logistic regression on the flattened sequence."""

import torch
from torch import nn

from progtx_core.models.inputs import as_features
from progtx_core.types import Spec


class LogisticRegression(nn.Module):
    """One weight for every input number and class, plus a bias a class.

    With two classes the probability of class 1 is the sigmoid of the
    difference of the two logits: the textbook's logistic regression, whose
    one weight vector is `difference()`.

    Source: Cox, "The regression analysis of binary sequences", 1958.

    >>> model = LogisticRegression(Spec(n_classes=2, seq_len=4, d_input=3))
    >>> model(torch.zeros(5, 4, 3)).shape
    torch.Size([5, 2])
    """

    default_config = {"steps": 600, "batch_size": 128, "learning_rate": 0.02}

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.spec = spec
        self.linear = nn.Linear(spec.n_features, spec.n_classes)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """(batch, seq, d_features), or tokens (batch, seq), to (batch, n_classes)."""
        if inputs.shape[1] != self.spec.seq_len:
            raise ValueError(
                f"logistic regression has a weight for each place: inputs need seq_len="
                f"{self.spec.seq_len} steps, got {inputs.shape[1]}"
            )
        flat = as_features(inputs, self.spec).flatten(1)  # (batch, n_features)
        return self.linear(flat)  # (batch, n_classes)

    def difference(self) -> torch.Tensor:
        """Weight of class 1 minus weight of class 0, (seq, d_features)."""
        weight = self.linear.weight.detach()
        return (weight[1] - weight[0]).view(self.spec.seq_len, self.spec.d_features)

    def extras(self) -> dict[str, float]:
        """The length of the difference; 0 means that every answer is a coin toss."""
        return {"difference_norm": self.difference().norm().item()}
