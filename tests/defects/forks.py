"""Runs of pytest on a changed copy of the repository, each in a forked process.

A process that has imported torch, pytest and the like, but nothing of this repository, is
copied for every run. So a run costs a fraction of a second, has the package of its own
folder, and whatever it breaks ends with it. Windows has no forks.
"""

import compileall
import gc
import importlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
COPIED = ["progtx_core", "notebooks", "tests", "examples", "conftest.py", "pyproject.toml"]
OURS = {"progtx_core", "tests", "parts", "experiments", "conftest"}
THEIRS = [
    *("torch._dynamo", "numpy", "pytest", "pandas", "tqdm", "loky", "nbformat", "yaml"),
    *("sklearn.linear_model", "sklearn.metrics", "matplotlib.pyplot", "jsonschema"),
    *("hypothesis.strategies", "_hypothesis_pytestplugin", "pytest_timeout", "doctest"),
]
PLAIN = ["-q", "-x", "--tb=short", "-p", "no:cacheprovider", "-p", "no:unraisableexception"]
PLUGINS = ["-p", "_hypothesis_pytestplugin", "-p", "pytest_timeout"]  # and no others
MEMORY = 12 * 2**30  # bytes of addresses: a change may ask for more and more


class Run(NamedTuple):
    """How a run of pytest ended: its exit code, or None at the time limit."""

    code: int | None
    seconds: float
    output: str

    @property
    def says(self) -> str:
        """What a changed package does to tests: they fail, pass, or cannot be run."""
        return {0: "survived", 1: "killed", None: "killed"}.get(self.code, "error")


@contextmanager
def copy_of_the_repository(folder: Path) -> Iterator[Path]:
    """A folder with what tests need; compiled once, for all runs."""
    for name in COPIED:
        source, target = ROOT / name, folder / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    # Compiled code is told from older one by its source, not by a time in seconds.
    mode = PycInvalidationMode.CHECKED_HASH
    compileall.compile_dir(folder, quiet=2, invalidation_mode=mode)
    yield folder


@contextmanager
def replaced(path: Path, text: str) -> Iterator[None]:
    """Another text in a file, for a while."""
    before = path.read_text("utf-8")
    path.write_text(text, "utf-8")
    try:
        yield
    finally:
        path.write_text(before, "utf-8")


def warm_up() -> None:
    """Import what all runs have in common, on one thread: others do not survive a fork."""
    os.environ |= {"OMP_NUM_THREADS": "1", "LOKY_MAX_CPU_COUNT": "1"}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    for name in THEIRS:
        importlib.import_module(name)
    sys.modules["torch"].set_num_threads(1)
    gc.freeze()  # what is there stays: no run looks through it for garbage


def run(folder: Path, arguments: list[str], limit: float = 60.0, plugins=()) -> Run:
    """pytest in that copy, in a process of its own; more arguments and plugins for it."""
    output, started = folder / "output.txt", time.perf_counter()
    child = os.fork()
    if child == 0:
        os._exit(inside(folder, arguments, output, plugins))
    code = None
    while time.perf_counter() - started < limit and code is None:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
        else:
            time.sleep(0.01)
    if code is None:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    seconds = time.perf_counter() - started
    return Run(code, seconds, output.read_text("utf-8", errors="replace"))


def inside(folder: Path, arguments: list[str], output: Path, plugins) -> int:
    """What the forked process does; returns its exit code."""
    code = 70  # of an error of this file's own
    try:
        import resource  # Windows has neither this nor forks

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        handle = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
        os.chdir(folder)
        sys.dont_write_bytecode = True
        os.environ["PYTHONPATH"] = str(folder)
        sys.path[:] = [str(folder), *(p for p in sys.path if Path(p or ".") != ROOT)]
        for name in list(sys.modules):
            if name.split(".")[0] in OURS:
                del sys.modules[name]
        importlib.invalidate_caches()
        code = int(
            sys.modules["pytest"].main([*PLAIN, *PLUGINS, *arguments], list(plugins))
        )
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
