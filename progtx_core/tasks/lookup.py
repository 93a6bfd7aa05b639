"""Lookup tasks: one position holds the answer, and its content says which.

The features of a position are a *key* and a *value*, one number per class; the largest is
the answer. All numbers lie on the grid of the signal tasks.
"""

import torch

from progtx_core import checks
from progtx_core.tasks.base import UNDECIDED, Task
from progtx_core.tasks.signals import GRID, argmax_of, argmax_of_each
from progtx_core.types import Spec


class ValueAtMaxKey(Task):
    """The class of the largest value at the position with the largest key.

    Feature 0 is the key. The other positions are noise, which a pool over time mixes in.
    """

    name = "value_at_max_key"

    def __init__(self, seq_len: int = 16, n_values: int = 4) -> None:
        checks.size("seq_len", seq_len, 2)
        checks.size("n_values", n_values, 2, seq_len)
        self.spec = Spec(n_classes=n_values, seq_len=seq_len, d_input=1 + n_values)

    def sample_inputs(self, n, generator):
        shape = (n, self.spec.seq_len, self.spec.d_features)
        return (torch.randn(shape, generator=generator) * GRID).round() / GRID

    def label(self, example):
        position = argmax_of([features[0] for features in example])
        return None if position is None else argmax_of(example[position][1:])

    def labels(self, inputs):
        position = argmax_of_each(inputs[..., 0])
        chosen = inputs[torch.arange(len(inputs)), position, 1:]  # (batch, n_values)
        return argmax_of_each(chosen).masked_fill(position == UNDECIDED, UNDECIDED)


class ValueAtQuery(Task):
    """The class of the largest value at the position whose key the question names.

    One position, anywhere, is the question: it has the key that is asked for, and no value.
    Features: 1 for the question, else 0; `d_key` numbers, a key of length 1; `n_values`
    numbers. Undecided if the two best products of keys are less than `MARGIN` apart.
    """

    name = "value_at_query"
    MARGIN = 0.2

    def __init__(self, seq_len: int = 8, d_key: int = 4, n_values: int = 4) -> None:
        checks.size("seq_len", seq_len, 3)
        self.d_key = checks.size("d_key", d_key, 2, seq_len)
        checks.size("n_values", n_values, 2, seq_len)
        self.spec = Spec(n_values, seq_len, d_input=1 + d_key + n_values)

    def sample_inputs(self, n, generator):
        seq_len, d_key = self.spec.seq_len, self.d_key
        keys = torch.randn((n, seq_len, d_key), generator=generator)
        keys = keys / keys.norm(dim=-1, keepdim=True)
        values = torch.randn((n, seq_len, self.spec.n_classes), generator=generator)
        # Two different positions: the question, and what it asks for.
        drawn = torch.rand((n, seq_len), generator=generator).topk(2).indices
        rows, question, wanted = torch.arange(n), drawn[:, 0], drawn[:, 1]
        keys[rows, question] = keys[rows, wanted]
        values[rows, question] = 0.0
        flag = torch.zeros((n, seq_len, 1)).index_put((rows, question), torch.tensor(1.0))
        return (torch.cat([flag, keys, values], -1) * GRID).round() / GRID

    def label(self, example):
        (asked,) = (key for flag, *key in example if flag == 1)

        def match(features):
            return sum(a * f for a, f in zip(asked[: self.d_key], features[1:]))

        others = [features for features in example if features[0] == 0]
        second, best = sorted(others, key=match)[-2:]
        if match(best) - match(second) < self.MARGIN:
            return None
        return argmax_of(best[1 + self.d_key :])

    def labels(self, inputs):
        exact = inputs.double()
        flag, keys = exact[..., 0], exact[..., 1 : 1 + self.d_key]
        rows = torch.arange(len(inputs))
        asked = keys[rows, flag.argmax(1)]  # (batch, d_key)
        match = torch.einsum("bk,bsk->bs", asked, keys).masked_fill(flag == 1, -9)
        best, position = match.topk(2)
        answer = argmax_of_each(exact[rows, position[:, 0], 1 + self.d_key :])
        return answer.masked_fill(best[:, 0] - best[:, 1] < self.MARGIN, UNDECIDED)
