"""Answers written token by token, and whether they are right to the last one."""

from typing import Any

import torch
from torch import nn

from progtx_core import checks
from progtx_core.models.inputs import as_features
from progtx_core.models.positions import Positions
from progtx_core.models.transformer import Transformer
from progtx_core.types import Batch, Spec

LONGEST = 10_000  # tokens that are written at most


class Cache:
    """Keys and values of all layers, which later tokens do not change in a causal model."""

    def __init__(self, model: Transformer, batch: int, total: int) -> None:
        self.model: Any = model
        self.total, self.length = total, 0
        layers = [block.attention for block in self.model.blocks]
        if not all(layer.causal for layer in layers):
            raise ValueError("what was read can be kept for a causal model only")
        d_model, n_heads = model.norm.normalized_shape[0], layers[0].n_heads
        positions: Any = model.positions
        zeros = model.embed.weight.new_zeros
        self.added = positions.add_to_embeddings(zeros(1, total, d_model))[0]
        self.bias = positions.attention_bias(total)
        self.rotates = type(positions).rotate is not Positions.rotate
        shape = (batch, n_heads, total, d_model // n_heads)
        self.kept = [(zeros(shape), zeros(shape)) for _ in layers]

    def read(self, tokens: torch.Tensor) -> torch.Tensor:
        """Logits of the last of these tokens: (batch, new) to (batch, n_classes)."""
        model, start = self.model, self.length
        self.length = start + tokens.shape[1]
        if self.length > self.total:
            raise ValueError(f"there is room for {self.total} tokens, not {self.length}")
        resid = model.embed(as_features(tokens, model.spec, model.embed))
        resid = resid + self.added[start : self.length]
        for block, kept in zip(model.blocks, self.kept, strict=True):
            resid = resid + self.attend(block.attention, block.norm_1(resid), *kept)
            resid = resid + block.mlp(block.norm_2(resid))
        return model.logits_head(model.norm(resid[:, -1]))

    def attend(self, layer: Any, new: torch.Tensor, keys, values) -> torch.Tensor:
        """What the new tokens, (batch, new, d_model), find among all that were read."""
        start, end = self.length - new.shape[1], self.length
        queries = self.rotated(layer.split(layer.W_Q(new)))
        keys[:, :, start:end] = self.rotated(layer.split(layer.W_K(new)))
        values[:, :, start:end] = layer.split(layer.W_V(new))
        bias = layer.attention_mask(end, None)[start:end]
        if self.bias is not None:
            bias = bias + self.bias[:, start:end, :end]
        keys, values = keys[:, :, :end], values[:, :, :end]
        bias = bias.to(queries.dtype)
        mixed = nn.functional.scaled_dot_product_attention(queries, keys, values, bias)
        return layer.W_O(mixed.transpose(1, 2).flatten(2))

    def rotated(self, heads: torch.Tensor) -> torch.Tensor:
        """Queries or keys of the new tokens, rotated by their positions."""
        if not self.rotates:
            return heads
        rotate, start = self.model.positions.rotate, self.length - heads.shape[2]
        return rotate(nn.functional.pad(heads, (0, 0, start, 0)))[:, :, start:]


@torch.no_grad()
def greedy(
    model: nn.Module, prompts: torch.Tensor, n_new: int, end: int, cached: bool = True
) -> torch.Tensor:
    """The likeliest token after another, n_new at most: (batch, new), ends by `end`.

    prompts: (batch, seq), without padding, which is never written; cached: False reads all
    again for every token, to the same result, as models that are no `Transformer` do
    """
    checks.whole("n_new", n_new, 1, LONGEST)
    spec = checks.instance("the spec of the model", getattr(model, "spec", None), Spec)
    if not spec.per_position or spec.d_vocab is None:
        raise ValueError("greedy needs a model of tokens with an answer per position")
    checks.whole("end", end, 0, spec.n_classes - 1)
    spec.check_inputs(prompts)
    pad: Any = getattr(model.spec, "pad", None)
    if pad is not None and (prompts == pad).any():
        raise ValueError(f"prompts must be equally long, without padding (token {pad})")
    model.eval()
    sizes = (len(prompts), prompts.shape[1] + n_new)
    cache = Cache(model, *sizes) if cached and isinstance(model, Transformer) else None
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
    """Whether greedy decoding would write each answer to its end: (batch,) bool."""
    # It would if every likeliest token is right where the right answer is read.
    model.eval()
    right = model(batch.inputs).argmax(-1) == batch.targets
    return (right | ~batch.mask).all(1)
