"""Which functions each test enters, and how long it takes: a plugin of pytest."""

import json
import os
import sys
import time
from pathlib import Path

import pytest

from tests.defects import forks

# What tests what: the quick tests of a room, and the examples in its docstrings.
ROOMS = {
    "tasks": ["tests/tasks", "progtx_core/tasks"],
    "training": ["tests/training", "progtx_core/training"],
    "evaluation": ["tests/evaluation", "progtx_core/evaluation"],
    "optim": ["tests/optim", "progtx_core/optim"],
    "rasp": ["tests/rasp", "progtx_core/rasp"],
}
TOO_LONG = "test_a_failure_in_a_process_is_raised_here"  # starts processes of its own


class Reach:
    """Notes the functions of the package that are entered while a test runs.

    Those of a fixture that several tests share count for the first of them only.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder / "progtx_core") + os.sep
        self.tests: dict[str, dict] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        entered: set[str] = set()

        def note(frame, event, argument):
            name = frame.f_code.co_filename
            if name.startswith(self.folder):
                place = name.removeprefix(self.folder), frame.f_code.co_firstlineno
                entered.add("{}:{}".format(*place))

        started = time.perf_counter()
        sys.settrace(note)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            seconds = time.perf_counter() - started
            self.tests[item.nodeid] = {"seconds": seconds, "enters": sorted(entered)}

    def pytest_sessionfinish(self, session):
        path = Path(self.folder).parent / "reach.json"
        path.write_text(json.dumps(self.tests), "utf-8")


def reach(folder: Path, paths: list[str], limit: float = 300.0) -> dict[str, dict]:
    """Test to its seconds and the functions, file:line, that it enters; all must pass."""
    arguments = [*paths, "-k", f"not {TOO_LONG}"]
    done = forks.run(folder, arguments, limit, [Reach(folder)])
    if done.code != 0:
        raise RuntimeError(f"tests fail without any change:\n{done.output[-2000:]}")
    return json.loads((folder / "reach.json").read_text("utf-8"))
