"""A compiler: a program of RASP-L becomes the weights of a transformer.

A number stands in the residual stream as a block of entries, one for each value that it
can have: 1 at its own, 0 at the others. Then a function of one number needs no layer, only
other names for the entries; a function of two is a row of ANDs, which an MLP computes; a
selection is a matrix between the entries of queries and those of keys, and so a head. A
token before the first, `start`, is what a query attends to that selects nothing.

Source: Lindner et al., "Tracr: compiled transformers as a laboratory for interpretability",
2023, section 3; RASP-L's operations in place of RASP's, and our transformer.
"""

import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
import torch
from progtx_core import checks
from progtx_core.models.attention import patterns
from progtx_core.models.transformer import Transformer
from progtx_core.rasp import primitives
from progtx_core.types import Spec
from torch import nn

from parts.hand_set import CounterTransformer

FAR = 40.0  # between scores: softmax gives exp(-40) of the weight to the lower one
OFF = 1e6  # more than any unit reads
WIDEST_MEAN = 200  # numbers that a mean may lie between
WIDEST, LONGEST = 1000, 64  # numbers of a vocabulary, and positions
NO_MEAN = "a mean of numbers from {} to {} is too wide; at most {} numbers may lie between"


@dataclass(eq=False)
class Variable:
    """A block of the residual stream; stage: -1, or twice the layer, for an MLP plus 1."""

    name: str
    size: int
    stage: int
    at_start: int | None = None  # the entry that is 1 at the token before the first
    head: dict[str, Any] = field(default_factory=dict)
    units: list[tuple[dict, float, dict]] = field(default_factory=list)
    first: int = 0  # the place of its first entry in the residual stream


@dataclass(frozen=True)
class Value:
    """What a program calls x: a variable, and the number that each entry stands for."""

    variable: Variable
    labels: tuple[int, ...]

    def entries(self, label: int) -> list[tuple[Variable, int]]:
        """Where this number stands."""
        return [(self.variable, i) for i, v in enumerate(self.labels) if v == label]

    def __array__(self, *_, **__):
        raise TypeError("it stands for a number at each position, not for an array")


@dataclass(frozen=True)
class Selection:
    """Which entries of a key each entry of a query selects: matrix is (query, key)."""

    keys: Value
    queries: Value
    matrix: np.ndarray


