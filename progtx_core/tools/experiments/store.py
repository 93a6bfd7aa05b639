"""A folder for every trial: what it was given, how far it came, what it measured.

trial.json: what is done, and the files that it leaves; status.json: how far it is;
row.json: once it is done, its row of the table; log.txt: attempt by attempt, with what
was printed; lock: held by the process that works on it, as long as that lives.
"""

import datetime
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from progtx_core import files
from progtx_core.tools.execution.execute import claimed

STATES = "done", "running", "waiting", "interrupted", "failed"
DONE, RUNNING, WAITING, INTERRUPTED, FAILED = STATES
TRIAL, STATUS, ROW, LOG = "trial.json", "status.json", "row.json", "log.txt"
PLAN = "sweep.json"  # of all: what was last worked on, and what differs between them
NUMBER, TEXT = {"type": "number", "minimum": 0}, {"type": "string"}
HOW_FAR = {"state": {"enum": STATES}, "attempts": NUMBER | {"type": "integer"}}
HOW_FAR |= {"seconds": NUMBER, "error": TEXT}
NAMES = {"type": "array", "items": {"type": "string", "pattern": r"^\w[\w.-]*$"}}
OBJECT: dict = {"type": "object"}
TOLD = dict.fromkeys(("columns", "parameters", "made_by"), OBJECT)
TOLD |= {"files": NAMES, "chapter": TEXT}
PLANNED = {"swept": NAMES, "trials": NAMES | {"minItems": 1}, "version": TEXT}
SCHEMAS = {TRIAL: OBJECT | {"properties": TOLD}, PLAN: OBJECT | {"properties": PLANNED}}
SCHEMAS[PLAN] |= {"required": ["swept", "trials"]}
SCHEMAS[STATUS] = OBJECT | {"properties": HOW_FAR, "additionalProperties": False}


@dataclass(frozen=True)
class Status:
    """How far a trial is. state: of STATES; INTERRUPTED: begun, and nobody works on it."""

    state: str = WAITING
    attempts: int = 0
    seconds: float = 0.0
    error: str = ""


@dataclass(frozen=True)
class TrialFolder:
    """The folder of one trial."""

    path: Path

    def status(self, live: bool = True) -> Status:
        """As it was written; live: and whether it is being worked on."""
        status = Status(**self.read(STATUS))  # damaged: as if it had not begun
        if status.state == DONE and not self.complete():
            return Status(attempts=status.attempts)
        if live and status.state == RUNNING:
            with claimed(self.path) as free:
                if free:
                    return Status(INTERRUPTED, status.attempts, status.seconds)
        return status

    def complete(self) -> bool:
        """Whether all that a finished trial leaves behind is there."""
        told = self.read(TRIAL)
        there = [(self.path / name).exists() for name in told.get("files", [])]
        return bool(told and self.read(ROW) and all(there))

    def write_status(self, status: Status) -> None:
        self.write(STATUS, asdict(status))

    def read(self, name: str) -> dict:
        """A JSON file of the folder; empty if it is missing or damaged."""
        try:
            return files.read_json(self.path / name, SCHEMAS.get(name, {"type": "object"}))
        except (OSError, ValueError):
            return {}

    def write(self, name: str, content: dict) -> None:
        """A JSON file, whole or not at all."""
        text = json.dumps(content, indent=1, default=str)
        files.write_atomically(self.path / name, text + "\n")

    def note(self, text: str) -> None:
        """A line in the log, with the time."""
        now = datetime.datetime.now().isoformat(" ", "seconds")
        with (self.path / LOG).open("a", encoding="utf-8") as file:
            file.write(f"[{now}] {text}\n")
