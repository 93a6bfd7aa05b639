"""What is recorded of counting beyond the training length."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from parts import hand_set as by_hand

from progtx_core import tasks
from progtx_core.evaluation.generation import greedy
from progtx_core.models.device import on_device
from progtx_core.models.long import LONG_SCHEMES, LongTransformer
from progtx_core.tools import records, tables
from progtx_core.training import Config, fit

SMALL = {"d_model": 8, "n_layers": 1, "n_heads": 2}


def quick(entry):
    settings = {"steps": 2, "batch_size": 4, "warmup_steps": 0, "n_eval": 20}
    return replace(entry.with_settings(**settings), sizes=entry.sizes | SMALL)


@pytest.mark.parametrize(
    ("entry", "columns"),
    [
        (tables.counting_entry("anchored"), ["up_60", "up_150"]),
        (tables.counting_entry("none", "both, truncated"), ["up_70", "down_150"]),
        (tables.copying_entry(unique=False), ["copy_20", "copy_40"]),
    ],
)
def test_an_entry_is_tested_at_every_length(entry, columns):
    run = quick(entry).train(n_seeds=2, progress=False, n_processes=1)
    found = quick(entry).measures(run)
    assert set(columns) <= set(found)
    assert all(len(values) == 2 for values in found.values())
    assert ("down_60" in found) == ("both" in entry.row)


def test_tests_hold_what_is_longer_and_a_right_counter_passes_them_all():
    entry = tables.counting_entry("anchored", "both")
    task = tasks.get("counting", max_len=150)
    machine = by_hand.counter(task, n_ctx=150)
    tests = entry.tests()
    assert len(tests) == 2 * len(tables.TEST_LENGTHS)
    for name, batch in tests.items():
        length = int(name.split("_")[1])
        assert ((batch.inputs != 0).sum(1) == length).all()
        prompts = batch.inputs[:3, :4]
        written = greedy(machine, prompts, length - 4, task.end)
        assert torch.equal(written, batch.inputs[:3, 4:])


def test_entries_with_columns_of_their_own_make_one_table(monkeypatch, tmp_path):
    entries = [
        quick(tables.counting_entry("windowed")),
        quick(tables.counting_entry("windowed", "both")),
        quick(tables.copying_entry(unique=True)),
    ]
    monkeypatch.setitem(tables.TABLES, "counted", lambda: entries)
    monkeypatch.setattr(records, "RESULTS", tmp_path)
    records.make("counted", 1, report=lambda line: None)
    record = records.read("counted")
    assert not record.stale
    assert np.isnan(record.values("down_150", "windowed, up", "counting")).all()
    assert np.isfinite(record.values("near_down_150", "windowed, both", "counting")).all()
    assert np.isfinite(record.values("copy_40", "unique", "copying")).all()
    said = []
    records.make("counted", 1, report=said.append)  # what is there is not made again
    assert said == ["3 of 3 entries are up to date"]


def test_a_contrast_is_complete_with_fewer_seeds(monkeypatch, tmp_path):
    entries = [quick(tables.copying_entry(unique=True))]
    monkeypatch.setitem(tables.TABLES, "small", lambda: entries)
    monkeypatch.setattr(records, "RESULTS", tmp_path)
    lines = []
    for _ in range(2):
        records.make("small", n_seeds=4, report=lines.append)
    assert len(records.read("small").rows) == 3
    assert lines[0].startswith("0 of 1") and lines[-1].startswith("1 of 1 entries")


def test_every_scheme_is_known_and_each_regime_is_recorded():
    assert set(tables.COMPARED) <= set(LONG_SCHEMES)
    rows = {entry.row for entry in tables.counting_entries()}
    assert {f"{tables.COMPARED[0]}, {regime}" for regime in tables.REGIMES} < rows
    seeds = {entry.row: entry.n_seeds(5) for entry in tables.counting_entries()}
    assert seeds["windowed, both, truncated"] == seeds["windowed, up, truncated"] == 5
    assert seeds["rotary, up, truncated"] == seeds["repeated"] == 3
    with pytest.raises(ValueError, match="no regime 'down'"):
        tables.counting_entry("none", "down")


@pytest.mark.slow  # nineteen million parameters
@pytest.mark.parametrize("bf16", [False, True])
def test_the_paper_sizes_take_a_step(bf16):
    make = partial(on_device(LongTransformer, "cpu", bf16), positions="anchored")
    task = tasks.get("counting")
    config = Config(steps=1, batch_size=2, n_eval=4)
    run = fit(partial(make, **tables.PAPER), task, config, progress=False)
    assert run.n_parameters > 15_000_000
    assert run.history["grad_norm"][0, 0] > 0
