"""Many candidates at once: the same losses, the same moves as one after another."""

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from parts.ablations import NoMlp
from parts.fast_losses import FastLosses
from parts.prefixes import Prefixes

from progtx_core import tasks
from progtx_core.models.attention import MultiHeadAttention
from progtx_core.models.transformer import CausalTransformer, Transformer
from progtx_core.optim import Moves, PatternSearch
from progtx_core.training.data import masked_cross_entropy
from progtx_core.types import Batch, Spec

OUTPUTS = st.sampled_from(["per_token", "scratchpad"])


class NoMlpCausal(CausalTransformer):
    block = NoMlp


def make(
    seed=0,
    output="per_token",
    dtype=torch.float64,
    n=12,
    min_len=2,
    kind=CausalTransformer,
    **sizes,
):
    task = tasks.get("parity", seq_len=5, min_len=min_len, output=output)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        sizes = {"d_model": 4, "n_heads": 2, "d_mlp": 3} | sizes
        model = kind(task.spec, **sizes).to(dtype)
    if dtype == torch.float64:
        in_double(model)
    batch = task.sample(n, torch.Generator().manual_seed(seed))
    return model, batch


def in_double(model):
    """Features come in single precision, and so does the mask of the fused call."""
    model.embed.register_forward_pre_hook(lambda _, inputs: inputs[0].double())
    for module in model.modules():
        if isinstance(module, MultiHeadAttention):
            module.kept = []  # the explicit form, which takes both


def loss_of(model, batch):
    return lambda: masked_cross_entropy(model(batch.inputs), batch)


def flat(model):
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def one_by_one(model, batch, moves):
    """Each move made on the model itself, and taken back."""
    parameters = list(model.parameters())
    start, losses = flat(model), []
    with torch.no_grad():
        for places, change in zip(moves.coordinates, moves.change, strict=True):
            moved = start.clone()
            moved[places] += change.to(moved.dtype)
            torch.nn.utils.vector_to_parameters(moved, parameters)
            losses.append(loss_of(model, batch)())
        torch.nn.utils.vector_to_parameters(start, parameters)
    return torch.stack(losses)


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    output=OUTPUTS,
    group_size=st.sampled_from([1, 1, 2, 9]),
    positions=st.sampled_from(["learned", "none"]),
    n_layers=st.integers(1, 3),
    memory=st.sampled_from([1, 2**17, 2**24]),
)
def test_losses_are_those_of_the_moved_model(
    seed, output, group_size, positions, n_layers, memory
):
    model, batch = make(seed, output, positions=positions, n_layers=n_layers)
    n = flat(model).numel()
    generator = torch.Generator().manual_seed(seed)
    places = [torch.randperm(n, generator=generator)[:group_size] for _ in range(20)]
    moves = Moves(torch.stack(places), torch.randn(20, group_size, generator=generator))
    fast = FastLosses(model, batch, memory)(moves)
    true = one_by_one(model, batch, moves)
    assert torch.allclose(fast, true, rtol=1e-10, atol=1e-10)
    assert (fast < true).all()  # lowered by more than rounding


