"""Table and gallery of what a sweep left."""

import csv

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
            told["made_by"] = {"commit": "abc-dirty", "torch": "2.13"}
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
    with table.write(folder, rows).open() as file:
        read = list(csv.DictReader(file))
    assert [row["state"] for row in read] == [DONE] * 3 + [FAILED]
    assert [row["hits, all"] for row in read] == ["1.0", "2.0", "2.0", ""]
    assert read[0]["verdict: hits, all"] == "holds"
    assert (read[0]["seconds"], read[0]["parameter seconds"]) == ("1.0", "7")
    assert (read[3]["commit"], read[3]["torch"], read[3]["python"]) == (
        "abc-dirty",
        "2.13",
        "",
    )


def test_the_gallery_links_notebooks_and_escapes_what_it_shows(folder):
    page = table.write_gallery(folder, table.read(folder)).read_text()
    assert page.count('.ipynb"') == 3
    assert "&lt;b&gt;" in page and "<b>" not in page


def test_what_holds_no_sweep_says_so(folder, tmp_path_factory):
    empty = tmp_path_factory.mktemp("empty")
    with pytest.raises(ValueError, match="holds no sweep, or a damaged sweep.json"):
        table.read(empty)
    for damage in ("", "{", "[]", '{"swept": []}', '{"swept": [], "trials": ["../up"]}'):
        (empty / "sweep.json").write_text(damage)
        with pytest.raises(ValueError, match="holds no sweep, or a damaged sweep.json"):
            table.read(empty)
