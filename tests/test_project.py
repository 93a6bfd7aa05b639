"""The house itself: sizes and floors, requirement lists, file modes."""

import ast
import sys
import tomllib

from packaging.requirements import Requirement

from progtx_core.tools import paths
from tests import house

PROJECT = tomllib.loads((paths.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
# What is imported under another name than it is installed.
DISTRIBUTIONS = {
    "axe_playwright_python": "axe-playwright-python",
    "dask": "distributed",
    "scipy": "scikit-learn",  # which needs it
    "sklearn": "scikit-learn",
    "PIL": "matplotlib",  # which needs it
    "yaml": "pyyaml",
    "pytorch_lightning": "pytorch-lightning",
    "dask_jobqueue": "dask-jobqueue",
    "jupyter_client": "ipykernel",
    "nbclient": "papermill",
    "traitlets": "ipykernel",
}


def test_the_house_is_within_its_bounds():
    """`make house` prints all of them."""
    over = [str(measure) for measure in house.measures() if not measure.holds]
    assert not over, "\n".join(over)


def test_a_measure_is_over_when_it_is_larger_than_its_bound():
    assert house.Measure("lines", 40, 40).holds
    assert str(house.Measure("lines", 41, 40)).startswith("OVER")


def test_arguments_and_names_are_counted():
    function = ast.parse("def f(self, a, /, b, *c, d=1, **e): pass").body[0]
    assert house.n_arguments(function) == 5
    imported = {"tasks": "progtx_core.tasks", "Config": "progtx_core.training.Config"}
    names = {
        "tasks.signals.Trend": "progtx_core.tasks.signals.Trend",
        "Config.steps": "",
        "torch.ones": "",
    }
    for code, name in names.items():
        assert house.in_full(ast.parse(code, mode="eval").body, imported) == name


def test_public_functions_have_docstrings():
    for path in house.modules():
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name[0] != "_":
                # `run_record` of the commands does what its help says; a checker asks for
                # what its exercise says.
                said = path.name == "command.py" or path.match("checkers/ch*.py")
                documented = ast.get_docstring(node) or said
                assert documented, f"{path}: {node.name}"


def names_of(*extras):
    lines = list(PROJECT["dependencies"])
    lines += [line for extra in extras for line in PROJECT["optional-dependencies"][extra]]
    return {Requirement(line).name.lower() for line in lines}


def imports_of(path):
    """Modules from outside that a file imports, and whether at its top."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module]
        for name in names:
            top = name.split(".")[0]
            if top not in sys.stdlib_module_names | {"progtx_core"}:
                yield DISTRIBUTIONS.get(top, top).lower()


def test_every_import_is_a_requirement():
    """The core needs what is always installed, and one search `cma`; the tools `book`."""
    core = names_of("evolution")
    tools = names_of("book", "sweeps", "tensorboard", "lightning")
    for path in house.modules():
        # A displayed thing is displayed in a notebook, which brings IPython.
        listed = core | {"ipython"} if path in house.core() else tools
        missing = set(imports_of(path)) - listed
        assert not missing, f"{path}: {missing}"


BESIDE = {
    "progtx_words",
    "tests",
    "parts",
    "experiments",
    "lightning_training",
    "progtx_fresh",
}


def test_every_import_of_chapters_and_tests_is_a_requirement():
    tests = names_of("book", "dev", "sweeps", "tensorboard", "lightning", "evolution")
    chapters = names_of("book")
    for folder, listed in (("notebooks", chapters), ("examples", tests), ("tests", tests)):
        for path in (paths.ROOT / folder).rglob("*.py"):
            own = {other.stem for other in path.parent.glob("*.py")} | BESIDE
            missing = set(imports_of(path)) - listed - own
            assert not missing, f"{path}: {missing}"


def test_each_python_that_is_admitted_is_run():
    """The same story in pyproject.toml, the workflow, the README and `make`."""
    admitted = PROJECT["requires-python"]
    assert admitted == ">=3.11,<3.12"
    workflow = (paths.ROOT / ".github/workflows/ci.yml").read_text("utf-8")
    assert workflow.count('python: ["3.11"]') == 2
    for file in ("README.md", "Makefile", "progtx_core/tools/doctor.py"):
        assert "Python 3.11" in (paths.ROOT / file).read_text("utf-8")
