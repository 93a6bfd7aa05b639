"""What helpers put on a notebook's page: pictures with texts, sentences, tables."""

import io
from types import SimpleNamespace

import numpy as np
from parts import opening
from parts.layers import layers

from progtx_core import plots, tasks
from progtx_core.tools import page, paths
from progtx_core.tools.page import (
    accuracy_table,
    glue,
    say,
    show,
    table,
)


def test_show_makes_a_small_picture_with_a_text(shown):
    figure, axes = plots.panels(2)
    for ax in axes:
        ax.plot(np.random.default_rng(0).normal(size=300))
    show(figure, "Curves go up and down.")
    (data, kwargs) = shown[0]
    assert data["text/plain"] == "Curves go up and down."
    assert kwargs["metadata"]["image/png"]["alt"] == "Curves go up and down."
    assert len(data["image/png"]) < 40_000
    from PIL import Image

    picture = Image.open(io.BytesIO(page.png(figure)))
    assert picture.width > 800
    assert len(picture.getcolors()) <= 64


def test_show_takes_a_picture_from_a_file(tmp_path, shown):
    path = tmp_path / "picture.png"
    path.write_bytes(b"as it is")
    show(path, "A picture.")
    assert shown[0][0]["image/png"] == "YXMgaXQgaXM="


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


def test_a_header_has_launch_links_only_with_an_address(shown, monkeypatch):
    opening.at_a_glance("01_logistic_regression", task="four questions")
    assert "| task | four questions |" in shown[0][0].data
    assert "Binder" not in shown[0][0].data
    monkeypatch.setattr(paths, "repository_url", lambda: "https://github.com/a/b")
    opening.at_a_glance("01_logistic_regression")
    text = shown[1][0].data
    assert "https://mybinder.org/v2/gh/a/b/HEAD?labpath=notebooks/01_" in text
    assert "https://colab.research.google.com/github/a/b/blob/HEAD/notebooks/" in text


def test_a_header_knows_when_there_is_no_measured_time(tmp_path, shown, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    opening.at_a_glance("01_logistic_regression")
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "01_logistic_regression.ipynb").write_text("torn")
    opening.at_a_glance("01_logistic_regression")
    texts = [data.data for data, _ in shown]
    assert all("| measured time | not measured yet |" in text for text in texts)


def test_accuracy_table_has_median_worst_and_best(shown):
    shares = np.array([0.9, 0.5, 0.75])
    accuracy_table({"xor": SimpleNamespace(n_parameters=42, test={"accuracy": shares})})
    lines = shown[0][0].data.splitlines()
    assert lines[0] == "| task | parameters | median | worst seed | best seed |"
    assert lines[2] == "| xor | 42 | 0.750 | 0.500 | 0.900 |"


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
