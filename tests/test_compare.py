"""`compare`: models side by side, what they reached is kept, and the verdict is plain."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from experiments import scoreboard

from progtx_core import __main__
from progtx_core.evaluation.answers import answers_of
from progtx_core.tools import compare
from progtx_core.tools.compare import BENCHMARKS, Comparison, ladder_for, verdict
from progtx_core.tools.experiments import benchmarks
from progtx_core.training import loop

pytestmark = pytest.mark.slow  # they train

QUICK = {"steps": 200, "batch_size": 32, "learning_rate": 0.02}
PAIR = ["logistic_regression", "max_pooling"]


@pytest.fixture(scope="module", autouse=True)
def quiet():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROGTX_PROGRESS", "off")
        yield


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    wanted = Comparison("has_pos_and_neg", PAIR, settings=QUICK, n_seeds=2, folder=folder)
    return wanted.run(), folder


@pytest.mark.slow  # for `make check` it takes too long
def test_the_command_prints_a_table_and_the_verdict(tmp_path, capsys):
    command = ["compare", "has_pos_and_neg", *PAIR, "--steps", "200", "--seeds", "2"]
    assert __main__.main([*command, "--out", str(tmp_path)]) == 0
    head, *rows, last, address = capsys.readouterr().out.splitlines()
    assert head.split() == [
        "model",
        "parameters",
        "train",
        "test",
        "worst",
        "seed",
        "seconds",
    ]
    assert [row.split()[0] for row in rows] == PAIR
    assert address == (tmp_path / compare.DASHBOARD).resolve().as_uri()
    assert last.startswith("max_pooling beat logistic_regression: median test accuracy 0.9")


def test_results_hold_every_seed_and_a_second_run_replaces_them(compared, tmp_path):
    runs, folder = compared
    found = benchmarks.read(folder / BENCHMARKS)
    rows = list(zip(found.model, found.seed))
    assert rows == [(m, s) for m in PAIR for s in (0, 1)]
    shares = found.test_accuracy[found.model == "max_pooling"].tolist()
    assert shares == pytest.approx(runs["max_pooling"].test["accuracy"].tolist())
    path = shutil.copy(folder / BENCHMARKS, tmp_path)
    Comparison("has_pos_and_neg", PAIR[:1], settings=QUICK, folder=tmp_path).run()
    found = benchmarks.read(Path(path))
    assert list(zip(found.model, found.seed))[-3:] == [(PAIR[0], s) for s in (0, 1, 2)]
    assert "2 results were replaced" in found.attrs["remarks"][0]


def test_a_training_that_was_saved_is_that_training(compared):
    runs, folder = compared
    for name, run in runs.items():
        again = compare.load(folder, "has_pos_and_neg", name)
        assert again.history.of_seeds == run.history.of_seeds
        assert (again.config, again.seeds) == (run.config, run.seeds)
        assert np.array_equal(again.test["loss"], run.test["loss"])
        for one, other in zip(run.models, again.models, strict=True):
            for x, y in zip(one.parameters(), other.parameters(), strict=True):
                assert torch.equal(x, y)
        ours, theirs = answers_of(run, 1), answers_of(again, 1)
        for split in ("train", "test"):
            assert ours[split].accuracy == theirs[split].accuracy


def test_all_models_see_the_same_finite_set(tmp_path):
    wanted = Comparison(
        "trend_sign", PAIR, settings=QUICK | {"n_train": 20}, folder=tmp_path, n_seeds=1
    )
    assert [cell.config().n_train for cell in wanted.cells()] == [20, 20]
    assert [cell.config().batch_size for cell in wanted.cells()] == [20, 20]
    runs = wanted.run()
    one, other = (answers_of(run)["train"].batch.inputs for run in runs.values())
    assert torch.equal(one, other) and len(one) == 20


def test_the_default_is_the_ladder_as_far_as_it_fits():
    assert len(ladder_for("trend_sign")) == 8
    assert ladder_for("parity") == ["transformer"]
    cells = Comparison("sum_mod_10").cells()
    own = scoreboard.cell("transformer", "sum_mod_10")
    assert (cells[-1].config(), cells[-1].row) == (own.config(), own.row)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["parity_of"], "no task 'parity_of'; nearest: parity"),
        (["trend_sign", "max_poling"], "no model 'max_poling'; nearest: max_pooling"),
        (
            ["parity", "max_pooling"],
            "asks for an answer a position, which max_pooling does",
        ),
        (["trend_sign", "--steps", "0"], "steps must be a whole number of at least 1"),
        (["trend_sign", "--n-samples", "0"], "n_samples must be a whole number"),
        (["trend_sign", "--tracker", "wand"], "no tracker 'wand'; nearest: wandb"),
        (["trend_sign", "--seeds", "0"], "n_seeds must be a whole number from 1 to"),
    ],
)
def test_a_wrong_name_or_number_is_named_and_nothing_is_written(
    tmp_path, capsys, wrong, message
):
    folder = tmp_path / "runs"
    assert __main__.main(["compare", *wrong, "--out", str(folder)]) == 1
    assert message in capsys.readouterr().err
    assert not [*folder.rglob("*.pt")] and not (folder / BENCHMARKS).exists()


def test_a_model_at_chance_or_within_the_noise_beats_nothing(compared):
    runs, _ = compared
    baseline, challenger = runs.values()
    assert "did not beat" in verdict(challenger, baseline)
    low = dict(challenger.test)
    try:
        challenger.test["accuracy"] = np.array([0.505, 0.51])
        assert "no better than chance" in verdict(baseline, challenger)
        challenger.test["accuracy"] = np.array([0.5, 0.6])
        assert "ahead of logistic_regression, but not on" in verdict(baseline, challenger)
        baseline.test["accuracy"], kept = np.array([0.59, 0.6]), baseline.test["accuracy"]
        challenger.test["accuracy"] = np.array([0.605, 0.61])
        assert "max_pooling did not beat" in verdict(baseline, challenger)
        baseline.test["accuracy"] = kept
    finally:
        challenger.test.update(low)


@pytest.mark.parametrize("name", ["../max_pooling", "max_pooling/..", "<script>"])
def test_no_name_leads_out_of_the_folder(tmp_path, name):
    for task, model in ((name, "max_pooling"), ("trend_sign", name)):
        with pytest.raises(ValueError, match="there is no"):
            compare.place(tmp_path, task, model)


def test_a_training_that_is_damaged_or_not_there_is_named(compared, tmp_path):
    _, folder = compared
    copy = shutil.copytree(folder, tmp_path / "copy")
    path = compare.place(copy, "has_pos_and_neg", "max_pooling") / "seed_1.pt"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match="damaged, cut off or no checkpoint"):
        compare.load(copy, "has_pos_and_neg", "max_pooling")
    with pytest.raises(FileNotFoundError, match="compare trend_sign max_pooling'"):
        compare.load(copy, "trend_sign", "max_pooling")


def test_a_model_that_is_built_in_another_way_is_trained_again(compared, monkeypatch):
    _, folder = compared
    wider = scoreboard.Cell("max_pooling", "has_pos_and_neg", "max_pooling", {"d_model": 9})
    wider = replace(wider, task_kwargs=scoreboard.SIGNAL)
    monkeypatch.setattr(compare, "cell_of", lambda model, task: wider)
    with pytest.raises(ValueError, match="built in another way now; train it again"):
        compare.load(folder, "has_pos_and_neg", "max_pooling")


def test_what_was_logged_has_the_series_of_every_model(compared):
    _, folder = compared
    rows = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    assert {row["run"] for row in rows} == set(PAIR)


def test_an_interrupted_comparison_leaves_what_is_complete(tmp_path, monkeypatch):
    name, folder = PAIR[0], tmp_path
    Comparison("last_gt_first", [name], settings=QUICK, n_seeds=2, folder=folder).run()
    table = (folder / BENCHMARKS).read_text()
    kept = compare.load(folder, "last_gt_first", name)
    real, calls = loop.update, []

    def update(*given):
        calls.append(given)
        if len(calls) == 150:  # in the first seed: nothing is complete
            raise KeyboardInterrupt
        return real(*given)

    monkeypatch.setattr(loop, "update", update)
    longer = QUICK | {"steps": 250, "learning_rate": 0.5}
    with pytest.raises(KeyboardInterrupt):
        Comparison("last_gt_first", [name], settings=longer, n_seeds=2, folder=folder).run()
    assert (folder / BENCHMARKS).read_text() == table
    again = compare.load(folder, "last_gt_first", name)
    assert (again.config, again.seeds) == (kept.config, kept.seeds)
    assert again.history.of_seeds == kept.history.of_seeds
    assert [p.name for p in (folder / compare.TRAININGS / "last_gt_first").iterdir()] == [
        name
    ]
    # Begun again and not interrupted, the new one takes its place.
    monkeypatch.setattr(loop, "update", real)
    Comparison("last_gt_first", [name], settings=longer, n_seeds=2, folder=folder).run()
    assert compare.load(folder, "last_gt_first", name).config.steps == 250


@pytest.mark.parametrize(
    ("name", "rate"), [("max_pooling", 1e30), ("logistic_regression", 1e30)]
)
def test_a_training_that_diverges_is_one_line_and_leaves_what_is_there(
    tmp_path, capsys, name, rate
):
    """One by a loss that is no number, one by a loss that is one, but absurd."""
    command = ["compare", "last_gt_first", name, "--seeds", "1", "--out", str(tmp_path)]
    assert __main__.main([*command, "--steps", "20"]) == 0
    table = (tmp_path / BENCHMARKS).read_text()
    kept = compare.load(tmp_path, "last_gt_first", name)
    capsys.readouterr()
    diverging = ["--steps", "50", "--learning-rate", str(rate)]
    assert __main__.main([*command, *diverging]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ") and name in line and "learning" in line
    assert (tmp_path / BENCHMARKS).read_text() == table
    again = compare.load(tmp_path, "last_gt_first", name)
    assert again.history.of_seeds == kept.history.of_seeds
