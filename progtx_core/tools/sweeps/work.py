"""One run, in a process of its own: executed, judged, and written down."""

import os
import shutil
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat

from progtx_core.tools.claims import METADATA_KEY
from progtx_core.tools.execution import RunFailed, execute, find
from progtx_core.tools.sweeps.plan import code_hash
from progtx_core.tools.sweeps.store import DONE, FAILED, RUNNING, RunFolder, Status

ELSEWHERE = "elsewhere"
# What a run inherits: one thread, one process, and no progress bars.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "LOKY_MAX_CPU_COUNT": "1",
    "PROGTX_PROGRESS": "off",
}


class VersionsDiffer(RuntimeError):
    """A worker has other code than the one who planned the sweep."""


@dataclass(frozen=True)
class Job:
    """What a worker is told of a run. folder: where it is written

    code: hash of chapter and core as the one who planned it has them
    timeout: seconds after which it is ended, None for no limit
    """

    chapter: str
    parameters: dict
    folder: Path
    code: str
    timeout: float | None = None


def work(job: Job) -> str:
    """Execute a run, if nobody else does: "done", "failed" or "elsewhere".

    A chapter that fails is no error here: it stands in the run's status. Raises
    VersionsDiffer if this process has other code than the one that planned the run.
    """
    os.environ.update(ONE_THREAD)
    chapter, folder = find(job.chapter), RunFolder(job.folder)
    if code_hash(chapter) != job.code:
        raise VersionsDiffer(
            f"versions differ: this worker has code {code_hash(chapter)}, the run was "
            f"planned with {job.code}; give both the same checkout, and start it anew"
        )
    with folder.claimed() as mine:
        if not mine:
            return ELSEWHERE
        before = folder.status(live=False)
        if before.state == DONE:  # by another driver, in the meantime
            return DONE
        attempts, started = before.attempts + 1, time.perf_counter()
        values = {name: p.default for name, p in chapter.parameters.items()}
        told = {"chapter": job.chapter, "parameters": values | job.parameters}
        for rest in folder.path.glob(f".{chapter.name}.*"):  # of one that was killed
            shutil.rmtree(rest, ignore_errors=True)
        folder.write("run.json", told | {"code": job.code})
        folder.write_status(Status(RUNNING, attempts))
        folder.note(f"attempt {attempts}")
        # Whatever a chapter writes belongs to this run alone.
        os.environ["PROGTX_SCRATCH"] = str(folder.path.resolve() / "scratch")
        error = ""
        try:
            with at_most(job.timeout) as late, last_words(folder.path / "log.txt"):
                path = execute(
                    chapter, job.parameters, folder.path, log=folder.path / "log.txt"
                )
        except RunFailed as failure:
            error = f"timed out after {job.timeout:g} s" if late else str(failure)
        seconds = round(time.perf_counter() - started, 2)
        if not error:
            folder.write("row.json", row(path))
        state = FAILED if error else DONE
        folder.note(f"{state} after {seconds} s" + (f": {error}" if error else ""))
        folder.write_status(Status(state, attempts, seconds, error))
        return state


def row(notebook: Path) -> dict:
    """What a finished run leaves for the table: what its claims measured, how judged."""
    cells = nbformat.read(notebook, as_version=4).cells
    claims = [
        output.metadata[METADATA_KEY]
        for cell in cells
        for output in cell.get("outputs", [])
        if METADATA_KEY in output.get("metadata", {})
    ]
    return {
        "measured": {claim["statement"]: claim["value"] for claim in claims},
        "verdicts": {claim["statement"]: claim["verdict"] for claim in claims},
    }


@contextmanager
def last_words(log: Path):
    """What kernels say as they end, beside their messages, goes into the run's log."""
    kept = os.dup(2)
    with log.open("ab") as file:
        os.dup2(file.fileno(), 2)  # kernels inherit it
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@contextmanager
def at_most(seconds: float | None):
    """End the kernels that this process has started once the time is over.

    Yields a list that holds something if it came to that.
    """
    late: list[bool] = []

    def end() -> None:
        import psutil

        late.append(True)
        for child in psutil.Process().children(recursive=True):
            if "ipykernel_launcher" in " ".join(child.cmdline()):
                child.kill()

    timer = threading.Timer(seconds, end) if seconds else None
    if timer:
        timer.daemon = True
        timer.start()
    try:
        yield late
    finally:
        if timer:
            timer.cancel()
