"""A checkout in small: this package, and one chapter that takes as long as it is told."""

import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from progtx_core.tools import paths
from progtx_core.tools.experiments.store import TrialFolder

CHAPTER = """
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 1. A chapter for tests

# %% tags=["parameters"]
number: int = 1  # what is measured, and squared
seconds: float = 0.0  # it waits so long
turns: int = 0  # it calculates so long
fail: str = ""  # "always", or "once"

# %%
import time
from pathlib import Path

from progtx_core.tools.claims import Claims

house = Path.cwd().parent
print("number", number)
with (house / "begun.txt").open("a") as file:
    file.write(f"{number}\\n")
time.sleep(seconds)
total = 0
for turn in range(turns):
    total += turn * turn
marker = house / f"failed-{number}"
if fail == "always" or (fail == "once" and not marker.exists()):
    marker.touch()
    raise ValueError(f"number {number} fails as asked")

# %%
claims = Claims("01_stub", globals())
claims.check("the square", number**2, at_least=0)
with (house / "ended.txt").open("a") as file:
    file.write(f"{number}\\n")
""".lstrip()


@dataclass(frozen=True)
class House:
    """A folder with a package, a chapter, and what ran there."""

    path: Path

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "progtx_core", "sweep", "01", *arguments]

    @property
    def environment(self) -> dict:
        # On a full disk byte code is cut off, too, and Python reads it all the same.
        own = {"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        return os.environ | own | {"PYTHONPATH": str(self.path)}

    def run(self, *arguments: str, **how) -> subprocess.CompletedProcess:
        """The command to its end, with its output."""
        return subprocess.run(
            self.command(*arguments),
            cwd=self.path,
            env=self.environment,
            capture_output=True,
            text=True,
            **{"timeout": 240} | how,
        )

    def begin(self, *arguments: str) -> subprocess.Popen:
        """The command in the background, in a session of its own."""
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.path,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            # A shell without job control lets what it starts in the background ignore it.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def counted(self, what: str) -> list[int]:
        """Which numbers were begun, or ended, in order."""
        path = self.path / f"{what}.txt"
        return list(map(int, path.read_text().split())) if path.exists() else []

    def rows(self) -> list[dict]:
        with (self.path / "runs" / "01_stub" / "results.csv").open() as file:
            return list(csv.DictReader(file))

    def folders(self) -> list[Path]:
        return sorted(path.parent for path in self.path.glob("runs/**/trial.json"))

    def states(self) -> dict[int, tuple[str, int]]:
        """Of every number: the state of its trial, and how often it was begun."""
        found = {}
        for folder in map(TrialFolder, self.folders()):
            status = folder.status()
            number = folder.read("trial.json")["columns"]["number"]
            found[number] = status.state, status.attempts
        return found

    def wait_for(self, what: str, n: int, seconds: float = 90) -> None:
        """Until so many runs were begun, or ended."""
        until(lambda: len(self.counted(what)) >= n, seconds)


class Light(House):
    """A folder in which trials are run that need no kernel."""

    def command(self, *arguments: str) -> list[str]:
        driver = "import sys; from tests.experiments.light import main; sys.exit(main())"
        return [sys.executable, "-c", driver, str(self.path), *arguments]

    @property
    def environment(self) -> dict:
        return os.environ | {"PYTHONPATH": str(paths.ROOT), "PYTHONUNBUFFERED": "1"}


def until(condition, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.05)


def build(folder: Path) -> House:
    """This package and the chapter above, in a folder that is there."""

    def leave(_, names):
        return [n for n in names if n == "__pycache__"]

    shutil.copytree(paths.ROOT / "progtx_core", folder / "progtx_core", ignore=leave)
    notebooks = folder / "notebooks"
    (notebooks / "profiles").mkdir(parents=True)
    (notebooks / "01_stub.py").write_text(CHAPTER)
    for name in ("full", "fast"):
        (notebooks / "profiles" / f"{name}.yaml").write_text("{}\n")
    return House(folder)


@pytest.fixture
def house(tmp_path):
    return build(tmp_path)


@pytest.fixture
def light(tmp_path):
    return Light(tmp_path)
