"""What instructors are given: nothing that tells the answer, and solutions that run."""

import ast
import runpy
import subprocess
import sys

import nbformat
import pytest

from progtx_core.tools import execution, paths

NAMES = [chapter.name for chapter in execution.chapters()]
main = runpy.run_path(str(paths.ROOT / "book" / "instructors.py"))["main"]


def made(what, name, out):
    assert main([what, name, "--out", str(out)]) == 0
    (path,) = [p for p in out.rglob(f"{name}.*") if p.is_file()]
    return path


def code(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


@pytest.mark.parametrize("name", NAMES)
def test_students_get_every_exercise_and_no_answer(name, tmp_path):
    notebook = nbformat.read(made("student", name, tmp_path), as_version=4)
    original = execution.find(name).read()
    text = "\n".join(cell.source for cell in notebook.cells)
    assert "<details>" not in text and "Solution" not in text
    assert code(notebook) == code(original)
    headings = [line for c in original.cells for line in c.source.splitlines()]
    for heading in (line for line in headings if line.startswith("### Exercise")):
        assert heading in text
    assert all(not cell.get("outputs") for cell in notebook.cells)


@pytest.mark.parametrize("name", NAMES)
def test_in_the_solutions_every_stub_is_replaced(name, tmp_path):
    notebook = nbformat.read(made("solutions", name, tmp_path), as_version=4)
    stubs = [c for c in execution.find(name).read().cells if "exercise" in tags(c)]
    solved = [c for c in notebook.cells if "exercise" in tags(c)]
    assert len(stubs) == len(solved) >= 3
    for stub, solution in zip(stubs, solved):
        assert solution.source != stub.source
        ast.parse(solution.source)


def tags(cell):
    return cell.metadata.get("tags", [])


def test_each_exercise_is_graded_by_one_cell(tmp_path):
    notebook = nbformat.read(made("nbgrader", NAMES[5], tmp_path), as_version=4)
    nbformat.validate(notebook)
    graded = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade")]
    asked = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("solution")]
    assert len(graded) == len(asked) >= 3
    ids = [c.metadata.nbgrader.grade_id for c in [*graded, *asked]]
    assert len(set(ids)) == len(ids)


def test_a_graded_cell_tells_right_from_wrong(tmp_path):
    notebook = nbformat.read(made("nbgrader", NAMES[5], tmp_path), as_version=4)
    (test,) = [
        c.source
        for c in notebook.cells
        if c.metadata.get("nbgrader", {}).get("grade_id") == "exercise-6-3-test"
    ]
    with pytest.raises(AssertionError, match="not yet: give a function"):
        exec(test, {"my_mean": None})
    exec(
        test,
        {"my_mean": lambda x, m: x.where(m[..., None], 0.0).sum(1) / m.sum(1)[:, None]},
    )


def test_slides_are_one_page_that_fetches_nothing(tmp_path):
    page = made("slides", NAMES[0], tmp_path).read_text("utf-8")
    assert page.count("<section>") > 15
    assert 'src="http' not in page and 'href="http' not in page
    assert "from progtx_core import" not in page.split("## Setup")[0][:2000]


def test_a_chapter_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(ValueError, match="no chapter '77'"):
        main(["student", "77", "--out", str(tmp_path)])


def test_an_unknown_chapter_is_one_line():
    script = [sys.executable, str(paths.ROOT / "book" / "instructors.py")]
    found = subprocess.run(
        [*script, "student", "nonsense"], capture_output=True, text=True, timeout=60
    )
    (line,) = found.stderr.strip().splitlines()
    assert found.returncode == 1 and line.startswith("error: there is no chapter")
