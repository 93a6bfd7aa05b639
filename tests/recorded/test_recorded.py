"""Recorded tables: what is written is read, older rows are seen, damage is named."""

from dataclasses import replace

import numpy as np
import pytest
from experiments import scoreboard

from progtx_core import __main__, models
from progtx_core.tools import recorded
from progtx_core.tools.recorded import Experiment
from progtx_core.tools.recorded.cell import CellTrial
from tests.recorded.conftest import QUICK

TABLES = sorted(recorded.experiments())


def record(n_seeds=1, **how):
    """What was said on the way; the table lies where `small` put it."""
    said = []
    recorded.record("small", n_seeds, report=said.append, **how)
    return said


def test_tables_are_found_by_their_files():
    assert sorted(path.stem for path in recorded.RESULTS.glob("*.csv")) == TABLES
    with pytest.raises(ValueError, match="table 'scorebord'; nearest: scoreboard"):
        recorded.find("scorebord")


@pytest.mark.parametrize("name", TABLES)
def test_committed_tables_hold_every_cell_on_all_its_seeds(name):
    experiment, frame = recorded.find(name), recorded.read(name)
    rows = list(zip(frame.model, frame.task, frame.seed))
    assert len(set(rows)) == len(rows)
    assert set(rows) == {trial.place for trial in experiment.trials()}
    assert (frame.version == experiment.version).all()
    for cell in experiment.cells:
        assert len(recorded.values(frame, cell.row, cell.task)) >= 3, cell
        cell.config()  # its settings fit each other
    assert "stale" not in recorded.origin(name)


def test_a_table_has_as_many_seeds_as_it_says(small):
    own = replace(recorded.find("small"), n_seeds=2)
    assert [trial.place[-1] for trial in own.trials()] == [0, 1] * len(own.cells)
    assert len(own.trials(1)) == len(own.cells)
    with pytest.raises(ValueError, match="n_seeds must be a whole number from 1"):
        own.trials(0)


def test_the_models_of_the_scoreboard_are_its_own_list():
    assert set(scoreboard.MODELS) <= set(models.names())
    shorter = scoreboard.cell("transformer", "mixed_rule").with_settings(steps=7)
    assert (shorter.config().steps, shorter.config().warmup_steps) == (7, 7)
    with pytest.raises(ValueError, match="no task of the scoreboard 'parity'"):
        scoreboard.cell("max_pooling", "parity")


def test_one_row_a_model_task_and_seed(small, capsys):
    assert __main__.main(["record", "small", "--seeds", "2"]) == 0
    assert "0 of 4 rows are up to date" in capsys.readouterr().out
    frame = recorded.read("small")
    assert list(zip(frame.model, frame.task, frame.seed)) == [
        (model, task, seed)
        for model, task in (("first", "last_gt_first"), ("second", "sum_mod_10"))
        for seed in (0, 1)
    ]
    assert frame.notna().all(axis=None)
    assert {"parameters", "steps", "seconds", "torch", "python", "date"} <= set(frame)
    assert recorded.values(frame, "second", "sum_mod_10").shape == (2,)
    assert recorded.values(frame, "second", "last_gt_first").shape == (0,)
    assert "python -m progtx_core record small" in recorded.origin("small")
    with pytest.raises(ValueError, match="no column 'accurace'; nearest: accuracy"):
        recorded.values(frame, "second", "sum_mod_10", "accurace")


def test_a_seed_recorded_alone_has_the_numbers_that_it_has_among_others(small):
    record(2)
    (cell, _) = recorded.find("small").cells
    together = cell.rows(cell.train(2)).accuracy
    alone = recorded.values(recorded.read("small"), cell.row, cell.task)
    assert np.allclose(alone, together)