@pytest.mark.parametrize("output", ["per_token", "scratchpad"])
def test_every_kind_of_parameter(output):
    """Each kind has its own way to be shifted; every third number tries all of them."""
    model, batch = make(output=output, n_layers=2)
    every = torch.arange(0, flat(model).numel(), 3)[:, None]
    moves = Moves(every, torch.full(every.shape, 0.3))
    fast = FastLosses(model, batch)(moves)
    assert torch.allclose(fast, one_by_one(model, batch, moves), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("n_heads", [1, 4])
def test_moves_of_one_parameter_at_a_time(n_heads):
    """What stands before it, or beside it, is then taken from the last full pass."""
    model, batch = make(n_heads=n_heads)
    together, few = FastLosses(model, batch), FastLosses(model, batch, memory=1)
    assert few.together == 2 < together.together
    ends = torch.tensor([p.numel() for p in model.parameters()]).cumsum(0)
    for end in ends.tolist():
        moves = Moves(torch.tensor([[end - 1], [end - 2], [end - 3]]), torch.ones(3, 1))
        true = one_by_one(model, batch, moves)
        for fast in (together(moves), few(moves)):
            assert torch.allclose(fast, true, rtol=1e-10, atol=1e-10)
            bound = 1e-12 * true.clamp(min=1)  # of rounding
            assert torch.allclose(true - fast, bound, rtol=0.02, atol=0)


def test_losses_are_those_at_the_parameters_of_the_moment():
    model, batch = make()
    last = torch.tensor([[flat(model).numel() - 1]])  # what is before it is kept
    fast, moves = FastLosses(model, batch), Moves(last, torch.ones(1, 1))
    fast(moves)
    with torch.no_grad():
        model.embed.bias += torch.arange(4.0)
    assert torch.allclose(fast(moves), one_by_one(model, batch, moves), rtol=1e-10)


def test_single_precision_errs_to_the_low_side():
    model, batch = make(dtype=torch.float32, n_layers=2)
    every = torch.arange(flat(model).numel())[:, None]
    moves = Moves(every, torch.full(every.shape, 0.3))
    fast = FastLosses(model, batch)(moves)
    true = one_by_one(model, batch, moves).double()
    assert (fast <= true).all()
    assert torch.allclose(fast, true, atol=5e-6)


@pytest.mark.slow
@settings(max_examples=6, deadline=None)
@given(
    st.integers(0, 10**6),
    OUTPUTS,
    st.sampled_from([1, 3]),
    st.sampled_from([1, 7, 64]),
    st.sampled_from(["first", "together"]),
)
def test_the_search_takes_the_same_moves(seed, output, group_size, block_size, poll):
    visited, counts = [], []
    for fast in (False, True):
        model, batch = make(seed, output, n_layers=2)
        search = PatternSearch(
            model.parameters(),
            radius=0.5,
            min_gain=1e-9,
            group_size=group_size,
            block_size=block_size,
            poll=poll,
            losses_of=FastLosses(model, batch) if fast else None,
        )
        visited.append([])
        for _ in range(12):
            search.step(loss_of(model, batch))
            visited[-1].append(flat(model))
        counts.append(search.now["evaluations"])
    assert all(torch.equal(a, b) for a, b in zip(*visited, strict=True))
    assert counts[0] == counts[1]


def test_a_frozen_parameter_is_not_searched_and_not_missed():
    model, batch = make()
    model.embed.requires_grad_(False)
    n = sum(p.numel() for p in model.parameters() if p.requires_grad)
    fast = FastLosses(model, batch)(Moves(torch.tensor([[n - 1]]), torch.ones(1, 1)))
    everything = flat(model).numel()
    moves = Moves(torch.tensor([[everything - 1]]), torch.ones(1, 1))
    assert fast.item() == pytest.approx(one_by_one(model, batch, moves).item(), abs=1e-9)


@pytest.mark.parametrize("how", ["data", "deepcopy"])
def test_no_way_to_change_a_parameter_is_missed(how):
    """torch counts no change by `.data`, and begins to count anew in a copy."""
    model, batch = make()
    fast, counted = FastLosses(model, batch), [p._version for p in model.parameters()]
    moves = Moves(torch.tensor([[flat(model).numel() - 1]]), torch.ones(1, 1))
    fast(moves)
    if how == "deepcopy":
        fast = copy.deepcopy(fast)
        model = fast.model
    for p, count in zip(model.parameters(), counted, strict=True):
        if how == "data":
            p.data = p.data + torch.arange(p.numel()).view_as(p) / 9
        while p._version < count:
            p.detach().add_(torch.arange(p.numel()).view_as(p) / 9)
    assert [p._version for p in model.parameters()] == counted
    true = one_by_one(model, batch, moves)
    assert torch.allclose(fast(moves), true, rtol=1e-10)


@pytest.mark.parametrize("before", [True, False])
def test_what_is_frozen_or_freed_later_is_as_the_search_sees_it(before):
    model, batch = make()
    model.blocks.requires_grad_(before)
    fast = FastLosses(model, batch)
    fast(Moves(torch.tensor([[0]]), torch.ones(1, 1)))
    model.blocks.requires_grad_(not before)
    with torch.no_grad():
        model.blocks[0].norm_1.weight += 1  # whether it is searched or not
    searched = [p for p in model.parameters() if p.requires_grad]
    everything = {id(p): i for i, p in enumerate(model.parameters())}
    ends = torch.tensor([0, *(p.numel() for p in model.parameters())]).cumsum(0)
    places = [int(ends[everything[id(p)]]) for p in searched]  # the first of each
    own = torch.tensor([0, *(p.numel() for p in searched)]).cumsum(0)[:-1]
    change = torch.full((len(searched), 1), 0.5)
    true = one_by_one(model, batch, Moves(torch.tensor(places)[:, None], change))
    assert torch.allclose(fast(Moves(own[:, None], change)), true, rtol=1e-10)


def test_places_that_are_not_searched_are_refused():
    model, batch = make()
    n = flat(model).numel()
    for place in (n, -1):
        moves = Moves(torch.tensor([[0], [place]]), torch.ones(2, 1))
        with pytest.raises(ValueError, match=f"from 0 to {n - 1}, got {place}"):
            FastLosses(model, batch)(moves)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_refused(dtype):
    model, batch = make(dtype=torch.float32)
    fast = FastLosses(model, batch)
    model.to(dtype)
    with pytest.raises(ValueError, match="all float32 or all float64, got .*16"):
        FastLosses(model, batch)
    with pytest.raises(ValueError, match="was made for torch.float32, .* make a new one"):
        fast(Moves(torch.tensor([[0]]), torch.ones(1, 1)))
    model.float().norm.double()
    with pytest.raises(ValueError, match="all float32 or all float64, got"):
        FastLosses(model, batch)


def test_beginnings_are_shared_and_padding_is_not_there():
    task = tasks.get("parity", seq_len=8)
    everything = torch.cat([p.inputs for p in tasks.StringSet(task).splits.values()])
    tree = Prefixes(task.batch(everything), task.spec)
    assert len(tree) == sum(2**n for n in range(1, 9))
    assert tree.counts.sum() == tree.n_answers == 256 * 8
    # A node of depth t sees t + 1 nodes, one of each depth.
    assert [int((tree.depth >= s).sum()) for s in range(8)] == [
        len(nodes) for _, nodes in tree.seen
    ]
    assert all((tree.depth[nodes] == s).all() for s, (_, nodes) in enumerate(tree.seen))


def test_a_single_string_may_be_the_longest():
    inputs = torch.tensor([[1, 0, 0], [2, 1, 0], [2, 2, 1]])
    spec = Spec(3, seq_len=3, d_vocab=3, pad=0, per_position=True)
    tree = Prefixes(Batch(inputs, inputs, inputs != 0), spec)
    assert tree.depth.tolist() == [0, 0, 1, 1, 2]
    assert tree.counts.sum() == tree.n_answers == 6


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"kind": Transformer}, "a CausalTransformer"),
        ({"kind": NoMlpCausal}, "plain blocks"),
        ({"positions": "rotary"}, "learned positions or none, .* got Rotary"),
    ],
)
def test_a_model_that_cannot_be_followed_is_refused(sizes, message):
    model, batch = make(**sizes)
    with pytest.raises(ValueError, match=message):
        FastLosses(model, batch)


def test_a_single_block_that_is_not_plain_is_refused():
    model, batch = make(n_layers=2)
    model.blocks[1] = NoMlp(4, 2, 3, causal=True)
    with pytest.raises(ValueError, match="plain blocks"):
        FastLosses(model, batch)


def test_one_answer_in_all_is_refused():
    spec = Spec(2, seq_len=5, d_vocab=3, pad=0)
    with pytest.raises(ValueError, match="per_position=False"):
        FastLosses(CausalTransformer(spec, d_model=4, n_heads=2), make()[1])
