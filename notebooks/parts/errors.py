"""Which answers are wrong, and why: the first error, the middle left out, a swap."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import torch
from progtx_core.evaluation.generation import greedy
from progtx_core.models.transformer import Transformer
from progtx_core.tasks.counting import PROMPT, Counting
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


def by_kind(model: Transformer, batch: Batch, known: Batch, task: Counting) -> dict:
    """Kinds of error on tests whose a, or whose b, no training sequence had as such."""
    began, read = known.inputs[:, 1], known.inputs
    ended = read[(read == task.end).any(1), 2]  # as the b of an EoS
    a_seen, b_seen = (
        torch.isin(batch.inputs[:, i], of) for i, of in ((1, began), (2, ended))
    )
    groups = {
        "both seen": a_seen & b_seen,
        "a not seen": ~a_seen,
        "b not seen": a_seen & ~b_seen,
    }
    return {
        name: count_errors(model, batch[keep], PROMPT, task.end)
        for name, keep in groups.items()
    }


def swaps(model: Transformer, batches: dict[int, Batch], task: Counting):
    """`swapped` for each length, and the mean shares over all answers that end early."""
    found = {n: swapped(model, batch, task) for n, batch in batches.items()}
    early = np.array([one["too early"] for one in found.values()])
    weights = early if early.any() else np.ones(len(early))
    names = ("another a", "another b")
    mean = {
        name: float(np.average([one[name] for one in found.values()], weights=weights))
        for name in names
    }
    return found, {"too early": int(early.sum())} | mean


@torch.no_grad()
def swapped(model: Transformer, batch: Batch, task: Counting) -> dict[str, float]:
    """Does an answer that ends too early still end there, with another a, another b?

    The last number x stays, and lies between a and b after either change.
    Returns: how many answers end too early, and the shares that still do.
    """
    written = greedy(model, batch.inputs[:, :PROMPT], batch.inputs.shape[1], task.end)
    stay: dict[str, list[float]] = {"another a": [], "another b": []}
    n_early = 0
    for row, answer in zip(batch.inputs.tolist(), written.tolist(), strict=True):
        wanted = [token for token in row[PROMPT:] if token != task.spec.pad]
        error = first_error(answer[: len(wanted)], wanted, task.end)
        if error.kind != "early EoS" or error.position == 0:
            continue
        n_early += 1
        start, a, b, *rest = row[: PROMPT + error.position]
        x, numbers = rest[-1], range(1, task.n_numbers + 1)
        beyond = [n for n in numbers if (n - x) * (b - a) > 0]
        lines = {
            "another a": [[start, n, b, *rest] for n in numbers if n not in (a, *beyond)],
            "another b": [[start, a, n, *rest] for n in beyond if n != b],
        }
        for name, changed in lines.items():
            if changed:
                ends = model(torch.tensor(changed))[:, -1].argmax(-1) == task.end
                stay[name].append(ends.float().mean().item())
    shares = {name: float(np.mean(v)) if v else 0.0 for name, v in stay.items()}
    return {"too early": n_early} | shares


@torch.no_grad()
def causes(model: nn.Module, batch: Batch, task: Counting) -> dict[str, float]:
    """Shares of the answers whose first error is an early EoS, or the wrong direction.

    The wrong direction: not the next number but the one before, as if b lay behind.
    """
    wrong = (said := model(batch.inputs).argmax(-1)) != batch.targets
    first = (wrong & batch.mask).long().argmax(1, keepdim=True)  # 0, in the prompt, if none
    x, want, got = (t.gather(1, first) for t in (batch.inputs, batch.targets, said))
    ends, number = got == task.end, want != task.end
    turned = number & (x <= task.n_numbers) & (got - x == x - want)
    is_wrong = first > 0
    found = {"early": is_wrong & number & ends, "turned": is_wrong & turned}
    return {name: hit.double().mean().item() for name, hit in found.items()}
