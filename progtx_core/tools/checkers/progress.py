"""Which exercises a reader has solved, in a small file of their own."""

import datetime
import json
from contextlib import suppress
from pathlib import Path

from progtx_core import files
from progtx_core.tools import paths


def path() -> Path:
    """The file: `runs/exercises.json` below the folder that chapters write to."""
    return paths.scratch() / "runs" / "exercises.json"


def solved() -> dict[str, str]:
    """The number of each solved exercise, and the day on which it was solved first.

    A file that is damaged counts as empty: a list of solved exercises is no reason to stop.
    """
    with suppress(OSError, ValueError):
        found = files.read_json(path(), {"type": "object"})
        return {number: str(day) for number, day in found.items()}
    return {}


def note(number: str) -> None:
    """Keep that an exercise is solved; where nothing can be written, nothing is kept."""
    before = solved()
    if number not in before:
        day = datetime.date.today().isoformat()
        with suppress(OSError):
            path().parent.mkdir(parents=True, exist_ok=True)
            files.write_atomically(path(), json.dumps(before | {number: day}, indent=1))
