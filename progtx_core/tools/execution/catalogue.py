"""Which chapters there are, with titles, parameters, measured times; values for them.

What papermill only warns of, such as an unknown parameter, is an error here.
"""

import ast
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from progtx_core import checks, files
from progtx_core.tools import paths

README_START, README_END = "<!-- chapters -->", "<!-- /chapters -->"
FORMS = {"int": "a whole number of 64 bits", "float": "a finite number", "str": "a text"}
LINE = re.compile(r"^(\w+): (int|float|str|bool) = (.+?)(?:\s+# *(.*))?$")
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
        header = files.read_text(self.source).partition(end)[0]
        written = jupytext.writes(self.read(), fmt="py:percent")
        return header + end + written.partition(end)[2]

    @cached_property
    def title(self) -> str:
        """The first heading."""
        found = TITLE.search(files.read_text(self.source))
        return found.group(1).strip() if found else self.name

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """Those of the cell tagged `parameters`, by name."""
        cell = CELL.search(files.read_text(self.source))
        found = {}
        for line in cell.group(1).splitlines() if cell else ():
            if not line.strip() or line.startswith("#"):
                continue
            try:
                ((name, type_name, value, remark),) = LINE.findall(line)
                found[name] = Parameter(name, type_name, ast.literal_eval(value), remark)
            except (SyntaxError, ValueError):
                where = f"{self.source}: {checks.shown(line)} in the parameters cell"
                must = "must read 'name: type = value  # help'; int, float, str or bool"
                raise ValueError(f"{where} {must}") from None
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
    """A chapter by number ("1", "01") or name, or a .py elsewhere; else ValueError."""
    own = Path(wanted).resolve()
    if own.suffix == ".py" and own.is_file() and own.parent != paths.NOTEBOOKS:
        return Chapter(own)
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
    """Names and values, as texts, of "name=value"; `fit_types` reads them."""
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

    Raises ValueError for an unknown parameter, or a value of another type.
    """
    known, base = chapter.parameters, paths.read_profile(profile, chapter.name)
    fitted = fit_types(chapter, base, f"profile {profile}") | fit_types(chapter, given)
    return {n: v for n, v in fitted.items() if v != known[n].default}


def fit_types(chapter: Chapter, values: dict, origin: str = "") -> dict[str, object]:
    """Values as the types of a chapter's parameters; texts are read as these alone.

    Raises ValueError that names what does not fit, or is unknown, and its origin.
    """
    where, fitted = f"{chapter.name} in {origin}" if origin else chapter.name, {}
    for name, value in values.items():
        checks.one_of(f"parameter of {where}", name, chapter.parameters)
        asked = chapter.parameters[name].type_name
        try:
            fitted[name] = from_text(asked, value)
        except (ValueError, TypeError, KeyError):
            what = f"{where}: {name} must be of type {asked}, got {checks.shown(value)}"
            raise ValueError(f"{what}; give {FORMS.get(asked, 'true or false')}") from None
    return fitted


def from_text(kind: str, value: object) -> Any:
    """A text, or a number, as a value of that type; ValueError or such if it is none."""
    if not isinstance(value, str | int | float):
        raise TypeError(type(value))
    text: Any = str(value)
    if kind == "int":
        return checks.whole(kind, int(text), -(2**63), 2**63 - 1)
    if kind == "float":
        return checks.number(kind, float(text))
    if kind == "bool":
        return {"true": True, "false": False}[text.strip().lower()]
    if text.startswith(("'", '"')):
        text = files.parse_yaml(kind, text, as_texts=True)
    if re.search("[\0\ud800-\udfff]", text):  # no notebook can hold it
        raise ValueError(text)
    return text


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
    table, old = "\n".join([README_START, *rows, README_END]), files.read_text(path)
    new, found = re.subn(f"(?s){README_START}.*{README_END}", lambda _: table, old)
    if not found:
        raise ValueError(f"{path}: the marks {README_START} … {README_END} are missing")
    files.write_atomically(path, new)
