"""Estimates of a gradient against what theory says of them."""

import io
from functools import partial

import pytest
import torch
from torch import nn
from torch.optim import SGD, Adam
from torch.utils.flop_counter import FlopCounterMode

from progtx_core import tasks
from progtx_core.models.transformer import CausalTransformer
from progtx_core.optim.estimates import (
    DUAL_PASSES,
    EvolutionStrategy,
    ForwardGradient,
    TwoSided,
)
from progtx_core.training import Config, fit, masked_cross_entropy

STEEP = torch.tensor([1.0, 4.0, 0.5, 2.0, 1.0, 3.0], dtype=torch.double)
MOMENTUM, MEMORY = partial(SGD, momentum=0.9), partial(Adam, betas=(0.9, 0.98))
RULES = {"plain": SGD, "momentum": MOMENTUM, "Adam": MEMORY}
MAKE = {
    **{f"two-sided, {n}": partial(TwoSided, rule=rule) for n, rule in RULES.items()},
    "three pairs": partial(TwoSided, pairs=3),
    "evolution strategy": partial(EvolutionStrategy, rule=MEMORY, pairs=4),
    **{f"forward, {n}": partial(ForwardGradient, rule=rule) for n, rule in RULES.items()},
}
each = pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)


def start():
    return nn.Parameter(torch.linspace(-2, 2, 6, dtype=torch.double))


def bowl(w):
    """A quadratic with its least loss at 1 throughout."""
    return lambda: (STEEP * (w - 1) ** 2).sum()


def estimates(search, closure, n):
    """That many of them, from where the search stands: (n, all parameters)."""
    found = [torch.no_grad()(search.estimate)(closure)[1] for _ in range(n)]
    return torch.stack([torch.cat([part.flatten() for part in one]) for one in found])


@pytest.mark.slow
@pytest.mark.parametrize("make", [TwoSided, partial(TwoSided, pairs=4), ForwardGradient])
def test_the_mean_of_the_estimates_is_the_gradient(make):
    w = start()
    found = estimates(make([w]), bowl(w), 1500)
    gradient = 2 * STEEP * (w.detach() - 1)
    error = found.std(0) / len(found) ** 0.5
    assert ((found.mean(0) - gradient).abs() < 4.5 * error).all()
    # With normal directions the squares add up to P + 1 times those of the gradient.
    n_pairs = getattr(make, "keywords", {}).get("pairs", 1)
    spread = found.var(0).sum() / gradient.square().sum()
    assert spread == pytest.approx((len(w) + 1) / n_pairs, rel=0.25)


@pytest.mark.slow
def test_pairs_divide_the_variance():
    w = start()
    one, many = (
        estimates(TwoSided([w], pairs=pairs), bowl(w), 600).var(0).sum()
        for pairs in (1, 10)
    )
    assert one / many == pytest.approx(10, rel=0.3)


def test_the_slope_in_forward_mode_is_the_dot_product_of_autograd():
    spec = tasks.get("parity", seq_len=5).spec
    model = CausalTransformer(spec, d_model=8, n_heads=2).double()
    batch = tasks.get("parity", seq_len=5).sample(20, torch.Generator().manual_seed(0))
    parameters = list(model.parameters())
    search = ForwardGradient(parameters)
    (estimate,) = estimates(search, lambda: loss_of(model, batch), 1)
    search.now["draw"] = 0
    direction = torch.cat([part.flatten() for part in search.draw()[1]])
    gradient = torch.autograd.grad(loss_of(model, batch), parameters)
    slope = torch.cat([part.flatten() for part in gradient]) @ direction
    assert torch.allclose(estimate, slope * direction)
    unpacked = map(torch.autograd.forward_ad.unpack_dual, parameters)
    assert all(one.tangent is None for one in unpacked)


def loss_of(model, batch):
    return masked_cross_entropy(model(batch.inputs), batch)


def test_a_pass_in_forward_mode_has_almost_three_times_the_products():
    """As many as a pass and its way back; a first layer has no change of its input."""
    task = tasks.get("parity", seq_len=8)
    model = CausalTransformer(task.spec, d_model=16)
    batch = task.sample(20, torch.Generator().manual_seed(0))
    search = ForwardGradient(model.parameters())

    def products(function):
        with FlopCounterMode(display=False) as counter:
            function()
        return counter.get_total_flops()

    with (
        torch.no_grad(),
        torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH),
    ):
        once = products(lambda: loss_of(model, batch))
    dual = products(lambda: search.step(lambda: loss_of(model, batch)))
    assert DUAL_PASSES - 0.2 < dual / once <= DUAL_PASSES
    assert search.now["evaluations"] == DUAL_PASSES


