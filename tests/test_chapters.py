"""What holds for every chapter, read from its files; nothing is executed here."""

import fnmatch
import json
import linecache
import re
from functools import cache

import nbformat
import pytest
import yaml

from progtx_core.tools import execution, paths

CHAPTERS = {chapter.name: chapter for chapter in execution.chapters()}
SECTIONS = [
    "What you will be able to do",
    "Setup",
    "Where we stand",
    "The task",
    "Predict before you run",
    "Build it",
    "Train",
    "Evidence over seeds",
    "Look inside",
    "Break it",
    "Check yourself",
    "Exercises",
    "Takeaways",
    "Claims",
]
MAX_CODE_LINES, MAX_CELL_LINES, MAX_COLUMNS = 300, 25, 79
MAX_NOTEBOOKS_BYTES = 6 * 2**20

every_chapter = pytest.mark.parametrize("name", CHAPTERS)


@cache
def committed(name):
    return nbformat.read(CHAPTERS[name].notebook, as_version=4)


@cache
def source(name):
    return CHAPTERS[name].read()


def code_cells(notebook):
    return [c for c in notebook.cells if c.cell_type == "code" and c.source.strip()]


@every_chapter
def test_the_two_halves_of_a_pair_say_the_same(name):
    text, executed = source(name), committed(name)
    pairs = zip(text.cells, executed.cells, strict=True)
    for index, (ours, theirs) in enumerate(pairs):
        where = f"cell {index}; 'python -m progtx_core run {name} --update' renews the pair"
        assert ours.cell_type == theirs.cell_type, where
        assert ours.source == theirs.source, where
        tags = ours.metadata.get("tags", [])
        assert tags == theirs.metadata.get("tags", []), where
        folded = {"source_hidden": True} if "hide-input" in tags else None
        assert theirs.metadata.get("jupyter") == folded, where


@every_chapter
def test_the_source_is_as_jupytext_writes_it(name):
    """Otherwise JupyterLab may refuse the pair: its rule compares the texts."""
    assert CHAPTERS[name].canonical() == CHAPTERS[name].source.read_text("utf-8")


@every_chapter
def test_every_cell_was_executed_without_error_by_default_parameters(name):
    notebook = committed(name)
    for cell in code_cells(notebook):
        assert cell.execution_count is not None, cell.source
        for output in cell.outputs:
            assert output.output_type != "error", cell.source
            assert output.get("name") != "stderr", output.text
    assert notebook.metadata[paths.RECORD]["parameters"] == {}
    assert notebook.metadata[paths.RECORD]["seconds"] > 0


@every_chapter
def test_claims_were_judged_and_hold(name):
    claims = [
        output.metadata["progtx_claim"]
        for cell in code_cells(committed(name))
        for output in cell.outputs
        if "progtx_claim" in output.get("metadata", {})
    ]
    assert len(claims) >= 3
    assert {claim["verdict"] for claim in claims} == {"holds"}


@every_chapter
def test_template(name):
    cells = source(name).cells
    headings = re.findall(r"^## (.+)$", "\n".join(c.source for c in cells), re.MULTILINE)
    present = [s for s in SECTIONS if any(h.startswith(s) for h in headings)]
    assert present == SECTIONS
    order = [
        next(s for s in SECTIONS if h.startswith(s))
        for h in headings
        if any(h.startswith(s) for s in SECTIONS)
    ]
    assert order == SECTIONS
    assert cells[0].source.startswith(f"# {int(name[:2])}. ")
    assert "**Question.**" in cells[0].source
    assert "hide-input" in cells[1].metadata["tags"]  # draws the question


@every_chapter
def test_the_question_has_a_picture(name):
    outputs = committed(name).cells[1].outputs
    assert any("image/png" in output.get("data", {}) for output in outputs)


@every_chapter
def test_exercises_of_several_kinds(name):
    text = "\n".join(c.source for c in source(name).cells)
    kinds = re.findall(
        r"^### Exercise \d+: .* \((\w+), (\d+) minutes\)$", text, re.MULTILINE
    )
    assert len(kinds) >= 4
    assert any(int(minutes) <= 5 for _, minutes in kinds)
    assert any(kind == "open" for kind, _ in kinds)
    assert re.search(r"^### Exercise \d+: predict", text, re.MULTILINE)


@every_chapter
def test_sizes(name):
    notebook = source(name)
    counts = [
        len([line for line in c.source.splitlines() if line.strip()])
        for c in code_cells(notebook)
    ]
    assert sum(counts) <= MAX_CODE_LINES
    for cell in code_cells(notebook):
        lines = cell.source.splitlines()
        assert len(lines) <= MAX_CELL_LINES, cell.source
        assert max(map(len, lines)) <= MAX_COLUMNS, cell.source


