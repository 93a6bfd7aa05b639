"""The house itself: floors, sizes, requirement lists."""

import ast
import tomllib

from packaging.requirements import Requirement

from progtx_core.tools import doctor, paths

CORE = paths.ROOT / "progtx_core"
# From the ground up: a module imports from its own floor's folder or from below.
FLOORS = [
    {"checks", "files", "types"},
    {"tasks", "models", "rasp"},
    {"training", "optim"},
    {"evaluation", "plots"},
    {"tools", "__main__"},
]
SIDE_BY_SIDE = {frozenset({"tasks", "models"})}  # know nothing of each other


def modules():
    return sorted(CORE.rglob("*.py"))


def room(path):
    return path.relative_to(CORE).parts[0].removesuffix(".py")


def imported_rooms(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            "progtx_core"
        ):
            parts = node.module.split(".")
            yield from [parts[1]] if parts[1:] else [alias.name for alias in node.names]


def test_nothing_imports_upward():
    floor = {name: height for height, names in enumerate(FLOORS) for name in names}
    for path in modules():
        here = room(path)
        if here == "__init__":
            continue
        for there in imported_rooms(path):
            assert there == here or floor[there] <= floor[here], f"{path}: {there}"
            assert {here, there} not in SIDE_BY_SIDE, f"{path} imports {there}"


# What a learner reads; the rest of the house draws, records, compares and executes.
LESSONS = {"tasks", "models", "optim", "rasp", "training", "evaluation"}


def test_the_core_is_small():
    lines = {path: len(path.read_text("utf-8").splitlines()) for path in modules()}
    lessons = sum(n for path, n in lines.items() if room(path) in LESSONS)
    assert lessons < 7000
    assert sum(lines.values()) - lessons < 6500
    assert max(lines.values()) <= 250, max(lines, key=lines.get)


def test_public_functions_have_docstrings():
    for path in modules():
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name[0] != "_":
                documented = ast.get_docstring(node) or path.name == "__main__.py"
                assert documented, f"{path}: {node.name}"


def test_requirement_lists_agree():
    project = tomllib.loads((paths.ROOT / "pyproject.toml").read_text())["project"]
    readers = {Requirement(line).name: line for line in doctor.requirements()}
    for line in project["dependencies"]:
        assert readers[Requirement(line).name] == line


def test_every_import_is_a_requirement():
    """What the core imports from outside is in its list; heavy things come late."""
    distributions = {
        "sklearn": "scikit-learn",
        "PIL": "matplotlib",
        "yaml": "pyyaml",
        "pytorch_lightning": "pytorch-lightning",
    }
    # Come with what the reader installs.
    late = {"wandb", "jupyter_client", "nbclient", "psutil"}
    project = tomllib.loads((paths.ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    heavy = ("sweeps", "tensorboard", "lightning")
    lines = [*project["dependencies"], *(line for name in heavy for line in extras[name])]
    listed = {Requirement(line).name.lower() for line in lines}
    import sys

    for path in modules():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module]
            for name in names:
                top = name.split(".")[0]
                if top in sys.stdlib_module_names | late | {"progtx_core"}:
                    continue
                assert distributions.get(top, top).lower() in listed, f"{path}: {top}"
