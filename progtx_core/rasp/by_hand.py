"""A transformer that counts, every weight of it set by hand.

It does what `programs.count` does where `SoS` stands first, so that it need not be
looked for: one head fetches a, the other b; an MLP of seven units compares them and takes
the next number; what is read out is the number nearest to that.
"""

import torch
from torch import nn

from progtx_core import checks
from progtx_core.models.ablations import NoNorm
from progtx_core.models.transformer import CausalTransformer, Transformer
from progtx_core.tasks.counting import Counting

# What stands in the residual stream. After these comes each once more with a minus, so
# that the mean of a step is 0, and a norm changes nothing but the scale.
FEATURES = ("number", "go", "one", "at_a", "at_b", "a", "b", "step", "ends")
SHARP = 400.0  # score of the place that is meant; all others have 0


class CounterTransformer(CausalTransformer):
    """Causal, and without a norm before attention and MLP."""

    block = NoNorm


def counter(task: Counting, n_ctx: int) -> Transformer:
    """One layer, two heads, no training: counts between any two numbers of the task.

    n_ctx: tokens that it can read and write in all

    >>> model = counter(Counting(max_len=15, n_numbers=10), n_ctx=15)
    >>> sum(p.numel() for p in model.parameters())
    2487
    """
    checks.whole("n_ctx", n_ctx, at_least=6)
    at = {name: i for i, name in enumerate(FEATURES)}
    n, most = len(FEATURES), 2 * task.n_numbers  # `most`: more than any difference
    model = CounterTransformer(
        task.spec, d_model=2 * n, n_layers=1, n_heads=2, d_mlp=7, n_ctx=n_ctx
    )
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    nn.init.ones_(model.norm.weight)
    numbers = torch.arange(task.n_numbers, dtype=torch.float32)
    (block,) = model.blocks
    with torch.no_grad():
        embed = model.embed.weight  # (d_model, token)
        embed[at["number"], 1 : 1 + task.n_numbers] = numbers
        embed[at["go"], task.go] = 1
        embed[at["one"]] = 1
        model.positions.table[1, at["at_a"]] = 1
        model.positions.table[2, at["at_b"]] = 1
        for head, (place, into) in enumerate((("at_a", "a"), ("at_b", "b"))):
            first = head * n  # of the head's own numbers
            block.attention.W_Q.weight[first, at["one"]] = SHARP * n**0.5
            block.attention.W_K.weight[first, at[place]] = 1
            block.attention.W_V.weight[first, at["number"]] = 1
            block.attention.W_O.weight[at[into], first] = 1
        reads, _, writes = block.mlp
        for unit, (weights, constant, gives) in enumerate(units(most)):
            for name, weight in weights.items():
                reads.weight[unit, at[name]] = weight
            reads.bias[unit] = constant
            for name, weight in gives.items():
                writes.weight[at[name], unit] = weight
        for weight in (embed, model.positions.table.T, block.attention.W_O.weight):
            weight[n:] = -weight[:n]
        writes.weight[n:] = -writes.weight[:n]
        logits_head(model, task, at)
    return model.eval()


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


def logits_head(model: Transformer, task: Counting, at: dict[str, int]) -> None:
    """Logit of m: 2 m x - m^2, which is largest for the m that is nearest to x.

    Both are counted from the middle of the numbers, which is kinder to float32.
    """
    weight = model.logits_head.weight  # (token, d_model)
    middle = (task.n_numbers - 1) / 2
    m = torch.arange(task.n_numbers) - middle
    rows = slice(1, 1 + task.n_numbers)
    weight[rows, at["number"]] = weight[rows, at["step"]] = 2 * m
    weight[rows, at["one"]] = -(m**2) - 2 * m * middle
    enough = 2.0 * task.n_numbers**2
    weight[[0, task.start, task.go, task.end], at["one"]] = -enough
    weight[task.end, at["ends"]] = 2 * enough
