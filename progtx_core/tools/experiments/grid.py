"""Which trials a sweep has: every combination of values, drawn and checked first.

Values come from the command line, `steps=100,200 seed=0:10`, or from a YAML file with
the parts `grid`, `zip` and `random`, whose combinations are taken.
"""

import itertools
import math
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from progtx_core import checks
from progtx_core.tools import paths
from progtx_core.tools.execution import Chapter, find, fit_type
from progtx_core.tools.experiments.chapter import ChapterTrial, version_of

Values = dict[str, list]
SPAN = re.compile(r"(-?\d+):(-?\d+)(?::([1-9]\d*))?")
MAX_TRIALS = 100_000
PARTS = ("chapter", "profile", "grid", "zip", "random")
DRAWN = {
    "log": lambda g, low, high: _short(math.exp(g.uniform(math.log(low), math.log(high)))),
    "uniform": lambda g, low, high: _short(g.uniform(low, high)),
    "whole": lambda g, low, high: g.randint(int(low), int(high)),
}


@dataclass(frozen=True)
class Grid:
    """The trials of a sweep, in order.

    combined: every combination of these; zipped: parameters that go along together,
    equally long; draws: of each trial, drawn at random before
    base: what is set in every trial, such as a profile's values
    """

    chapter: Chapter
    combined: Values = field(default_factory=dict)
    zipped: Values = field(default_factory=dict)
    draws: list[dict] = field(default_factory=lambda: [{}])
    base: dict = field(default_factory=dict)

    def __post_init__(self) -> None:
        lengths = {name: len(values) for name, values in self.zipped.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"zip: lists must be equally long, got {lengths}")
        named = [*self.combined, *self.zipped, *self.draws[0]]
        for name in named:
            if named.count(name) > 1:
                raise ValueError(f"{name} is swept twice; name it in one part only")
        if len(self) > MAX_TRIALS:
            raise ValueError(f"{len(self)} trials; at most {MAX_TRIALS} at a time")

    def __len__(self) -> int:
        together = max((len(values) for values in self.zipped.values()), default=1)
        of_grid = math.prod(len(values) for values in self.combined.values())
        return of_grid * together * len(self.draws)

    def __iter__(self) -> Iterator[dict]:
        """The parameters of each trial that are not the chapter's defaults."""
        defaults = {n: p.default for n, p in self.chapter.parameters.items()}
        rows = list(zip(*self.zipped.values(), strict=True)) or [()]
        for chosen, row, drawn in itertools.product(
            itertools.product(*self.combined.values()), rows, self.draws
        ):
            values = self.base | dict(zip(self.combined, chosen))
            values |= dict(zip(self.zipped, row)) | drawn
            yield {n: v for n, v in values.items() if v != defaults[n]}

    def trials(self) -> list[ChapterTrial]:
        """A trial for each of them."""
        name, version = self.chapter.name, version_of(self.chapter.source)
        return [ChapterTrial(name, version, parameters) for parameters in self]

    def lists(self) -> Values:
        """The values of all parameters that are swept."""
        drawn = {name: [one[name] for one in self.draws] for name in self.draws[0]}
        return self.combined | self.zipped | drawn

    def shares_models(self) -> bool:
        """Whether trials that differ in `seed` train some models in common.

        A rerun trains the seeds from `seed` to `seed + n_seeds - 1`.
        """
        if "n_seeds" not in (known := self.chapter.parameters):
            return False
        default = [self.base.get("n_seeds", known["n_seeds"].default)]
        seeds = sorted(set(self.lists().get("seed", [])))
        n = max(self.lists().get("n_seeds", default))
        return any(later - seed < n for seed, later in zip(seeds, seeds[1:]))


def from_assignments(chapter: str, assignments: list[str], profile: str = "full") -> Grid:
    """A grid from the command line.

    >>> len(from_assignments("01", ["steps=100,200,400", "seed=0:10"]))
    30
    """
    texts: dict[str, str] = {}
    for text in assignments:
        name, equals, values = text.partition("=")
        if not (name and equals and values):
            raise ValueError(f"-p takes name=value,value … or name=0:10, got {text!r}")
        if name in texts:
            raise ValueError(f"-p {name} is given twice; put all its values into one")
        parameter = find(chapter).parameters.get(name)
        is_text = parameter is not None and parameter.type_name == "str"
        if is_text and ", " in values and not set(values) & set("\"'"):
            raise ValueError(
                f"-p {text}: one value or several? Quote one that holds a comma, "
                f"""-p '{name}="{values}"'; between several leave out the spaces"""
            )
        texts[name] = values
    return checked({"chapter": chapter, "profile": profile, "grid": texts}, "-p")


