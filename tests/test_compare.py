"""`compare`: models side by side, what they reached is kept, and the verdict is plain."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from progtx_core import __main__
from progtx_core.tools import compare, results, saved
from progtx_core.tools.answers import answers_of
from progtx_core.tools.compare import Comparison, ladder_for, verdict
from progtx_core.tools.tables import scoreboard_entry

QUICK = {"steps": 200, "batch_size": 32, "learning_rate": 0.02}
PAIR = ["logistic_regression", "max_pooling"]


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    wanted = Comparison("has_pos_and_neg", PAIR, settings=QUICK, n_seeds=2, folder=folder)
    return wanted.run(progress=False), folder


def test_the_command_prints_a_table_and_the_verdict(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("PROGTX_PROGRESS", "off")
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
    found, _ = results.read(folder / compare.RESULTS)
    assert [(r.model, r.seed) for r in found] == [(m, s) for m in PAIR for s in (0, 1)]
    shares = [r.test_accuracy for r in found if r.model == "max_pooling"]
    assert shares == pytest.approx(runs["max_pooling"].test["accuracy"].tolist())
    path = shutil.copy(folder / compare.RESULTS, tmp_path)
    Comparison("has_pos_and_neg", PAIR[:1], settings=QUICK, folder=tmp_path).run(False)
    found, remarks = results.read(Path(path))
    assert [(r.model, r.seed) for r in found][-3:] == [(PAIR[0], s) for s in (0, 1, 2)]
    assert "2 results were replaced" in remarks[0]


def test_a_training_that_was_saved_is_that_training(compared):
    runs, folder = compared
    for name, run in runs.items():
        path = saved.place(folder / compare.RUNS, "has_pos_and_neg", name)
        again = saved.load(path)
        assert again.history.points == run.history.points
        assert np.array_equal(again.test["loss"], run.test["loss"])
        for one, other in zip(run.models, again.models, strict=True):
            for x, y in zip(one.parameters(), other.parameters(), strict=True):
                assert torch.equal(x, y)
        ours, theirs = answers_of(run, 1), answers_of(again, 1)
        for split in ("train", "test"):
            assert ours[split].accuracy == theirs[split].accuracy
    assert len(saved.found(folder / compare.RUNS)) == 2


def test_all_models_see_the_same_finite_set(tmp_path):
    wanted = Comparison("trend_sign", PAIR, n_samples=20, settings=QUICK, folder=tmp_path)
    assert [entry.config().n_train for entry in wanted.entries()] == [20, 20]
    assert [entry.config().batch_size for entry in wanted.entries()] == [20, 20]
    runs = wanted.run(progress=False)
    one, other = (answers_of(run)["train"].batch.inputs for run in runs.values())
    assert torch.equal(one, other) and len(one) == 20


def test_the_default_is_the_ladder_as_far_as_it_fits():
    assert len(ladder_for("trend_sign")) == 8
    assert ladder_for("parity") == ["transformer"]
    entries = Comparison("sum_mod_10").entries()
    assert entries[-1] == scoreboard_entry("transformer", "sum_mod_10")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["parity_of"], "no task 'parity_of'; nearest: parity"),
        (["trend_sign", "max_poling"], "no model 'max_poling'; nearest: max_pooling"),
        (["parity", "max_pooling"], "asks for an answer a step, which max_pooling does"),
        (["trend_sign", "--steps", "0"], "steps must be a whole number of at least 1"),
        (["trend_sign", "--n-samples", "0"], "n_samples must be a whole number"),
        (["trend_sign", "--tracker", "wand"], "no tracker 'wand'; nearest: wandb"),
        (["trend_sign", "--seeds", "0"], "n_seeds must be a whole number of at least 1"),
    ],
)
def test_a_wrong_name_or_number_is_named_and_nothing_is_written(
    tmp_path, capsys, wrong, message
):
    folder = tmp_path / "runs"
    assert __main__.main(["compare", *wrong, "--out", str(folder)]) == 1
    assert message in capsys.readouterr().err
    assert not [*folder.rglob("*.pt")] and not (folder / compare.RESULTS).exists()


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
            saved.place(tmp_path, task, model)


def test_a_damaged_training_is_named(compared, tmp_path):
    _, folder = compared
    path = saved.place(folder / compare.RUNS, "has_pos_and_neg", "max_pooling")
    copy = tmp_path / "one.pt"
    copy.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match="damaged, cut off or no run"):
        saved.load(copy)
    with pytest.raises(FileNotFoundError, match="there is no such run"):
        saved.load(tmp_path / "none.pt")


def test_what_was_logged_has_the_series_of_every_model(compared):
    _, folder = compared
    rows = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    assert {row["run"] for row in rows} == set(PAIR)
