"""Answers to the exercises of chapter 6: other right ones, wrong ones with their hint."""

import torch
from torch import nn


def by_modules(d_model, n_layers, d_input, seq_len, n_classes):
    """The same count, read off torch's own layers."""
    layer = nn.TransformerEncoderLayer(d_model, 1, 4 * d_model)
    ends = [
        nn.Linear(d_input, d_model),
        nn.LayerNorm(d_model),
        nn.Linear(d_model, n_classes),
    ]
    parts = [*[layer] * n_layers, *ends]
    return seq_len * d_model + sum(p.numel() for part in parts for p in part.parameters())


def full(d, n, d_in, seq, c, without=0):
    return by_modules(d, n, d_in, seq, c) - without


def with_einsum(x, mask):
    kept = torch.where(mask[..., None], x, 0.0)
    return torch.einsum("bsd->bd", kept) / mask.sum(1)[:, None]


RIGHT = {
    "6.1": [by_modules],
    "6.2": [
        [
            lambda x, n: torch.stack(x.chunk(n, -1), 1),
            lambda heads: torch.cat(list(heads.unbind(1)), -1),
        ]
    ],
    "6.3": [with_einsum],
}
WRONG = {
    "6.1": [
        (lambda d, n, d_in, s, c: full(d, n, d_in, s, c) - s * d, "table of positions"),
        (lambda d, n, d_in, s, c: full(d, n, d_in, s, c) - 2 * d, "last norm"),
        (lambda d, n, d_in, s, c: full(d, n, d_in, s, c) - (d + 1) * c, "logits head"),
        (lambda d, n, d_in, s, c: full(d, n, d_in, s, c) - n * 2 * d, "the second norm"),
        (
            lambda d, n, d_in, s, c: full(d, n, d_in, s, c) - n * (d + 1) * d,
            "output matrix",
        ),
        (lambda d, n, d_in, s, c: full(d, n, d_in, s, c, n * 5 * d), "the MLPs"),
        (lambda d, n, d_in, s, c: full(d, n, d_in, s, c, n * 4 * d), "of each block"),
        (lambda d, n, d_in, s, c: full(d, n, d_in, s, c, n * 9 * d + d + c), "all biases"),
        (lambda d, n, d_in, s, c: full(d, n, d_in, s, c, 7), "n_classes=3) is"),
        (lambda d, n, d_in, s, c: 12 * d * d * n, "not"),
        (lambda d, n: 12 * d * d * n, "TypeError"),
    ],
    "6.2": [
        (lambda x, n: x, "a pair"),
        (
            (lambda x, n: x.view(*x.shape[:2], n, -1), lambda h: h.flatten(2)),
            "transpose them",
        ),
        (
            (lambda x, n: x.view(x.shape[0], n, x.shape[1], -1), lambda h: h.flatten(2)),
            "other positions",
        ),
        (
            (lambda x, n: x.unflatten(2, (-1, n)).permute(0, 3, 1, 2), lambda h: h),
            "neighbouring",
        ),
        (
            (
                lambda x, n: x.view(*x.shape[:2], n, -1).transpose(1, 2),
                lambda h: h.reshape(2, 5, 12),
            ),
            "back before they are joined",
        ),
        ((lambda x, n: x.view(*x.shape[:2], n, -1).transpose(1, 2), lambda h: h), "shape"),
    ],
    "6.3": [
        (lambda x, mask: x.mean(1), "averaged, too"),
        (lambda x, mask: x.masked_fill(~mask.unsqueeze(-1), 0.0).mean(1), "counted, too"),
        (
            lambda x, mask: (x * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim=True),
            "infinite",
        ),
        (lambda x, mask: x.masked_fill(~mask.unsqueeze(-1), 0.0).sum(1), "sum"),
        (lambda x, mask: x.mean((1, 2)), "over positions alone"),
        (lambda x, mask: x.median(1), "shape"),
    ],
}
