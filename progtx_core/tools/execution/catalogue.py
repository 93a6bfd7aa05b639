"""Which chapters there are, with titles, parameters, measured times; values for them.

What papermill only warns of, such as an unknown parameter, is an error here.
"""

import ast
import contextlib
import math
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from progtx_core import checks, files
from progtx_core.tools import paths

README_START, README_END = "<!-- chapters -->", "<!-- /chapters -->"
TYPES = {"int": int, "float": float, "str": str, "bool": bool, "list": list, "dict": dict}
CELL = re.compile(r'^# %% .*"parameters".*\n((?:(?!# %%).*\n?)*)', re.MULTILINE)
TITLE = re.compile(r"^# # (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Parameter:
    """One line of a parameters cell: `steps: int = 600  # parameter updates`."""

    name: str
    type_name: str
    default: object
    help: str


@dataclass(frozen=True)
class Chapter:
    """A pair of files: `source` (.py, what people edit) and `notebook` with outputs."""

    source: Path

    @property
    def name(self) -> str:
        return self.source.stem

    @property
    def notebook(self) -> Path:
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
        found = TITLE.search(self.source.read_text("utf-8"))
        return found.group(1).strip() if found else self.name

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """Those of the cell tagged `parameters`, by name."""
        cell = CELL.search(files.read_text(self.source))
        code = cell.group(1) if cell else ""
        found, lines, number = {}, code.splitlines(), 1
        try:
            for node in ast.parse(code).body:
                number = node.end_lineno or node.lineno
                assert isinstance(node, ast.AnnAssign) and node.value
                name, type_name = ast.unparse(node.target), ast.unparse(node.annotation)
                remark = lines[number - 1].partition("#")[2].strip()
                value = ast.literal_eval(node.value)
                found[name] = Parameter(name, type_name, value, remark)
        except (AssertionError, SyntaxError, ValueError) as error:
            number = getattr(error, "lineno", None) or number
            where = f"{self.source}: line {number} of the parameters cell"
            raise ValueError(f"{where} must read 'name: type = value  # help'") from None
        return found

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
    stem = Path(wanted).name.removesuffix(".py").removesuffix(".ipynb")
    number = f"{int(stem):02}" if stem.isdecimal() and len(stem) < 9 else None
    numbered = [name for name in known if name[:2] == number]
    if len(numbered) > 1:
        raise ValueError(f"two chapters have number {number}: {', '.join(numbered)}")
    return known[checks.one_of("chapter", (numbered or [stem])[0], known)]


def defaults_of(chapter: str) -> dict[str, object]:
    """The default parameters of a chapter by its name; FileNotFoundError if unknown."""
    found = Chapter(paths.NOTEBOOKS / f"{chapter}.py").parameters
    return {name: parameter.default for name, parameter in found.items()}


def parse_assignments(texts: list[str]) -> dict[str, str]:
    """Names and values, as texts, of "name=value"; `fit_type` reads them."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise ValueError(f"-p takes name=value, got {checks.shown(text)}")
        if name in found:
            raise ValueError(f"-p {name} is given twice; leave one of them out")
        found[name] = value
    return found


def merge(chapter: Chapter, profile: str, given: dict[str, Any]) -> dict[str, object]:
    """Parameters to inject: those of the profile, overridden by those given.

    Raises ValueError for an unknown parameter, TypeError for a value of another type.
    """
    known, fitted = chapter.parameters, {}
    for name, value in (paths.read_profile(profile, chapter.name) | given).items():
        checks.one_of(f"parameter of {chapter.name}", name, known)
        fitted[name] = fit_type(chapter.name, known[name], value)
    return {n: v for n, v in fitted.items() if v != known[n].default}


def fit_type(chapter: str, parameter: Parameter, value: object) -> object:
    """The value as the parameter's type; TypeError or ValueError if it does not fit.

    A text is read as that type alone, never by guessing: 010 is ten, and 1:10 no number.
    """
    where = f"{chapter}: {parameter.name} must be of type {parameter.type_name}"
    kind = parameter.type_name.split("[")[0]
    wanted = TYPES.get(kind, object)
    if isinstance(value, str):
        value = from_text(kind, value, where)
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        value = checks.number(parameter.name, value)
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise TypeError(f"{where}, got {checks.shown(value)} ({type(value).__name__})")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{where} and finite, got {value}")
    return value


def from_text(kind: str, text: str, where: str) -> object:
    """A text as a value of that type, or as it is if it cannot be one."""
    if kind == "int" and re.fullmatch(r"\s*[+-]?[0-9]{1,18}\s*", text):
        return int(text)
    if kind == "float" and len(text) < 100:
        with contextlib.suppress(ValueError):
            return float(text)
    if kind == "bool" and text.strip().lower() in ("true", "false"):
        return text.strip().lower() == "true"
    if kind in ("list", "dict"):
        return files.parse_yaml(where, text)
    quoted = kind == "str" and text[:1] in ("'", '"')
    return files.parse_yaml(where, text, as_texts=True) if quoted else text


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
    rows = ["| chapter | notebook | measured time |", "| --- | --- | --- |"]
    for one in chapters():
        link = f"[{one.name}](notebooks/{one.name}.ipynb)"
        rows.append(f"| {one.title} | {link} | {one.measured} |")
    table, old = "\n".join([README_START, *rows, README_END]), path.read_text("utf-8")
    new, found = re.subn(f"(?s){README_START}.*{README_END}", lambda _: table, old)
    if not found:
        raise ValueError(f"{path}: the marks {README_START} … {README_END} are missing")
    files.write_atomically(path, new)
