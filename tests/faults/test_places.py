"""A checkout may lie anywhere, and what it runs is its own code."""

import os
import subprocess
import sys

import jupytext
import nbformat
import pytest

from progtx_core.tools import paths
from tests.experiments.conftest import build

pytestmark = pytest.mark.slow  # kernels start


def python(*arguments, cwd, **environment):
    """This Python in a folder, with few variables."""
    known = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env=known | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def run(house, *command, **environment):
    """A command in a checkout, while another one's package is installed."""
    return python("-m", "progtx_core", *command, cwd=house.path, **environment)


@pytest.fixture
def two(tmp_path):
    """Two checkouts whose chapter prints which package it runs."""
    houses = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        houses.append(build(tmp_path / name))
        telling(houses[-1])
    return houses


def telling(house):
    """Let the chapter print where its package lies."""
    source = house.path / "notebooks" / "01_stub.py"
    code = source.read_text("utf-8").replace(
        "# %%\nimport time",
        "# %%\nimport progtx_core\nprint(progtx_core.__file__)\nimport time",
    )
    source.write_text(code, "utf-8")


def printed(path):
    notebook = nbformat.read(path, as_version=4)
    return "".join(o.get("text", "") for c in notebook.cells for o in c.get("outputs", []))


@pytest.mark.parametrize(
    ("place", "command"),
    [("with spaces", "run"), ("pläce …", "sweep"), ("a/worktree", "run")],
)
def test_a_kernel_runs_the_code_that_the_command_came_from(tmp_path, place, command):
    folder = tmp_path / place
    folder.mkdir(parents=True)
    house = build(folder)  # without .git, as from a zip
    telling(house)
    # The package that is installed is that of these tests, not the one of the folder.
    other = str(paths.ROOT) if place == "a/worktree" else ""
    done = run(house, command, "01", LANG="C", PYTHONUTF8="0", PYTHONPATH=other)
    assert done.returncode == 0, done.stderr
    (executed,) = (
        folder.rglob("build/executed/*.ipynb")
        if command == "run"
        else (folder.rglob("runs/**/01_stub.ipynb"))
    )
    assert str(folder / "progtx_core" / "__init__.py") in printed(executed)


def test_a_kernel_that_starts_elsewhere_finds_what_chapters_share(tmp_path):
    """JupyterLab opened from another folder: the kernel's folder is not the notebook's."""
    script = (
        "from progtx_core.tools import paths; from parts import heads; from experiments "
        "import counting; print(heads.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(paths.ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(paths.NOTEBOOKS / "parts" / "heads.py")


@pytest.mark.parametrize("command", ["list", "run 01", "sweep 01", "doctor"])
def test_a_command_below_another_checkout_is_refused(two, command):
    """Else it would run this one's chapters, and keep them there, without a word."""
    one, other = (house.path for house in two)
    place = other / "notebooks" / "profiles"
    done = python("-m", "progtx_core", *command.split(), cwd=place, PYTHONPATH=str(one))
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line == (
        f"error: {place} lies in the checkout {other}, but the package of {one} runs; "
        f"set PYTHONPATH={other}, or work elsewhere"
    )
    assert sorted(path.name for path in place.iterdir()) == ["fast.yaml", "full.yaml"]
    mended = python("-m", "progtx_core", "list", cwd=place, PYTHONPATH=str(other))
    assert mended.returncode == 0, mended.stderr


def test_a_notebook_of_another_checkout_is_refused(two, tmp_path):
    """Opened by hand, with a kernel whose installed package is that of another one."""
    one, other = (house.path for house in two)
    source = other / "notebooks" / "01_stub.py"
    jupytext.write(jupytext.read(source), source.with_suffix(".ipynb"))
    done = python(
        *("-m", "papermill", "01_stub.ipynb", tmp_path / "out.ipynb"),
        cwd=other / "notebooks",
        PYTHONPATH=str(one),
    )
    assert f"lies in the checkout {other}, but the package of {one} runs" in done.stderr
    assert not (other / "ended.txt").exists()
    header = "from progtx_core.tools.claims import Claims; Claims('01_stub', {})"
    shown = python("-c", header, cwd=other / "notebooks", PYTHONPATH=str(one))
    assert f"set PYTHONPATH={other}" in shown.stderr


def test_a_kernel_that_python_starts_runs_the_code_of_its_caller(two, tmp_path):
    """`execute` called by a script or a worker, with another package installed."""
    one, other = (house.path for house in two)
    script = f"""
import os, sys
sys.path.insert(0, {str(one)!r})
from progtx_core.tools import execution
before = os.environ.get("PYTHONPATH")
from pathlib import Path
print(execution.execute(execution.find("01"), {{}}, Path("out")))
print(os.environ.get("PYTHONPATH") == before)
"""
    done = python("-c", script, cwd=tmp_path, PYTHONPATH=str(other))
    assert done.returncode == 0, done.stderr
    executed, restored = done.stdout.split()
    assert str(one / "progtx_core" / "__init__.py") in printed(tmp_path / executed)
    assert restored == "True"
