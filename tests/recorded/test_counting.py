"""What is recorded of counting beyond the training length."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from experiments import counting, counting_whole
from parts import hand_set

from progtx_core import tasks
from progtx_core.evaluation.generation import greedy
from progtx_core.models.device import on_device
from progtx_core.models.long import LONG_SCHEMES, LongTransformer
from progtx_core.tools import recorded
from progtx_core.tools.experiments.executors import local
from progtx_core.tools.recorded import Experiment
from progtx_core.training import Config, fit

SMALL = {"d_model": 8, "n_layers": 1, "n_heads": 2}


def quick(cell):
    settings = {"steps": 2, "batch_size": 4, "warmup_steps": 0, "n_eval": 20}
    return replace(cell.with_settings(**settings), model_kwargs=cell.model_kwargs | SMALL)


@pytest.mark.slow  # for `make check` it takes too long
@pytest.mark.parametrize(
    ("cell", "columns"),
    [
        (counting.cell("anchored"), ["up_60", "up_150"]),
        (counting.cell("none", "both, truncated"), ["up_70", "down_150"]),
    ],
)
def test_a_cell_is_tested_at_every_length(cell, columns, monkeypatch):
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")
    result = quick(cell).train(n_seeds=2)
    found = counting.measure(quick(cell), result)
    assert set(columns) <= set(found)
    assert all(len(values) == 2 for values in found.values())
    assert ("down_60" in found) == ("both" in cell.row)


def test_tests_hold_what_is_longer_and_a_right_counter_passes_them_all():
    task = tasks.get("counting", max_len=150)
    machine = hand_set.counter(task, n_ctx=150)
    tests = counting.cell("anchored", "both").tests()
    assert len(tests) == 2 * len(counting.TEST_LENGTHS)
    for name, batch in tests.items():
        length = int(name.split("_")[1])
        assert ((batch.inputs != 0).sum(1) == length).all()
        goes_up = batch.inputs[:, 2] > batch.inputs[:, 1]
        assert (goes_up == name.startswith("up")).all()
        prompts = batch.inputs[:3, :4]
        written = greedy(machine, prompts, length - 4, task.end)
        assert torch.equal(written, batch.inputs[:3, 4:])


@pytest.mark.slow  # for `make check` it takes too long
def test_cells_with_columns_of_their_own_make_one_table(monkeypatch, here):
    cells = [
        quick(counting.cell("windowed")),
        quick(counting.cell("windowed", "both")),
        quick(counting.cell("none", "up, truncated")),
    ]
    experiment = Experiment("counted", cells, measure=counting.measure)
    monkeypatch.setitem(recorded.experiments(), "counted", experiment)
    recorded.record("counted", 1, report=lambda line: None)
    frame = recorded.read("counted")
    of = partial(recorded.values, frame)
    assert np.isnan(of("windowed, up", "counting", "down_150")).all()
    assert np.isfinite(of("windowed, both", "counting", "near_down_150")).all()
    assert np.isfinite(of("none, up, truncated", "counting", "up_150")).all()
    said = []
    recorded.record("counted", 1, report=said.append)  # what is there is not made again
    assert said == ["3 of 3 rows are up to date"]
    rows = [trial.place[0] for trial in experiment.trials(4)]
    assert [rows.count(cell.row) for cell in cells] == [4, 3, 3]  # fewer of a contrast


@pytest.mark.slow  # a process of its own, which finds the cell beside the chapters
def test_a_cell_of_a_chapter_is_measured_in_another_process(monkeypatch, here):
    cells = [quick(counting.cell("none"))]
    experiment = Experiment("counted", cells, measure=counting.measure)
    monkeypatch.setitem(recorded.experiments(), "counted", experiment)
    monkeypatch.setattr(recorded, "local", local)
    recorded.record("counted", 1, report=lambda line: None)
    assert recorded.read("counted").model.tolist() == ["none, up"]


def test_every_scheme_is_known_and_each_regime_is_recorded():
    assert set(counting.COMPARED) <= set(LONG_SCHEMES)
    tables = counting.EXPERIMENT, counting_whole.EXPERIMENT
    truncated, whole = (
        {cell.row: cell.max_seeds for cell in table.cells} for table in tables
    )
    first = counting.COMPARED[0]
    assert all(regime.endswith(", truncated") for regime in truncated)
    assert {f"{first}, {regime}" for regime in counting.REGIMES} - set(truncated) == {
        "windowed, up",
        "windowed, both",
    }
    assert {"windowed, up", "windowed", "comparing"} < set(whole)
    assert truncated["windowed, both, truncated"] is whole["comparing"] is None
    assert truncated["rotary, up, truncated"] == whole["circle"] == 3
    with pytest.raises(ValueError, match="no regime 'down'"):
        counting.cell("none", "down")


@pytest.mark.slow  # for `make check` it takes too long
def test_of_whole_sequences_the_causes_are_measured_too():
    cell = quick(counting_whole.comparing())
    found = counting_whole.measure(cell, cell.train(n_seeds=2))
    causes = {"early", "turned", "swapped", "another_a", "another_b"}
    assert {f"{what}_{d}_150" for what in causes for d in ("up", "down")} < set(found)
    assert {"up_60", "down_150", "near_down_150"} < set(found)
    assert all(len(values) == 2 for values in found.values())


@pytest.mark.slow  # nineteen million parameters
@pytest.mark.parametrize("bf16", [False, True])
def test_the_paper_sizes_take_a_step(bf16):
    make = partial(on_device(LongTransformer, "cpu", bf16), positions="anchored")
    config = Config(steps=1, batch_size=2, n_eval=4)
    result = fit(partial(make, **counting.SIZES["paper"]), tasks.get("counting"), config)
    assert result.n_parameters > 15_000_000
    assert result.history["grad_norm"][0, 0] > 0
