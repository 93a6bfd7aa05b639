"""A plane through parameters: corners of paths and losses are those of the models."""

import numpy as np
import pytest
import torch
from parts.landscape import flat, landscape, loss_at

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


def test_paths_start_together_and_end_as_far_as_the_models_went(runs, batch):
    plane = landscape(runs, batch, size=5)
    for name, run in runs.items():
        states = [run.snapshots[step][0] for step in sorted(run.snapshots)]
        way = flat(states[-1]) - flat(states[0])
        path = plane.paths[name]
        assert path.shape == (len(states), 2)
        assert np.allclose(path[0], 0)
        assert np.linalg.norm(path[-1]) == pytest.approx(np.linalg.norm(way), rel=1e-4)
        assert plane.away[name] == pytest.approx(np.linalg.norm(way), rel=1e-4)
    one, other = (path[-1] for path in plane.paths.values())
    cosine = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
    assert plane.cosine == pytest.approx(cosine, rel=1e-3)


def test_the_loss_of_a_point_is_that_of_the_model_there(runs, batch):
    run = runs["SGD"]
    model = run.models_at(0)[0]
    for step in (0, 10, 30):
        want = evaluate(run.models_at(step)[0], batch)["loss"]
        got = loss_at(model, flat(run.snapshots[step][0]), batch)
        assert got == pytest.approx(want, rel=1e-5)


def test_every_path_lies_inside_the_plane_and_the_loss_falls_to_its_end(runs, batch):
    plane = landscape(runs, batch, size=41)
    left, right, bottom, top = plane.span
    x, y = np.linspace(left, right, 41), np.linspace(bottom, top, 41)
    for path in plane.paths.values():
        assert ((path[:, 0] > left) & (path[:, 0] < right)).all()
        assert ((path[:, 1] > bottom) & (path[:, 1] < top)).all()

        def near(point):
            row, column = np.abs(y - point[1]).argmin(), np.abs(x - point[0]).argmin()
            return plane.loss[row, column]

        assert near(path[-1]) < near(path[0])
    run, (_, way) = runs["SGD"], plane.paths.values()
    want = evaluate(run.models[0], batch)["loss"]
    row, column = np.abs(y - way[-1][1]).argmin(), np.abs(x - way[-1][0]).argmin()
    assert plane.loss[row, column] == pytest.approx(want, abs=0.05)


def test_runs_from_different_starts_have_no_common_plane(runs, batch):
    how = {"callbacks": [Snapshots()], "seed": 1}
    config = Config(steps=10, batch_size=16, n_eval=50, eval_every=10)
    other = fit("logistic_regression", tasks.get("last_gt_first"), config, **how)
    with pytest.raises(ValueError, match="same parameters"):
        landscape({"one": runs["SGD"], "other": other}, batch)
