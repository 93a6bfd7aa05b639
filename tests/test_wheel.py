"""The wheel, installed away from any clone: what works there, and what says it does not."""

import os
import shutil
import subprocess
import sys

import pytest

from progtx_core.tools import paths

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """A function that runs this Python in a clean folder, the wheel's package first."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    offline = ["--no-deps", "--no-index"]
    source = folder / "source"  # a copy: building leaves folders behind
    shutil.copytree(paths.ROOT / "progtx_core", source / "progtx_core")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(paths.ROOT / name, source)
    build = [*pip, "wheel", *offline, "--no-build-isolation", "-w", folder, source]
    subprocess.run(build, check=True)
    (wheel,) = folder.glob("progtx_core-1*.whl")
    site, clean = folder / "site", folder / "clean"
    subprocess.run([*pip, "install", *offline, "--target", site, wheel], check=True)
    clean.mkdir()
    before = snapshot(site)

    def run(*arguments):
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=clean,
            env={**os.environ, "PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
        )

    run.folder = clean
    yield run
    assert snapshot(site) == before, "nothing is written beside installed packages"


def snapshot(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


CODE = """
import pathlib
import torch
import progtx_core
from progtx_core import models, rasp, tasks
from progtx_core.training import Config, fit

here = pathlib.Path(progtx_core.__file__)
assert "site" in here.parts, here
task = tasks.get("trend_sign")
result = fit("logistic_regression", task, Config(steps=5, n_eval=100), n_seeds=1)
assert 0 <= result.test["accuracy"][0] <= 1
model = models.build("transformer", task.spec)
assert model(task.sample(3, torch.Generator()).inputs).shape == (3, 2)
assert list(rasp.indices([7, 8, 9])) == [0, 1, 2]
from progtx_core import evaluation, optim, plots
print("all of it")
"""


def test_the_package_works_in_any_folder(python):
    done = python("-c", CODE)
    assert done.stdout == "all of it\n", done.stderr


def test_models_are_compared_in_any_folder(python):
    line = "compare trend_sign logistic_regression --steps 20 --seeds 1"
    done = python("-m", "progtx_core", *line.split())
    assert done.returncode == 0, done.stderr
    assert "logistic_regression" in done.stdout
    page = python.folder / "runs" / "index.html"
    assert page.as_uri() in done.stdout
    assert "trend_sign" in page.read_text("utf-8")


@pytest.mark.parametrize("line", ["list", "run 01", "sweep 01", "record scoreboard"])
def test_what_needs_a_clone_says_so_in_one_line(python, line):
    done = python("-m", "progtx_core", *line.split())
    assert done.returncode == 1
    assert done.stdout == ""
    (error,) = done.stderr.splitlines()
    assert "needs a clone of the repository: git clone" in error


def test_doctor_works_anywhere_and_says_first_what_there_is(python):
    done = python("-m", "progtx_core", "doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    first, *rest = done.stdout.splitlines()
    assert "installed without chapters: list, run, sweep and record need a clone" in first
    assert any("torch 2.13" in line for line in rest)
