"""A plane through parameters: corners of paths and losses are those of the models."""

import numpy as np
import pytest
import torch
from parts.landscape import flat, landscape, loss_at, spread

from progtx_core import tasks
from progtx_core.training import Config, Snapshots, fit
from progtx_core.training.data import evaluate


@pytest.fixture(scope="module")
def runs():
    config = Config(steps=30, batch_size=16, n_eval=50, eval_every=10)
    how = {"callbacks": [Snapshots()]}

    def sgd(model, config):
        return torch.optim.SGD(model.parameters(), lr=0.5)

    task = tasks.get("last_gt_first")
    return {
        "Adam": fit("logistic_regression", task, config, **how),
        "SGD": fit("logistic_regression", task, config, make_optimizer=sgd, **how),
    }


@pytest.fixture(scope="module")
def batch():
    return tasks.get("last_gt_first").sample(80, torch.Generator())


@pytest.fixture(scope="module")
def curves(runs, batch):
    """Passes and losses, as `searches.progress` gives them: (seeds, evaluations)."""

    def curve(run):
        steps = sorted(run.snapshots)
        losses = [evaluate(run.models_at(step)[0], batch)["loss"] for step in steps]
        return np.array([steps], float), np.array([losses])

    return {name: curve(run) for name, run in runs.items()}


@pytest.fixture(scope="module")
def plane(runs, batch, curves):
    return landscape(runs, batch, curves, size=9)


def test_paths_start_together_and_end_as_far_as_the_models_went(runs, plane):
    for name, run in runs.items():
        states = [run.snapshots[step][0] for step in sorted(run.snapshots)]
        path = plane.paths[name]
        assert path.shape == (len(states), 2) == (len(plane.passes[name]), 2)
        assert np.allclose(path[0], 0)
        way = np.linalg.norm(flat(states[-1]) - flat(states[0]))
        assert np.linalg.norm(path[-1]) == pytest.approx(way, rel=1e-4)


def test_the_loss_along_a_path_is_that_of_its_models_where_it_lies_in_the_plane(plane):
    for name, loss in plane.losses.items():
        projected = plane.projected[name]
        assert projected[[0, -1]] == pytest.approx(loss[[0, -1]], rel=1e-3)
        assert loss[-1] < loss[0]


def test_the_middle_of_a_closer_view_is_the_end_of_a_path(plane):
    whole, *closer = plane.views.values()
    for (name, path), one in zip(plane.paths.items(), closer, strict=True):
        left, right, bottom, top = one.span
        assert ((left + right) / 2, (bottom + top) / 2) == pytest.approx(path[-1], abs=1e-6)
        assert one.loss[4, 4] == pytest.approx(plane.losses[name][-1], rel=1e-3)
        assert right - left < 2 * np.linalg.norm(path[-1])
        left, right, bottom, top = whole.span
        assert ((path[:, 0] > left) & (path[:, 0] < right)).all()
        assert ((path[:, 1] > bottom) & (path[:, 1] < top)).all()


def test_evaluations_are_spread_over_a_logarithmic_axis():
    passes = np.arange(0.0, 10_001.0, 10)
    kept = spread(passes, 10)
    assert kept[0] == 0 and kept[-1] == len(passes) - 1
    assert len(kept) <= 11
    assert np.diff(kept).tolist() == sorted(np.diff(kept))


def test_the_loss_of_a_point_is_that_of_the_model_there(runs, batch):
    run = runs["SGD"]
    model = run.models_at(0)[0]
    for step in (0, 10, 30):
        want = evaluate(run.models_at(step)[0], batch)["loss"]
        got = loss_at(model, flat(run.snapshots[step][0]), batch)
        assert got == pytest.approx(want, rel=1e-5)


def test_runs_from_different_starts_have_no_common_plane(runs, batch):
    how = {"callbacks": [Snapshots()], "seed": 1}
    config = Config(steps=10, batch_size=16, n_eval=50, eval_every=10)
    other = fit("logistic_regression", tasks.get("last_gt_first"), config, **how)
    with pytest.raises(ValueError, match="same parameters"):
        landscape({"one": runs["SGD"], "other": other}, batch, {})
