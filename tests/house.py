"""How large the house is, and how large it may become: `python -m tests.house`.

A bound is never raised: what does not fit is made smaller.
"""

import ast
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
CORE = ROOT / "progtx_core"
# From the ground up: a module imports from its own floor or from below.
FLOORS = [
    {"checks", "files", "types"},
    {"tasks", "models", "rasp"},
    {"training", "optim"},
    {"evaluation", "plots"},
    {"tools", "__main__"},
]
SIDE_BY_SIDE = {frozenset({"tasks", "models"})}  # know nothing of each other
# Of a training, these are what is trained and on what; the rest is the training itself.
NOT_THE_TRAINING = {"tasks", "models", "checks", "types"}
LADDER = "0[1-6]_*.py"
# Tasks, programs and methods of later chapters; counted apart from what the first need.
LATER = {
    "optim/estimates.py",
    "optim/populations.py",
    "rasp/extending.py",
    "rasp/rasp_l.py",
    "tasks/languages.py",
    "tasks/lists.py",
}


class Measure(NamedTuple):
    """A property of the house: its value today, the bound, and what is largest."""

    what: str
    value: int
    bound: int
    where: str = ""

    @property
    def holds(self) -> bool:
        return self.value <= self.bound

    def __str__(self) -> str:
        mark = "ok  " if self.holds else "OVER"
        return f"{mark} {self.value:>5} of {self.bound:>5}  {self.what}  {self.where}"


def measures() -> list[Measure]:
    """All of them, in the order of the printed table."""
    functions = list(all_functions())
    longest = max(functions, key=lambda f: length(f[1]))
    widest = max(functions, key=lambda f: n_arguments(f[1]))
    files = files_to_the_first_update()
    upward = list(imports_upward())
    return [
        Measure("lines of the core, without later ones", n_lines(early()), 5000),
        Measure("lines of tasks and methods of later chapters", n_lines(later()), 1000),
        Measure("lines of the tools, without checkers", n_lines(tools()), 3000),
        Measure("lines of the checkers", n_lines(checkers()), 1500),
        Measure("lines of the longest function", length(longest[1]), 40, label(*longest)),
        Measure("most arguments of one", n_arguments(widest[1]), 8, label(*widest)),
        Measure("files from fit to the first update", len(files), 3, ", ".join(files)),
        Measure("names that chapters 1 to 6 use", len(names_used(LADDER)), 45),
        Measure("rooms on the picture of imports", len(rooms()), 14),
        Measure("floors", len(FLOORS), 5),
        Measure("imports upward or sideways", len(upward), 0, ", ".join(upward)),
    ]


def modules() -> list[Path]:
    """Every file of the package."""
    return sorted(CORE.rglob("*.py"))


def room(path: Path) -> str:
    """The top-level module or package a file belongs to."""
    return path.relative_to(CORE).parts[0].removesuffix(".py")


def rooms() -> set[str]:
    """All of them, without the door (`__main__`) and the name plate (`__init__`)."""
    return {room(path) for path in modules()} - {"__main__", "__init__"}


def core() -> list[Path]:
    """What a learner may read."""
    return [path for path in modules() if room(path) not in ("tools", "__main__")]


def later() -> list[Path]:
    """What only later chapters need."""
    return [CORE / name for name in sorted(LATER)]


def early() -> list[Path]:
    """The rest of the core."""
    return sorted(set(core()) - set(later()))


def tools() -> list[Path]:
    """What executes, records and publishes; the checkers grow with the chapters."""
    found = set(modules()) - set(core())
    return sorted(path for path in found if "checkers" not in path.parts)


def checkers() -> list[Path]:
    """What judges the answers to exercises."""
    return sorted(path for path in modules() if "checkers" in path.parts)


def n_lines(paths: list[Path]) -> int:
    """Lines of files, docstrings and blank ones included."""
    return sum(len(path.read_text("utf-8").splitlines()) for path in paths)


def all_functions() -> Iterator[tuple[Path, ast.FunctionDef]]:
    """Every function and method of the package with its file."""
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path, node


def length(function: ast.FunctionDef) -> int:
    """Lines from `def` to the end."""
    return function.end_lineno - function.lineno + 1


def n_arguments(function: ast.FunctionDef) -> int:
    """Arguments without self; those that take many, such as **settings, are one."""
    given = function.args
    many = [one for one in (given.vararg, given.kwarg) if one]
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs, *many]
    return sum(one.arg not in ("self", "cls") for one in named)


def label(path: Path, function: ast.FunctionDef) -> str:
    return f"{path.relative_to(CORE)}: {function.name}"


def files_to_the_first_update() -> list[str]:
    """The files that one passes through from `fit` to a model's first update."""
    os.environ["PROGTX_PROGRESS"] = "off"
    from torch.optim.optimizer import register_optimizer_step_pre_hook

    from progtx_core import tasks
    from progtx_core.training import Config, fit

    entered = set()

    def note(frame, event, argument):
        path = Path(frame.f_code.co_filename)
        if event == "call" and CORE in path.parents:
            entered.add(path)

    task, config = tasks.get("trend_sign"), Config(steps=1, batch_size=4, n_eval=4)
    fit("logistic_regression", task, config)  # what is imported late is imported now
    hook = register_optimizer_step_pre_hook(lambda *given: sys.setprofile(None))
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        fit("logistic_regression", task, config)
    finally:
        sys.setprofile(before)
        hook.remove()
    passed = (path for path in entered if room(path) not in NOT_THE_TRAINING)
    return sorted(str(path.relative_to(CORE)) for path in passed)


def names_used(chapters: str) -> set[str]:
    """The names of the package in chapters: imported ones, and attributes of modules."""
    used = set()
    for path in (ROOT / "notebooks").glob(chapters):
        nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
        imported = {
            alias.asname or alias.name: f"{node.module}.{alias.name}"
            for node in nodes
            if isinstance(node, ast.ImportFrom) and of_the_package(node)
            for alias in node.names
        }
        used |= set(imported.values())
        used |= {
            in_full(node, imported) for node in nodes if isinstance(node, ast.Attribute)
        }
    return used - {""}


def in_full(node: ast.expr, imported: dict[str, str]) -> str:
    """`tasks.signals.Trend` with all its packages; '' for what is none of the package's."""
    if isinstance(node, ast.Name):
        return imported.get(node.id, "")
    owner = in_full(node.value, imported) if isinstance(node, ast.Attribute) else ""
    is_module = owner.rpartition(".")[2].islower()  # a class's attributes are its own
    return f"{owner}.{node.attr}" if is_module else ""


def of_the_package(node: ast.ImportFrom) -> bool:
    return (node.module or "").split(".")[0] == "progtx_core"


def imported_rooms(path: Path) -> Iterator[str]:
    """The rooms a file imports from."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and of_the_package(node):
            parts = node.module.split(".")
            names = [parts[1]] if parts[1:] else [alias.name for alias in node.names]
            yield from (name for name in names if name != "__version__")


def imports_upward() -> Iterator[str]:
    """Imports from a higher floor, or between rooms that know nothing of each other."""
    floor = {name: height for height, names in enumerate(FLOORS) for name in names}
    floor["__init__"] = -1
    for path in modules():
        here = room(path)
        for there in imported_rooms(path):  # a room on no floor is above all
            if floor.get(there, 9) > floor.get(here, 9) or {here, there} in SIDE_BY_SIDE:
                yield f"{path.relative_to(CORE)} imports {there}"


if __name__ == "__main__":
    print(*measures(), sep="\n")
