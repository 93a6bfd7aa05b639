"""Pages of HTML: what they say is what was measured, and nothing is let in from names."""

import math
import re

import pandas as pd
import pytest
import torch

from progtx_core import tasks
from progtx_core.evaluation.answers import answers_of
from progtx_core.tools.pages import dashboard, model_page
from progtx_core.training import Config, fit
from tests.pages.reader import Reader

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
QUICK = Config(steps=60, batch_size=32, learning_rate=0.02, n_eval=500)


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


def test_the_staircase_is_coloured_by_the_way_from_chance_to_one(tmp_path):
    others = {"model": "mean_pooling", "test_accuracy": 0.25}, {"test_accuracy": math.nan}
    rows = [ONE, ONE | others[0], ONE | {"task": "trend_sign"} | others[1]]
    page = written(tmp_path, rows)
    cells = [how for tag, how in page.tags if how.get("class") == "cell" and tag == "td"]
    shares = [how["style"].split("/ ")[1] for how in cells]
    assert shares == ["0.000)", "0.600)"]  # mean pooling is the lower rung


@pytest.fixture(scope="module", params=["last_gt_first", "sum_mod_10"])
def trained(request):
    return fit("mean_pooling", tasks.get(request.param), QUICK, n_seeds=2)


@pytest.mark.slow  # for `make check` it takes too long
def test_a_page_names_parameters_and_what_is_wrong_and_why(trained, tmp_path):
    path = model_page.write(tmp_path / "page.html", trained, dashboard="../index.html")
    text = path.read_text()
    page = Reader(text)
    assert ("a", {"href": "../index.html"}) in page.tags
    names = {row[0] for row in page.rows if row}
    assert {name for name, _ in trained.models[0].named_parameters()} <= names
    parts = text.split("<h2>Wrong answers")[1:]
    assert len(parts) == 2
    for part in parts:
        why = [row for row in Reader(part).rows[1:] if len(row) == 5]
        assert all(trained.task.rule in row[4] and row[1] != row[2] for row in why)
        worst = [float(row[3]) for row in why]
        assert 0 < len(worst) <= 20 and worst == sorted(worst)
    assert not re.search(r'(src|href)="(https?:)?//', text)


@pytest.mark.slow
def test_a_page_has_the_numbers_of_every_seed_and_pictures(trained, tmp_path):
    path = model_page.write(tmp_path / "page.html", trained, dashboard="")
    page = Reader(path.read_text())
    for index, seed in enumerate(trained.seeds):
        train = answers_of(trained, index)["train"]
        test = [trained.test[name][index] for name in ("accuracy", "loss")]
        numbers = [f"{x:.4f}" for x in (train.accuracy, train.loss, *test)]
        assert [str(seed), *numbers] in page.rows
    titles = [how["alt"] for tag, how in page.tags if tag == "img" and "class" not in how]
    two_sided = trained.task.spec.n_classes == 2
    expected = ["Curves", *["ROC and precision-recall"] * two_sided, "Confusion"]
    assert titles == [f"{title} of mean_pooling" for title in expected]


def test_the_reason_of_a_label_is_its_rule_and_what_it_reads():
    task = tasks.get("sum_mod_10")
    batch = task.sample(1, torch.Generator().manual_seed(0))
    label = int(batch.targets[0])
    assert model_page.why(task, batch.inputs[0], label) == f"{task.rule}: {label}"