@every_chapter
def test_computed_sentences_are_not_compared(name):
    """Trained digits differ between processors: only rows of claims are compared."""
    for cell in code_cells(committed(name)):
        if re.search(r"^(say|glue|accuracy_table)\(", cell.source, re.MULTILINE):
            assert "nbval-ignore-output" in cell.metadata.get("tags", []), cell.source
            assert "claims.check(" not in cell.source, cell.source


def test_all_notebooks_together_are_small():
    made = {"__pycache__", ".ipynb_checkpoints"}  # while one works here
    kept = (p for p in paths.NOTEBOOKS.rglob("*") if not made & {*p.parts})
    assert sum(p.stat().st_size for p in kept if p.is_file()) < MAX_NOTEBOOKS_BYTES


@every_chapter
def test_parameters_are_explained_and_a_fast_run_has_others(name):
    chapter = CHAPTERS[name]
    assert chapter.parameters
    assert all(p.help for p in chapter.parameters.values())
    assert execution.merge(chapter, "fast", {}), "the fast profile changes nothing"


@every_chapter
def test_pictures_have_texts(name):
    for cell in code_cells(committed(name)):
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                assert output.metadata["image/png"]["alt"] == output.data["text/plain"]


@every_chapter
def test_prose_has_no_measured_numbers(name):
    """Decimals in Markdown cells would be figures typed by hand."""
    for cell in source(name).cells:
        if cell.cell_type == "markdown":
            text = re.sub(r"```.*?```|`[^`]*`|\$[^$]*\$", "", cell.source, flags=re.DOTALL)
            figure = r"(?<![\d.])\d+\.\d+(?!\.?\d)|\d ?%"  # not "section 3.2.2"
            assert not re.search(figure, text), cell.source


# Exercises ------------------------------------------------------------------


def exercises(name):
    """(checker cells' code, stub code, solution code) of every checked exercise."""
    cells = source(name).cells
    checkers, found = [], []
    for cell, after in zip(cells, [*cells[1:], None]):
        tags = cell.metadata.get("tags", [])
        if "checker" in tags:
            checkers.append(cell.source)
        if "exercise" in tags:
            solution = re.search(r"```python\n(.*?)```", after.source, re.DOTALL)
            found.append((cell.source, solution.group(1)))
    return checkers, found


def execute(code, names):
    """Run the code of a cell; as in a notebook, its functions know their source."""
    where = f"<cell {abs(hash(code))}>"
    linecache.cache[where] = len(code), None, code.splitlines(keepends=True), where
    exec(compile(code, where, "exec"), names)


@pytest.fixture(autouse=True)
def nothing_is_kept(monkeypatch, tmp_path):
    """What these tests solve is no reader's progress."""
    monkeypatch.setenv("PROGTX_SCRATCH", str(tmp_path))


@pytest.fixture(scope="module")
def namespaces():
    """The setup cells of each chapter, executed once, without its display."""
    made = {}

    def namespace(name):
        if name not in made:
            made[name] = {}
            for cell in source(name).cells:
                if {"setup", "parameters"} & set(cell.metadata.get("tags", [])):
                    execute(cell.source, made[name])
            for checker in exercises(name)[0]:
                execute(checker, made[name])
        return dict(made[name])

    return namespace


@every_chapter
def test_checkers_accept_the_solution_and_reject_the_stub(name, namespaces, capsys):
    _, found = exercises(name)
    assert len(found) >= 3
    for stub, solution in found:
        execute(stub, namespaces(name))
        assert capsys.readouterr().out.startswith("not yet: "), stub
        execute(solution, namespaces(name))
        assert capsys.readouterr().out == "correct\n", solution


def test_readme_table_is_that_of_the_chapters():
    readme = (paths.ROOT / "README.md").read_text("utf-8")
    for chapter in CHAPTERS.values():
        row = f"| {chapter.title} | [{chapter.name}](notebooks/{chapter.name}.ipynb) "
        assert row in readme, "renew it with 'python -m progtx_core run … --update'"


def test_the_book_finds_every_chapter_once_and_in_order():
    toc = yaml.safe_load((paths.ROOT / "book" / "_toc.yml").read_text("utf-8"))
    globs = [c["glob"] for part in toc["parts"] for c in part["chapters"] if "glob" in c]
    names = [*CHAPTERS, "13_new", "19_last"]
    found = [n for g in globs for n in names if fnmatch.fnmatch(f"chapters/{n}", g)]
    assert found == names


def test_no_widgets_are_kept():
    for name in CHAPTERS:
        assert "widget" not in json.dumps(committed(name).metadata)
