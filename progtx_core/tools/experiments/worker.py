"""One trial, in a process that does one at a time: executed, and written down."""

import os
import time
from contextlib import contextmanager
from pathlib import Path

from progtx_core.tools.experiments.executors import ONE_THREAD
from progtx_core.tools.experiments.store import (
    DONE,
    FAILED,
    LOG,
    ROW,
    RUNNING,
    TRIAL,
    Status,
    TrialFolder,
)
from progtx_core.tools.experiments.trial import Trial, TrialFailed

ELSEWHERE = "elsewhere"


class VersionsDiffer(RuntimeError):
    """A worker has other code than the one who planned the trials."""


def work(trial: Trial, path: Path, timeout: float | None = None) -> str:
    """Execute a trial in a folder, if nobody else does: DONE, FAILED or ELSEWHERE.

    A trial that fails is no error here: that stands in its status. Raises
    VersionsDiffer if this process has other code than the one who planned it.
    """
    os.environ.update(ONE_THREAD)
    folder, here = TrialFolder(path), trial.version_here()
    if here != trial.version:
        raise VersionsDiffer(
            f"versions differ: this worker has {here}, {trial.experiment} was planned with "
            f"{trial.version}; give both the same checkout, and start it anew"
        )
    with folder.claimed() as mine:
        before = folder.status(live=False)
        if not mine or before.state == DONE:  # by another driver, in the meantime
            return DONE if mine else ELSEWHERE
        attempts, started = before.attempts + 1, time.perf_counter()
        told = {"columns": trial.columns(), "files": trial.files()}
        folder.write(TRIAL, trial.content() | told)
        folder.write_status(Status(RUNNING, attempts))
        folder.note(f"attempt {attempts}")
        error = execute(trial, folder, timeout)
        state = FAILED if error else DONE
        seconds = round(time.perf_counter() - started, 2)
        folder.note(f"{state} after {seconds} s" + (f": {error}" if error else ""))
        folder.write_status(Status(state, attempts, seconds, error))
        return state


def execute(trial: Trial, folder: TrialFolder, timeout: float | None) -> str:
    """Write down the row of a trial, or return what went wrong, in one line."""
    # Whatever a chapter writes belongs to this trial alone.
    os.environ["PROGTX_SCRATCH"] = str(folder.path.resolve() / "scratch")
    try:
        with last_words(folder.path / LOG):
            row = trial.execute(folder.path, timeout)
        folder.write(ROW, row)
    except TrialFailed as failure:
        return str(failure)
    except Exception as error:
        return " ".join(f"{type(error).__name__}: {error}".split())
    return ""


@contextmanager
def last_words(log: Path):
    """What kernels say as they end, beside their messages, goes into the trial's log."""
    kept = os.dup(2)
    with log.open("ab") as file:
        os.dup2(file.fileno(), 2)  # kernels inherit it
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
