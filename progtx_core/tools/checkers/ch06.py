"""Checkers of chapter 6, the transformer."""

import torch

from progtx_core import models, tasks
from progtx_core.tools.checkers.judge import array, exercise, near, require


@exercise("6.1", "a function of (d_model, n_layers, d_input, seq_len, n_classes)")
def size(answer):
    for name, d, n_layers in (
        ("sign_changes_mod_3", 32, 3),
        ("sign_changes_mod_3", 8, 1),
        ("sum_mod_10", 16, 3),
    ):
        spec = tasks.get(name).spec
        sizes = {"d_model": d, "n_layers": n_layers}
        n = models.count_parameters(models.build("transformer", spec, n_heads=4, **sizes))
        sizes |= {"d_input": spec.d_features, "seq_len": spec.seq_len}
        sizes["n_classes"] = spec.n_classes
        missing = {
            "the table of positions is": spec.seq_len * d,
            "the logits head is": (d + 1) * spec.n_classes,
            "the embedding is": (spec.d_features + 1) * d,
            "the last norm is": 2 * d,
            "all norms are": (2 * n_layers + 1) * 2 * d,
            "both norms of each block are": n_layers * 4 * d,
            "the second norm of each block is": n_layers * 2 * d,
            "the biases of the MLPs are": n_layers * 5 * d,
            "the biases of attention are": n_layers * 4 * d,
            "all biases are": n_layers * 9 * d + d + spec.n_classes,
            "the output matrix of attention is": n_layers * (d + 1) * d,
        }
        traps = {f"{part} missing": n - size for part, size in missing.items()}
        told = ", ".join(f"{name}={value}" for name, value in sizes.items())
        near(f"size({told})", answer(*sizes.values()), n, traps, atol=0.1)


@exercise("6.2", "a pair of functions: split(x, n_heads) and join(heads)")
def heads(answer):
    pair = isinstance(answer, tuple | list) and len(answer) == 2
    require(pair, "give a pair: split, join")
    split, join = answer
    require(callable(split) and callable(join), "both of the pair must be functions")
    x = torch.arange(2 * 5 * 12.0).view(2, 5, 12)
    made = split(x, 3)
    if isinstance(made, torch.Tensor) and tuple(made.shape) == (2, 5, 3, 4):
        require(False, "split leaves heads behind positions; transpose them")
    array("split(x, 3)", made, (2, 3, 5, 4))
    want = x.view(2, 5, 3, 4).transpose(1, 2)
    mixed = "each head has numbers of other positions: reshape to (batch, seq, n_heads, "
    traps = {f"{mixed}d_head) first, then transpose": x.view(2, 3, 5, 4)}
    other = x.view(2, 5, 4, 3).permute(0, 3, 1, 2)
    traps["head 0 must have neighbouring numbers, the first four"] = other
    near("split(x, 3)", made, want, traps)
    joined = join(made)
    back = "transpose heads and positions back before they are joined"
    near("join(split(x, 3))", joined, x, {back: want.reshape(2, 5, 12)})


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
