"""Running chapters: what is refused, what is kept, what an error looks like."""

import json
import signal
import subprocess
import sys

import nbformat
import pytest
from filelock import FileLock

from progtx_core.__main__ import main, unwind_when_killed
from progtx_core.tools import execution, paths
from progtx_core.tools.execution import defaults_of, from_text

HEADER = """\
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: {kernel}
# ---

# %% [markdown]
# # 98. A small chapter

# %% tags=["parameters"]
steps: int = 3  # how many
rate: float = 0.5  # how fast
word: str = "one"  # which

# %%
{code}
"""


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A folder of chapters of its own; returns a function that writes one into it."""
    folder = tmp_path / "notebooks"
    (folder / "profiles").mkdir(parents=True)
    (folder / "profiles" / "fast.yaml").write_text("98_small: {steps: 1}")
    monkeypatch.setattr(paths, "NOTEBOOKS", folder)
    monkeypatch.setattr(paths, "PROFILES", folder / "profiles")
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)

    def write(code="print(steps, rate, word)", kernel="python3", name="98_small"):
        path = folder / f"{name}.py"
        path.write_text(HEADER.format(kernel=kernel, code=code))
        return execution.Chapter(path)

    return write


def outputs(path):
    notebook = nbformat.read(path, as_version=4)
    return "".join(o.get("text", "") for c in notebook.cells for o in c.get("outputs", []))


def test_a_run_has_its_parameters_its_record_and_no_time_stamps(book, capsys):
    book()
    assert main(["run", "98", "-p", "steps=7", "-p", "rate=1e-3", "-p", "word=two"]) == 0
    path = paths.ROOT / "build" / "executed" / "98_small.ipynb"
    assert outputs(path) == "7 0.001 two\n"
    record = json.loads(path.read_text())["metadata"]["progtx"]
    assert record["parameters"] == {"steps": 7, "rate": 0.001, "word": "two"}
    assert record["seconds"] > 0
    assert "start_time" not in path.read_text()
    seen = capsys.readouterr()
    assert seen.out.strip() == "build/executed/98_small.ipynb"
    assert "98_small: done in" in seen.err
    assert not [p for p in path.parent.iterdir() if p != path]


def test_what_a_killed_run_left_is_swept_up_and_what_is_at_work_is_not(book):
    chapter, out = book(), paths.ROOT / "out"
    for name in (".98_small.dead", ".98_small.live", ".97_other.dead"):
        (out / name).mkdir(parents=True)
        (out / name / "source.ipynb").write_text("half")
        (out / name / "lock").touch()
    with FileLock(out / ".98_small.live" / "lock"):
        execution.execute(chapter, {}, out)
    left = sorted(path.name for path in out.iterdir())
    assert left == [".97_other.dead", ".98_small.live", "98_small.ipynb"]


def test_profiles_and_defaults(book):
    chapter = book()
    assert defaults_of("98_small") == {"steps": 3, "rate": 0.5, "word": "one"}
    with pytest.raises(FileNotFoundError, match="99_none"):
        defaults_of("99_none")
    assert execution.merge(chapter, "full", {}) == {}
    assert execution.merge(chapter, "fast", {}) == {"steps": 1}
    assert execution.merge(chapter, "fast", {"steps": 9}) == {"steps": 9}
    assert execution.merge(chapter, "full", {"steps": 3, "rate": 0.5}) == {}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["97"], "there is no chapter '97'; "),
        (["98_smal"], "there is no chapter '98_smal'; nearest: 98_small"),
        (["98", "-p", "step=7"], "no parameter of 98_small 'step'; nearest: steps"),
        (
            ["98", "-p", "steps=many"],
            "98_small: steps must be of type int, got 'many'; give a whole",
        ),
        (["98", "-p", "steps=2.5"], "98_small: steps must be of type int, got '2.5'; give"),
        (
            ["98", "-p", "steps=true"],
            "98_small: steps must be of type int, got 'true'; give",
        ),
        (
            ["98", "-p", "rate=fast"],
            "98_small: rate must be of type float, got 'fast'; give",
        ),
        (
            ["98", "-p", "rate=nan"],
            "98_small: rate must be of type float, got 'nan'; give a finite",
        ),
        (["98", "-p", "steps"], "-p takes name=value, got 'steps'"),
        (["98", "-p", "steps=[1"], "98_small: steps must be of type int, got '[1'"),
        (["98", "--profile", "quick"], "no profile 'quick'; choose from: full, fast"),
        (["98", "--update", "-p", "steps=1"], "--update keeps outputs of default"),
        (["98", "--out", "file/x"], "file"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(book, capsys, arguments, message):
    book()
    (paths.ROOT / "file").write_text("no folder")
    assert main(["run", *arguments]) == 1
    error = capsys.readouterr().err.strip()
    assert error.startswith("error: ")
    assert message in error
    assert len(error.splitlines()) == 1
    assert not (paths.ROOT / "build").exists()


@pytest.mark.slow  # for `make check` it takes too long
def test_a_failing_chapter_keeps_the_old_output_and_shows_the_partial_one(book, capsys):
    book()
    assert main(["run"]) == 0
    good = paths.ROOT / "build" / "executed" / "98_small.ipynb"
    before = good.read_text()
    book(code="print('so far')\nraise ValueError('n_seeds must\\nbe more')")
    capsys.readouterr()
    assert main(["run"]) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert "98_small: cell 2: ValueError: n_seeds must be more; see build/" in error
    assert good.read_text() == before
    failed = good.with_name("98_small.failed.ipynb")
    assert "so far" in outputs(failed)
    book()
    assert main(["run"]) == 0
    assert not failed.exists()


def test_a_missing_kernel_is_named(book, capsys):
    book(kernel="fortran77")
    assert main(["run"]) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert "98_small: NoSuchKernel: No such kernel named fortran77; see 'python -m" in error


@pytest.mark.slow  # for `make check` it takes too long
def test_a_kernel_that_dies_is_an_error(book, capsys):
    book(code="import os; os._exit(1)")
    assert main(["run"]) == 1
    assert "98_small: DeadKernelError" in capsys.readouterr().err


@pytest.mark.slow  # for `make check` it takes too long
def test_other_chapters_run_on_after_one_failed(book, capsys):
    book(code="1/0", name="97_bad")
    book()
    assert main(["run"]) == 1
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert (paths.ROOT / "build" / "executed" / "98_small.ipynb").exists()


@pytest.mark.slow  # for `make check` it takes too long
def test_update_writes_the_notebook_with_the_same_cell_ids(book):
    chapter = book()
    for _ in range(2):
        assert main(["run", "--update"]) == 0
        notebook = nbformat.read(chapter.notebook, as_version=4)
        assert [cell.id for cell in notebook.cells] == ["cell-000", "cell-001", "cell-002"]
        assert outputs(chapter.notebook) == "3 0.5 one\n"
    assert chapter.seconds > 0


def test_a_damaged_notebook_is_reported_and_remade_by_update(book, capsys):
    chapter = book()
    chapter.notebook.write_text('{"cells": [')
    assert main(["list"]) == 0
    assert "(notebook damaged; run with --update remakes it)" in capsys.readouterr().out
    with pytest.raises(ValueError, match="damaged, not a notebook.*run 98_small --update"):
        paths.record_of(chapter.notebook)
    assert main(["run", "--update"]) == 0
    assert chapter.seconds > 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# %%\n1\n", "the header names no kernel; fix it with 'jupytext --set-kernel"),
        (HEADER.format(kernel="python3", code="").replace(": int", ""), "must read 'name:"),
    ],
)
def test_a_damaged_source_is_an_error(book, capsys, text, message):
    book().source.write_text(text)
    assert main(["run"]) == 1
    error = capsys.readouterr().err.strip()
    assert message in error
    assert len(error.splitlines()) == 1


def test_list_shows_titles_parameters_and_times(book, capsys):
    book()
    assert main(["list"]) == 0
    out = capsys.readouterr().out
    assert "98_small   A small chapter   (not measured)" in out
    assert "steps: int = 3" in out
    assert "how many" in out


def test_readme_table_is_renewed_between_its_marks(book):
    book()
    readme = paths.ROOT / "README.md"
    readme.write_text("before\n<!-- chapters -->\nold\n<!-- /chapters -->\nafter\n")
    assert main(["run", "--update"]) == 0
    text = readme.read_text()
    assert text.startswith("before\n<!-- chapters -->\n| chapter |")
    assert "[98_small](notebooks/98_small.ipynb)" in text
    assert "old" not in text
    assert text.endswith("<!-- /chapters -->\nafter\n")


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("int", "010", 10),
        ("int", " -7", -7),
        ("int", "220_000", 220_000),
        ("int", 3, 3),
        ("float", "08", 8.0),
        ("float", "1e-3", 0.001),
        ("float", 2, 2.0),
        ("bool", "True", True),
        ("bool", "false", False),
        *(("str", text, text) for text in ("yes", "08", "1:10", "null", "a # b", "[1")),
        ("str", "'a, b'", "a, b"),
    ],
)
def test_a_text_is_read_by_the_type_alone(kind, text, value):
    found = from_text(kind, text)
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    "text", [*"-.+_²", "", "nan", "1:10", "--1", "1e999", "[1]", None, [1]]
)
@pytest.mark.parametrize("kind", ["int", "float", "bool"])
def test_what_is_no_value_of_a_type_is_refused(kind, text):
    with pytest.raises((ValueError, TypeError, KeyError)):
        from_text(kind, text)


def test_a_reader_that_has_seen_enough_is_no_error():
    """As in `python -m progtx_core sweep … --dry-run | head -1`."""
    command = [sys.executable, "-u", "-m", "progtx_core", "list"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == ""
    process.wait()


def test_defaults_are_read_in_no_time():
    """By every chapter's claims: so from the text alone, and without Jupytext."""
    code = (
        "import sys; from timeit import timeit\n"
        "from progtx_core.tools.execution import defaults_of\n"
        "seconds = timeit(lambda: defaults_of('09_pattern_search_vs_adam'), number=10)\n"
        "slow = {'jupytext', 'nbformat', 'papermill', 'torch'} & set(sys.modules)\n"
        "assert not slow, slow; assert seconds < 0.2, seconds"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError("no space left\nat all")])
