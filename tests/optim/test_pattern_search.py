"""PatternSearch against its rule worked by hand, and against itself measured fast."""

import io
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from progtx_core import models, tasks
from progtx_core.optim import PatternSearch
from progtx_core.optim.moves import CandidateOrder
from progtx_core.training import Config, fit


def parameter(*values, dtype=torch.float64):
    return nn.Parameter(torch.tensor(values, dtype=dtype))


def path(search, closure, w, n_steps):
    """Where w is after each step that moved it."""
    visited = [w.tolist()]
    for _ in range(n_steps):
        search.step(closure)
        if w.tolist() != visited[-1]:
            visited.append(w.tolist())
    return visited


def test_the_rule_worked_by_hand():
    """f = (w - 2.6)^2 from 0 with radius 1 and halving: each move has one way down."""
    w = parameter(0.0)
    search = PatternSearch([w], radius=1.0, min_radius=0.1, restart=True)
    visited = path(search, lambda: ((w - 2.6) ** 2).sum(), w, 12)
    assert visited == [[0.0], [1.0], [2.0], [3.0], [2.5], [2.625]]
    assert search.finished
    # Sweeps without a move: at 3 (radius 1), 2.5 (0.5 and 0.25), 2.625 (0.125).
    assert search.radius == 0.0625


def test_expansion_after_a_sweep_with_a_move_contraction_after_one_without():
    w = parameter(0.0)
    search = PatternSearch([w], radius=1.0, expansion=2.0, contraction=0.25)
    radii, visited = [1.0], [0.0]
    for _ in range(20):
        search.step(lambda: ((w - 6.0) ** 2).sum())
        radii.append(search.radius)
        visited.append(w.item())
    # 0, by 1 to 1, by 2 to 3, by 4 to 7; nothing by 8; 5 is no better; by 0.5 to 6.5.
    assert list(dict.fromkeys(visited))[:5] == [0.0, 1.0, 3.0, 7.0, 6.5]
    assert list(dict.fromkeys(radii))[:5] == [1.0, 2.0, 4.0, 8.0, 0.5]
    assert 2.0 in radii[radii.index(8.0) :]


class Net(nn.Module):
    def __init__(self, dtype):
        super().__init__()
        torch.manual_seed(3)
        self.layers = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
        self.to(dtype)
        self.x = torch.randn(20, 3, dtype=dtype)
        self.y = (self.x[:, :1] * self.x[:, 1:2]).sign()

    def loss(self):
        return (self.layers(self.x) - self.y).square().mean()


def flat(net):
    return torch.cat([p.detach().flatten() for p in net.parameters()])


def losses_of(net):
    """Each candidate measured on a changed copy of the parameters: another way."""

    def measure(moves):
        losses = []
        for places, change in zip(moves.coordinates, moves.change, strict=True):
            changed = flat(net)
            changed[places] += change.to(changed.dtype)
            sizes = [p.numel() for p in net.parameters()]
            named = zip(net.named_parameters(), changed.split(sizes), strict=True)
            values = {name: part.view_as(p) for (name, p), part in named}
            out = torch.func.functional_call(
                net.layers,
                {n.removeprefix("layers."): v for n, v in values.items()},
                (net.x,),
            )
            losses.append((out - net.y).square().mean())
        return losses

    return measure


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(
    st.integers(0, 10**6),
    st.sampled_from([1, 3, 8]),
    st.booleans(),
    st.sampled_from(["first", "best", "together"]),
)
def test_a_faster_measure_takes_the_moves_of_one_at_a_time(seed, size, restart, poll):
    visited, counts = [], []
    for fast in (False, True):
        net = Net(torch.float64)
        search = PatternSearch(
            net.parameters(),
            radius=0.5,
            group_size=2,
            block_size=size,
            poll=poll,
            restart=restart,
            generator=torch.Generator().manual_seed(seed),
            losses_of=losses_of(net) if fast else None,
        )
        visited.append([])
        for _ in range(25):
            search.step(net.loss)
            visited[-1].append(flat(net))
        counts.append(search.now["evaluations"])
    assert all(torch.equal(a, b) for a, b in zip(*visited, strict=True))
    assert counts[0] == counts[1]
    assert not torch.equal(visited[0][0], visited[0][-1])


def test_a_lying_measure_cannot_make_the_loss_rise():
    net = Net(torch.float64)
    lies = PatternSearch(
        net.parameters(), block_size=5, losses_of=lambda moves: [-1.0] * len(moves)
    )
    losses = [lies.step(net.loss) for _ in range(20)]
    assert losses == sorted(losses, reverse=True)


def test_best_takes_the_lowest_of_a_block():
    w = parameter(0.0, 0.0)
    slope = torch.tensor([1.0, 10.0], dtype=torch.float64)
    search = PatternSearch([w], poll="best", block_size=4)
    search.step(lambda: (w * slope).sum())
    assert w.tolist() == [0.0, -1.0]


