"""What attention patterns say: how far a row is spread, and what it points at."""

import torch

# Spread of a row, from 0 (one token) to 1 (all tokens alike), and what it is called.
KINDS = {"focused": 1 / 3, "mixed": 2 / 3, "distributed": 1.0}


def spread(pattern: torch.Tensor, n_real: torch.Tensor) -> torch.Tensor:
    """Entropy of each row of a pattern as a share of the largest there could be.

    pattern: (batch, …, key), rows that add up to 1; n_real: (batch,), keys that are no
    padding, at least 2. Returns (batch, …): 0 for a row that sees one key alone, 1 for
    one that sees all real keys alike.

    >>> rows = torch.tensor([[1.0, 0.0, 0.0, 0.0], [0.25, 0.25, 0.25, 0.25]])
    >>> spread(rows, torch.tensor([4, 4])).tolist()
    [0.0, 1.0]
    """
    entropy = torch.special.entr(pattern).sum(-1)  # -p log p, and 0 for p = 0; in nats
    most = n_real.double().log().to(pattern.dtype)
    return entropy / most.view(-1, *[1] * (entropy.ndim - 1))


def kind(share: float) -> str:
    """What a spread is called: focused, mixed or distributed.

    >>> [kind(share) for share in (0.1, 0.5, 0.9)]
    ['focused', 'mixed', 'distributed']
    """
    return next((name for name, most in KINDS.items() if share <= most), "distributed")


def weight_on(pattern: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
    """How much of each row falls on one key of its input.

    pattern: (batch, …, key); keys: (batch,). Returns (batch, …).

    >>> weight_on(torch.tensor([[0.1, 0.9], [0.7, 0.3]]), torch.tensor([1, 0])).tolist()
    [0.8999999761581421, 0.699999988079071]
    """
    index = keys.view(-1, *[1] * (pattern.ndim - 1)).expand(*pattern.shape[:-1], 1)
    return pattern.gather(-1, index).squeeze(-1)
