"""Which answers a model writes wrongly, and why: the first error, the middle left out."""

from collections import Counter
from dataclasses import dataclass

import torch
from progtx_core.evaluation.generation import greedy
from progtx_core.models.transformer import Transformer
from progtx_core.types import Batch
from torch import nn


@torch.no_grad()
def near_match(model: nn.Module, batch: Batch, prompt: int, n_near: int) -> torch.Tensor:
    """`exact_match` of a model that reads the prompt and the n_near nearest tokens only.

    If it is right now and was not before, the sequence was too long, not too hard.
    """
    model.eval()
    head, rest = prompt + n_near - 1, batch.inputs[:, prompt:]
    right = model(batch.inputs[:, :head]).argmax(-1) == batch.targets[:, :head]
    if rest.shape[1] >= n_near:
        near = rest.unfold(1, n_near, 1)  # (batch, position, n_near)
        n_rows, n_positions, _ = near.shape
        first = batch.inputs[:, None, :prompt].expand(-1, n_positions, -1)
        lines = torch.cat([first, near], 2).flatten(0, 1)
        found = model(lines)[:, -1].argmax(-1).view(n_rows, n_positions)
        right = torch.cat([right, found == batch.targets[:, head:]], 1)
    return (right | ~batch.mask).all(1)


ERROR_KINDS = ("right", "wrong first token", "wrong successor", "early EoS", "missing EoS")


@dataclass(frozen=True)
class AnswerError:
    """The first wrong token of an answer, by ERROR_KINDS and its position, from 0."""

    kind: str
    position: int


def first_error(written: list, wanted: list, end: int | str) -> AnswerError:
    """Where an answer leaves the right one, and how; "right", at its end, if never."""
    for position, want in enumerate(wanted):
        got = written[position] if position < len(written) else None
        if got != want:
            kind = "wrong successor" if position else "wrong first token"
            if end in (got, want):
                kind = "missing EoS" if want == end else "early EoS"
            return AnswerError(kind, position)
    return AnswerError("right", len(wanted))


def count_errors(model: Transformer, batch: Batch, prompt: int, end: int) -> Counter:
    """How many answers of a batch, after prompts of so many tokens, are of each kind."""
    lengths = batch.mask.sum(1)
    written = greedy(model, batch.inputs[:, :prompt], int(lengths.max()), end)
    found: Counter[str] = Counter(dict.fromkeys(ERROR_KINDS, 0))
    for row, length in enumerate(lengths.tolist()):
        wanted = batch.targets[row][batch.mask[row]].tolist()
        found[first_error(written[row, :length].tolist(), wanted, end).kind] += 1
    return found