def test_together_takes_all_that_help_where_that_helps():
    w = parameter(0.0, 0.0, 0.0)
    slope = torch.tensor([1.0, -10.0, 0.0], dtype=torch.float64)
    search = PatternSearch([w], poll="together", block_size=6)
    assert search.step(lambda: (w * slope).sum()) == 0.0
    assert w.tolist() == [-1.0, 1.0, 0.0]
    # The start, six polls, and both at once.
    assert (search.now["evaluations"], search.now["kept"]) == (8, [2])


def test_together_counts_one_that_is_alone_once():
    w = parameter(1.0)
    search = PatternSearch([w], poll="together", block_size=2)
    search.step(lambda: (w**2).sum())
    assert (w.tolist(), search.now["evaluations"]) == ([0.0], 1 + 2)


def test_together_falls_back_to_the_better_half():
    """Each of four moves helps alone; all are too much, the best two are not."""
    w = parameter(0.0, 0.0, 0.0, 0.0)
    gain = torch.tensor([1.0, 4.0, 2.0, 3.0], dtype=torch.float64)
    search = PatternSearch([w], poll="together", block_size=8)
    search.step(lambda: 6 * w.sum().clamp(min=2) - (gain * w.clamp(min=0)).sum())
    assert w.tolist() == [0.0, 1.0, 0.0, 1.0]
    assert search.now["evaluations"] == 1 + 8 + 2
    assert search.now["best_loss"] == 12 - 7


def test_forcing_wants_more_of_a_longer_step():
    """On a slope of 1 a step gains its length; forcing 2 wants more than 2 r^2."""
    w = parameter(0.0)
    search = PatternSearch([w], radius=1.0, forcing=2.0, min_radius=0.1)
    lengths = []
    while w.item() > -3 and not search.finished:
        before = w.item()
        search.step(lambda: w.sum())
        lengths.append(before - w.item())
    # 1 > 2 * 1 is false, 1/2 > 2 / 4 too (a gain must be more), 1/4 > 2 / 16 holds.
    assert lengths[:2] == [0.0, 0.0]
    assert set(lengths) == {0.0, 0.25}
    assert search.radius == 0.25


def test_kept_moves_are_counted_where_they_were_made():
    w, v = parameter(4.0), parameter(0.0, 0.0)
    search = PatternSearch([w, v], poll="together", block_size=6)
    while not search.finished:
        search.step(lambda: (w**2).sum() + (v**2).sum())
    assert search.now["kept"] == [4, 0]
    assert search.extras() == {
        "radius": search.radius,
        "evaluations": search.now["evaluations"],
        "best_loss": 0.0,
    }
    named = PatternSearch([("w", w), ("v", v)])
    assert {"kept/w", "kept/v"} < named.extras().keys()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_rejected_move_leaves_every_bit(dtype):
    net = Net(dtype)
    search = PatternSearch(net.parameters(), radius=0.1, min_radius=1e-9)
    before, values = flat(net), iter([0.0] + [1.0] * 1000)
    search.step(lambda: next(values))
    assert search.now["evaluations"] == 1 + 2 * sum(p.numel() for p, _ in search.searched)
    assert torch.equal(flat(net), before)


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_interrupted_poll_leaves_every_bit(error):
    net = Net(torch.float32)
    search = PatternSearch(net.parameters(), group_size=5)
    before, calls = flat(net), []

    def closure():
        calls.append(1)
        if len(calls) == 4:
            raise error
        return float(len(calls))

    with pytest.raises(error):
        search.step(closure)
    assert torch.equal(flat(net), before)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.nan])
def test_nan_and_infinity_are_rejections(bad):
    w = parameter(1.0)
    search = PatternSearch([w])
    values = iter([5.0, bad, bad])
    search.step(lambda: next(values))
    assert w.tolist() == [1.0]
    # A start that is not finite is left by the first finite loss.
    start = parameter(0.0)
    search, values = PatternSearch([start]), iter([math.nan, math.inf, 7.0])
    search.step(lambda: next(values))
    assert abs(start.item()) == 1.0
    assert search.now["best_loss"] == 7.0


@pytest.mark.parametrize("cut", [1, 3, 10, 30])
def test_a_search_goes_on_from_its_state_bit_for_bit(cut):
    def make(net):
        return PatternSearch(net.parameters(), radius=0.3, expansion=1.5, group_size=3)

    whole, first = Net(torch.float32), Net(torch.float32)
    search = make(whole)
    for _ in range(60):
        search.step(whole.loss)
    part = make(first)
    for _ in range(cut):
        part.step(first.loss)
    file = io.BytesIO()
    torch.save({"model": first.state_dict(), "search": part.state_dict()}, file)
    file.seek(0)
    state = torch.load(file, weights_only=True)
    second = Net(torch.float32)
    second.load_state_dict(state["model"])
    resumed = make(second)
    resumed.load_state_dict(state["search"])
    for _ in range(60 - cut):
        resumed.step(second.loss)
    assert torch.equal(flat(second), flat(whole))
    assert resumed.now == search.now