def test_a_loss_that_torch_did_not_compute_has_no_slope():
    w = start()
    with pytest.raises(TypeError, match="a loss that torch computes from the parameters"):
        ForwardGradient([w]).step(lambda: bowl(w)().item())
    assert torch.equal(w, start())


@pytest.mark.parametrize("change", [torch.exp, torch.atan, lambda x: 1e3 * x - 7])
def test_ranks_see_the_order_of_losses_only(change):
    ends = []
    for shape in (lambda x: x, change):
        w = start()
        search = EvolutionStrategy([w], MEMORY, lr=0.05, radius=0.1, pairs=4)
        for _ in range(50):
            search.step(lambda: shape(bowl(w)() / 20))  # noqa: B023
        ends.append(w.detach().clone())
    assert torch.equal(*ends)
    assert not torch.equal(ends[0], start())


def test_a_few_ranks_by_hand():
    search = EvolutionStrategy([start()], pairs=2)
    losses = torch.tensor([[3.0, 90.0], [-1.0, 3.0]])
    assert search.shaped(losses).tolist() == [[0.0, 0.5], [-0.5, 0.0]]
    alike = torch.ones(2, 3)
    assert not search.shaped(alike).any()
    worst = torch.tensor([[float("nan"), 1.0], [2.0, 0.0]])
    assert search.shaped(worst)[0, 0] == 0.5


def test_spsa_takes_the_steps_that_it_took_when_tables_were_recorded():
    w = nn.Parameter(torch.linspace(-1, 1, 5))
    search = TwoSided([w], lr=0.01, radius=1e-2)
    for _ in range(25):
        search.step(lambda: ((w - 0.5) ** 2).sum())
    then = "-0x1.049bde p-1 -0x1.58847c p-3 -0x1.e8b18a p-4 0x1.088bbc p-1 0x1.874492 p-1"
    numbers = [float.fromhex(x) for x in then.replace(" p", "p").split()]
    assert w.tolist() == pytest.approx(numbers, rel=1e-5)  # float32, 25 steps


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_rule_is_that_of_torch(rule):
    """Handed the same estimates, torch's optimizer takes the same steps."""
    v, w = start(), start()
    search, other = TwoSided([w], rule, lr=0.02), rule([v], lr=0.02)
    for _ in range(20):
        draw = search.now["draw"]
        (v.grad,) = estimates(search, bowl(w), 1)
        search.now["draw"] = draw
        search.step(bowl(w))
        other.step()
        assert torch.equal(v, w)


def test_each_group_keeps_its_settings_of_the_rule():
    quick, slow = nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(2))
    groups = [{"params": [quick]}, {"params": [slow], "lr": 1e-4, "betas": (0.5, 0.9)}]
    search = TwoSided(groups, Adam, lr=0.1)
    search.step(lambda: (quick + slow).sum())
    assert quick.abs().max().item() == pytest.approx(0.1, rel=1e-3)
    assert slow.abs().max().item() == pytest.approx(1e-4, rel=1e-3)
    assert [group["betas"] for group in search.param_groups] == [(0.9, 0.999), (0.5, 0.9)]


def test_a_gradient_that_was_there_stays_and_moves_nothing():
    free, frozen = start(), start()
    frozen.requires_grad_(False)
    free.grad, frozen.grad = torch.ones_like(free), torch.ones_like(frozen)
    TwoSided([free, frozen], lr=0.01).step(bowl(free))
    assert torch.equal(frozen, start()) and not torch.equal(free, start())
    assert torch.equal(free.grad, torch.ones_like(free))


@pytest.mark.slow
@each
def test_the_loss_falls_to_the_bottom_of_a_bowl(make):
    w = start()
    search = make([w], lr=0.003 if "Adam" not in type(make([w]).rule).__name__ else 0.1)
    for _ in range(600):
        search.step(bowl(w))
    assert bowl(w)() < 0.02 * bowl(start())()