def test_what_stops_a_command_is_one_line(monkeypatch, capsys, error):
    def stop():
        raise error

    monkeypatch.setattr(execution, "chapters", stop)
    assert main(["list"]) == (130 if isinstance(error, KeyboardInterrupt) else 1)
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("name", ["list", "run", "record", "sweep"])
def test_outside_a_clone_a_command_that_needs_chapters_says_so(
    tmp_path, monkeypatch, capsys, name
):
    monkeypatch.setattr(paths, "NOTEBOOKS", tmp_path / "notebooks")
    monkeypatch.chdir(tmp_path)
    given = {"record": ["scoreboard"], "sweep": ["01"]}.get(name, [])
    assert main([name, *given]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"error: '{name}' needs a clone of the repository: git clone")
    assert len(error.splitlines()) == 1
    assert not list(tmp_path.iterdir())
    assert paths.scratch() == tmp_path


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no SIGHUP")
@pytest.mark.parametrize("before", [signal.SIG_DFL, signal.SIG_IGN])
def test_a_signal_that_nohup_switched_off_stays_so(before):
    kept = {number: signal.getsignal(number) for number in (signal.SIGHUP, signal.SIGTERM)}
    try:
        signal.signal(signal.SIGHUP, before)
        unwind_when_killed()
        handler = signal.getsignal(signal.SIGHUP)
        if before == signal.SIG_IGN:
            assert handler == signal.SIG_IGN
            return
        with pytest.raises(SystemExit) as ended:
            handler(signal.SIGHUP, None)
        assert ended.value.code == 128 + signal.SIGHUP
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
