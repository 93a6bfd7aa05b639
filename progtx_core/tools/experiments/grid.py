"""Which trials a sweep has: every combination of values, drawn and checked first.

Values come from the command line, `steps=100,200 seed=0:10`, or from a YAML file with
the parts `grid`, `zip` and `random`, whose combinations are taken.
"""

import itertools
import math
import random
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from progtx_core import checks, files
from progtx_core.tools import execution, paths
from progtx_core.tools.experiments.chapter import ChapterTrial, version_of

NUMBER = r"-?[0-9]{1,18}"
SPAN = re.compile(f"{NUMBER}:{NUMBER}(:[1-9][0-9]{{0,17}})?")
MAX_TRIALS = 100_000
PARTS = ("chapter", "profile", "grid", "zip", "random")


@dataclass(frozen=True)
class Grid:
    """The trials of a sweep, in order: every combination of one choice from each part.

    parts: each a list of choices; a choice gives a value to some parameters
    base: what is set in every trial, such as a profile's values
    """

    chapter: execution.Chapter
    parts: list[list[dict]]
    base: dict

    def __post_init__(self) -> None:
        named = [name for part in self.parts for name in part[0]]
        if twice := [name for name in named if named.count(name) > 1]:
            raise ValueError(f"{twice[0]} is swept twice; name it in one part only")
        if (n := math.prod(map(len, self.parts))) > MAX_TRIALS:
            raise ValueError(f"{n} trials; at most {MAX_TRIALS} at a time")

    def trials(self, version: str | None = None) -> list[ChapterTrial]:
        """A trial for each combination, with the parameters that are not the chapter's."""
        source, version = self.chapter.source, version or version_of(self.chapter.source)
        name = self.chapter.name if source.parent == paths.NOTEBOOKS else str(source)
        defaults, found = self.chapter.parameters, []
        for chosen in itertools.product(*self.parts):
            values = self.base | {k: v for choice in chosen for k, v in choice.items()}
            changed = {k: v for k, v in values.items() if v != defaults[k].default}
            found.append(ChapterTrial(name, version, changed))
        return found

    def lists(self) -> dict[str, list]:
        """The values of all parameters that are swept."""
        return {n: [one[n] for one in part] for part in self.parts for n in part[0]}

    def shares_models(self) -> bool:
        """Whether trials that differ in `seed` train some models in common."""
        if "n_seeds" not in (known := self.chapter.parameters):
            return False
        default = [self.base.get("n_seeds", known["n_seeds"].default)]
        seeds = sorted(set(self.lists().get("seed", [])))
        n = max(self.lists().get("n_seeds", default))
        return any(later - seed < n for seed, later in zip(seeds, seeds[1:]))


def from_assignments(chapter: str, assignments: list[str], profile: str = "full") -> Grid:
    """A grid from the command line.

    >>> len(from_assignments("01", ["steps=100,200,400", "seed=0:10"]).trials())
    30
    """
    texts = execution.parse_assignments(assignments)
    return checked({"chapter": chapter, "profile": profile, "grid": texts})


def from_file(path: Path) -> Grid:
    """A grid from a YAML file; raises ValueError that says which part is wrong."""
    parts = f"a mapping with 'chapter' and any of {', '.join(PARTS[1:])}"
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file; a plan is {parts}")
    found = files.parse_yaml(path, files.read_text(path), as_texts=True)
    if not isinstance(found, dict) or "chapter" not in found:
        raise ValueError(f"{path}: a plan is {parts}")
    for part, values in found.items():
        checks.one_of(f"part of {path}", part, PARTS)
        if part in PARTS[2:] and not isinstance(values, dict):
            got = checks.shown(values)
            raise ValueError(f"{path}: {part}: give 'name: values', not {got}")
    return checked(found, str(path))


