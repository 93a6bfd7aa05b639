"""REPORT.md: a section a command writes, and leaves the other sections as they are."""

from collections.abc import Iterable
from pathlib import Path

REPORT = Path(__file__).with_name("REPORT.md")
TITLE = "# What the tests see\n"


def write(section: str, lines: Iterable[str]) -> None:
    """Put a section in the place of the one of that name, or at the end."""
    text = REPORT.read_text("utf-8") if REPORT.exists() else TITLE
    head, *parts = text.split("\n## ")
    sections = {part.partition("\n")[0]: part.partition("\n")[2] for part in parts}
    sections[section] = "\n" + "\n".join(lines) + "\n"
    written = [f"## {name}\n\n{body.strip()}\n" for name, body in sorted(sections.items())]
    REPORT.write_text("\n".join([head.strip() + "\n", *written]), "utf-8")


def cell(text: str) -> str:
    """What may stand in a cell of a table."""
    return text.replace("|", "\\|")


def of_defects(judged) -> Iterable[str]:
    """A table of defects: what is wrong, where, and the test that fails."""
    killed = sum(run.says == "killed" for _, run in judged)
    seconds = sum(run.seconds for _, run in judged)
    yield f"{len(judged)} deliberate defects, {killed} of them seen by the test named, in"
    yield f"{seconds:.0f} s. `python -m tests.defects --report` makes this section."
    yield ""
    yield "| file | defect | test that fails |"
    yield "| --- | --- | --- |"
    for defect, run in judged:
        seen = f"`{cell(defect.killer)}`" if run.says == "killed" else f"**{run.says}**"
        yield f"| {defect.file} | {cell(defect.name)} | {seen} |"
