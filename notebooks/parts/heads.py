"""What attention patterns say: how far a row is spread, and what it points at."""

import torch

# Spread of a row, from 0 (one key) to 1 (all keys alike), and what it is called.
SPREAD_KINDS = {"focused": 1 / 3, "mixed": 2 / 3, "distributed": 1.0}


def spread(pattern: torch.Tensor, n_real: torch.Tensor) -> torch.Tensor:
    """Entropy of each row of a pattern, as a share of the largest there could be.

    pattern: (batch, …, key), rows that add up to 1; n_real: (batch,), keys that are no
    padding. Returns (batch, …): 0 for one key alone, 1 for all real keys alike.
    """
    entropy = torch.special.entr(pattern).sum(-1)  # -p log p, and 0 for p = 0; in nats
    # A single key leaves nothing to spread over: 0 / log 2 for 0 / log 1.
    largest = n_real.clamp(min=2).double().log().to(pattern.dtype)
    return entropy / largest.view(-1, *[1] * (entropy.ndim - 1))


def kind(share: float) -> str:
    """What a spread is called, by SPREAD_KINDS."""
    return next((k for k, most in SPREAD_KINDS.items() if share <= most), "distributed")


def weight_on(pattern: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
    """How much of each row, (batch, …, key), falls on its input's one of keys, (batch,)."""
    index = keys.view(-1, *[1] * (pattern.ndim - 1)).expand(*pattern.shape[:-1], 1)
    return pattern.gather(-1, index).squeeze(-1)
