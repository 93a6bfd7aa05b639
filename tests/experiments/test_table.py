"""Tables, gallery and pictures of what a sweep left."""

import csv

import numpy as np
import pytest

from progtx_core.tools.experiments import table
from progtx_core.tools.experiments.store import DONE, FAILED, Status, TrialFolder


@pytest.fixture
def folder(tmp_path):
    """Four runs: two seeds at two rates; the last one failed."""
    runs = []
    for rate in (0.1, 0.2):
        for seed in range(2):
            run = TrialFolder(tmp_path / f"{rate}-{seed}")
            runs.append(run.path.name)
            values = {"seed": seed, "rate": rate, "text": "<b>" if seed else "a"}
            values["seconds"] = 7
            told = {"chapter": "01", "columns": values, "files": ["01.ipynb"]}
            run.write("trial.json", told)
            if runs[3:]:
                run.write_status(Status(FAILED, 2, 1.5, "no <i>reason</i>"))
                continue
            run.write_status(Status(DONE, 1, 1.0))
            (run.path / "01.ipynb").write_text("{}")
            row = {"hits, all": 10 * rate + seed, "verdict: hits, all": "holds"}
            run.write("row.json", row)
    TrialFolder(tmp_path).write("sweep.json", {"swept": ["rate", "text"], "trials": runs})
    return tmp_path


def test_a_row_a_run_with_parameters_and_results(folder):
    rows = table.read(folder)
    paths = table.write(folder, rows)
    with paths[0].open() as file:
        read = list(csv.DictReader(file))
    assert [row["state"] for row in read] == [DONE] * 3 + [FAILED]
    assert [row["hits, all"] for row in read] == ["1.0", "2.0", "2.0", ""]
    assert read[0]["verdict: hits, all"] == "holds"
    assert (read[0]["seconds"], read[0]["parameter seconds"]) == ("1.0", "7")


def test_parquet_holds_the_same(folder):
    parquet = pytest.importorskip("pyarrow.parquet")
    path = table.write(folder, table.read(folder))[1]
    found = parquet.read_table(path).to_pydict()
    assert found["hits, all"] == [1.0, 2.0, 2.0, None]
    assert found["rate"] == [0.1, 0.1, 0.2, 0.2]


def test_the_gallery_links_notebooks_and_escapes_what_it_shows(folder):
    page = table.write_gallery(folder, table.read(folder)).read_text()
    assert page.count('.ipynb"') == 3
    assert "&lt;b&gt;" in page and "<b>" not in page


def test_a_picture_has_the_median_and_every_run(folder):
    figure = table.plot(table.read(folder), "hits, all", "rate")
    lines = figure.axes[0].lines
    assert np.allclose(lines[0].get_ydata(), [1.5, 2.0])
    points = [y for _, y in figure.axes[0].collections[-1].get_offsets()]
    assert sorted(points) == [1.0, 2.0, 2.0]
    words = table.plot(table.read(folder), "hits, all", "text").axes[0]
    assert [label.get_text() for label in words.get_xticklabels()] == ["<b>", "a"]


def test_values_by_factors_are_drawn_by_factors(folder):
    rows = table.read(folder)
    assert table.plot(rows, "hits, all", "rate").axes[0].get_xscale() == "linear"
    rows.loc[0, "rate"] = 0.001
    assert table.plot(rows, "hits, all", "rate").axes[0].get_xscale() == "log"


def test_what_cannot_be_collected_or_drawn(folder, tmp_path_factory):
    with pytest.raises(ValueError, match="holds no sweep"):
        table.read(tmp_path_factory.mktemp("empty"))
    rows = table.read(folder)
    with pytest.raises(ValueError, match="no column 'hit'"):
        table.plot(rows, "hit", "rate")
    with pytest.raises(ValueError, match="no finished trial has a number"):
        table.plot(rows, "text", "rate")
