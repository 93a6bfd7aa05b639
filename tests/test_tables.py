"""The methods of chapter 9 and the entries that are recorded of them."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from progtx_core.optim import GreedyRandom, PatternSearch, Spsa
from progtx_core.tools import tables
from progtx_core.training.learners import evaluate

SMALL = {"d_model": 4, "n_layers": 1, "n_heads": 2, "d_mlp": 4}


def small(name, **settings):
    whole = tables.search_entry(name)
    arguments = whole.arguments | ({"budget": 400} if "budget" in whole.arguments else {})
    return replace(
        whole,
        sizes=SMALL,
        of_task={"seq_len": 5},
        settings=whole.settings | settings,
        arguments=arguments,
    )


def test_every_method_is_recorded_and_makes_its_optimizer():
    made = {}
    for one in tables.search_entries():
        data = one.data()
        model = tables.searched_model(data.spec, **SMALL)
        make = tables.method(one.method, data.splits["train"], **one.arguments)
        made[one.row] = type(make(model, one.config()))
    assert set(tables.METHODS) < set(made)
    made = {name: made[name] for name in tables.METHODS}
    assert [kind for name, kind in made.items()][-4:] == [
        GreedyRandom,
        Spsa,
        torch.optim.SGD,
        torch.optim.AdamW,
    ]
    assert set(list(made.values())[:-4]) == {PatternSearch}
    with pytest.raises(ValueError, match="no method 'adam'; nearest: Adam"):
        tables.method("adam", data.splits["train"])


def test_a_search_is_measured_by_its_evaluations():
    one = small("PatternSearch", steps=50, eval_every=1)
    run = one.train(n_seeds=2, progress=False, n_processes=1)
    found = one.measures(run)
    assert (found["passes"] >= 400).all()
    assert (found["passes"] < 400 + 50 * 9).all()  # what is tried together comes on top
    after = np.array([found[f"after_{n}"] for n in tables.PASSES])
    assert (np.diff(after, axis=0) <= 1e-6).all()  # a search never gets worse
    assert np.array_equal(after[-1], found["train_loss"])
    assert (after[1] < after[0]).all()  # the first look after the start is beyond 100


def test_progress_is_what_the_models_of_each_look_would_say():
    run = small("PatternSearch", steps=50, eval_every=5).train(
        2, progress=False, n_processes=1
    )
    batch = run.task.splits["val"]
    _, loss, accuracy = tables.progress(run, batch, 1.0)
    for number, step in enumerate(sorted(run.snapshots)):
        for seed, model in enumerate(run.at(step)):
            found = evaluate(model, batch)
            assert found["loss"] == loss[seed, number]
            assert found["accuracy"] == accuracy[seed, number]
    assert (np.diff(loss) == 0).any()  # it stood still at the end


def test_a_step_along_the_gradient_costs_more_than_a_pass():
    one = small("SGD", steps=6, eval_every=2, warmup_steps=0)
    run = one.train(n_seeds=1, progress=False, n_processes=1)
    price = one.passes_a_step(run)
    assert price > 1
    passes, loss, accuracy = tables.progress(run, run.task.splits["train"], price)
    assert passes[0].tolist() == [0, 2 * price, 4 * price, 6 * price]
    assert loss.shape == accuracy.shape == (1, 4)
    assert np.isnan(small("SPSA").passes_a_step(run))
