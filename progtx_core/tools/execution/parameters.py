"""Values for a chapter's parameters: parsed, and refused where they do not fit.

papermill only warns of a parameter that a notebook does not have. Here that
is an error, and so is a value of another type.
"""

import math

import yaml

from progtx_core import checks
from progtx_core.tools import paths
from progtx_core.tools.execution.catalogue import Chapter, Parameter

TYPES = {"int": int, "float": float, "str": str, "bool": bool, "list": list, "dict": dict}


def parse_assignment(text: str) -> tuple[str, object]:
    """Split "name=value"; the value is read as YAML, as papermill does.

    >>> parse_assignment("steps=200"), parse_assignment("task=trend_sign")
    (('steps', 200), ('task', 'trend_sign'))
    """
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise ValueError(f"-p takes name=value, got {text!r}")
    try:
        return name.strip(), yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise ValueError(f"-p {text}: the value is no YAML: {error}") from error


def merge(chapter: Chapter, profile: str, given: dict[str, object]) -> dict[str, object]:
    """Parameters to inject: those of the profile, overridden by those given.

    Raises ValueError for a parameter the chapter does not have, a value out of
    range, TypeError for a value of another type.
    """
    values = paths.read_profile(profile, chapter.name) | given
    known = chapter.parameters
    fitted = {}
    for name, value in values.items():
        checks.one_of(f"parameter of {chapter.name}", name, known)
        fitted[name] = fit_type(chapter.name, known[name], value)
    return {n: v for n, v in fitted.items() if v != known[n].default}


def fit_type(chapter: str, parameter: Parameter, value: object) -> object:
    """The value as the parameter's type; TypeError or ValueError if it does not fit."""
    where = f"{chapter}: {parameter.name} must be of type {parameter.type_name}"
    wanted = TYPES.get(parameter.type_name.split("[")[0])
    if wanted is None:
        return value
    if wanted is float:
        value = _as_float(value)
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise TypeError(f"{where}, got {value!r} ({type(value).__name__})")
    if wanted is float and not math.isfinite(value):
        raise ValueError(f"{where} and finite, got {value}")
    return value


def _as_float(value: object) -> object:
    """Whole numbers, and texts such as "1e-3" that YAML does not take for numbers."""
    if isinstance(value, int | str) and not isinstance(value, bool):
        try:
            return float(value)
        except ValueError:
            return value
    return value
