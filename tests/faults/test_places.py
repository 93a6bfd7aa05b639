"""A checkout may lie anywhere, and what it runs is its own code."""

import os
import subprocess
import sys

import nbformat
import pytest

from progtx_core.tools import paths
from tests.experiments.conftest import build

pytestmark = pytest.mark.slow  # kernels start


def run(house, *command, **environment):
    """A command in a checkout, while another one's package is installed."""
    known = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "progtx_core", *command],
        cwd=house.path,
        env=known | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


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
    source = folder / "notebooks" / "01_stub.py"
    code = source.read_text("utf-8").replace(
        "# %%\nimport time",
        "# %%\nimport progtx_core\nprint(progtx_core.__file__)\nimport time",
    )
    source.write_text(code, "utf-8")
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
