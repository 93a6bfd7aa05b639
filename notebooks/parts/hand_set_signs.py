"""A transformer set by hand that counts sign changes modulo 3, exactly beyond a margin."""

import torch
from progtx_core.types import Spec
from torch import nn

from parts.ablations import NoNormTransformer

# What stands where in the residual stream of a position.
SIGNAL, BEFORE, AGREES, CHANGE, COUNT, ONE, CLASSES = 0, 1, 2, 3, 4, 5, 6
SHARP = 100.0  # of attention: what is not meant gets a weight of e^-100
STEEP = 50.0  # a step is exact where the signals are at least 1 / STEEP from zero


def sign_counter(spec: Spec, n_classes: int = 3) -> NoNormTransformer:
    """Three layers without normalisation: compare with the one before, decide, count.

    Layer 0 fetches the signal before, and makes a number that is negative where the two
    differ in sign. Layer 1 makes it 1 or 0. Layer 2 takes the mean over all positions,
    which is the count over `seq_len`, and turns it into one of three classes.
    """
    seq = spec.seq_len
    first = CLASSES + n_classes  # of as many numbers as positions, 1 at the own one
    model = NoNormTransformer(spec, first + seq, n_layers=3, n_heads=1)
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    with torch.no_grad():
        model.embed.weight[SIGNAL] = 1.0  # the sum of the features
        model.positions.table[:, ONE] = 1.0
        model.positions.table[:, first:] = torch.eye(seq)
        compare, decide, count = model.blocks
        _fetch_the_one_before(compare.attention, first, seq)
        # |a + b| - |a - b| is negative where a and b differ in sign, positive elsewhere.
        for row, (a, b) in enumerate([(1, 1), (-1, -1), (1, -1), (-1, 1)]):
            compare.mlp[0].weight[row, [SIGNAL, BEFORE]] = torch.tensor([a, b]).float()
            compare.mlp[2].weight[AGREES, row] = 1.0 if a == b else -1.0
        _step(decide.mlp, AGREES, CHANGE)
        _mean_of(count.attention, CHANGE, COUNT)
        for changes in range(seq):  # a hat of height 1 at each count
            _hat(count.mlp, changes, seq, CLASSES + changes % n_classes)
        model.logits_head.weight[:, CLASSES:first] = SHARP * torch.eye(n_classes)
    return model


def _fetch_the_one_before(attention, first: int, seq: int) -> None:
    """Position t attends to t - 1, the first to itself; the signal found goes to BEFORE."""
    for t in range(seq):
        attention.W_Q.weight[first + max(t - 1, 0), first + t] = SHARP
        attention.W_K.weight[first + t, first + t] = attention.W_Q.in_features**0.5
    attention.W_V.weight[BEFORE, SIGNAL] = attention.W_O.weight[BEFORE, BEFORE] = 1.0


def _step(mlp, of: int, to: int) -> None:
    """1 where a number is negative, 0 where it is positive: two rectifiers."""
    for row, (shift, sign) in enumerate([(0.5, 1.0), (-0.5, -1.0)]):
        mlp[0].weight[row, of], mlp[0].weight[row, ONE] = -STEEP, shift
        mlp[2].weight[to, row] = sign


def _mean_of(attention, of: int, to: int) -> None:
    """With queries and keys of zero all weights are equal: a mean over all positions."""
    attention.W_V.weight[to, of] = attention.W_O.weight[to, to] = 1.0


def _hat(mlp, changes: int, seq: int, to: int) -> None:
    """1 where the count is `changes`, 0 at every other whole number: three rectifiers."""
    for which, (shift, height) in enumerate([(1, 1.0), (0, -2.0), (-1, 1.0)]):
        row = 3 * changes + which
        mlp[0].weight[row, COUNT], mlp[0].weight[row, ONE] = seq, shift - changes
        mlp[2].weight[to, row] += height
