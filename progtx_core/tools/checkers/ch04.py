"""Checkers of chapter 4, self-attention."""

import torch
from torch.nn import functional as F

from progtx_core.tools.checkers.judge import array, exercise, near, not_weights, require


@exercise("4.1", "a function of (q, k, v), each (batch, seq, d)")
def attention(answer):
    generator = torch.Generator().manual_seed(4)
    q, k, v = torch.randn(3, 2, 5, 16, generator=generator)
    raw = q @ k.transpose(1, 2)
    scores = raw / 4
    traps = {
        "both bugs are left": raw.softmax(1) @ v,
        "the scores are not divided by the root of d": raw.softmax(-1) @ v,
        "the softmax runs over queries; each row must add up to 1": scores.softmax(1) @ v,
        "divide by the root of d, not by d": (raw / 16).softmax(-1) @ v,
        "queries and keys are swapped": scores.transpose(1, 2).softmax(-1) @ v,
        "divide the scores, before the softmax": raw.softmax(-1) @ v / 4,
        "the root is that of the width, not of seq": (raw / 5**0.5).softmax(-1) @ v,
        "there is no softmax": scores @ v,
    }
    near("attention", answer(q, k, v), F.scaled_dot_product_attention(q, k, v), traps)


@exercise("4.2", "a function of keys, (batch, seq, d_key)")
def opposite(answer):
    generator = torch.Generator().manual_seed(5)
    k = F.normalize(torch.randn(300, 8, 4, generator=generator), dim=-1)
    made = torch.tensor(array("the table of scores", answer(k), (300, 8, 8)))
    not_weights("the scores", made)
    least, where = (k @ k.transpose(1, 2)).topk(2, largest=False)
    clear = least.diff(dim=-1)[..., 0] > 0.1
    own = (made.argmax(-1) == torch.arange(8)).float().mean()
    hint = "each position attends to itself, its most similar one: the sign is wrong"
    require(own < 0.9, hint)
    right = made.argmax(-1) == where[..., 0]
    require(right[clear].all(), "the most opposite key does not get the greatest score")
    low = made.softmax(-1).amax(-1)[clear].min().item()
    require(low >= 0.99, f"not sharp enough: a most opposite one gets only {low:.4f}")


@exercise("4.3", "a function of n and p")
def share(answer):
    for n, p in ((10, 4), (4, 2), (2, 1), (10, 1), (7, 0), (6, 6)):
        want = 2 * p * (n - p) / (n * (n - 1))
        traps = {
            "the first value is not put back: n - 1 are left": 2 * p * (n - p) / n**2,
            "the positive one may be the first or the last: twice that": want / 2,
            "that is the chance that they agree": 1 - want,
            "with different counts of signs it is no coin toss": 0.5,
        }
        near(f"share({n}, {p})", answer(n, p), want, traps, atol=1e-9)


@exercise("4.4", "a function of scores, (batch, query, key)")
def causal(answer):
    scores = torch.randn(2, 5, 5, generator=torch.Generator().manual_seed(6))
    later = torch.ones(5, 5, dtype=torch.bool).triu(1)  # (query, key)
    made = answer(scores.clone())
    if isinstance(made, torch.Tensor) and tuple(made.shape) == (2, 5, 5):
        zero = "NaN everywhere: zero times infinity is NaN; see `masked_fill`"
        require(not made.isnan().all(), zero)
        require(not made.isnan().any(), "NaN: a position may attend to itself, at least")
    masked, plain = scores.masked_fill(later, -torch.inf), scores.softmax(-1)
    earlier = scores.masked_fill(later.T, -torch.inf).softmax(-1)
    zeros = scores.masked_fill(later, 0).softmax(-1)
    traps = {
        "nothing is masked": plain,
        "these are scores: the softmax is missing": masked,
        "it hides the earlier keys: take the later ones": earlier,
        "rows do not add up to 1: mask before the softmax": plain.masked_fill(later, 0),
        "a score of 0 still gets e^0: use minus infinity": zeros,
        "the softmax runs over queries": masked.softmax(1),
    }
    near("the pattern", made, masked.softmax(-1), traps)


@exercise("4.5", "a function of (n, d)")
def products(answer):
    for n, d in ((8, 32), (64, 32), (1024, 64)):
        traps = {
            "that is the share of the four maps": 2 * d / (n + 2 * d),
            "there are four maps: queries, keys, values and W_O": 2 * n / (2 * n + 3 * d),
            "the pattern is used twice: made, and applied to values": n / (n + 4 * d),
            "it is a share: divide by all multiplications": n / (2 * d),
        }
        near(f"share({n}, {d})", answer(n, d), n / (n + 2 * d), traps)
