"""Our searches behave as torch's own optimizers do; these stand in the same table."""

import copy
import io
import pickle
from functools import partial
from importlib.util import find_spec

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from progtx_core.optim import GreedyRandom, PatternSearch
from progtx_core.optim.estimates import (
    Estimator,
    EvolutionStrategy,
    ForwardGradient,
    TwoSided,
)
from progtx_core.optim.populations import GuessAndCheck, SepCma

MOMENTUM = partial(torch.optim.SGD, momentum=0.9)
ADAM = partial(torch.optim.Adam, betas=(0.9, 0.98))
OURS = {
    "PatternSearch": lambda params, **more: PatternSearch(params, **{"radius": 0.5} | more),
    "together": lambda params, **more: PatternSearch(
        params, **{"radius": 0.5, "poll": "together", "block_size": 4} | more
    ),
    "GreedyRandom": lambda params, **more: GreedyRandom(params, **more),
    "TwoSided": lambda params, **more: TwoSided(params, **{"lr": 0.01} | more),
    "momentum": lambda params, **more: TwoSided(params, MOMENTUM, **{"lr": 2e-3} | more),
    "TwoSided, Adam": lambda params, **more: TwoSided(params, ADAM, **{"lr": 0.05} | more),
    "three pairs": lambda params, **more: TwoSided(params, pairs=3, **{"lr": 0.01} | more),
    "EvolutionStrategy": lambda params, **more: EvolutionStrategy(
        params, **{"pairs": 3} | more
    ),
    "ForwardGradient": lambda params, **more: ForwardGradient(
        params, **{"lr": 0.01} | more
    ),
    "ForwardGradient, Adam": lambda params, **more: ForwardGradient(
        params, ADAM, **{"lr": 0.05} | more
    ),
    "GuessAndCheck": lambda params, **more: GuessAndCheck(params, **{"radius": 4.0} | more),
}
if find_spec("cma"):
    OURS["SepCma"] = lambda params, **more: SepCma(params, **more)
TORCHS = {
    "SGD": lambda params, **more: torch.optim.SGD(params, **{"lr": 0.01} | more),
    "Adam": lambda params, **more: torch.optim.Adam(params, **{"lr": 0.05} | more),
}
ours = pytest.mark.parametrize("make", OURS.values(), ids=OURS)
every = pytest.mark.parametrize("make", (OURS | TORCHS).values(), ids=OURS | TORCHS)


def parameter(*values, **how):
    return nn.Parameter(torch.tensor(values, **how))


def bowl(*parameters):
    """A closure whose least loss is at 1 throughout, with gradients where they count."""

    def closure():
        loss = sum(((p - 1) ** 2).sum() for p in parameters)
        if torch.is_grad_enabled():
            for p in parameters:
                p.grad = None
            loss.backward()
        return loss

    return closure


def steps(optimizer, closure, n):
    return [float(optimizer.step(closure)) for _ in range(n)]


@every
def test_all_parameters_of_all_groups_move_and_the_loss_falls(make):
    v, w = parameter(3.0, -2.0), parameter(5.0)
    optimizer = make([{"params": [v]}, {"params": [w]}])
    closure = bowl(v, w)
    losses = steps(optimizer, closure, 60)
    assert losses[-1] < losses[0]
    assert v.tolist() != [3.0, -2.0] and w.tolist() != [5.0]


@every
def test_a_group_that_is_added_later_moves_too(make):
    v, w = parameter(3.0), parameter(5.0)
    optimizer = make([v])
    steps(optimizer, bowl(v, w), 3)
    assert w.item() == 5.0
    optimizer.add_param_group({"params": [w]})
    steps(optimizer, bowl(v, w), 60)
    assert w.item() < 5.0


@every
def test_a_frozen_parameter_stays_and_a_scalar_is_a_parameter(make):
    frozen, free = parameter(3.0), nn.Parameter(torch.tensor(5.0))
    frozen.requires_grad_(False)
    optimizer = make([frozen, free])

    def closure():
        loss = (free - 1) ** 2 + frozen.sum()
        if torch.is_grad_enabled():
            free.grad = None
            loss.backward()
        return loss

    steps(optimizer, closure, 40)
    assert frozen.item() == 3.0 and free.item() < 5.0


@every
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_the_dtype_of_a_parameter_stays(make, dtype):
    w = parameter(3.0, -2.0, dtype=dtype)
    steps(make([w]), bowl(w), 10)
    assert w.dtype == dtype and w.isfinite().all()


