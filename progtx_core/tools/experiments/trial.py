"""What is done once, by a process that does one at a time: executed, and written down."""

import hashlib
import itertools
import json
import os
import platform
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import metadata
from pathlib import Path
from shutil import which
from typing import ClassVar

from progtx_core import files
from progtx_core.tools.execution.execute import claimed, for_kernels
from progtx_core.tools.experiments import store
from progtx_core.tools.experiments.executors import ONE_THREAD
from progtx_core.tools.experiments.store import DONE, FAILED, RUNNING, Status, TrialFolder
from progtx_core.tools.paths import ROOT

ELSEWHERE = "elsewhere"


class TrialFailed(RuntimeError):
    """A trial did not come to its end. The message says where and why, in one line."""


class VersionsDiffer(RuntimeError):
    """A worker has other code than the one who planned the trials."""


def digest(text: str) -> str:
    """Twelve digits of a hash: a hundred thousand names hardly ever meet."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@cache  # what a process has loaded stays, whatever becomes of the files
def code_here(experiment: str) -> str:
    """A hash of the package, of a chapter, and of what chapters share."""
    parts = "progtx_core/**/*.py", "notebooks/*/*.py"
    found = [path for part in parts for path in sorted(ROOT.glob(part))]
    found += filter(Path.is_file, [ROOT / f"notebooks/{experiment}.py", Path(experiment)])
    return digest("".join(map(files.read_text, found)))


@cache
def made_by() -> dict[str, str]:
    """What else a number may depend on: commit (-dirty: and changes), Python, torch."""
    asked = ["git", "-C", ROOT, "describe", "--always", "--dirty", "--exclude=*"]
    git = subprocess.run(asked, capture_output=True, text=True) if which("git") else None
    versions = {"python": platform.python_version(), "torch": metadata.version("torch")}
    return {"commit": git.stdout.strip() if git else ""} | versions


@contextmanager
def on_own_gpu() -> Iterator[None]:
    """While it lasts, one of PROGTX_GPUS ("0,1") is seen, which no other trial here has."""
    for gpu in itertools.cycle(os.environ["PROGTX_GPUS"].split(",")):
        with claimed(Path(tempfile.gettempdir(), f"progtx-gpu-{gpu}")) as mine:
            if mine:
                os.environ["CUDA_VISIBLE_DEVICES"] = gpu
                yield
                return
        time.sleep(0.5)


@dataclass(frozen=True)
class Trial(ABC):
    """One trial, as a worker process is handed it; its kinds say how it is executed.

    experiment: a chapter or a recorded table; version: of that, where it was planned
    parameters: what makes this trial differ from the others, its seed included
    """

    kind: ClassVar[str]
    experiment: str
    version: str
    parameters: dict

    def content(self) -> dict:
        """All that decides what comes out; what JSON does not know is taken as a text."""
        told = {"version": self.version, "parameters": self.parameters}
        return {self.kind: self.experiment} | told

    @cached_property
    def key(self) -> str:
        """The name of its folder: changes with the content, with nothing else."""
        return digest(json.dumps(self.content(), sort_keys=True, default=str))

    def columns(self) -> dict:
        """What the table says of it, whatever comes out."""
        return self.parameters

    def files(self) -> list[str]:
        """What it leaves in its folder beside its row."""
        return []

    @abstractmethod
    def execute(self, folder: Path, timeout: float | None = None) -> dict:
        """Do it in a folder of its own, and return its row of the table."""


def work(trial: Trial, path: Path, timeout: float | None, code: str) -> str:
    """Execute a trial in a folder, if nobody else does: DONE, FAILED or ELSEWHERE.

    Why it failed stands in its status. Raises VersionsDiffer if this process has other
    code than the one who planned it. code: that one's, of `code_here`
    """
    os.environ.update(ONE_THREAD)
    folder, here = TrialFolder(path), code_here(trial.experiment)
    if here != code:
        raise VersionsDiffer(
            f"versions differ: a worker in {ROOT} has {here}, {trial.experiment} was "
            f"planned with {code}; give both the same checkout, and start it anew"
        )
    with claimed(path) as mine:
        before = folder.status(live=False)
        if not mine or before.state == DONE:  # by another driver, in the meantime
            return DONE if mine else ELSEWHERE
        attempts, started = before.attempts + 1, time.perf_counter()
        told = {"columns": trial.columns(), "files": trial.files(), "made_by": made_by()}
        folder.write(store.TRIAL, trial.content() | told)
        folder.write_status(Status(RUNNING, attempts))
        folder.note(f"attempt {attempts}")
        with on_own_gpu() if os.environ.get("PROGTX_GPUS") else nullcontext():
            error = attempt(trial, folder, timeout)
        state = FAILED if error else DONE
        seconds = round(time.perf_counter() - started, 2)
        folder.note(f"{state} after {seconds} s" + (f": {error}" if error else ""))
        folder.write_status(Status(state, attempts, seconds, error))
        return state


def attempt(trial: Trial, folder: TrialFolder, timeout: float | None) -> str:
    """Write down the row of a trial, or return what went wrong, in one line."""
    # Whatever a chapter writes belongs to this trial alone.
    os.environ["PROGTX_SCRATCH"] = str(folder.path.resolve() / "scratch")
    try:
        with for_kernels(folder.path / store.LOG):
            row = trial.execute(folder.path, timeout)
        folder.write(store.ROW, row)
    except TrialFailed as failure:
        return str(failure)
    except Exception as error:
        return " ".join(f"{type(error).__name__}: {error}".split())
    return ""