def from_file(path: Path) -> Grid:
    """A grid from a YAML file; raises ValueError that says which part is wrong."""
    parts = f"a mapping with 'chapter' and any of {', '.join(PARTS[1:])}"
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such file; a plan is {parts}")
    found = as_yaml(str(path), path.read_text("utf-8"))
    if not isinstance(found, dict) or "chapter" not in found:
        raise ValueError(f"{path}: a plan is {parts}")
    for part, values in found.items():
        checks.one_of(f"part of {path}", part, PARTS)
        if part in PARTS[2:] and not isinstance(values, dict):
            raise ValueError(f"{path}: {part}: expected 'parameter: values', got {values}")
    return checked(found, str(path))


def checked(parts: dict, where: str) -> Grid:
    """A grid whose values all fit the chapter's parameters, each checked once."""
    chapter = find(str(parts["chapter"]))
    known = chapter.parameters

    def fitted(name: str, value: object) -> object:
        checks.one_of(f"parameter of {chapter.name}", name, known)
        if isinstance(value, str) and known[name].type_name != "str":
            value = yaml.safe_load(value)
        return fit_type(chapter.name, known[name], value)

    base = paths.read_profile(parts.get("profile", "full"), chapter.name)
    combined, zipped = (
        {
            name: [fitted(name, one) for one in read_values(f"{where} {name}", values)]
            for name, values in parts.get(part, {}).items()
        }
        for part in ("grid", "zip")
    )
    drawn = [
        {name: fitted(name, value) for name, value in one.items()}
        for one in draws(f"{where}: random: ", parts.get("random", {}))
    ]
    base = {name: fitted(name, value) for name, value in base.items()}
    return Grid(chapter, combined, zipped, drawn, base)


def as_yaml(where: str, text: str) -> object:
    """YAML in which every value is a text: 1:10 are no seventy seconds."""
    try:
        return yaml.load(text, yaml.BaseLoader)
    except yaml.YAMLError as error:
        raise ValueError(f"{where}: this is no YAML: {error}") from error


def read_values(where: str, given: str | list) -> list:
    """A list of values from "1,2,3", "0:10", "0:10:2" or a list.

    >>> read_values("-p", "0:10:5"), read_values("-p", '"up, truncated",both')
    ([0, 5], ['up, truncated', 'both'])
    """
    span = SPAN.fullmatch(given.strip()) if isinstance(given, str) else None
    if span:
        values = list(range(int(span[1]), int(span[2]), int(span[3] or 1)))
    else:
        values = as_yaml(where, f"[{given}]") if isinstance(given, str) else given
    if not isinstance(values, list) or not values:
        raise ValueError(f"{where}: there is no value")
    return values


def draws(where: str, wanted: dict) -> list[dict]:
    """Random values: {"draws": 20, "seed": 0, "learning_rate": {"log": [1e-4, 0.1]}}."""
    if not wanted:
        return [{}]
    n = yaml.safe_load(str(wanted.get("draws", 0)))
    generator = random.Random(int(wanted.get("seed", 0)))
    named = {k: v for k, v in wanted.items() if k not in ("draws", "seed")}
    makers = {name: drawer(f"{where}{name}", how) for name, how in named.items()}
    times = range(checks.whole(f"{where}draws", n, at_least=1))
    return [{name: make(generator) for name, make in makers.items()} for _ in times]


def drawer(where: str, how: object):
    """What draws one value: {"log": [a, b]}, "uniform", "whole" or "choice": [...]."""
    ((kind, values),) = (
        how.items() if isinstance(how, dict) and len(how) == 1 else [("", 0)]
    )
    if kind == "choice" and isinstance(values, list) and values:
        return lambda generator: generator.choice(values)
    try:
        low, high = (float(value) for value in values)
        if kind in DRAWN and low < high and (kind != "log" or low > 0):
            return lambda generator: DRAWN[kind](generator, low, high)
    except (TypeError, ValueError):
        pass  # refused below
    kinds = f"one of {', '.join(DRAWN)} with a lower and a higher number, or choice: [...]"
    raise ValueError(f"{where}: expected {kinds}, got {how!r}")


def _short(number: float) -> float:
    """Six digits, so that it can be typed."""
    return float(f"{number:.6g}")