def checked(given: dict, origin: str = "") -> Grid:
    """A grid whose values all fit the chapter's parameters; origin: its file."""
    chapter, where = execution.find(str(given["chapter"])), f"{origin or '-p'}:"
    texts = {name for name, one in chapter.parameters.items() if one.type_name == "str"}
    combined, zipped = (
        {n: read_values(f"{where} {n}", of, n in texts) for n, of in part.items()}
        for part in (given.get("grid", {}), given.get("zip", {}))
    )
    if len(set(map(len, zipped.values()))) > 1:
        got = {name: len(values) for name, values in zipped.items()}
        raise ValueError(f"{where} zip: lists must be equally long, got {got}")
    parts = [[{name: value} for value in values] for name, values in combined.items()]
    parts.append([dict(zip(zipped, row)) for row in zip(*zipped.values())] or [{}])
    parts.append(draws(f"{where} random: ", given.get("random", {})))
    fitted = [[execution.fit_types(chapter, one, origin) for one in part] for part in parts]
    profile = given.get("profile", "full")
    base = paths.read_profile(profile, chapter.name)
    return Grid(chapter, fitted, execution.fit_types(chapter, base, f"profile {profile}"))


def read_values(where: str, given: str | list, are_texts: bool = False) -> list:
    """A list of values, as texts, from "1,2,3" or a list; of numbers from "0:10:2" too.

    >>> read_values("-p", "0:10:5"), read_values("-p", '"up, truncated",both', True)
    ([0, 5], ['up, truncated', 'both'])
    """
    values: object = given
    if are_texts and re.fullmatch(r"""[^"']*, [^"']*""", str(given)):
        quote = f"""quote one that holds a comma, '"{given}"'"""
        raise ValueError(f"{where}: one value or several? {quote}; else leave out spaces")
    if isinstance(given, str) and not are_texts and SPAN.fullmatch(given.strip()):
        span = range(*map(int, given.split(":")))
        values = list(span[: MAX_TRIALS + 1])
    elif isinstance(given, str):
        values = files.parse_yaml(where, f"[{given}]", as_texts=True)
    if not isinstance(values, list) or not 0 < len(values) <= MAX_TRIALS:
        raise ValueError(f"{where}: give from 1 to {MAX_TRIALS} values, or 0:10 for a span")
    return values


def draws(where: str, wanted: dict) -> list[dict]:
    """Random values: {"draws": 20, "seed": 0, "learning_rate": {"log": [1e-4, 0.1]}}."""
    if not wanted:
        return [{}]
    named, numbers = dict(wanted), []
    for name, least, most in ("draws", 1, MAX_TRIALS), ("seed", 0, 2**32):
        text = str(named.pop(name, 0))
        number = int(text) if re.fullmatch("[0-9]{1,18}", text) else text
        numbers.append(checks.whole(f"{where}{name}", number, least, most))
    n, generator = numbers[0], random.Random(numbers[1])
    if not named:
        raise ValueError(f"{where}name a parameter to be drawn")
    return [
        {name: drawn(f"{where}{name}", how, generator) for name, how in named.items()}
        for _ in range(n)
    ]


def drawn(where: str, how: object, generator: random.Random) -> object:
    """One value of {"log": [low, high]}, "uniform", "whole" or "choice": [...]."""
    makers: Any = {"uniform": generator.uniform, "whole": generator.randint}
    makers["log"] = lambda low, high: low * (high / low) ** generator.random()
    with suppress(AttributeError, LookupError, TypeError, ValueError, ArithmeticError):
        ((kind, values),) = how.items()  # type: ignore[attr-defined]
        if kind == "choice" and isinstance(values, list):
            return generator.choice(values)
        asked, make = "int" if kind == "whole" else "float", makers[kind]
        low, high = (execution.from_text(asked, value) for value in values)
        if low < high and (kind != "log" or low > 0):
            value = make(low, high)  # six digits, so that it can be typed
            return value if kind == "whole" else float(f"{value:.6g}")
    kinds = f"one of {', '.join(makers)} with a lower and a higher number, or choice: [...]"
    raise ValueError(f"{where}: expected {kinds}, got {checks.shown(how)}")
