"""Pages of HTML: what they say is what was measured, and nothing is let in from names."""

import math
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
import torch

from progtx_core import __main__, tasks
from progtx_core.tools import compare, records, results
from progtx_core.tools.compare import Comparison
from progtx_core.tools.pages import dashboard, model_page
from progtx_core.tools.results import Result

ONE = {
    "task": "any_positive",
    "model": "max_pooling",
    "seed": 0,
    "train_accuracy": 0.99,
    "train_loss": 0.1,
    "test_accuracy": 0.9,
    "test_loss": 0.2,
    "parameters": 34,
    "steps": 600,
    "seconds": 2.5,
    "classes": 2,
}
QUICK = {"steps": 60, "batch_size": 32, "learning_rate": 0.02}


class Reader(HTMLParser):
    """Texts of cells by row, tags with their attributes."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.tags, self.inside = [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.inside = True

    def handle_endtag(self, tag):
        self.inside = self.inside and tag not in ("td", "th")

    def handle_data(self, data):
        if self.inside:
            self.rows[-1][-1] += data.strip()


def written(tmp_path, results, pages=None, **more):
    table = pd.DataFrame(results)
    path = dashboard.write(tmp_path / "index.html", table, pages or {}, **more)
    return Reader(path.read_text())


def test_a_row_is_the_median_and_the_worst_of_its_seeds(tmp_path):
    seeds = [ONE | {"seed": i, "test_accuracy": a} for i, a in enumerate((0.9, 0.7, 0.8))]
    page = written(tmp_path, seeds, pages={("any_positive", "max_pooling"): "pages/x.html"})
    test, train = (row for row in page.rows if row[:2] == ["any_positive", "max_pooling"])
    assert test[2:] == ["0.800", "0.700", "0.200", "3", "34", "600", "2.5"]
    assert train[2:5] == ["0.990", "0.990", "0.100"]
    assert ("a", {"href": "pages/x.html"}) in page.tags


def test_what_was_not_measured_is_a_dash_and_has_nothing_to_sort_by(tmp_path):
    page = written(tmp_path, [ONE | {"train_accuracy": math.nan, "train_loss": math.nan}])
    train = [row for row in page.rows if row[:1] == ["any_positive"]][1]
    assert train[2:5] == ["–", "–", "–"]
    values = [attributes.get("data-value") for tag, attributes in page.tags if tag == "td"]
    assert values.count("") == 3 and "nan" not in values


def test_the_ladder_is_in_its_order_in_the_staircase(tmp_path):
    names = ["transformer", "zeta", "logistic_regression", "max_pooling"]
    page = written(tmp_path, [ONE | {"model": name} for name in names])
    stairs = [row[0] for row in page.rows[-4:]]
    assert stairs == ["logistic regression", "max pooling", "transformer", "zeta"]


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "../../etc/x"]
)
def test_a_name_is_text_and_nothing_else(tmp_path, name):
    sound = written(tmp_path, [ONE])
    page = written(tmp_path, [ONE | {"model": name}, ONE | {"task": name}])
    kinds = {tag for tag, _ in page.tags}
    assert kinds <= {tag for tag, _ in sound.tags}
    assert not any("onerror" in attributes for _, attributes in page.tags)
    assert name in [row[1] for row in page.rows if len(row) > 5]
    assert [*tmp_path.rglob("*")] == [tmp_path / "index.html"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    for task, names in (
        ("last_gt_first", ["logistic_regression", "self_attention"]),
        ("sum_mod_10", ["mean_pooling"]),
    ):
        Comparison(task, names, settings=QUICK, n_seeds=2, folder=folder).run(False)
    return folder


def test_a_report_trains_nothing_and_names_what_is_wrong_and_why(
    folder, capsys, monkeypatch
):
    monkeypatch.setattr("progtx_core.training.loop.Group", None)
    for task, model in (
        ("last_gt_first", "self_attention"),
        ("sum_mod_10", "mean_pooling"),
    ):
        assert __main__.main(["report", task, model, "--runs", str(folder)]) == 0
        path = folder / compare.PAGES / task / f"{model}.html"
        assert capsys.readouterr().out.strip() == path.resolve().as_uri()
        text = path.read_text()
        page = Reader(text)
        names = {row[0] for row in page.rows if row}
        trained = compare.saved.load(
            compare.saved.place(folder / compare.RUNS, task, model)
        )
        assert {name for name, _ in trained.models[0].named_parameters()} <= names
        for part in text.split("<h2>Wrong answers")[1:]:
            why = [row for row in Reader(part).rows[1:] if len(row) == 5]
            assert all(trained.task.rule in row[4] and row[1] != row[2] for row in why)
            worst = [float(row[3]) for row in why]
            assert 0 < len(worst) <= 20 and worst == sorted(worst)
        assert not re.search(r'(src|href)="(https?:)?//', text)


def test_the_reason_of_a_label_is_its_rule_and_what_it_reads():
    task = tasks.get("sum_mod_10")
    batch = task.sample(1, torch.Generator().manual_seed(0))
    label = int(batch.targets[0])
    assert model_page.why(task, batch.inputs[0], label) == f"{task.rule}: {label}"


def test_the_dashboard_links_the_pages_that_are_there(folder, capsys):
    assert (
        __main__.main(["report", "sum_mod_10", "mean_pooling", "--runs", str(folder)]) == 0
    )
    assert __main__.main(["dashboard", "--runs", str(folder)]) == 0
    page = Reader((folder / compare.DASHBOARD).read_text())
    links = {attributes["href"] for tag, attributes in page.tags if tag == "a"}
    assert "pages/sum_mod_10/mean_pooling.html" in links
    assert all((folder / link).exists() for link in links)
    assert "pages/last_gt_first/logistic_regression.html" not in links


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["report", "sum_mod_10", "max_pooling"], "train it with 'python -m progtx_core"),
        (["report", "../x", "max_pooling"], "no task '../x'"),
        (["report", "sum_mod_10", "../x"], "no model '../x'"),
    ],
)
def test_a_report_of_nothing_says_how_it_is_made(folder, capsys, command, message):
    assert __main__.main([*command, "--runs", str(folder)]) == 1
    assert message in capsys.readouterr().err


def test_without_results_of_ones_own_it_shows_what_is_recorded(tmp_path, capsys):
    assert __main__.main(["dashboard", "--runs", str(tmp_path / "new")]) == 0
    text = (tmp_path / "new" / compare.DASHBOARD).read_text()
    assert "none is from here" in text
    record = records.read("scoreboard")
    shares = record.accuracies("max_pooling", "any_positive")
    rows = [r for r in Reader(text).rows if r[:2] == ["any_positive", "max_pooling"]]
    test, train = rows
    assert test[2:4] == [f"{np.median(shares):.3f}", f"{shares.min():.3f}"]
    assert train[2:5] == ["–", "–", "–"]


def test_what_was_trained_here_takes_the_place_of_what_is_recorded(folder):
    found, _ = results.read(folder / compare.RESULTS)
    here = results.cells(found)[("sum_mod_10", "mean_pooling")]
    text = compare.write_dashboard(folder).read_text()
    rows = [r for r in Reader(text).rows if r[:2] == ["sum_mod_10", "mean_pooling"]]
    assert [row[5] for row in rows] == ["2", "2"]  # seeds, in both tables
    assert rows[0][2] == f"{results.median(here, 'test_accuracy'):.3f}"
    assert any(row[:2] == ["sum_mod_10", "transformer"] for row in Reader(text).rows)
