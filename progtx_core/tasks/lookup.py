"""Lookup tasks: one step holds the answer, and its content says which.

An input is (seq, d_input). Feature 0 of a step is its *key*; the others are its
*value*, one number a class. The answer of a step is the class of its largest
value. All numbers lie on a grid of 1/1024, as those of the signal tasks do.
"""

import torch

from progtx_core import checks
from progtx_core.tasks.base import UNDECIDED, Task
from progtx_core.tasks.signals import GRID
from progtx_core.types import Spec


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

    def sample_inputs(self, n, generator):
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


class ValueAtQuery(Task):
    """Which value is largest at the step whose key the question names?

    One step, anywhere, is the question: it carries the key that is asked for, and no
    value. Which step matters depends on another step: a relation between the two.

    Features of a step: 1 if it is the question, else 0; a key of length 1,
    `d_key` numbers; a value, `n_values` numbers. Keys less than `MARGIN` apart from
    the one asked for, measured by their product, leave the example undecided.

    >>> task = ValueAtQuery(seq_len=3, d_key=2, n_values=2)
    >>> question = [1.0, 0.0, 1.0, 0.0, 0.0]
    >>> task.label([[0.0, 1.0, 0.0, 5.0, 1.0], question, [0.0, 0.0, 1.0, 2.0, 3.0]])
    1
    """

    name = "value_at_query"
    rule = "the class of the largest value at the step whose key the question names"
    MARGIN = 0.2

    def __init__(self, seq_len: int = 8, d_key: int = 4, n_values: int = 4) -> None:
        checks.whole("seq_len", seq_len, at_least=3)
        checks.whole("d_key", d_key, at_least=2)
        checks.whole("n_values", n_values, at_least=2)
        self.d_key = d_key
        d_input = 1 + d_key + n_values
        self.spec = Spec(n_classes=n_values, seq_len=seq_len, d_input=d_input)

    def sample_inputs(self, n, generator):
        seq_len, d_key = self.spec.seq_len, self.d_key
        keys = torch.randn((n, seq_len, d_key), generator=generator)
        keys = keys / keys.norm(dim=-1, keepdim=True)
        values = torch.randn((n, seq_len, self.spec.n_classes), generator=generator)
        # Two different steps: the question, and the one that it asks for.
        where = torch.rand((n, seq_len), generator=generator).topk(2).indices
        rows = torch.arange(n)
        question, wanted = where[:, 0], where[:, 1]
        keys[rows, question] = keys[rows, wanted]
        values[rows, question] = 0.0
        flag = torch.zeros((n, seq_len, 1))
        flag[rows, question] = 1.0
        return (torch.cat([flag, keys, values], -1) * GRID).round() / GRID

    def label(self, example):
        asked = next(step[1 : 1 + self.d_key] for step in example if step[0] == 1)
        others = [step for step in example if step[0] == 0]

        def match(step):
            return sum(a * k for a, k in zip(asked, step[1 : 1 + self.d_key], strict=True))

        others.sort(key=match, reverse=True)
        value = others[0][1 + self.d_key :]
        near = match(others[0]) - match(others[1]) < self.MARGIN
        return None if near or value.count(max(value)) > 1 else value.index(max(value))

    def labels(self, inputs):
        exact = inputs.double()
        flag, keys = exact[..., 0], exact[..., 1 : 1 + self.d_key]
        values = exact[..., 1 + self.d_key :]
        rows = torch.arange(len(inputs))
        asked = keys[rows, flag.argmax(1)]  # (batch, d_key)
        match = torch.einsum("bk,bsk->bs", asked, keys).masked_fill(flag == 1, -9)
        best, where = match.topk(2)
        top_value, answer = values[rows, where[:, 0]].max(1)
        tied = (values[rows, where[:, 0]] == top_value.unsqueeze(1)).sum(1) > 1
        near = best[:, 0] - best[:, 1] < self.MARGIN
        return answer.masked_fill(near | tied, UNDECIDED)
