"""Recorded tables: what is written is read, stale is seen, damage is named."""

import csv

import pytest

from progtx_core import __main__, models
from progtx_core.tools import records, tables
from progtx_core.tools.tables import Entry, scoreboard_entry

QUICK = {"steps": 3, "batch_size": 8, "n_eval": 50}


@pytest.fixture
def small(monkeypatch, tmp_path):
    entries = [
        Entry("first", "last_gt_first", "logistic_regression", settings=QUICK),
        Entry("second", "sum_mod_10", "mean_pooling", {"d_model": 4}, settings=QUICK),
    ]
    monkeypatch.setitem(tables.TABLES, "small", lambda: entries)
    monkeypatch.setattr(records, "RESULTS", tmp_path)
    return tmp_path


def test_one_row_a_model_task_and_seed(small, capsys):
    assert __main__.main(["record", "small", "--seeds", "2"]) == 0
    assert "] second: mean_pooling on sum_mod_10" in capsys.readouterr().out
    record = records.read("small")
    assert [(r["model"], r["task"], r["seed"]) for r in record.rows] == [
        (model, task, seed)
        for model, task in (("first", "last_gt_first"), ("second", "sum_mod_10"))
        for seed in "01"
    ]
    for column in ("parameters", "steps", "seconds", "torch", "content", "date"):
        assert all(row[column] for row in record.rows)
    assert record.accuracies("second", "sum_mod_10").shape == (2,)
    assert record.accuracies("second", "last_gt_first").shape == (0,)
    assert record.chance("sum_mod_10") == 0.1
    assert not record.stale
    assert "python -m progtx_core record small" in record.origin()


def test_a_change_of_the_code_makes_a_record_stale(small, monkeypatch):
    records.make("small", 1, report=lambda line: None)
    monkeypatch.setattr(records, "_code", lambda module: "other code")
    assert records.read("small").stale
    assert "stale" in records.read("small").origin()


def test_only_what_is_missing_or_stale_is_measured_again(small, monkeypatch):
    lines = []
    records.make("small", 2, report=lines.append)
    before = records.read("small").rows
    records.make("small", 2, report=lines.append)
    assert lines[3:] == ["2 of 2 entries are up to date"]
    assert records.read("small").rows == before
    first, second = tables.TABLES["small"]()
    changed = second.with_settings(steps=4)
    monkeypatch.setitem(tables.TABLES, "small", lambda: [first, changed])
    assert records.read("small").stale
    records.make("small", 2, report=lines.append)
    after = records.read("small")
    assert not after.stale
    assert after.rows[:2] == before[:2]
    assert [row["steps"] for row in after.rows] == ["3", "3", "4", "4"]
    assert lines[-1].startswith("[1/1] second")
    records.make("small", 2, fresh=True, report=lines.append)
    assert lines[-1].startswith("[2/2]")


def test_a_place_that_cannot_be_written_is_refused_before_anything_is_measured(
    small, monkeypatch
):
    (small / "file").write_text("")
    monkeypatch.setattr(records, "measure", None)  # would fail if it were called
    with pytest.raises(OSError):
        records.make("small", 1, small / "file" / "x.csv", report=lambda line: None)


def test_what_an_entry_depends_on():
    reached = records._reached("progtx_core.models.pooling", "progtx_core.tasks.mixed")
    rooms = {name.removeprefix("progtx_core.") for name in reached}
    assert {"models.pooling", "models.inputs", "contract"} <= rooms
    assert {"tasks.mixed", "tasks.content", "tasks.signals", "tasks.base"} <= rooms
    assert {"training.learners", "training.data", "training.config"} <= rooms
    assert not {"models.transformer", "tasks.strings", "report.plots", "checks"} & rooms


def test_comments_and_docstrings_do_not_make_it_stale():
    import ast

    one = ast.parse('def f(x):\n    """Says."""\n    return x  # why')
    two = ast.parse('def f(x):\n    """Says more."""\n\n    return x')
    three = ast.parse("def f(x):\n    return x + 1")
    dumps = [ast.dump(records._without_docstrings(tree)) for tree in (one, two, three)]
    assert dumps[0] == dumps[1] != dumps[2]


def test_missing_damaged_and_unknown(small):
    with pytest.raises(ValueError, match="does not exist; make it with .* record small"):
        records.read("small")
    path = records.make("small", 1, report=lambda line: None)
    path.write_text(path.read_text()[:-30])
    with pytest.raises(ValueError, match="damaged, a row is cut off"):
        records.read("small")
    with pytest.raises(ValueError, match="record small --fresh"):  # names the way out,
        records.make("small", 1, report=lambda line: None)
    records.make("small", 1, fresh=True, report=lambda line: None)  # which works
    assert not records.read("small").stale
    with pytest.raises(ValueError, match="no record 'scorebord'; nearest: scoreboard"):
        records.make("scorebord")


@pytest.mark.parametrize(
    "name",
    ["scoreboard", "positions", "ablations", "training", "searches", "counting"],
)
def test_committed_tables_hold_every_cell_on_all_its_seeds(name):
    record = records.read(name)
    with (records.RESULTS / f"{name}.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == len(record.rows)
    for entry in tables.TABLES[name]():
        found = len(record.accuracies(entry.row, entry.task))
        assert found == entry.n_seeds(5) >= 3, entry


def test_the_scoreboard_has_every_model_and_its_recipes_fit():
    entries = tables.TABLES["scoreboard"]()
    assert {e.model for e in entries} == set(models.names())
    assert len(entries) == len(models.names()) * 15
    for entry in entries:
        entry.config()
    shorter = scoreboard_entry("transformer", "mixed_rule").with_settings(steps=700)
    assert shorter.config().steps == 700
