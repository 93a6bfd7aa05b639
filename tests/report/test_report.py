"""What is put on a notebook's page: pictures with texts, sentences, tables."""

import io

import numpy as np
import pytest

from progtx_core import plots, tasks
from progtx_core.tools import page
from progtx_core.tools.page import (
    accuracy_table,
    chapter_header,
    glue,
    layers,
    say,
    show,
    table,
)
from progtx_core.training import Config, fit


@pytest.fixture(scope="module")
def runs():
    config = Config(steps=120, batch_size=16, n_eval=100)
    return {
        name: fit("logistic_regression", tasks.get(name), config, n_seeds=3, progress=False)
        for name in ("trend_sign", "xor_of_endpoints")
    }


def test_show_makes_a_small_picture_with_a_text(runs, shown):
    figure = plots.learning_curves(runs)
    show(figure, "Curves fall.")
    (data, kwargs) = shown[0]
    assert data["text/plain"] == "Curves fall."
    assert kwargs["metadata"]["image/png"]["alt"] == "Curves fall."
    assert len(data["image/png"]) < 40_000
    from PIL import Image

    picture = Image.open(io.BytesIO(page.png(figure)))
    assert picture.width > 800


def test_say_and_glue(shown):
    say("**3** of 4")
    assert shown[0][0].data == "**3** of 4"
    glue("name", "a **bold <word>** here")
    data, kwargs = shown[1]
    prefix = kwargs["metadata"]["scrapbook"]["mime_prefix"]
    assert kwargs["metadata"]["scrapbook"]["name"] == "name"
    assert data[prefix + "text/html"] == (
        "<p>a <strong>bold &lt;word&gt;</strong> here</p>"
    )


def test_glance_has_launch_links_only_with_an_address(shown, monkeypatch):
    chapter_header("01_logistic_regression", task="four questions")
    assert "| task | four questions |" in shown[0][0].data
    assert "Binder" not in shown[0][0].data
    monkeypatch.setattr(
        "progtx_core.paths.repository_url", lambda: "https://github.com/a/b"
    )
    chapter_header("01_logistic_regression")
    text = shown[1][0].data
    assert "https://mybinder.org/v2/gh/a/b/HEAD?labpath=notebooks/01_" in text
    assert "https://colab.research.google.com/github/a/b/blob/HEAD/notebooks/" in text


def test_accuracy_table_has_median_worst_and_best(runs, shown):
    accuracy_table(runs)
    row = next(r for r in shown[0][0].data.splitlines() if r.startswith("| trend_sign"))
    cells = [float(cell) for cell in row.strip("| ").split(" | ")[1:]]
    accuracy = runs["trend_sign"].test["accuracy"]
    expected = [42, np.median(accuracy), accuracy.min(), accuracy.max()]
    assert cells == pytest.approx(expected, abs=5e-4)


def test_table_shows_fractions_with_three_digits(shown):
    table(["a", "b", "c"], [["x", 3, 0.12345], ["y", np.float32(0.5), np.int64(7)]])
    assert shown[0][0].data.splitlines() == [
        "| a | b | c |",
        "| --- | --- | --- |",
        "| x | 3 | 0.123 |",
        "| y | 0.500 | 7 |",
    ]


def test_a_bar_in_a_cell_divides_nothing(shown):
    table(["a", "b"], [["1 | 2", "x"]])
    assert shown[0][0].data.splitlines()[2] == r"| 1 \| 2 | x |"


def test_layers_add_up_to_the_model(shown):
    from progtx_core import models

    model = models.build("transformer", tasks.get("sum_mod_10").spec, d_model=8)
    layers(model)
    rows = [row.strip("| ").split(" | ") for row in shown[0][0].data.splitlines()[2:]]
    counts = {row[0]: int(row[-1].replace(",", "")) for row in rows}
    assert counts.pop("all") == models.count_parameters(model) == sum(counts.values())
    assert counts["blocks.1.attention"] == 4 * (8 * 8 + 8)
    assert "positions" in counts
