"""Checkers of chapter 6, the transformer."""

import torch

from progtx_core import models, tasks
from progtx_core.tools.checkers.judge import array, exercise, near, require


@exercise("6.1", "a function of (d_model, n_layers, d_input, seq_len, n_classes)")
def size(answer):
    for name, d_model, n_layers in (
        ("sign_changes_mod_3", 32, 2),
        ("sign_changes_mod_3", 8, 1),
        ("sum_mod_10", 16, 3),
    ):
        spec = tasks.get(name).spec
        build = models.build(
            "transformer", spec, d_model=d_model, n_layers=n_layers, n_heads=4
        )
        d_input, d_mlp, n = spec.d_features, 4 * d_model, models.count_parameters(build)
        table, last = spec.seq_len * d_model, (d_model + 1) * spec.n_classes
        n_biases = n_layers * (5 * d_model + d_mlp) + d_model + spec.n_classes
        near(
            f"the size for width {d_model} and {n_layers} layers",
            answer(d_model, n_layers, d_input, spec.seq_len, spec.n_classes),
            n,
            {
                "the table of positions is missing": n - table,
                "the logits head is missing": n - last,
                "the embedding is missing": n - (d_input + 1) * d_model,
                "the last norm is missing": n - 2 * d_model,
                "the norms are missing": n - (2 * n_layers + 1) * 2 * d_model,
                "the blocks have two norms each, not one": n - 2 * n_layers * d_model,
                "the biases are missing": n - n_biases,
                "the output matrix of attention is missing": n
                - n_layers * (d_model + 1) * d_model,
            },
            atol=0.1,
        )


@exercise("6.2", "a pair of functions: split(x, n_heads) and join(heads)")
def heads(answer):
    require(
        isinstance(answer, tuple | list) and len(answer) == 2, "give a pair: split, join"
    )
    split, join = answer
    require(callable(split) and callable(join), "both of the pair must be functions")
    x = torch.arange(2 * 5 * 12.0).view(2, 5, 12)
    made = split(x, 3)
    if isinstance(made, torch.Tensor) and tuple(made.shape) == (2, 5, 3, 4):
        require(False, "split leaves heads behind positions; transpose them")
    array("split(x, 3)", made, (2, 3, 5, 4))
    want = x.view(2, 5, 3, 4).transpose(1, 2)
    traps = {
        "each head has numbers of other positions: reshape to (batch, seq, n_heads, "
        "d_head) first, then transpose": x.view(2, 3, 5, 4),
        "head 0 must have neighbouring numbers, the first four": x.view(2, 5, 4, 3).permute(
            0, 3, 1, 2
        ),
    }
    near("split(x, 3)", made, want, traps)
    joined = join(made)
    traps = {
        "transpose heads and positions back before they are joined": want.reshape(2, 5, 12)
    }
    near("join(split(x, 3))", joined, x, traps)


@exercise("6.3", "a function of (x, mask)")
def mean(answer):
    x = torch.tensor([[[1.0, 2.0], [3.0, 8.0], [9.0, 7.0]], [[4.0, 1], [5.0, 2], [6.0, 6]]])
    mask = torch.tensor([[True, True, False], [True, True, True]])
    made = answer(x.clone(), mask)
    only = x.masked_fill(~mask[..., None], 0.0)
    traps = {
        "the padded positions are counted, too: divide by how many are none": only.mean(1),
        "the padded positions are averaged, too": x.mean(1),
        "it is a sum: divide by the number of positions": only.sum(1),
    }
    if isinstance(made, torch.Tensor) and made.numel() == 2:
        require(False, "the mean is over positions alone: each number of the width stays")
    near("the mean", made, [[2.0, 5.0], [5.0, 3.0]], traps)
    x[0, 2] = float("inf")
    after = answer(x, mask)
    hint = "an infinite padded position changes the mean: zero times infinity is NaN"
    require(torch.as_tensor(after).isfinite().all(), hint)
    near("the mean beside an infinite padded position", after, [[2.0, 5.0], [5.0, 3.0]])
