"""Lookup tasks: one step holds the answer, and its content says which.

An input is (seq, d_input). Feature 0 of a step is its *key*; the others are its
*value*, one number a class. The answer of a step is the class of its largest
value. All numbers lie on a grid of 1/1024, as those of the signal tasks do.
"""

import torch

from progtx_core import checks
from progtx_core.contract import Spec
from progtx_core.tasks.base import UNDECIDED, Task
from progtx_core.tasks.signals import GRID


class ValueAtMaxKey(Task):
    """Which value is largest at the step whose key is largest?

    Every other step is noise. A pool over time mixes them in; what is needed
    is a weight a step that depends on the content of that step.

    seq_len: steps, at least 2; n_values: numbers in a value, and classes

    >>> task = ValueAtMaxKey(seq_len=2, n_values=2)
    >>> task.label([[0.5, 9.0, 1.0], [2.0, -1.0, 3.0]])  # the second key is larger
    1
    """

    name = "value_at_max_key"
    rule = "the class of the largest value at the step with the largest key"

    def __init__(self, seq_len: int = 16, n_values: int = 4) -> None:
        checks.whole("seq_len", seq_len, at_least=2)
        checks.whole("n_values", n_values, at_least=2)
        self.spec = Spec(n_classes=n_values, seq_len=seq_len, d_input=1 + n_values)

    def propose(self, n, generator):
        shape = (n, self.spec.seq_len, self.spec.d_input)
        return (torch.randn(shape, generator=generator) * GRID).round() / GRID

    def label(self, example):
        top_key = max(step[0] for step in example)
        chosen = [step[1:] for step in example if step[0] == top_key]
        top_value = max(chosen[0])
        if len(chosen) > 1 or chosen[0].count(top_value) > 1:
            return None
        return chosen[0].index(top_value)

    def labels(self, inputs):
        keys, values = inputs[..., 0], inputs[..., 1:]
        top_key, where = keys.max(1)
        chosen = values[torch.arange(len(inputs)), where]  # (batch, n_values)
        top_value, answer = chosen.max(1)
        tied_key = (keys == top_key.unsqueeze(1)).sum(1) > 1
        tied_value = (chosen == top_value.unsqueeze(1)).sum(1) > 1
        return answer.masked_fill(tied_key | tied_value, UNDECIDED)
