"""Which runs a sweep consists of: every combination of values, drawn and checked first.

Values come from the command line, `steps=100,200 seed=0:10`, or from a YAML file with
the parts `grid`, `zip` and `random`, whose combinations are taken.
"""

import hashlib
import itertools
import json
import math
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

from progtx_core import checks
from progtx_core.tools import paths
from progtx_core.tools.execution import Chapter, find, fit_type

Values = dict[str, list]
SPAN = re.compile(r"(-?\d+):(-?\d+)(?::(\d+))?")
MAX_RUNS = 100_000
NUMBERS = {
    "int": re.compile(r"[-+]?\d+$"),
    "float": re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$"),
}
PARTS = ("chapter", "profile", "grid", "zip", "random")


class Loader(yaml.SafeLoader):
    """YAML in which 1:10 is no number (of seventy seconds), and 1e-3 is one."""

    yaml_implicit_resolvers = {
        first: [(tag, form) for tag, form in found if tag.rpartition(":")[2] not in NUMBERS]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


for name, form in NUMBERS.items():
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{name}", form, list("-+.0123456789"))


@dataclass(frozen=True)
class Plan:
    """The runs of a sweep, in order.

    grid: every combination of these; zipped: parameters that go along together, equally
    long; draws: of each run, drawn at random before
    base: what is set in every run, such as a profile's values
    """

    chapter: Chapter
    grid: Values = field(default_factory=dict)
    zipped: Values = field(default_factory=dict)
    draws: list[dict] = field(default_factory=list)
    base: dict = field(default_factory=dict)

    def __post_init__(self) -> None:
        lengths = {name: len(values) for name, values in self.zipped.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"zip: lists must be equally long, got {lengths}")
        swept = [*self.grid, *self.zipped, *(self.draws[0] if self.draws else [])]
        for name in swept:
            if swept.count(name) > 1:
                raise ValueError(f"{name} is swept twice; name it in one part only")
        if len(self) > MAX_RUNS:
            raise ValueError(f"{len(self)} runs; at most {MAX_RUNS} at a time")

    def __len__(self) -> int:
        together = max((len(values) for values in self.zipped.values()), default=1)
        of_grid = math.prod(len(values) for values in self.grid.values())
        return of_grid * together * max(1, len(self.draws))

    def __iter__(self) -> Iterator[dict]:
        """The parameters of each run that are not the chapter's defaults."""
        defaults = {n: p.default for n, p in self.chapter.parameters.items()}
        rows = list(zip(*self.zipped.values(), strict=True)) or [()]
        for chosen in itertools.product(*self.grid.values()):
            for row in rows:
                for drawn in self.draws or [{}]:
                    values = self.base | dict(zip(self.grid, chosen))
                    values |= dict(zip(self.zipped, row)) | drawn
                    yield {n: v for n, v in values.items() if v != defaults[n]}

    def swept(self) -> list[str]:
        """The names of the parameters that differ between runs."""
        return [*self.grid, *self.zipped, *(self.draws[0] if self.draws else {})]

    def shares_models(self) -> bool:
        """Whether runs that differ in `seed` train some models in common.

        A run trains the seeds from `seed` to `seed + n_seeds - 1`.
        """
        lists = self.grid | self.zipped
        seeds = sorted(set(lists.get("seed", [])))
        if "n_seeds" not in self.chapter.parameters:
            return False
        default = self.chapter.parameters["n_seeds"].default
        n = max(lists.get("n_seeds", [self.base.get("n_seeds", default)]))
        return any(later - seed < n for seed, later in zip(seeds, seeds[1:]))


def plan(chapter: str, assignments: list[str], profile: str = "full") -> Plan:
    """A grid from the command line.

    >>> len(plan("01", ["steps=100,200,400", "seed=0:10"]))
    30
    """
    grid: Values = {}
    for text in assignments:
        name, equals, values = text.partition("=")
        if not (name and equals and values):
            raise ValueError(f"-p takes name=value,value … or name=0:10, got {text!r}")
        if name in grid:
            raise ValueError(f"-p {name} is given twice; put all its values into one")
        grid[name] = read_values(f"-p {text}", values)
    return checked({"chapter": chapter, "profile": profile, "grid": grid}, "-p")


def plan_from(path: Path) -> Plan:
    """A plan from a YAML file; raises ValueError that says which part is wrong."""
    parts = f"a mapping with 'chapter' and any of {', '.join(PARTS[1:])}"
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such file; a plan is {parts}")
    try:
        found = yaml.load(path.read_text(encoding="utf-8"), Loader)
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is no YAML: {error}") from error
    if not isinstance(found, dict) or "chapter" not in found:
        raise ValueError(f"{path}: a plan is {parts}")
    for part in found:
        checks.one_of(f"part of {path}", part, PARTS)
    for part in ("grid", "zip"):
        found[part] = {
            name: read_values(f"{path}: {part}: {name}", values)
            for name, values in mapping(path, part, found).items()
        }
    found["random"] = draws(path, mapping(path, "random", found))
    return checked(found, str(path))


def mapping(path: Path, part: str, found: dict) -> dict:
    """A part of the file; raises ValueError if it is no mapping."""
    values = found.get(part) or {}
    if not isinstance(values, dict):
        raise ValueError(f"{path}: {part}: expected 'parameter: values', got {values!r}")
    return values


def read_values(where: str, text: object) -> list:
    """A list of values from "1,2,3", "0:10", "0:10:2" or a list.

    >>> read_values("-p", "0:10:5"), read_values("-p", '"up, truncated",both')
    ([0, 5], ['up, truncated', 'both'])
    """
    span = SPAN.fullmatch(text.strip()) if isinstance(text, str) else None
    if span:
        start, end, step = int(span[1]), int(span[2]), int(span[3] or 1)
        values = list(range(start, end, step)) if step else []
    elif isinstance(text, str):
        try:
            values = yaml.load(f"[{text}]", Loader)
        except yaml.YAMLError as error:
            raise ValueError(f"{where}: the values are no YAML: {error}") from error
    else:
        values = text if isinstance(text, list) else [text]
    if not values:
        raise ValueError(f"{where}: there is no value")
    return values


def draws(path: Path, wanted: dict) -> list[dict]:
    """Random values: {"draws": 20, "seed": 0, "learning_rate": {"log": [1e-4, 0.1]}}."""
    if not wanted:
        return []
    n = checks.whole(f"{path}: random: draws", wanted.get("draws", 0), at_least=1)
    generator = random.Random(wanted.get("seed", 0))
    named = {k: v for k, v in wanted.items() if k not in ("draws", "seed")}
    makers = {name: drawer(f"{path}: random: {name}", how) for name, how in named.items()}
    return [{name: make(generator) for name, make in makers.items()} for _ in range(n)]


def drawer(where: str, how: object):
    """What draws one value: {"log": [a, b]}, "uniform", "whole" or "choice": [...]."""
    kinds = ("log", "uniform", "whole", "choice")
    if not isinstance(how, dict) or len(how) != 1 or next(iter(how)) not in kinds:
        raise ValueError(f"{where}: expected one of {kinds} and its values, got {how!r}")
    ((kind, values),) = how.items()
    n = len(values) if isinstance(values, list) else 0
    if not n or (kind != "choice" and n != 2):
        raise ValueError(f"{where}: {kind} takes a list of values, got {values!r}")
    if kind == "choice":
        return lambda generator: generator.choice(values)
    try:
        low, high = (float(value) for value in values)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{where}: {kind} takes two numbers, got {values!r}") from error
    if not low < high or (kind == "log" and low <= 0):
        raise ValueError(f"{where}: {kind} takes a lower and a higher number, got {values}")
    if kind == "log":
        return lambda g: float(f"{math.exp(g.uniform(math.log(low), math.log(high))):.6g}")
    if kind == "whole":
        return lambda generator: generator.randint(int(low), int(high))
    return lambda generator: float(f"{generator.uniform(low, high):.6g}")


def checked(parts: dict, where: str) -> Plan:
    """A plan whose values all fit the chapter's parameters, each checked once."""
    chapter = find(str(parts["chapter"]))
    known = chapter.parameters

    def fitted(name: str, value: object) -> object:
        checks.one_of(f"parameter of {chapter.name}", name, known)
        return fit_type(chapter.name, known[name], value)

    base = paths.read_profile(parts.get("profile", "full"), chapter.name)
    grid, zipped = (
        {
            name: [fitted(name, v) for v in values]
            for name, values in parts.get(p, {}).items()
        }
        for p in ("grid", "zip")
    )
    drawn = [{n: fitted(n, v) for n, v in one.items()} for one in parts.get("random", [])]
    return Plan(chapter, grid, zipped, drawn, {n: fitted(n, v) for n, v in base.items()})


def key(chapter: Chapter, parameters: dict) -> str:
    """What a run's folder is called: changes with chapter, parameters and core code.

    >>> one = key(find("01"), {"steps": 100})
    >>> len(one), one == key(find("01"), {"steps": 200})
    (12, False)
    """
    text = json.dumps(parameters, sort_keys=True)
    return hashlib.sha256(f"{code_hash(chapter)} {text}".encode()).hexdigest()[:12]


@cache
def code_hash(chapter: Chapter) -> str:
    """A hash of the chapter's text, of this package's, and of recorded results."""
    core = sorted(Path(__file__).parents[2].rglob("*.py"))
    recorded = sorted((paths.NOTEBOOKS / "results").glob("*.csv"))
    digest = hashlib.sha256()
    for path in [chapter.source, *core, *recorded]:
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]
