"""A chapter's parameters, and values for them: what papermill only warns of is an error."""

import ast
import contextlib
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from progtx_core import checks
from progtx_core.tools import paths

if TYPE_CHECKING:
    from progtx_core.tools.execution.catalogue import Chapter

TYPES = {"int": int, "float": float, "str": str, "bool": bool, "list": list, "dict": dict}
CELL = re.compile(r'^# %% .*"parameters".*\n((?:(?!# %%).*\n?)*)', re.MULTILINE)


@dataclass(frozen=True)
class Parameter:
    """One line of a parameters cell: `steps: int = 600  # parameter updates`."""

    name: str
    type_name: str
    default: object
    help: str


def parameters_of(source: Path) -> dict[str, Parameter]:
    """The parameters of a chapter's cell tagged `parameters`, by name."""
    cell = CELL.search(source.read_text("utf-8"))
    code = cell.group(1) if cell else ""
    found, lines = {}, code.splitlines()
    for node in ast.parse(code).body:
        if not isinstance(node, ast.AnnAssign) or node.value is None:
            raise ValueError(
                f"{source}: line {node.lineno} of the parameters cell must read "
                "'name: type = value  # help'"
            )
        name, type_name = ast.unparse(node.target), ast.unparse(node.annotation)
        remark = lines[(node.end_lineno or node.lineno) - 1].partition("#")[2].strip()
        found[name] = Parameter(name, type_name, ast.literal_eval(node.value), remark)
    return found


def defaults_of(chapter: str) -> dict[str, object]:
    """The default parameters of a chapter by its name; FileNotFoundError if unknown."""
    found = parameters_of(paths.NOTEBOOKS / f"{chapter}.py")
    return {name: parameter.default for name, parameter in found.items()}


def parse_assignment(text: str) -> tuple[str, object]:
    """Split "name=value"; the value is read as YAML, as papermill does.

    >>> parse_assignment("steps=200"), parse_assignment("task=trend_sign")
    (('steps', 200), ('task', 'trend_sign'))
    """
    import yaml

    name, equals, value = text.partition("=")
    try:
        if name and equals:
            return name.strip(), yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise ValueError(f"-p {text}: the value is no YAML: {error}") from error
    raise ValueError(f"-p takes name=value, got {text!r}")


def merge(chapter: "Chapter", profile: str, given: dict[str, object]) -> dict[str, object]:
    """Parameters to inject: those of the profile, overridden by those given.

    Raises ValueError for an unknown parameter, TypeError for a value of another type.
    """
    known, fitted = chapter.parameters, {}
    for name, value in (paths.read_profile(profile, chapter.name) | given).items():
        checks.one_of(f"parameter of {chapter.name}", name, known)
        fitted[name] = fit_type(chapter.name, known[name], value)
    return {n: v for n, v in fitted.items() if v != known[n].default}


def fit_type(chapter: str, parameter: Parameter, value: object) -> object:
    """The value as the parameter's type; TypeError or ValueError if it does not fit."""
    where = f"{chapter}: {parameter.name} must be of type {parameter.type_name}"
    wanted = TYPES.get(parameter.type_name.split("[")[0], object)
    if wanted is float and isinstance(value, int | str) and not isinstance(value, bool):
        with contextlib.suppress(ValueError):  # such as "1e-3", for YAML no number
            value = float(value)
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise TypeError(f"{where}, got {value!r} ({type(value).__name__})")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{where} and finite, got {value}")
    return value