@each
def test_a_seed_fixes_all_and_another_draws_another_way(make):
    ends = []
    for seed in (0, 0, 1):
        w = start()
        search = make([w], lr=0.01, seed=seed)
        for _ in range(5):
            search.step(bowl(w))
        ends.append(w.detach().clone())
    assert torch.equal(ends[0], ends[1]) and not torch.equal(ends[0], ends[2])


@each
def test_an_interrupted_or_not_finite_step_leaves_every_bit(make):
    w, calls = start(), []
    search = make([w], lr=0.01)

    def stopped():
        calls.append(1)
        if len(calls) == 2 or isinstance(search, ForwardGradient):
            raise KeyboardInterrupt
        return bowl(w)()

    with pytest.raises(KeyboardInterrupt):
        search.step(stopped)
    assert torch.equal(w, start()) and w.grad is None
    search.step(lambda: float("nan"))
    assert torch.equal(w, start())


def test_a_pair_that_is_not_finite_does_not_count():
    w = start()
    search, values = (
        TwoSided([w], lr=0.01, radius=0.1, pairs=2),
        iter([5.0, 1e400, 3.0, 1.0]),
    )
    first = search.draw()[1][0]
    search.now["draw"] = 0
    search.step(lambda: next(values))
    assert torch.allclose(w, start() - 0.01 * (5.0 - 3.0) / 0.2 * first)


@each
def test_it_goes_on_from_its_state_bit_for_bit(make):
    whole, part = start(), start()
    search, first = make([whole], lr=0.01), make([part], lr=0.01)
    for _ in range(20):
        search.step(bowl(whole))
    for _ in range(8):
        first.step(bowl(part))
    file = io.BytesIO()
    torch.save(first.state_dict(), file)
    file.seek(0)
    again = make([part], lr=0.5)
    again.load_state_dict(torch.load(file, weights_only=True))
    for _ in range(12):
        again.step(bowl(part))
    assert torch.equal(part, whole)
    assert again.now == search.now


def test_the_state_of_another_estimate_or_rule_is_refused():
    search = TwoSided([start()], Adam)
    for other in (TwoSided([start()]), ForwardGradient([start()], Adam)):
        with pytest.raises(ValueError, match="this is no state of a TwoSided"):
            search.load_state_dict(other.state_dict())


@pytest.mark.slow
@pytest.mark.parametrize("name", MAKE)
def test_the_loop_trains_with_it_as_with_any_other(name):
    task = tasks.get("last_gt_first", seq_len=3)
    config = Config(80, batch_size=100, n_train=100, n_eval=100, learning_rate=0.05)
    made = lambda model, config: MAKE[name](model.parameters(), lr=config.learning_rate)  # noqa: E731
    run = fit("logistic_regression", task, config, make_optimizer=made)
    losses, passes = run.history["train/loss"][0], run.history["evaluations"][0]
    assert losses[-10:].mean() < losses[:10].mean()
    assert passes[-1] % config.steps == 0 and passes[-1] >= 2 * config.steps


def test_the_loop_trains_with_lbfgs_of_torch():
    """It needs no code of ours: its closure is called as often as it likes."""
    task = tasks.get("last_gt_first", seq_len=3)
    config = Config(5, batch_size=100, n_train=100, n_eval=100, learning_rate=1.0)
    made = lambda model, config: torch.optim.LBFGS(model.parameters())  # noqa: E731
    run = fit("logistic_regression", task, config, make_optimizer=made)
    assert run.history["train/loss"][0][-1] < 0.2 * run.history["train/loss"][0][0]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda w: TwoSided([w], lr=0), ValueError, "lr .* above 0, got 0"),
        (lambda w: TwoSided([w], radius=0), ValueError, "radius .* above 0, got 0"),
        (lambda w: TwoSided([w], pairs=0), ValueError, "pairs .* at least 1, got 0"),
        (lambda w: TwoSided([w], rule="Adam"), TypeError, "rule must be a function"),
        (lambda w: TwoSided([w], lambda p, lr: 5), TypeError, "what rule makes must be"),
        (lambda w: ForwardGradient([w], seed=-1), ValueError, "seed .* from 0 to"),
        (
            lambda w: EvolutionStrategy([w]).step(),
            TypeError,
            "Strategy.step needs a closure",
        ),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call(start())
