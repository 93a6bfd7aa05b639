"""The methods of chapter 9 and the cells that are recorded of them."""

import numpy as np
import pytest
import torch
from experiments import searches

from progtx_core.optim import GreedyRandom, PatternSearch
from progtx_core.optim.estimates import TwoSided
from progtx_core.training import evaluate

SMALL = {"d_model": 4, "n_layers": 1, "n_heads": 2, "d_mlp": 4}


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    monkeypatch.setenv("PROGTX_PROGRESS", "off")
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")


def small(name, **settings):
    arguments = {"budget": 400} if name in searches.SEARCHES else {}
    return searches.cell(
        name,
        model_kwargs=SMALL,
        task_kwargs={"seq_len": 5},
        settings=settings,
        arguments=arguments,
    )


def test_every_method_is_recorded_and_makes_its_optimizer():
    made = {}
    for cell in searches.EXPERIMENT.cells:
        data = cell.data()
        model = cell.make()(data.spec)
        made[cell.row] = type(cell.make_optimizer(data)(model, cell.config()))
    assert set(searches.METHODS) < set(made)
    made = [made[name] for name in searches.METHODS]
    assert made[-4:] == [GreedyRandom, TwoSided, torch.optim.SGD, torch.optim.AdamW]
    assert set(made[:-4]) == {PatternSearch}
    with pytest.raises(ValueError, match="no method 'adam'; nearest: Adam"):
        searches.method("adam", data.splits["train"])


def test_a_search_is_measured_by_its_evaluations():
    cell = small("PatternSearch", steps=50, eval_every=1)
    found = searches.measure(cell, cell.train(n_seeds=2))
    assert (found["passes"] >= 400).all()
    assert (found["passes"] < 400 + 50 * 9).all()  # what is tried together comes on top
    after = np.array([found[f"after_{n}"] for n in searches.PASSES])
    assert (np.diff(after, axis=0) <= 1e-6).all()  # a search never gets worse
    assert np.array_equal(after[-1], found["train_loss"])
    assert (after[1] < after[0]).all()  # the first evaluation that finds a move


def test_progress_is_what_the_models_of_each_evaluation_would_say():
    result = small("PatternSearch", steps=50, eval_every=5).train(2)
    batch = result.task.splits["val"]
    passes, loss, accuracy = searches.progress(result, batch, 1.0)
    assert passes.shape == loss.shape == accuracy.shape == (2, len(result.snapshots))
    for number, step in enumerate(sorted(result.snapshots)):
        for seed, model in enumerate(result.models_at(step)):
            found = evaluate(model, batch)
            assert found["loss"] == loss[seed, number]
            assert found["accuracy"] == accuracy[seed, number]


def test_a_seed_that_has_ended_stands_still_while_another_goes_on():
    result = small("PatternSearch", steps=50, eval_every=1).train(1)
    last = max(result.snapshots)
    result.snapshots[last + 1] = result.snapshots[last]
    _, loss, _ = searches.progress(result, result.task.splits["train"], 1.0)
    assert loss[0, -1] == loss[0, -2]


def test_a_step_along_the_gradient_costs_more_than_a_pass():
    cell = small("SGD", steps=6, eval_every=2, warmup_steps=0)
    result = cell.train()
    price = searches.passes_a_step(cell, result)
    assert price > 1
    passes, loss, accuracy = searches.progress(result, result.task.splits["train"], price)
    assert passes[0].tolist() == [0, 2 * price, 4 * price, 6 * price]
    assert loss.shape == accuracy.shape == (1, 4)
    assert np.isnan(searches.passes_a_step(small("SPSA"), result))
