"""Rung 1: logistic regression on the flattened sequence."""

from torch import Tensor, nn

from progtx_core import checks
from progtx_core.models.inputs import as_features
from progtx_core.types import Spec


class LogisticRegression(nn.Module):
    """One weight for every input number and class, plus a bias for each class.

    With two classes: the sigmoid of the difference of the logits is P(class 1).
    Source: Cox, "The regression analysis of binary sequences", 1958.
    """

    rung, variants = 1, {"logistic_regression": {}}
    default_config = {"steps": 600, "batch_size": 128, "learning_rate": 0.02}

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.spec = spec
        checks.size("spec.n_features", spec.n_features, 1, spec.n_classes)
        self.linear = nn.Linear(spec.n_features, spec.n_classes)

    def forward(self, inputs: Tensor) -> Tensor:
        """(batch, seq_len, d_features), or tokens, to (batch, n_classes)."""
        features = as_features(inputs, self.spec, self.linear)  # (batch, seq, d_features)
        if (seq := features.shape[1]) != (n := self.spec.seq_len):
            raise ValueError(f"inputs need seq_len={n} positions, got {seq}")
        flat = features.flatten(1)  # (batch, n_features)
        return self.linear(flat)  # (batch, n_classes)

    def difference(self) -> Tensor:
        """The textbook's one weight vector, class 1 minus class 0: (seq, d_features)."""
        weight = self.linear.weight.detach()
        return (weight[1] - weight[0]).view(self.spec.seq_len, self.spec.d_features)

    def extras(self) -> dict[str, float]:
        """The length of the difference; 0 means that every answer is a coin toss."""
        return {"difference_norm": self.difference().norm().item()}
