"""The commands `report` and `dashboard`: pages of what `compare` keeps in a folder."""

import numpy as np
import pytest

from progtx_core import __main__
from progtx_core.tools import compare, recorded
from progtx_core.tools.compare import Comparison
from progtx_core.tools.experiments import benchmarks
from tests.pages.reader import Reader

QUICK = {"steps": 60, "batch_size": 32, "learning_rate": 0.02}

pytestmark = pytest.mark.slow  # they train


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    for task, names in (
        ("last_gt_first", ["logistic_regression", "self_attention"]),
        ("sum_mod_10", ["mean_pooling"]),
    ):
        Comparison(task, names, settings=QUICK, n_seeds=2, folder=folder).run()
    return folder


def test_a_report_trains_nothing(folder, capsys, monkeypatch):
    monkeypatch.setattr("progtx_core.training.loop.train", None)
    told = ["report", "last_gt_first", "self_attention", "--runs", str(folder)]
    assert __main__.main(told) == 0
    path = folder / compare.PAGES / "last_gt_first" / "self_attention.html"
    assert capsys.readouterr().out.strip() == path.resolve().as_uri()
    kept = compare.load(folder, "last_gt_first", "self_attention")
    names = {row[0] for row in Reader(path.read_text()).rows if row}
    assert {name for name, _ in kept.models[0].named_parameters()} <= names


def test_the_dashboard_links_the_pages_that_are_there(folder):
    told = ["report", "sum_mod_10", "mean_pooling", "--runs", str(folder)]
    assert __main__.main(told) == 0
    assert __main__.main(["dashboard", "--runs", str(folder)]) == 0
    links = Reader((folder / compare.DASHBOARD).read_text()).links
    assert "pages/sum_mod_10/mean_pooling.html" in links
    assert all((folder / link).exists() for link in links)
    assert "pages/last_gt_first/logistic_regression.html" not in links


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["report", "sum_mod_10", "max_pooling"], "it with 'python -m progtx_core compare"),
        (["report", "../x", "max_pooling"], "no task '../x'"),
        (["report", "sum_mod_10", "../x"], "no model '../x'"),
    ],
)
def test_a_report_of_nothing_says_how_it_is_made(folder, capsys, command, message):
    assert __main__.main([*command, "--runs", str(folder)]) == 1
    assert message in capsys.readouterr().err


def test_without_results_of_ones_own_it_shows_what_is_recorded(tmp_path):
    assert __main__.main(["dashboard", "--runs", str(tmp_path / "new")]) == 0
    path = tmp_path / "new" / compare.DASHBOARD
    assert "none is from here" in path.read_text()
    frame = recorded.read("scoreboard")
    of_one = (frame.model == "max_pooling") & (frame.task == "any_positive")
    shares = frame[of_one].accuracy
    test, train = Reader(path.read_text()).of("any_positive", "max_pooling")
    assert test[2:4] == [f"{np.median(shares):.3f}", f"{shares.min():.3f}"]
    assert train[2:5] == ["–", "–", "–"]


def test_what_was_trained_here_takes_the_place_of_what_is_recorded(folder):
    found = benchmarks.read(folder / compare.BENCHMARKS)
    here = found[(found.task == "sum_mod_10") & (found.model == "mean_pooling")]
    page = Reader(compare.write_dashboard(folder).read_text())
    rows = page.of("sum_mod_10", "mean_pooling")
    assert [row[5] for row in rows] == ["2", "2"]  # seeds, in both tables
    assert rows[0][2] == f"{here.test_accuracy.median():.3f}"
    assert page.of("sum_mod_10", "transformer")