class Tracer:
    """Runs a program on values in place of sequences, and keeps what it asks for."""

    def __init__(self, vocabulary: Sequence[int], n_ctx: int) -> None:
        self.n_ctx = n_ctx
        self.start, one = Variable("start", 1, -1), Variable("x", len(vocabulary), -1)
        self.x, places = Value(one, tuple(vocabulary)), Variable("indices", n_ctx, -1)
        self.places = Value(places, tuple(range(n_ctx)))
        self.variables = [self.start, one, places]

    def add(self, name: str, labels: Sequence[int], kind: int, reads: list, **more):
        """A new value, in the first attention (kind 0) or MLP (1) after what it reads."""
        after = max(variable.stage for variable in reads)
        stage = after + 1 + (after + 1 - kind) % 2
        self.variables.append(Variable(name, len(labels), stage, **more))
        return Value(self.variables[-1], tuple(labels))

    def full(self, x: Value, constant: int) -> Value:
        return self.tok_map(self.x, lambda _: constant)

    def indices(self, x: Value) -> Value:
        return self.places

    def tok_map(self, x: Value, function: Callable) -> Value:
        return Value(x.variable, tuple(int(function(v)) for v in x.labels))

    def seq_map(self, x: Value, y: Value, function: Callable) -> Value:
        pairs = zip(x.labels, y.labels)
        if x.variable is y.variable:
            return Value(x.variable, tuple(int(function(v, w)) for v, w in pairs))
        if len(set(y.labels)) == 1:
            return self.tok_map(x, lambda v: function(v, y.labels[0]))
        if len(set(x.labels)) == 1:
            return self.tok_map(y, lambda w: function(x.labels[0], w))
        both = product(sorted(set(x.labels)), sorted(set(y.labels)))
        cases = [([(x, v), (y, w)], int(function(v, w))) for v, w in both]
        return self.ands("seq_map", cases)

    def where(self, condition: Value, x: Value, y: Value) -> Value:
        held = self.tok_map(condition, lambda v: int(v != 0))
        if len({value.variable for value in (held, x, y)}) == 1:
            rows = zip(held.labels, x.labels, y.labels)
            return Value(x.variable, tuple(v if c else w for c, v, w in rows))
        cases = [([(held, 1), (x, v)], v) for v in sorted(set(x.labels))]
        cases += [([(held, 0), (y, w)], w) for w in sorted(set(y.labels))]
        return self.ands("where", cases)

    def ands(self, name: str, cases: list[tuple[list, int]]) -> Value:
        """The number of the case whose parts all hold; a part is a value and a number."""
        labels = sorted({label for _, label in cases})
        reads = [value.variable for parts, _ in cases for value, _ in parts]
        made = self.add(name, labels, 1, reads)
        for parts, label in cases:
            read: dict = {}
            for value, number in parts:
                for entry in value.entries(number):
                    read[entry] = read.get(entry, 0) + 1
            made.variable.units.append((read, 1 - len(parts), {labels.index(label): 1}))
        return made

    def select(self, keys: Value, queries: Value, predicate: Callable) -> Selection:
        k, q = np.array(keys.labels)[None, :], np.array(queries.labels)[:, None]
        shape = len(queries.labels), len(keys.labels)
        return Selection(keys, queries, np.broadcast_to(predicate(k, q), shape) != 0)

    def attend(self, name: str, of: Selection, labels, gives, start, rank=None, same=False):
        """A head: (value, entry) gives {entry of the result: weight}; start gives as well.

        rank: a value whose larger numbers are preferred; same: `start` counts as selected
        """
        reads = [of.keys.variable, of.queries.variable, *(v for v, _ in gives)]
        reads += [rank.variable] if rank else []
        at = None if same or len(labels) == 1 else max(start, key=start.__getitem__)
        made = self.add(name, labels, 0, reads, at_start=at)
        made.variable.head = {"of": of, "gives": gives, "start": start, "rank": rank}
        made.variable.head["share"] = 1.0 if same else 0.5
        return made

    def levels(
        self, name: str, raw: Value, labels: list[int], bounds: list[tuple]
    ) -> Value:
        """The number whose range a measure lies in; bounds: (between two, width) each."""
        made = self.add(name, labels, 1, [raw.variable])
        made.variable.units.append(({}, 1, {0: 1}))  # the first, unless a step says more
        for above, (bound, width) in enumerate(bounds, 1):  # a step, 0 below and 1 above
            for sign, shift in ((1, 0.5), (-1, -0.5)):
                read = {(raw.variable, 0): 1 / width}
                gives = {above: sign, above - 1: -sign}
                made.variable.units.append((read, shift - bound / width, gives))
        return made

    def sel_width(self, selection: Selection) -> Value:
        """A mean over what is selected and `start`, alone with a 1: 1 / (1 + width)."""
        raw = self.attend("width", selection, [0], {}, {0: 1.0}, same=True)
        widths = list(range(self.n_ctx, -1, -1))
        low, high = 1 / (2 + np.array(widths[1:])), 1 / (1 + np.array(widths[1:]))
        bounds = list(zip((low + high) / 2, (high - low) / 2))
        return self.levels("sel_width", raw, widths, bounds)

    def aggr_mean(self, selection: Selection, values: Value, default: int = 0) -> Value:
        most = selection.matrix.sum(1).max(initial=0)
        lone = selection.keys.variable is self.places.variable and most <= 1
        if lone or len(set(values.labels)) == 1:  # nothing to divide
            return self.pick(selection, values, default, None)
        low, high = min(*values.labels, default), max(*values.labels, default)
        if high - low > WIDEST_MEAN:
            raise ValueError(NO_MEAN.format(low, high, WIDEST_MEAN))
        gives = {(values.variable, i): {0: float(v)} for i, v in enumerate(values.labels)}
        raw = self.attend("mean", selection, [0], gives, {0: low - 2.0})
        between = 1 / (2 * self.n_ctx)  # means are at least twice as far from a number
        bounds = [(low - 1.0, between)]
        numbers = list(range(low, high + 1))
        for m in numbers[1:]:  # truncated: towards 0
            bounds.append((m - between if m > 0 else m - 1 + between, between))
        mean = self.levels("mean", raw, [low - 2, *numbers], bounds)
        return self.tok_map(mean, lambda v: default if v == low - 2 else v)

    def pick(self, selection: Selection, values: Value, default: int, rank) -> Value:
        """What stands at the one key, or at that of the highest rank."""
        labels = sorted({*values.labels, default})
        rows = enumerate(values.labels)
        gives = {(values.variable, i): {labels.index(v): 1.0} for i, v in rows}
        start = {labels.index(default): 1.0}
        return self.attend("kqv", selection, labels, gives, start, rank)

    def aggr_max(self, selection: Selection, values: Value, default: int = 0) -> Value:
        return self.pick(selection, values, default, values)

    def aggr_min(self, selection: Selection, values: Value, default: int = 0) -> Value:
        return self.pick(selection, values, default, self.tok_map(values, lambda v: -v))

    def kqv(self, keys, queries, values, predicate, default=0, reduction="mean") -> Value:
        selection = self.select(keys, queries, predicate)
        return getattr(self, f"aggr_{reduction}")(selection, values, default)


