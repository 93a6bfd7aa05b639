"""Deliberate defects of the science, and for each the test that sees it.

They stand in `defects.txt`, under the file that they change: what is wrong, in words; the
lines (-) that stand there, exactly once; what they become (+); the test that then fails
(=). An empty line of a text is a mark alone.
"""

from pathlib import Path
from typing import NamedTuple

LIST = Path(__file__).with_name("defects.txt")


class Defect(NamedTuple):
    """What is wrong, in words; where; the text before and after; the test that fails."""

    name: str
    file: str
    before: str
    after: str
    killer: str

    def made_in(self, text: str) -> str:
        """The text of the file with the defect; ValueError if it has no place for it."""
        if text.count(self.before) != 1:
            times = f"stands {text.count(self.before)} times in {self.file}, not once"
            raise ValueError(f"defects.txt, {self.name!r}: {self.before!r} {times}")
        return text.replace(self.before, self.after)


def read(path: Path = LIST) -> list[Defect]:
    """All of them; ValueError for an entry that is not complete."""
    found, file = [], ""
    for entry in path.read_text("utf-8").strip("\n").split("\n\n"):
        name, *lines = entry.strip("\n").split("\n")
        if name.startswith("# "):
            file = name.removeprefix("# ")
            continue
        before, after, killer = (
            "\n".join(line[2:] for line in lines if line[:1] == mark) for mark in "-+="
        )
        if not (file and before and killer) or before == after:
            raise ValueError(f"{path.name}: the entry {name!r} is not complete")
        found.append(Defect(name, file, before, after, killer))
    return found