def test_every_sweep_has_an_order_and_directions_of_its_own():
    w, polled = parameter(*[0.0] * 8), []

    def note(moves):
        polled.extend(zip(moves.coordinates.flatten().tolist(), moves.change.tolist()))
        return [1.0] * len(moves)

    search = PatternSearch([w], radius=1.0, losses_of=note)
    for _ in range(2):
        search.step(lambda: 1.0)
    first, second = polled[:16], polled[16:]
    for sweep, part in enumerate((first, second)):
        seed = search.now["seed"] + sweep
        order = CandidateOrder(torch.ones(8), group_size=1, seed=seed)
        assert [c for c, _ in part] == order[:16].coordinates.flatten().tolist()
    assert sorted(c for c, _ in first) == sorted(c for c, _ in second)
    assert [c for c, _ in first] != [c for c, _ in second]
    begins_with = {change for _, (change,) in first[::2]}
    assert begins_with == {1.0, -1.0}


def test_parameter_groups_frozen_and_tied_parameters():
    near, far, frozen = parameter(0.0), parameter(0.0), parameter(0.0)
    frozen.requires_grad_(False)
    search = PatternSearch(
        [{"params": [near, frozen], "radius": 0.5}, {"params": [far]}], radius=2.0
    )
    for _ in range(2):
        search.step(lambda: -(near + far).sum())
    assert (near.item(), far.item(), frozen.item()) == (0.5, 2.0, 0.0)
    assert sum(p.numel() for p, _ in search.searched) == 2


def test_the_least_radius_is_polled_and_none_below_it():
    search = PatternSearch([parameter(0.0)], radius=1.0, min_radius=0.25)
    while not search.finished:
        search.step(lambda: 1.0)
    assert search.now["evaluations"] == 1 + 2 * 3  # 1, 0.5, 0.25


def test_the_budget_ends_the_search_and_nothing_is_polled_after_it():
    net = Net(torch.float64)
    search = PatternSearch(net.parameters(), budget=10)
    calls = []

    def closure():
        calls.append(1)
        return net.loss()

    while not search.finished:
        search.step(closure)
        assert len(calls) <= 10
    assert len(calls) == search.now["evaluations"] == 10
    before = flat(net)
    assert search.step(closure) == net.loss().item()  # measured, nothing polled
    assert search.now["evaluations"] == 10
    assert torch.equal(flat(net), before)


def test_the_last_block_is_cut_to_the_budget():
    w, calls = parameter(*[0.0] * 8), []
    search = PatternSearch([w], poll="best", block_size=8, budget=12)
    while not search.finished:
        search.step(lambda: calls.append(1) or 1.0)
    assert len(calls) == search.now["evaluations"] == 12


def test_no_gradient_is_asked_for():
    net = Net(torch.float64)
    asked = []
    PatternSearch(net.parameters()).step(
        lambda: asked.append(torch.is_grad_enabled()) or net.loss()
    )
    assert not any(asked)
    assert all(p.grad is None for p in net.parameters())


def test_the_loop_trains_with_it_as_with_any_other():
    task = tasks.get("last_gt_first", seq_len=3)
    config = Config(steps=60, batch_size=200, n_train=200, n_eval=200)
    run = fit(
        lambda spec: models.build("logistic_regression", spec),
        task,
        config,
        n_seeds=2,
        make_optimizer=lambda model, config: PatternSearch(
            model.parameters(), measure_again=True
        ),
    )
    losses = run.history["train/loss"]
    assert (np.diff(losses, axis=1) < 1e-6).all()  # batches are shuffled, so rounding
    assert run.test["accuracy"].min() > 0.85


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda w: PatternSearch([w]).step(), TypeError, "needs a closure"),
        (lambda w: PatternSearch([w], radius=0), ValueError, "radius .* above 0, got 0"),
        (lambda w: PatternSearch([w], contraction=1.0), ValueError, "contraction must"),
        (lambda w: PatternSearch([w], expansion=0.5), ValueError, "expansion .* least 1"),
        (lambda w: PatternSearch([w], min_radius=0), ValueError, "min_radius"),
        (lambda w: PatternSearch([w], min_gain=-1), ValueError, "min_gain"),
        (lambda w: PatternSearch([w], forcing=-1), ValueError, "forcing"),
        (lambda w: PatternSearch([w], group_size=3), ValueError, "group_size .* 1 to 2"),
        (lambda w: PatternSearch([w], poll="worst"), ValueError, "no poll 'worst'"),
        (lambda w: PatternSearch([w], block_size=0), ValueError, "block_size"),
        (lambda w: PatternSearch([w], budget=0), ValueError, "budget"),
        (lambda w: PatternSearch([w], budgets=9), ValueError, "'budgets'; nearest: budget"),
        (lambda w: PatternSearch([w], group_size=0), ValueError, "group_size"),
        (lambda w: PatternSearch([]), ValueError, "empty parameter list"),
        (
            lambda w: PatternSearch([w.detach()]),
            ValueError,
            "parameter with requires_grad=True",
        ),
        (
            lambda w: PatternSearch([nn.Parameter(torch.ones(2, 3).t())]),
            ValueError,
            "contiguous",
        ),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call(parameter(1.0, 2.0))
