"""Guess and check against the volume of a ball, sep-CMA on a badly scaled bowl."""

import builtins
import io
import math

import numpy as np
import pytest
import torch
from torch import nn

from progtx_core import tasks
from progtx_core.optim.populations import GuessAndCheck, SepCma
from progtx_core.training import Config, fit


def parameter(*values):
    return nn.Parameter(torch.tensor(values, dtype=torch.double))


def test_guesses_until_one_fits_measure_a_volume():
    """Of the square of side 2, a disk of radius 1/2 has the share pi / 16."""
    counts = []
    for seed in range(200):
        w = parameter(3.0, 3.0)
        search = GuessAndCheck([w], radius=1.0, target=0.25, seed=seed)
        while not search.finished:
            search.step(lambda: (w**2).sum())  # noqa: B023
        counts.append(search.now["evaluations"] - 1)  # the first is of the start
        assert w.norm() <= 0.5
    share = math.pi / 16
    error = (1 - share) ** 0.5 / share / len(counts) ** 0.5
    assert abs(np.mean(counts) - 1 / share) < 4 * error


def test_guesses_are_uniform_in_the_cube_of_their_group():
    near, far = nn.Parameter(torch.zeros(2000)), nn.Parameter(torch.zeros(2000))
    search = GuessAndCheck([{"params": [near]}, {"params": [far], "radius": 3.0}], 0.5)
    values = iter([2.0, 1.0])
    search.step(lambda: next(values))
    for w, radius in ((near, 0.5), (far, 3.0)):
        assert radius - 0.02 < w.abs().max() <= radius
        assert w.mean().item() == pytest.approx(0, abs=0.1 * radius)
        assert w.var().item() == pytest.approx(radius**2 / 3, rel=0.1)


def test_a_guess_depends_on_nothing_but_its_number_and_only_a_better_one_is_kept():
    ends = []
    for start in (5.0, -9.0):
        w = parameter(start)
        search = GuessAndCheck([w], seed=4)
        losses = [search.step(lambda: (w**2).sum()) for _ in range(30)]  # noqa: B023
        assert losses == sorted(losses, reverse=True)
        assert search.now["scale"] == 1.0
        ends.append(w.item())
    assert ends[0] == ends[1]


# What follows needs the package `cma`.

BAD = torch.logspace(0, 6, 10, dtype=torch.double)  # curvatures, up to a million


@pytest.fixture
def cma():
    return pytest.importorskip("cma")


def bad_bowl(w):
    return lambda: (BAD * (w - 1) ** 2).sum()


def test_sep_cma_solves_a_badly_scaled_bowl_where_one_step_length_does_not(cma):
    w = parameter(*[0.0] * 10)
    search = SepCma([w], radius=0.5, seed=1)
    while search.now["evaluations"] < 4000:
        search.step(bad_bowl(w))
    assert bad_bowl(w)() < 1e-6
    # Of steps along the gradient none may be longer than 1 / BAD[-1]; along the flattest
    # direction as many of them leave nearly all of the error.
    assert (1 - 2 * BAD[0] / BAD[-1]) ** 4000 > 0.99


def test_sep_cma_sees_the_order_of_losses_only(cma):
    ends = []
    for shape in (lambda x: x, lambda x: 1e3 * x.sqrt() - 5):
        w = parameter(2.0, -1.0, 0.0)
        search = SepCma([w], seed=2)
        for _ in range(20):
            search.step(lambda: shape(((w - 1) ** 2).sum()))  # noqa: B023
        ends.append(w.tolist())
    assert ends[0] == ends[1] != [2.0, -1.0, 0.0]


def test_sep_cma_counts_every_candidate_and_leaves_numpy_alone(cma):
    w, calls = parameter(2.0, -1.0), []
    np.random.seed(0)
    before = np.random.get_state()[1].tolist()
    search = SepCma([w], population=9)
    for _ in range(4):
        search.step(lambda: calls.append(1) or (w**2).sum())
    assert len(calls) == search.now["evaluations"] == 36
    assert np.random.get_state()[1].tolist() == before


def test_each_group_has_a_radius_of_its_own(cma):
    near, far, places = parameter(0.0), parameter(0.0), []
    search = SepCma([{"params": [near], "radius": 1e-3}, {"params": [far]}], radius=1.0)
    search.step(lambda: places.append((near.item(), far.item())) or 1.0)
    assert max(abs(x) for x, _ in places) < 0.01 < 0.1 < max(abs(x) for _, x in places)


def test_sep_cma_goes_on_from_its_state_bit_for_bit(cma):
    whole, part = parameter(*[0.0] * 10), parameter(*[0.0] * 10)
    search, first = SepCma([whole], seed=5), SepCma([part], seed=5, population=None)
    for _ in range(30):
        search.step(bad_bowl(whole))
    for _ in range(11):
        first.step(bad_bowl(part))
    file = io.BytesIO()
    torch.save(first.state_dict(), file)
    file.seek(0)
    again = SepCma([part], radius=9.0)
    again.load_state_dict(torch.load(file, weights_only=True))
    for _ in range(19):
        again.step(bad_bowl(part))
    assert torch.equal(part, whole) and again.now == search.now


def test_an_interrupted_or_not_finite_population_leaves_every_bit_and_is_drawn_again(cma):
    w, places = parameter(2.0, -1.0), []
    search = SepCma([w], seed=3)

    def stopped():
        places.append(w.tolist())
        if len(places) == 3:
            raise KeyboardInterrupt
        return (w**2).sum()

    with pytest.raises(KeyboardInterrupt):
        search.step(stopped)
    assert w.tolist() == [2.0, -1.0]
    assert math.isnan(search.step(lambda: math.nan))
    assert w.tolist() == [2.0, -1.0]
    again = []
    search.step(lambda: again.append(w.tolist()) or (w**2).sum())
    assert again[:3] == places
    # A candidate whose loss is not finite counts as the worst.
    values = iter([math.inf, 3.0, 2.0, 1.0, math.nan, 4.0])
    assert search.step(lambda: next(values)) == 2.5
    assert search.now["told"][-1] == [4.0, 3.0, 2.0, 1.0, 4.0, 4.0]


def test_the_loop_trains_with_sep_cma(cma):
    task = tasks.get("last_gt_first", seq_len=3)
    config = Config(60, batch_size=100, n_train=100, n_eval=100)
    made = lambda model, config: SepCma(model.parameters())  # noqa: E731
    run = fit("logistic_regression", task, config, make_optimizer=made)
    assert run.test["accuracy"].min() > 0.9


def test_without_the_package_it_says_in_one_line_what_to_do(monkeypatch):
    known = builtins.__import__

    def without(name, *rest):
        if name == "cma":
            raise ImportError(name)
        return known(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match="needs the package cma: pip install") as said:
        SepCma([parameter(1.0)])
    assert "\n" not in str(said.value)


def test_a_population_too_small_is_refused(cma):
    with pytest.raises(ValueError, match="population .* at least 4, got 3"):
        SepCma([parameter(1.0)], population=3)
