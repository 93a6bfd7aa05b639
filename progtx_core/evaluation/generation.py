"""Answers written token by token, and whether they are right to the last one.

A causal transformer that reads one more token computes nothing new for those before it:
their keys and values can be kept. And to know whether greedy decoding would write the
whole right answer, nothing has to be written: it does so exactly if, with the right
answer as input, the likeliest token is the right one at every place.
"""

from collections import Counter
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from progtx_core import checks
from progtx_core.models.attention import MultiHeadAttention
from progtx_core.models.inputs import as_features
from progtx_core.models.positions import Positions
from progtx_core.models.transformer import Transformer
from progtx_core.types import Batch


class Cache:
    """Keys and values of every layer, with room for `total` places.

    Each call reads some tokens more of all rows, which are equally long.
    """

    def __init__(self, model: Transformer, batch: int, total: int) -> None:
        self.model, self.total, self.length = model, total, 0
        if not all(block.attention.causal for block in model.blocks):
            raise ValueError("what was read can be kept for a causal model only")
        d_model = model.norm.normalized_shape[0]
        # What positions add to every place, and to the scores of every pair.
        self.added = model.positions.add_to_embeddings(torch.zeros(1, total, d_model))[0]
        self.bias = model.positions.attention_bias(total)
        self.turns = type(model.positions).rotate is not Positions.rotate
        heads = model.blocks[0].attention.n_heads
        shape = (batch, heads, total, d_model // heads)
        self.kept = [(torch.zeros(shape), torch.zeros(shape)) for _ in model.blocks]

    def read(self, tokens: torch.Tensor) -> torch.Tensor:
        """Logits of the last of these tokens: (batch, new) to (batch, n_classes)."""
        model, start = self.model, self.length
        self.length = start + tokens.shape[1]
        if self.length > self.total:
            raise ValueError(f"there is room for {self.total} tokens, not {self.length}")
        resid = (
            model.embed(as_features(tokens, model.spec)) + self.added[start : self.length]
        )
        for block, kept in zip(model.blocks, self.kept, strict=True):
            mixed = self.attend(block.attention, block.norm_1(resid), kept)
            resid = resid + mixed
            resid = resid + block.mlp(block.norm_2(resid))
        return model.logits_head(model.norm(resid[:, -1]))

    def attend(
        self, layer: MultiHeadAttention, steps: torch.Tensor, kept: tuple
    ) -> torch.Tensor:
        """What the new places, (batch, new, d_model), find among all that were read."""
        start, end = self.length - steps.shape[1], self.length
        keys, values = kept
        queries = self.turned(layer.split(layer.W_Q(steps)))
        keys[:, :, start:end] = self.turned(layer.split(layer.W_K(steps)))
        values[:, :, start:end] = layer.split(layer.W_V(steps))
        bias = layer.attention_mask(end, None)[start:end]
        if self.bias is not None:
            bias = bias + self.bias[:, start:end, :end]
        mixed = F.scaled_dot_product_attention(
            queries, keys[:, :, :end], values[:, :, :end], bias
        )
        return layer.W_O(mixed.transpose(1, 2).flatten(2))

    def turned(self, heads: torch.Tensor) -> torch.Tensor:
        """Queries or keys of the new places, turned as those places have it."""
        if not self.turns:
            return heads
        batch, n_heads, new, d_head = heads.shape
        before = heads.new_zeros(batch, n_heads, self.length - new, d_head)
        return self.model.positions.rotate(torch.cat([before, heads], 2))[:, :, -new:]


@torch.no_grad()
def greedy(
    model: nn.Module, prompts: torch.Tensor, n_new: int, end: int, cached: bool = True
) -> torch.Tensor:
    """The likeliest token after another, until every row has ended: (batch, new).

    prompts: (batch, seq), equally long; n_new: tokens at most; end: the token that ends a
    row, which is then filled up with `end`; padding is never written; cached: False
    to read all again for every token, which gives the same, and is what happens with a
    model that is no `Transformer`, such as one on another device
    """
    checks.whole("n_new", n_new, at_least=1)
    cached = cached and isinstance(model, Transformer)
    pad = model.spec.pad
    if pad is not None and (prompts == pad).any():
        raise ValueError(f"prompts must be equally long, without padding (token {pad})")
    model.eval()
    cache = Cache(model, len(prompts), prompts.shape[1] + n_new) if cached else None
    written, following = prompts, prompts
    ended = torch.zeros(len(prompts), dtype=torch.bool)
    for _ in range(n_new):
        logits = model(written)[:, -1] if cache is None else cache.read(following)
        if pad is not None:
            logits[:, pad] = -torch.inf
        found = logits.argmax(-1).masked_fill(ended, end)
        ended = ended | (found == end)
        following = found.unsqueeze(1)
        written = torch.cat([written, following], 1)
        if ended.all():
            break
    return written[:, prompts.shape[1] :]


@torch.no_grad()
def exact_match(model: nn.Module, batch: Batch) -> torch.Tensor:
    """Whether greedy decoding would write each answer to its end: (batch,) bool.

    One pass over the right answers; equal to generation, token by token, because both
    read the same tokens until the first wrong one.
    """
    model.eval()
    right = model(batch.inputs).argmax(-1) == batch.targets
    return (right | ~batch.mask).all(1)


@torch.no_grad()
def near_match(model: nn.Module, batch: Batch, prompt: int, n_near: int) -> torch.Tensor:
    """As `exact_match`, but what lies between is left out: (batch,) bool.

    For every token the model reads the prompt and the n_near tokens before it, as if
    they followed on each other. If it is right now and was not before, what it was asked
    was not too hard for it, but the sequence too long.

    prompt: tokens of each prompt
    """
    model.eval()
    head, rest = prompt + n_near - 1, batch.inputs[:, prompt:]
    right = model(batch.inputs[:, :head]).argmax(-1) == batch.targets[:, :head]
    if rest.shape[1] >= n_near:
        near = rest.unfold(1, n_near, 1)  # (batch, place, n_near)
        n_rows, n_places, _ = near.shape
        first = batch.inputs[:, None, :prompt].expand(-1, n_places, -1)
        lines = torch.cat([first, near], 2).flatten(0, 1)
        found = model(lines)[:, -1].argmax(-1).view(n_rows, n_places)
        right = torch.cat([right, found == batch.targets[:, head:]], 1)
    return (right | ~batch.mask).all(1)


KINDS = ("right", "wrong first token", "wrong successor", "early EoS", "missing EoS")


@dataclass(frozen=True)
class AnswerError:
    """The first wrong token of an answer: its kind, and where it stands, from 0."""

    kind: str
    place: int


def first_error(written: list[int], wanted: list[int], end: int) -> AnswerError:
    """Where an answer leaves the right one, and how; the place is its length if never.

    >>> first_error([5, 6, 9], [5, 6, 7, 9], end=9)
    AnswerError(kind='early EoS', place=2)
    """
    for place, want in enumerate(wanted):
        got = written[place] if place < len(written) else None
        if got == want:
            continue
        if want == end:
            return AnswerError("missing EoS", place)
        if got == end:
            return AnswerError("early EoS", place)
        return AnswerError("wrong first token" if place == 0 else "wrong successor", place)
    return AnswerError("right", len(wanted))


def count_errors(model: Transformer, batch: Batch, prompt: int, end: int) -> Counter:
    """How many answers of a batch go wrong in which way, by KINDS.

    prompt: tokens of each prompt, after which the model writes
    """
    lengths = batch.mask.sum(1)
    written = greedy(model, batch.inputs[:, :prompt], int(lengths.max()), end)
    found = Counter(dict.fromkeys(KINDS, 0))
    for row, length in enumerate(lengths.tolist()):
        wanted = batch.targets[row][batch.mask[row]].tolist()
        found[first_error(written[row, :length].tolist(), wanted, end).kind] += 1
    return found