OPERATIONS = ["full", "indices", "tok_map", "seq_map", "where", "select", "sel_width"]
OPERATIONS += ["aggr_mean", "aggr_max", "aggr_min", "kqv"]
LANGUAGE = "progtx_core.rasp"


def traced(program: Callable, tracer: Tracer) -> Value:
    """The value that a program returns, its operations and those it calls being a tracer's.

    Raises ValueError for a program that does more than RASP-L's operations.
    """
    made: dict[int, Any] = {}

    def swap(found):
        """The tracer's operation, or a function or module in which they are swapped."""
        name = getattr(found, "__module__", None) or ""
        if getattr(primitives, getattr(found, "__name__", ""), None) is found:
            named = found.__name__ in OPERATIONS
            return getattr(tracer, found.__name__) if named else found
        if isinstance(found, types.ModuleType) and found.__name__.startswith(LANGUAGE):
            there = vars(found).items()
            return types.SimpleNamespace(**{n: swap(f) for n, f in there if callable(f)})
        own = name == program.__module__ or name.startswith(LANGUAGE)
        if not own or not isinstance(found, types.FunctionType):
            return found
        if id(found) not in made:
            scope = dict(found.__globals__)
            code, default = found.__code__, found.__defaults__
            copy = types.FunctionType(
                code, scope, found.__name__, default, found.__closure__
            )
            made[id(found)] = copy
            scope |= {n: swap(scope[n]) for n in names(code) if n in scope}
        return made[id(found)]

    try:
        value = swap(program)(tracer.x)
    except (TypeError, AttributeError) as error:
        what = f"{program.__name__} does more than the operations of RASP-L"
        raise ValueError(
            f"{what}, or passes them what they do not take: {error}"
        ) from error
    return checks.instance(f"what {program.__name__} returns", value, Value)


def names(code: types.CodeType) -> set[str]:
    """Global names of a function, and of those that are written in it."""
    inner = (c for c in code.co_consts if isinstance(c, types.CodeType))
    return set(code.co_names).union(*map(names, inner))


