"""Which chapters there are, with their titles, parameters and measured times."""

import ast
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat

from progtx_core import checks, files
from progtx_core.tools import paths

README_START, README_END = "<!-- chapters -->", "<!-- /chapters -->"


@dataclass(frozen=True)
class Parameter:
    """One line of a parameters cell: `steps: int = 600  # parameter updates`."""

    name: str
    type_name: str
    default: object
    help: str


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

    def read(self) -> nbformat.NotebookNode:
        """The source as a notebook without outputs, with the same cell ids every time.

        Raises ValueError for a file that is no percent script with a kernel.
        """
        import jupytext

        try:
            notebook = jupytext.read(self.source)
        except Exception as error:  # jupytext raises many kinds
            raise ValueError(f"{self.source}: not a readable notebook: {error}") from error
        if "kernelspec" not in notebook.metadata:
            raise ValueError(
                f"{self.source}: the header names no kernel; mend it with "
                f"'jupytext --set-kernel python3 {self.source.name}'"
            )
        for index, cell in enumerate(notebook.cells):
            cell["id"] = f"cell-{index:03d}"
        return notebook

    def canonical(self) -> str:
        """The source as Jupytext itself would write it: only blank lines may differ.

        JupyterLab refuses a pair whose halves differ in so much as that, when the
        time stamps of a fresh clone happen to make the .ipynb the newer one.
        """
        import jupytext

        notebook = self.read()
        for cell in notebook.cells:
            cell.metadata = {k: v for k, v in cell.metadata.items() if k == "tags"}
        end = "# ---\n\n"  # of the header, which stays as it is
        header = self.source.read_text("utf-8").partition(end)[0]
        written = jupytext.writes(notebook, fmt="py:percent")
        return header + end + written.partition(end)[2]

    @cached_property
    def title(self) -> str:
        """The first heading."""
        found = re.search(r"^# # (.+)$", self.source.read_text("utf-8"), re.MULTILINE)
        return found.group(1).strip() if found else self.name

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """The parameters of the cell tagged `parameters`, by name."""
        for cell in self.read().cells:
            if "parameters" in cell.metadata.get("tags", []):
                return parse_parameters(cell.source, where=str(self.source))
        return {}

    @property
    def seconds(self) -> float | None:
        """Measured time of the run whose outputs are kept; None if there is none."""
        try:
            return paths.record_of(self.notebook).get("seconds")
        except ValueError:  # damaged: `run --update` must be able to mend it
            return None

    @property
    def measured(self) -> str:
        """The measured time in words, or what is wrong with the notebook."""
        try:
            return duration(paths.record_of(self.notebook).get("seconds"))
        except ValueError:
            return "notebook damaged; run with --update remakes it"


def parse_parameters(source: str, where: str) -> dict[str, Parameter]:
    """Parameters of a cell of annotated assignments with literal values.

    >>> parse_parameters("steps: int = 600  # updates", "01")["steps"].default
    600
    """
    found = {}
    lines = source.splitlines()
    for node in ast.parse(source).body:
        if not isinstance(node, ast.AnnAssign) or node.value is None:
            raise ValueError(
                f"{where}: line {node.lineno} of the parameters cell must read "
                "'name: type = value  # help'"
            )
        help_text = lines[node.end_lineno - 1].partition("#")[2].strip()
        name = ast.unparse(node.target)
        found[name] = Parameter(
            name, ast.unparse(node.annotation), ast.literal_eval(node.value), help_text
        )
    return found


def chapters() -> list[Chapter]:
    """All chapters, in order."""
    return [Chapter(path) for path in sorted(paths.NOTEBOOKS.glob("[0-9][0-9]_*.py"))]


def find(wanted: str) -> Chapter:
    """A chapter by number ("1", "01") or name. Raises ValueError for an unknown one."""
    known = {chapter.name: chapter for chapter in chapters()}
    stem = Path(wanted).stem
    if stem.isdigit():
        for name, chapter in known.items():
            if int(name[:2]) == int(stem):
                return chapter
        raise ValueError(f"there is no chapter {wanted}; choose from: {', '.join(known)}")
    return known[checks.one_of("chapter", stem, known)]


def duration(seconds: float | None) -> str:
    """Seconds in words for a table: "23 s", "2 min 5 s", "not measured".

    >>> duration(125.2), duration(None)
    ('2 min 5 s', 'not measured')
    """
    if seconds is None:
        return "not measured"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def write_readme_table() -> None:
    """Renew the chapter table of README.md from the chapters themselves."""
    path = paths.ROOT / "README.md"
    text = path.read_text("utf-8")
    start, found, rest = text.partition(README_START)
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
