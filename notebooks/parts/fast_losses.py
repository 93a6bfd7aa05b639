"""Many candidates of a search measured together, and nothing computed twice.

A candidate differs from the model as it is in a few numbers. What these cannot reach is
taken from the last full pass, beginnings that strings share are computed once, and the
candidates lie innermost, (feature, node, candidate): each operation is one long stretch.
"""

from typing import Any

import torch
from progtx_core import checks
from progtx_core.models.positions import Learned, Positions
from progtx_core.models.transformer import Block, Transformer
from progtx_core.optim.moves import Moves
from progtx_core.types import Batch
from torch import Tensor
from torch.nn import functional as F

from parts.prefixes import Prefixes

# The C library hands large blocks back when they are freed, and to get them anew costs a
# quarter of the time here. Once one of this size was freed, it keeps as much.
LARGE = 31 * 2**20
ROUNDING = {torch.float32: 1e-6, torch.float64: 1e-12}  # of a loss, relative
Shift = tuple[Tensor, Tensor, Tensor, Tensor]  # row, column, candidate, change


class FastLosses:
    """Loss of a causal transformer on a fixed batch, for many moves at once.

    Calling it with `Moves` gives a loss for each, lowered by a bound of its rounding
    error, as `PatternSearch(losses_of=...)` wants it, at the parameters of the moment.

    Args:
        model: a `CausalTransformer`, per_position, with learned positions or none
        memory: bytes that the candidates measured together may take
    """

    def __init__(self, model: Transformer, batch: Batch, memory: int = 2**25) -> None:
        check_model(model)
        self.model = model
        self.layers: dict[str, Any] = dict(model.named_modules())
        self.named = list(model.named_parameters())
        self.dtype = self.named[0][1].dtype
        self.tree = Prefixes(batch, model.spec, self.dtype)
        at = F.one_hot(self.tree.depth, model.positions.n_ctx)  # what a table multiplies
        self.at = at.T.unsqueeze(2).to(self.dtype)  # (position, node, 1)
        self.memory = checks.whole("memory", memory, at_least=1)
        self.kept: dict[str, Tensor] = {}  # activations of the model as it is
        self.kept_at = torch.empty(0)  # all parameters, as they were then
        self.n = 1  # candidates that are being measured
        torch.empty(LARGE, dtype=torch.uint8)  # freed at once: see LARGE

    @property
    def together(self) -> int:
        """How many candidates fit into `memory`."""
        d_mlp, d_model = self.layers["blocks.0.mlp.0"].weight.shape
        scores = 2 * len(self.tree.seen) * self.layers["blocks.0.attention"].n_heads
        numbers = len(self.tree) * (12 * d_model + 2 * d_mlp + scores)
        return max(2, self.memory // (numbers * self.dtype.itemsize))

    @torch.no_grad()
    def __call__(self, moves: Moves) -> Tensor:
        """Losses (n_moves,), each a little too low."""
        # Compared by value: torch does not count all changes, and not across copies.
        now = torch.cat([p.flatten() for _, p in self.named])
        if now.dtype != self.dtype:
            made = f"FastLosses was made for {self.dtype}, the model is {now.dtype} now"
            raise ValueError(f"{made}; make a new one")
        if not torch.equal(now, self.kept_at.to(now)):
            self.kept, self.n = {}, 1
            self.forward(None)
            self.kept_at = now
        losses = torch.empty(len(moves), dtype=torch.double)
        # Moves that begin at the same part of the model have the same part to skip.
        order = moves.coordinates.amin(1).argsort()
        for some in order.split(self.together):
            part = Moves(moves.coordinates[some], moves.change[some].to(self.dtype))
            losses[some] = self.forward(self.shifts(part))[: len(part)]
        return losses - ROUNDING[self.dtype] * losses.abs().clamp(min=1)

    def shifts(self, moves: Moves) -> dict[str, Shift]:
        """The changes of each parameter, for moves that fit into memory together."""
        # A last axis of 1 marks what is unchanged, so one candidate is joined by a copy.
        self.n = max(2, len(moves))
        found = {}
        searched = [(n, p) for n, p in self.named if p.requires_grad]  # at the moment
        ends = torch.tensor([p.numel() for _, p in searched]).cumsum(0)
        last = sum(p.numel() for _, p in searched) - 1
        for place in moves.coordinates.aminmax():
            checks.whole("a place that is moved", int(place), 0, last)
        for number, who, places, change in moves.by_parameter(ends):
            name, parameter = searched[number]
            row = column = places  # of a diagonal: the weights of a norm
            if parameter.ndim == 2:
                row, column = places // parameter.shape[1], places % parameter.shape[1]
            if name == "positions.table":  # a weight the other way round
                row, column = column, row
            found[name] = row, column, who, change
        return found

    def forward(self, shifts: dict[str, Shift] | None) -> Tensor:
        """Losses (candidate,); without shifts, of the model itself, and keep all."""
        resid = self.linear("embed", self.tree.features, shifts)
        if isinstance(self.model.positions, Learned):
            resid = resid + self.model.positions.table[self.tree.depth].T.unsqueeze(2)
            resid = self.shifted(resid, "positions.table", self.at, shifts)
        for i in range(len(self.model.blocks)):
            block = f"blocks.{i}"
            normed = self.norm(f"{block}.norm_1", resid, shifts)
            resid = resid + self.attention(f"{block}.attention", normed, shifts)
            normed = self.norm(f"{block}.norm_2", resid, shifts)
            hidden = relu(self.linear(f"{block}.mlp.0", normed, shifts))
            resid = resid + self.linear(f"{block}.mlp.2", hidden, shifts)
        logits = self.linear("logits_head", self.norm("norm", resid, shifts), shifts)
        counts, logits = self.tree.counts, logits.double()  # a sum over all answers
        wanted = torch.einsum("cn,cnk->k", counts, logits)
        return (counts.sum(0) @ logits.logsumexp(0) - wanted) / self.tree.n_answers

    def unchanged(self, x: Tensor, shifts: dict[str, Shift] | None) -> bool:
        return shifts is not None and x.shape[-1] == 1

    def linear(self, name: str, x: Tensor, shifts) -> Tensor:
        """(d_in, node, candidate) to (d_out, node, candidate)."""
        if self.unchanged(x, shifts):
            y = self.kept[name]
        else:
            layer = self.layers[name]
            y = torch.addmm(layer.bias[:, None], layer.weight, x.flatten(1))
            y = self.kept_as(name, y.unflatten(1, x.shape[1:]), shifts)
        y = self.shifted(y, f"{name}.weight", x, shifts)
        return self.shifted(y, f"{name}.bias", None, shifts)

    def norm(self, name: str, x: Tensor, shifts) -> Tensor:
        """LayerNorm over the features."""
        if self.unchanged(x, shifts):
            hat, y = self.kept[f"{name}.hat"], self.kept[name]
        else:
            layer, hat = self.layers[name], x - x.mean(0)
            hat *= (hat.square().mean(0) + layer.eps).rsqrt()
            self.kept_as(f"{name}.hat", hat, shifts)
            y = torch.addcmul(layer.bias[:, None, None], layer.weight[:, None, None], hat)
            self.kept_as(name, y, shifts)
        y = self.shifted(y, f"{name}.weight", hat, shifts)
        return self.shifted(y, f"{name}.bias", None, shifts)

    def attention(self, name: str, x: Tensor, shifts) -> Tensor:
        """Every node asks those that lead to it."""
        parts = [self.linear(f"{name}.{part}", x, shifts) for part in ("W_Q", "W_K", "W_V")]
        if all(self.unchanged(part, shifts) for part in parts):
            mixed = self.kept[f"{name}.mixed"]
        else:
            shape = (self.layers[name].n_heads, -1)
            heads = [part.unflatten(0, shape) for part in parts]
            mixed = self.kept_as(f"{name}.mixed", self.mix(*heads), shifts)
        return self.linear(f"{name}.W_O", mixed, shifts)

    def mix(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Attention proper: three times (head, d_head, node, candidate) to (d_model, …)."""
        scores = self.scores(queries / queries.shape[1] ** 0.5, keys)
        scores -= scores.amax(0)
        scores.exp_()  # (key, head, query, candidate)
        mixed = torch.empty(0)
        for s, (first, seen) in enumerate(self.tree.seen):
            of_key, weight = values.index_select(2, seen), scores[s, :, None, first:]
            if s == 0:  # every node sees a first one
                mixed = of_key * weight
            else:
                mixed[:, :, first:].addcmul_(weight, of_key)
        return mixed.div_(scores.sum(0).unsqueeze(1)).flatten(0, 1)

    def scores(self, queries: Tensor, keys: Tensor) -> Tensor:
        """(key, head, query, candidate); minus infinity where a query sees no key."""
        n = max(queries.shape[3], keys.shape[3])
        shape = (len(self.tree.seen), queries.shape[0], len(self.tree), n)
        scores = torch.empty(shape, dtype=self.dtype)
        for s, (first, seen) in enumerate(self.tree.seen):
            of_key, there = keys.index_select(2, seen), scores[s, :, first:]
            # A sum over d_head in place: its terms side by side would not fit a cache.
            torch.mul(queries[:, 0, first:], of_key[:, 0], out=there)
            for i in range(1, queries.shape[1]):
                there.addcmul_(queries[:, i, first:], of_key[:, i])
            scores[s, :, :first] = -torch.inf
        return scores

    def kept_as(self, name: str, y: Tensor, shifts) -> Tensor:
        if shifts is None:
            self.kept[name] = y
        return y

    def shifted(self, y: Tensor, name: str, x: Tensor | None, shifts) -> Tensor:
        """Add to y what a changed parameter adds: its change times what it multiplies."""
        if shifts is None or name not in shifts:
            return y
        row, column, who, change = shifts[name]
        if x is None:  # a bias
            added = change[:, None].expand(-1, y.shape[1])  # (change, node)
        else:
            of = who if x.shape[2] > 1 else torch.zeros_like(who)
            added = change[:, None] * x[column, :, of]
        y = y.expand(-1, -1, self.n).clone()  # what is kept must stay as it is
        y.transpose(1, 2).index_put_((row, who), added, accumulate=True)
        return y


def relu(x: Tensor) -> Tensor:
    """In place, if it is of candidates: what is kept has a last axis of 1."""
    return x.relu_() if x.shape[-1] > 1 else x.relu()


def check_model(model) -> None:
    """Raise ValueError for a model that `FastLosses` cannot follow."""
    plain = isinstance(model, Transformer) and all(type(b) is Block for b in model.blocks)
    if not plain or not model.causal:
        raise ValueError("FastLosses follows a CausalTransformer of plain blocks")
    if type(model.positions) not in (Positions, Learned) or not model.spec.per_position:
        got = f"{type(model.positions).__name__} and per_position={model.spec.per_position}"
        raise ValueError(
            f"FastLosses needs learned positions or none, per_position; got {got}"
        )
    dtypes = {p.dtype for p in model.parameters()}
    if len(dtypes) > 1 or not dtypes <= set(ROUNDING):
        got = ", ".join(sorted(map(str, dtypes)))
        raise ValueError(f"parameters must be all float32 or all float64, got {got}")