@dataclass
class Machine:
    """A program as a transformer; heads: layer, head and selection, as the program asks."""

    model: Transformer
    vocabulary: list[int]
    answers: list[int]  # the number that each class stands for
    heads: list[tuple[int, int, Selection]]

    def tokens(self, x) -> torch.Tensor:
        """Numbers (batch, seq), or one row of them, behind the token `start`: token 0."""
        rows = np.atleast_2d(np.asarray(x, dtype=np.int64))
        unknown = sorted(set(rows.ravel().tolist()) - {*self.vocabulary})
        if unknown:
            raise ValueError(f"the machine knows {self.vocabulary}, not {unknown}")
        ids = np.searchsorted(self.vocabulary, rows) + 1
        return torch.from_numpy(np.pad(ids, ((0, 0), (1, 0))))

    @torch.no_grad()
    def __call__(self, x) -> np.ndarray:
        """What it says at every position, in the shape of x."""
        classes = self.model(self.tokens(x)).argmax(-1)[:, 1:]
        return np.array(self.answers)[classes.numpy()].reshape(np.shape(x))

    def beside(self, x, seen: list) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Of every head, as layer.head: what the program selected, and its own pattern.

        seen: what `rasp.record_selections` saw of the program; `start` is left out
        """
        found = patterns(self.model, self.tokens(x))
        shown = {}
        for (layer, head, _), one in zip(self.heads, seen, strict=True):
            pattern = found[f"blocks.{layer}.attention"][0, head, 1:, 1:].numpy()
            shown[f"{layer}.{head} {one.used_by}"] = one.matrix, pattern
        return shown


def compiled(program: Callable, vocabulary: Sequence[int], n_ctx: int) -> Machine:
    """The transformer that says, at every position, what a program of RASP-L says.

    vocabulary: the numbers that it may read; n_ctx: at most so many at a time

    >>> from progtx_core.rasp import shift_right
    >>> compiled(shift_right, [1, 2, 3], n_ctx=4)([3, 1, 1, 2])
    array([0, 3, 1, 1])
    """
    vocabulary = sorted({*primitives.sequence("vocabulary", vocabulary).tolist()})
    checks.whole("numbers in vocabulary", len(vocabulary), 1, WIDEST)
    tracer = Tracer(vocabulary, checks.whole("n_ctx", n_ctx, 1, LONGEST))
    result = traced(program, tracer)
    answers = sorted({*result.labels})
    layers = placed(tracer.variables)
    model = empty(tracer, layers, len(answers))
    with torch.no_grad():
        for token, variable in enumerate((tracer.start, tracer.x.variable)):
            for entry in range(variable.size):  # embed: (d_model, token)
                model.embed.weight[variable.first + entry, token + entry] = 1
        for place in range(n_ctx):
            model.positions.table[1 + place, tracer.places.variable.first + place] = 1
        for block, (heads, computed) in zip(model.blocks, layers):
            for head, variable in enumerate(heads):
                set_head(block.attention, head, variable, tracer.start.first)
            set_units(block.mlp, computed, tracer.start.first)
        for entry, label in enumerate(result.labels):
            place = result.variable.first + entry
            model.logits_head.weight[answers.index(label), place] = 1
    asked = [variable for variable in tracer.variables if variable.head]
    where = {v: (layer, h) for layer, (a, _) in enumerate(layers) for h, v in enumerate(a)}
    heads = [(*where[variable], variable.head["of"]) for variable in asked]
    return Machine(model.eval(), vocabulary, answers, heads)


def placed(variables: list[Variable]) -> list[tuple[list[Variable], list[Variable]]]:
    """Of each layer, what attention makes and what the MLP makes; all get their places."""
    first = 0
    for variable in variables:
        variable.first, first = first, first + variable.size
    n_layers = max(1, max(variable.stage for variable in variables) // 2 + 1)
    made = [[v for v in variables if v.stage == stage] for stage in range(2 * n_layers)]
    return list(zip(made[::2], made[1::2]))


def empty(tracer: Tracer, layers: list, n_answers: int) -> Any:
    """A transformer of the size that is needed, all weights 0 but the last norm's."""
    n_heads = max([1, *(len(heads) for heads, _ in layers)])
    total = sum(variable.size for variable in tracer.variables)
    every = [variable for heads, _ in layers for variable in heads]
    asked = [1 + len(variable.head["of"].queries.labels) for variable in every]
    d_head = max([-(-total // n_heads), *asked, *(variable.size for variable in every)])
    d_mlp = max([1, *(sum(len(v.units) for v in computed) for _, computed in layers)])
    sizes = {"d_vocab": len(tracer.x.labels) + 1, "per_position": True}
    spec = Spec(max(n_answers, 2), tracer.n_ctx + 1, **sizes)
    model = CounterTransformer(spec, n_heads * d_head, len(layers), n_heads, d_mlp)
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    nn.init.ones_(model.norm.weight)
    return model


def set_head(attention: Any, head: int, made: Variable, start: int) -> None:
    """Scores: `sure` for what is selected, half of it for `start`, FAR for each rank.

    What a variable holds at `start` itself is known, and is taken away there.
    """
    of, rank, gives, share = (made.head[k] for k in ("of", "rank", "gives", "share"))
    d_head = attention.W_Q.weight.shape[0] // attention.n_heads
    rows = slice(head * d_head, (head + 1) * d_head)
    q, k, v = (part.weight[rows] for part in (attention.W_Q, attention.W_K, attention.W_V))
    ranks = sorted({*rank.labels}) if rank else [0]
    keys, queries, n = of.keys.variable, of.queries.variable, len(of.matrix)
    asks = torch.from_numpy(of.matrix).float()  # (entry of the query, of the key)
    q[:n, queries.first : queries.first + n] = torch.eye(n) * 2 * FAR * len(ranks)
    k[:n, keys.first : keys.first + keys.size] = asks
    k[:n, start] = share - (0 if keys.at_start is None else asks[:, keys.at_start])
    if rank:
        q[n, queries.first : queries.first + n] = FAR
        for entry, label in enumerate(rank.labels):
            k[n, rank.variable.first + entry] = ranks.index(label)
            if entry == rank.variable.at_start:
                k[n, start] = -ranks.index(label)
    q *= d_head**0.5  # by which the layer divides
    for (variable, entry), given in gives.items():
        for into, weight in given.items():
            v[into, variable.first + entry] = weight
            v[into, start] -= weight if entry == variable.at_start else 0
    for into, weight in made.head["start"].items():
        v[into, start] += weight
    out = attention.W_O.weight[made.first : made.first + made.size, rows]
    out[:, : made.size] = torch.eye(made.size)


def set_units(mlp: Any, computed: list[Variable], start: int) -> None:
    """Each unit as it was asked for, and off at the token before the first."""
    every = [(variable, unit) for variable in computed for unit in variable.units]
    for row, (variable, (reads, bias, gives)) in enumerate(every):
        for (read, entry), weight in reads.items():
            mlp[0].weight[row, read.first + entry] = weight
        mlp[0].bias[row] = bias
        mlp[0].weight[row, start] = -OFF
        for entry, weight in gives.items():
            mlp[2].weight[variable.first + entry, row] = weight


def disagreements(program: Callable, machine: Machine, length: int) -> int:
    """Of all inputs of a length, and so of all shorter ones: where the two part."""
    every = np.array(list(product(machine.vocabulary, repeat=length)))
    parts = np.array_split(every, 1 + len(every) // 2000)  # so that it fits into memory
    said = np.concatenate([machine(rows) for rows in parts])
    return int(sum((program(x) != row).any() for x, row in zip(every, said)))
