"""Models that fit a small set: what is drawn, when each method stops, what is measured."""

from dataclasses import replace

import pytest
import torch
from experiments import small_sets
from experiments.small_sets import METHODS, SOURCES, Few

from progtx_core.tasks import SPLITS
from progtx_core.training import evaluate


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setenv("PROGTX_PROGRESS", "off")


@pytest.mark.parametrize("kind", SOURCES)
def test_splits_are_disjoint_and_training_examples_balanced(kind):
    task, seen = Few(kind), []
    for split in SPLITS:
        batch = task.sample(16, torch.Generator().manual_seed(0), split)
        assert torch.equal(task.labels(batch.inputs), batch.targets)
        if split == "train":
            assert len(batch) == 16 and batch.targets.sum() == 8
            assert task.label(batch.inputs[0].tolist()) == batch.targets[0]
        seen += task.rows[split].tolist()
    assert sorted(seen) == list(range(len(task.targets)))
    assert len(task.rows["test"]) > 100


@pytest.mark.parametrize("n", [5, 1000])
def test_examples_that_are_not_there_are_refused_in_one_line(n):
    with pytest.raises(ValueError, match=f"parity: {n} examples asked for, "):
        Few("parity").sample(n, torch.Generator().manual_seed(0))


def test_parity_is_that_of_its_ones():
    task = Few("parity")
    for row, odd in zip(task.inputs[:40, 0], task.targets):
        assert (row == 1).sum() % 2 == odd
    assert task.label([[1.0] * 8]) == 0
    assert task.label([[0.5] * 8]) is None  # no string of bits


def test_each_seed_has_examples_of_its_own_and_they_are_those_of_the_loop():
    cell = small_sets.cell("Adam", "3 or 8", 8)
    first, other = (replace(cell, draws=seed).train_set() for seed in (0, 1))
    assert not torch.equal(first.inputs, other.inputs)
    result = cell.train(1, 1)
    assert evaluate(result.models[0], other)["accuracy"] == 1


@pytest.mark.parametrize("name", METHODS)
def test_every_method_stops_at_the_first_weights_that_fit(name):
    cell = small_sets.cell(name, "3 or 8", 4)
    cell = cell.with_settings(eval_every=1, steps=3_000)
    row = cell.rows(cell.train(1, 3), small_sets.measure).iloc[0]
    assert row.fits == 1 and 0 < row.updates < 3_000
    before = cell.with_settings(steps=max(1, int(row.updates) - 1)).train(1, 3)
    batch = replace(cell, draws=3).train_set()
    if row.updates > 1:
        assert evaluate(before.models[0], batch)["accuracy"] < 1


def test_a_model_that_does_not_fit_is_told():
    cell = small_sets.cell("SGD", "parity", 32).with_settings(steps=1)
    assert small_sets.measure(cell, cell.train(1))["fits"].tolist() == [0]


def test_cells_of_a_kind_differ_in_their_method_alone():
    for n in small_sets.SIZES:
        cells = [c for c in small_sets.SMALL_SETS.cells if c.config().batch_size == n]
        for kind in SOURCES:
            names = [c.method for c in cells if c.task == kind]
            few = n <= small_sets.GUESSED[kind]
            assert names == [m for m in METHODS if few or m != "guess and check"]