@every
@pytest.mark.parametrize("way", ["state_dict", "torch.save", "pickle", "deepcopy"])
def test_a_copy_goes_on_as_the_original_does(make, way):
    w = parameter(3.0, -2.0, 0.5)
    optimizer = make([w])
    steps(optimizer, bowl(w), 7)
    if way == "deepcopy":
        again, copied = copy.deepcopy([w, optimizer])
    elif way == "pickle":
        again, copied = pickle.loads(pickle.dumps([w, optimizer]))
    else:
        again = copy.deepcopy(w)
        copied, state = make([again]), copy.deepcopy(optimizer.state_dict())
        if way == "torch.save":
            buffer = io.BytesIO()
            torch.save(state, buffer)
            buffer.seek(0)
            state = torch.load(buffer, weights_only=True)
        copied.load_state_dict(state)
    assert steps(copied, bowl(again), 20) == steps(optimizer, bowl(w), 20)
    assert torch.equal(again, w)


@every
def test_hooks_are_called_and_no_gradient_is_asked_for_by_a_search(make):
    w, called = parameter(3.0), []
    optimizer = make([w])
    optimizer.register_step_pre_hook(lambda *_: called.append("before"))
    optimizer.register_step_post_hook(lambda *_: called.append("after"))

    def closure():
        called.append(torch.is_grad_enabled())
        return bowl(w)()

    optimizer.step(closure)
    grad = isinstance(optimizer, torch.optim.SGD | torch.optim.Adam)
    assert (called[0], called[-1]) == ("before", "after")
    assert set(called[1:-1]) == {grad}


@every
def test_its_text_and_its_defaults_name_its_settings(make):
    optimizer = make([parameter(1.0)])
    assert set(optimizer.defaults) <= set(optimizer.param_groups[0])
    assert all(name in repr(optimizer) for name in optimizer.defaults)
    optimizer.zero_grad()


@ours
def test_what_is_edited_in_a_group_counts(make):
    w = parameter(3.0, -2.0, dtype=torch.double)
    optimizer = make([w])
    edited = dict.fromkeys(optimizer.defaults, 2e-3)
    if isinstance(optimizer, Estimator):  # ranks make long steps; a rule has more settings
        edited = {"lr": 2e-6, "radius": 2e-3}
    for name in edited.keys() & optimizer.defaults.keys():
        optimizer.param_groups[0][name] = edited[name]
    before = w.detach().clone()
    adapts = isinstance(optimizer, SepCma)  # the radius is that of the start, and grows
    steps(optimizer, bowl(w), 5 if adapts else 10)
    if isinstance(optimizer, GuessAndCheck):  # whose radius is around zero
        before = torch.zeros_like(before)
    assert 0 < (w - before).abs().max() < 0.1


def test_each_group_has_a_radius_and_a_learning_rate_of_its_own():
    near, far = parameter(0.0), parameter(0.0)
    groups = [{"params": [near], "radius": 1e-3}, {"params": [far], "radius": 1.0}]
    search = PatternSearch(copy.copy(groups))
    search.step(lambda: -near.sum() - far.sum())
    search.step(lambda: -near.sum() - far.sum())
    assert [near.item(), far.item()] == [pytest.approx(1e-3), 1.0]
    noisy = GreedyRandom(groups)
    noisy.step(lambda: -(near.abs() + far.abs()).sum())
    assert abs(near.item()) < 0.1
    slow, fast = parameter(0.0), parameter(0.0)
    groups = [{"params": [slow], "lr": 0.0}, {"params": [fast], "lr": 0.1}]
    TwoSided(groups).step(lambda: (slow + fast).sum())
    assert slow.item() == 0.0 and fast.item() != 0.0


def test_the_radius_that_was_loaded_is_searched():
    w = parameter(0.0)
    state = PatternSearch([parameter(0.0)], radius=0.25).state_dict()
    search = PatternSearch([w], radius=8.0)
    search.load_state_dict(state)
    assert search.radius == 0.25
    search.step(lambda: -w.sum())
    assert w.item() == 0.25


def test_a_schedule_of_torch_moves_the_learning_rate_of_spsa():
    search = TwoSided([parameter(1.0)], lr=0.4)
    schedule = torch.optim.lr_scheduler.StepLR(search, step_size=1, gamma=0.5)
    search.step(lambda: 1.0)
    schedule.step()
    assert search.param_groups[0]["lr"] == 0.2