def test_only_what_is_missing_or_older_is_measured(small, monkeypatch):
    record(1)
    before = (small / "small.csv").read_text()
    assert record(1) == ["2 of 2 rows are up to date"]
    assert (small / "small.csv").read_text() == before
    assert record(2)[:2] == ["2 of 4 rows are up to date", "0 of 2 trials are done"]
    assert before.splitlines()[1] in (small / "small.csv").read_text()
    raised = replace(recorded.find("small"), version=2)
    monkeypatch.setitem(recorded.experiments(), "small", raised)
    assert "**stale: rows have version 1, the experiment 2**" in recorded.origin("small")
    assert record(2)[0] == "0 of 4 rows are up to date"
    assert recorded.read("small").version.tolist() == [2] * 4
    assert "stale" not in recorded.origin("small")
    assert record(1, fresh=True)[-1].startswith("[2/2]")
    fewer = replace(raised, cells=raised.cells[:1])  # the row of a cell that is no more
    monkeypatch.setitem(recorded.experiments(), "small", fewer)
    record(2)
    assert set(recorded.read("small").model) == {"first"}


def test_what_was_finished_is_kept_when_the_recording_is_stopped(small, monkeypatch):
    def stopped(trial, folder, timeout=None):
        if trial.parameters["model"] == "first":  # the last one to begin
            raise KeyboardInterrupt
        return execute(trial, folder)

    execute = CellTrial.execute
    monkeypatch.setattr(CellTrial, "execute", stopped)
    with pytest.raises(KeyboardInterrupt):
        record(1)
    assert recorded.read("small").model.tolist() == ["second"]
    monkeypatch.setattr(CellTrial, "execute", execute)
    assert record(1)[0] == "1 of 2 rows are up to date"


@pytest.mark.parametrize("how", ["fresh", "a newer version"])
def test_a_recording_that_is_stopped_takes_no_row_from_the_table(small, monkeypatch, how):
    record(1)
    before = (small / "small.csv").read_text()
    if how != "fresh":
        raised = replace(recorded.find("small"), version=2)
        monkeypatch.setitem(recorded.experiments(), "small", raised)

    def stopped(trial, folder, timeout=None):
        if trial.parameters["model"] == "first":
            raise KeyboardInterrupt
        return execute(trial, folder)

    execute = CellTrial.execute
    monkeypatch.setattr(CellTrial, "execute", stopped)
    with pytest.raises(KeyboardInterrupt):
        record(1, fresh=how == "fresh")
    assert (small / "small.csv").read_text() == before
    monkeypatch.setattr(CellTrial, "execute", execute)
    record(1, fresh=how == "fresh")
    assert sorted(recorded.read("small").model) == ["first", "second"]


def test_a_row_that_fails_stops_no_other_and_is_told(small, monkeypatch):
    first, second = recorded.find("small").cells
    bad = replace(first, settings=QUICK | {"learning_rate": 1e38, "steps": 30})
    experiment = Experiment("small", [bad, second])
    monkeypatch.setitem(recorded.experiments(), "small", experiment)
    with pytest.raises(RuntimeError, match=r"1 rows were not measured; see the log.txt"):
        record(1)
    assert recorded.read("small").model.tolist() == ["second"]


def test_a_place_that_cannot_be_written_is_refused_before_anything_is_measured(
    small, monkeypatch
):
    (small / "file").write_text("")
    monkeypatch.setattr(recorded, "Runner", None)  # would fail if it were called
    with pytest.raises(OSError):
        record(out=small / "file" / "x.csv")


def test_missing_and_damaged(small):
    with pytest.raises(ValueError, match="does not exist; make it with .* record small"):
        recorded.read("small")
    record(1)
    path = small / "small.csv"
    path.write_text(path.read_text()[:-30])
    with pytest.raises(ValueError, match=r"small.csv, line 3: damaged, .* values for"):
        recorded.read("small")
    with pytest.raises(ValueError, match="record small --fresh"):  # names the way out,
        record(1)
    record(1, fresh=True)  # which works
    assert len(recorded.read("small")) == 2


@pytest.mark.slow  # processes of its own
def test_a_table_is_recorded_in_processes(small, monkeypatch):
    from progtx_core.tools.experiments.executors import local

    monkeypatch.setattr(recorded, "local", local)
    assert record(1)[-1].startswith("[2/2]")
    assert len(recorded.read("small")) == 2
