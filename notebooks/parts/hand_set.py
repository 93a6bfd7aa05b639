"""A transformer that counts, every weight of it set by hand.

It does what `programs.count` does where `SoS` stands first, so that it need not be
looked for: one head fetches a, the other b; an MLP of seven units compares them and
finds the next number; the logits are largest for the number nearest to that.
"""

from typing import Any

import torch
from progtx_core import checks
from progtx_core.models.transformer import CausalTransformer, Transformer
from progtx_core.tasks.counting import Counting
from torch import nn

from parts.ablations import NoNorm

# What stands in the residual stream. After these comes each once more with a minus, so
# that the mean at a position is 0, and a norm changes nothing but the scale.
FEATURES = ("number", "go", "one", "at_a", "at_b", "a", "b", "step", "ends")
AT = {name: i for i, name in enumerate(FEATURES)}
SHARP = 400.0  # score of the position that is meant; all others have 0


class CounterTransformer(CausalTransformer):
    """Causal, and without a norm before attention and MLP."""

    block = NoNorm


def counter(task: Counting, n_ctx: int) -> Transformer:
    """One layer, two heads, no training: counts between any two numbers of the task.

    n_ctx: tokens that it can read and write in all
    """
    checks.whole("n_ctx", n_ctx, at_least=6)
    n, sizes = len(FEATURES), {"n_layers": 1, "n_heads": 2, "d_mlp": 7, "n_ctx": n_ctx}
    model: Any = CounterTransformer(task.spec, d_model=2 * n, **sizes)
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    nn.init.ones_(model.norm.weight)
    block, embed, table = model.blocks[0], model.embed.weight, model.positions.table
    with torch.no_grad():
        numbers = torch.arange(task.n_numbers, dtype=torch.float32)
        embed[AT["number"], 1 : 1 + task.n_numbers] = numbers  # (d_model, token)
        embed[AT["go"], task.go] = embed[AT["one"]] = 1
        table[1, AT["at_a"]] = table[2, AT["at_b"]] = 1
        _attention(block.attention)
        _mlp(block.mlp, most=2 * task.n_numbers)
        outputs = (embed, table.T, block.attention.W_O.weight, block.mlp[2].weight)
        for weight in outputs:
            weight[n:] = -weight[:n]
        _logits_head(model.logits_head.weight, task)
    return model.eval()


def _attention(attention: Any) -> None:
    """Head 0 fetches the number at position 1, which is a; head 1 that at 2, b."""
    n = len(FEATURES)
    for first, position, into in ((0, "at_a", "a"), (n, "at_b", "b")):
        attention.W_Q.weight[first, AT["one"]] = SHARP * n**0.5
        attention.W_K.weight[first, AT[position]] = 1
        attention.W_V.weight[first, AT["number"]] = 1
        attention.W_O.weight[AT[into], first] = 1


def units(most: int) -> list[tuple[dict, float, dict]]:
    """The MLP: what each unit reads, its constant, and what it adds to what.

    `go` is 1 at the mark > and switches units off there, by `most`, or on.
    """
    later = {"go": -most}
    apart, past = {"b": 1, "a": -1} | later, {"number": 1, "b": -1} | later
    return [
        ({"a": 1, "go": most}, -most, {"step": 1}),  # at >: a itself
        ({"go": -1}, 1, {"step": -1}),  # elsewhere: one down …
        (apart, 1, {"step": 2}),  # … or one up if b >= a: the two
        (apart, 0, {"step": -2}),  # together are 2 then, else 0
        (past, 1, {"ends": 1}),  # these three are 1 together
        (past, 0, {"ends": -2}),  # if the number is b, else 0
        (past, -1, {"ends": 1}),
    ]


def _mlp(mlp: Any, most: int) -> None:
    """Set the weights of `units`; most: more than any difference of numbers."""
    for unit, (reads, constant, gives) in enumerate(units(most)):
        mlp[0].bias[unit] = constant
        for name, weight in reads.items():
            mlp[0].weight[unit, AT[name]] = weight
        for name, weight in gives.items():
            mlp[2].weight[AT[name], unit] = weight


def _logits_head(weight: torch.Tensor, task: Counting) -> None:
    """Logit of m: 2 m x - m^2, which is largest for the m that is nearest to x.

    Both are counted from the middle of the numbers, which is kinder to float32.
    """
    middle = (task.n_numbers - 1) / 2
    m = torch.arange(task.n_numbers) - middle
    rows = slice(1, 1 + task.n_numbers)  # weight: (token, d_model)
    weight[rows, AT["number"]] = weight[rows, AT["step"]] = 2 * m
    weight[rows, AT["one"]] = -(m**2) - 2 * m * middle
    enough = 2.0 * task.n_numbers**2
    weight[[0, task.start, task.go, task.end], AT["one"]] = -enough
    weight[task.end, AT["ends"]] = 2 * enough