W = parameter(1.0, 2.0)


@ours
@pytest.mark.parametrize(
    ("params", "words"),
    [
        (lambda: None, "takes parameters in a list, got None"),
        (lambda: 5, "takes parameters in a list, got 5"),
        (lambda: [], "empty parameter list"),
        (lambda: [W, W], "is in it twice"),
        (lambda: [nn.Parameter(torch.ones(3, 2).T)], "contiguous floats"),
        (lambda: [nn.Parameter(torch.ones(2, dtype=torch.cfloat))], "torch.complex64"),
        (lambda: [torch.ones(2)], "requires_grad=True, got none"),
        (lambda: ["w"], "str"),
    ],
)
def test_parameters_that_cannot_be_searched_are_refused_at_once(make, params, words):
    with pytest.raises((TypeError, ValueError), match=words) as refused:
        make(params())
    assert "\n" not in str(refused.value)


@ours
def test_a_refused_group_leaves_the_search_as_it_was(make):
    w = parameter(3.0, -2.0)
    optimizer = make([w])
    for wrong in ({"params": [nn.Parameter(torch.ones(3, 2).T)]}, {"params": [w]}):
        with pytest.raises(ValueError):
            optimizer.add_param_group(wrong)
    assert len(optimizer.param_groups) == 1
    steps(optimizer, bowl(w), 3)


@ours
@pytest.mark.parametrize(
    ("closure", "words"),
    [
        (None, "needs a closure, got None"),
        (5, "needs a closure, got 5"),
        (lambda: None, "must return the loss, a single number, got None"),
        (lambda: "x", "a single number, got 'x'"),
        (lambda: True, "a single number, got True"),
        (lambda: torch.ones(2), r"got a tensor of \(2,\)"),
    ],
)
def test_a_closure_that_returns_no_loss_is_named_and_nothing_moves(make, closure, words):
    w = parameter(3.0, -2.0)
    optimizer = make([w])
    with pytest.raises(TypeError, match=words):
        optimizer.step(closure)
    assert w.tolist() == [3.0, -2.0]


@ours
def test_the_state_of_another_optimizer_is_refused_and_nothing_changes(make):
    w = parameter(3.0)
    optimizer = make([w])
    steps(optimizer, bowl(w), 3)
    before = copy.deepcopy(optimizer.state_dict())
    adam = torch.optim.Adam([parameter(3.0)])
    for state in (adam.state_dict(), {"state": {}, "param_groups": before["param_groups"]}):
        with pytest.raises(ValueError, match="this is no state of a"):
            optimizer.load_state_dict(state)
    assert optimizer.state_dict() == before


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"losses_of": 5}, "losses_of must be a function of moves, got 5"),
        ({"losses_of": lambda moves: None}, "must return 4 losses, one a move, got None"),
        (
            {"losses_of": lambda moves: [0.0]},
            r"must return 4 losses, one a move, got \[0.0",
        ),
    ],
)
def test_a_fast_measure_that_does_not_fit_is_named(wrong, words):
    w = parameter(3.0, -2.0)
    with pytest.raises((TypeError, ValueError), match=words):
        PatternSearch([w], poll="together", block_size=4, **wrong).step(bowl(w))
    assert w.tolist() == [3.0, -2.0]


@pytest.mark.parametrize(
    "make",
    [GreedyRandom, TwoSided, EvolutionStrategy, ForwardGradient, GuessAndCheck],
)
@pytest.mark.parametrize("seed", [-1, 2**40, 1.5, None, "0"])
def test_a_seed_that_cannot_be_drawn_from_is_refused_at_once(make, seed):
    with pytest.raises((TypeError, ValueError), match="seed must be a whole number"):
        make([parameter(1.0)], seed=seed)


@pytest.mark.slow
@ours
@settings(max_examples=20)
@given(stops=st.lists(st.integers(1, 6), min_size=1, max_size=4), start=st.floats(-3, 3))
def test_any_number_of_restarts_changes_nothing(make, stops, start):
    straight, stopped = parameter(start, -start), parameter(start, -start)
    whole, part = make([straight]), make([stopped])
    for n in stops:
        steps(whole, bowl(straight), n)
        steps(part, bowl(stopped), n)
        state, part = part.state_dict(), make([stopped])
        part.load_state_dict(state)
    assert torch.equal(straight, stopped)
