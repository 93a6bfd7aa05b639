"""A folder for every run: what it was given, how far it came, what it measured.

runs/<name>/<key>/
    run.json        chapter, parameters, key, hash of the code
    status.json     state, attempts, seconds, error; written whole or not at all
    row.json        once it is done: parameters, claims, seconds
    log.txt         what the cells printed, attempt by attempt
    <chapter>.ipynb the executed notebook
    lock            held by the process that works on it, as long as it lives
"""

import datetime
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from progtx_core import files

DONE, FAILED, INTERRUPTED, RUNNING, WAITING = (
    "done",
    "failed",
    "interrupted",
    "running",
    "waiting",
)


@dataclass(frozen=True)
class Status:
    """How far a run is.

    state: "waiting", "running", "done", "failed", or "interrupted": it was begun, and
    nobody works on it now
    """

    state: str = WAITING
    attempts: int = 0
    seconds: float = 0.0
    error: str = ""


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run."""

    path: Path

    def lock(self) -> FileLock:
        """Held by whoever works on this run; the system frees it if that one dies."""
        self.path.mkdir(parents=True, exist_ok=True)
        return FileLock(self.path / "lock", timeout=0)

    @contextmanager
    def claimed(self) -> Iterator[bool]:
        """True within, if this process may work on the run, False if another one does."""
        lock = self.lock()
        try:
            lock.acquire()
        except Timeout:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()

    def status(self, live: bool = True) -> Status:
        """As it was written; live: and whether it is being worked on."""
        found = self.read("status.json")
        try:
            status = Status(**found) if found else Status()
        except TypeError:  # of another version, or damaged: as if it had not begun
            status = Status()
        if status.state == DONE and not self.complete():
            return Status(attempts=status.attempts)
        if live and status.state == RUNNING:
            with self.claimed() as free:
                if free:
                    return Status(INTERRUPTED, status.attempts, status.seconds)
        return status

    def complete(self) -> bool:
        """Whether all that a finished run leaves behind is there."""
        return bool(self.read("row.json")) and any(self.path.glob("*.ipynb"))

    def write_status(self, status: Status) -> None:
        self.write("status.json", asdict(status))

    def read(self, name: str) -> dict:
        """A JSON file of the folder; empty if it is missing or damaged."""
        try:
            found = json.loads((self.path / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write(self, name: str, content: dict) -> None:
        files.write_atomically(self.path / name, json.dumps(content, indent=1) + "\n")

    def note(self, text: str) -> None:
        """A line in the log, with the time."""
        now = datetime.datetime.now().isoformat(" ", "seconds")
        with (self.path / "log.txt").open("a", encoding="utf-8") as file:
            file.write(f"[{now}] {text}\n")
