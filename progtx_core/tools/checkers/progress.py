"""Which exercises a reader has solved, in a small file of their own, and as a page."""

import datetime
import json
import re
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from progtx_core import files
from progtx_core.tools import execution, paths
from progtx_core.tools.pages import templating

HEADING = re.compile(r"^### Exercise (\d): (.*) \((\w+), (\d+) minutes\)$", re.MULTILINE)


class Exercise(NamedTuple):
    """One of a chapter, and the day on which it was solved, if it was."""

    number: str  # "6.3"
    title: str
    kind: str  # easy, medium, hard or open
    minutes: int
    solved: str


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


def exercises() -> dict[str, list[Exercise]]:
    """Those of each chapter, by its title, read from the chapters' texts."""
    days, found = solved(), {}
    for chapter in execution.chapters():
        text = files.read_text(chapter.source).replace("\n# ", "\n")
        first = int(chapter.name[:2])
        found[chapter.title] = [
            Exercise(number, title, kind, int(minutes), days.get(number, ""))
            for which, title, kind, minutes in HEADING.findall(text)
            for number in [f"{first}.{which}"]
        ]
    return found


def write_page(out: Path) -> Path:
    """A page with every exercise, and which are solved; returns its path."""
    out.parent.mkdir(parents=True, exist_ok=True)
    return templating.write(
        out, "exercises.html", title="Exercises", by_chapter=exercises()
    )
