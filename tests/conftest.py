import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import settings

from progtx_core.tools import paths

sys.path.append(str(paths.ROOT / "examples"))  # for the adapter to Lightning

if "PYTEST_XDIST_WORKER" in os.environ:  # several tests at a time: a core for each
    torch.set_num_threads(1)

# A first call imports libraries, and shared machines stall: time fails no test.
settings.register_profile("progtx", deadline=None, derandomize=True)
settings.load_profile("progtx")


FAST = "not slow and not browser"  # as addopts in pyproject.toml has it
NOT_FAST = re.compile(r"^pytestmark = [^=]*?pytest\.mark\.(slow|browser)\b", re.M)


def pytest_ignore_collect(collection_path, config):
    """Where no slow test is asked for, a file of slow ones alone is not imported."""
    if collection_path.suffix == ".py" and config.option.markexpr == FAST:
        return bool(NOT_FAST.search(collection_path.read_text("utf-8"))) or None


def build_book(target, **environment):
    """`jupyter-book build`, warnings being errors; the pages lie in target/_build/html."""
    command = [Path(sys.executable).with_name("jupyter-book"), "build", "-W", "-q"]
    return subprocess.run(
        [*command, "--keep-going", "--path-output", target, paths.ROOT / "book"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="session")
def html(tmp_path_factory):
    """The folder of the pages, built once from the committed notebooks."""
    target = tmp_path_factory.mktemp("book")
    done = build_book(target)
    assert done.returncode == 0, done.stdout + done.stderr
    return target / "_build" / "html"


@pytest.fixture(scope="session")
def build():
    """`build_book`, for tests that build another way."""
    return build_book


@pytest.fixture
def shown(monkeypatch):
    """What a notebook would be given to display: (data, keyword arguments) each."""
    outputs = []
    monkeypatch.setattr(
        "IPython.display.display", lambda data, **kwargs: outputs.append((data, kwargs))
    )
    return outputs
