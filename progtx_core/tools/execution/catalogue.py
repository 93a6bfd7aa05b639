"""Which chapters there are, with their titles, parameters and measured times."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from progtx_core import checks, files
from progtx_core.tools import paths
from progtx_core.tools.execution.parameters import Parameter, parameters_of

README_START, README_END = "<!-- chapters -->", "<!-- /chapters -->"


@dataclass(frozen=True)
class Chapter:
    """A pair of files: `source` (.py, what people edit) and `notebook` (.ipynb)."""

    source: Path

    @property
    def name(self) -> str:
        """Such as "01_logistic_regression"."""
        return self.source.stem

    @property
    def notebook(self) -> Path:
        """The half that carries the outputs."""
        return self.source.with_suffix(".ipynb")

    def read(self) -> Any:
        """The source as a notebook without outputs, with the same cell ids every time."""
        import jupytext

        try:
            notebook = jupytext.read(self.source)
        except Exception as error:  # jupytext raises many kinds
            raise ValueError(f"{self.source}: not a readable notebook: {error}") from error
        if "kernelspec" not in notebook.metadata:
            fix = f"fix it with 'jupytext --set-kernel python3 {self.source.name}'"
            raise ValueError(f"{self.source}: the header names no kernel; {fix}")
        for index, cell in enumerate(notebook.cells):
            cell["id"] = f"cell-{index:03d}"
            cell["metadata"] = {k: v for k, v in cell["metadata"].items() if k == "tags"}
        return notebook

    def canonical(self) -> str:
        """The source as Jupytext writes it; JupyterLab may refuse a pair that is not so."""
        import jupytext

        end = "# ---\n\n"  # of the header, which stays as it is
        header = self.source.read_text("utf-8").partition(end)[0]
        written = jupytext.writes(self.read(), fmt="py:percent")
        return header + end + written.partition(end)[2]

    @cached_property
    def title(self) -> str:
        """The first heading."""
        found = re.search(r"^# # (.+)$", self.source.read_text("utf-8"), re.MULTILINE)
        return found.group(1).strip() if found else self.name

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """The parameters of the cell tagged `parameters`, by name."""
        return parameters_of(self.source)

    @property
    def seconds(self) -> float | None:
        """Measured time of the run whose outputs are kept; None if there is none."""
        return paths.record_of(self.notebook).get("seconds")

    @property
    def measured(self) -> str:
        """The measured time in words, or what is wrong with the notebook."""
        try:
            return duration(self.seconds)
        except ValueError:  # `run --update` must be able to remake it
            return "notebook damaged; run with --update remakes it"


def chapters() -> list[Chapter]:
    """All chapters, in order."""
    return [Chapter(path) for path in sorted(paths.NOTEBOOKS.glob("[0-9][0-9]_*.py"))]


def find(wanted: str) -> Chapter:
    """A chapter by number ("1", "01") or name. Raises ValueError for an unknown one."""
    known = {chapter.name: chapter for chapter in chapters()}
    stem = Path(wanted).stem
    numbered = [name for name in known if stem.isdigit() and name[:2] == stem.zfill(2)]
    return known[checks.one_of("chapter", (numbered or [stem])[0], known)]


def duration(seconds: float | None) -> str:
    """Seconds in words for a table.

    >>> duration(125.2), duration(None)
    ('2 min 5 s', 'not measured')
    """
    if seconds is None:
        return "not measured"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def write_readme_table() -> None:
    """Renew the chapter table of README.md, if there is one, from the chapters."""
    path = paths.ROOT / "README.md"
    if not path.exists():
        return
    start, found, rest = path.read_text("utf-8").partition(README_START)
    _, closed, end = rest.partition(README_END)
    if not (found and closed):
        raise ValueError(f"{path}: the marks {README_START} … {README_END} are missing")
    rows = ["| chapter | notebook | measured time |", "| --- | --- | --- |"]
    rows += [
        f"| {c.title} | [{c.name}](notebooks/{c.name}.ipynb) | {c.measured} |"
        for c in chapters()
    ]
    table = "\n".join(rows)
    files.write_atomically(path, f"{start}{README_START}\n{table}\n{README_END}{end}")
