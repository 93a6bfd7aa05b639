"""Whole chapters in fresh kernels: fast, broken on purpose, and under nbval."""

import json
import shutil
import subprocess
import sys

import nbformat
import pytest

from progtx_core.tools import execution as runs
from progtx_core.tools import paths
from progtx_core.tools.execution.catalogue import Chapter

pytestmark = pytest.mark.slow
CHAPTERS = {chapter.name: chapter for chapter in runs.chapters()}


def claims_of(path):
    notebook = nbformat.read(path, as_version=4)
    return [
        output.metadata["progtx_claim"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "progtx_claim" in output.get("metadata", {})
    ]


@pytest.mark.parametrize("name", CHAPTERS)
def test_fast_profile_runs_and_judges_nothing(name, tmp_path):
    chapter = CHAPTERS[name]
    path = runs.execute(chapter, runs.merge(chapter, "fast", {}), tmp_path)
    verdicts = {claim["verdict"] for claim in claims_of(path)}
    assert verdicts == {"not judged"}


@pytest.mark.parametrize("name", CHAPTERS)
def test_papermill_itself_takes_the_notebook(name, tmp_path):
    """The commands of the README, but with the fast profile's values."""
    command = [sys.executable, "-m", "papermill", str(CHAPTERS[name].notebook)]
    shown = subprocess.run([*command, "--help-notebook"], capture_output=True, text=True)
    for parameter in CHAPTERS[name].parameters.values():
        assert f"{parameter.name}: {parameter.type_name}" in shown.stdout
        assert parameter.help.split()[-1] in shown.stdout
    values = runs.merge(CHAPTERS[name], "fast", {})
    assigned = [word for n, v in values.items() for word in ("-p", n, str(v))]
    out = tmp_path / "out.ipynb"
    subprocess.run([*command, str(out), *assigned], check=True, cwd=tmp_path)
    assert {claim["verdict"] for claim in claims_of(out)} == {"not judged"}


# Claims fail when the science is broken ---------------------------------------

CONSTANT = """
from progtx_core import models as _models

class Constant(CoreModel):
    def forward(self, inputs):
        return super().forward(inputs * 0)  # the same answer to every input

_models.LADDER["logistic_regression"] = (Constant, {})
"""

SEPARABLE = """
class Separable(tasks.signals.XorOfEndpoints):
    def label_signal(self, signal):
        return int(signal[0] > 0)

    def label_signals(self, signals):
        return (signals[:, 0] > 0).long()

the_tasks["xor_of_endpoints"] = Separable(seq_len, d_input)
"""


def sabotaged(tmp_path, addition, replace=("", "")):
    """A copy of chapter 1 with a cell added behind its last setup cell."""
    chapter = CHAPTERS["01_logistic_regression"]
    text = chapter.source.read_text("utf-8").replace(*replace)
    marker = "# %% [markdown]\n# ## Where we stand"
    assert text.count(marker) == 1
    source = tmp_path / chapter.source.name
    # A patch of the core is not seen by other processes: all is trained in this one.
    alone = "import os\nos.environ['LOKY_MAX_CPU_COUNT'] = '1'"
    source.write_text(text.replace(marker, f"# %%\n{alone}\n{addition}\n{marker}"))
    return Chapter(source)


def test_claims_fail_for_a_constant_model(tmp_path):
    with pytest.raises(runs.RunFailed, match="ClaimFailed.*solves last_gt_first"):
        runs.execute(sabotaged(tmp_path, CONSTANT), {}, tmp_path / "out")


def test_claims_fail_for_a_separable_task(tmp_path):
    rule = "return int((signal[0] > 0) != (signal[-1] > 0))"
    replace = (
        f"def xor_of_endpoints(signal):\n    {rule}",
        "def xor_of_endpoints(signal):\n    return int(signal[0] > 0)",
    )
    chapter = sabotaged(tmp_path, SEPARABLE, replace)
    with pytest.raises(runs.RunFailed, match="ClaimFailed.*chance on xor_of_endpoints"):
        runs.execute(chapter, {}, tmp_path / "out")


# nbval compares -----------------------------------------------------------------

SMALL = """\
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %%
from progtx_core import files
from progtx_core.tools.claims import Claims

values = paths.read_profile("full", "01_logistic_regression")
claims = Claims("01_logistic_regression", values)
claims.check("the moon is round", 0.5, at_least=0.4)
"""


def nbval(path):
    command = [sys.executable, "-m", "pytest", "-q", "-m", "", "-p", "no:cacheprovider"]
    shutil.copy(paths.ROOT / "conftest.py", path.parent)
    done = subprocess.run(
        [*command, "--nbval", str(path)], cwd=path.parent, capture_output=True, text=True
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("old", "new", "passes"),
    [
        ("moon", "moon", True),
        ('"value": 0.5', '"value": 0.7', True),  # measured digits differ by machine
        ("claim holds: the moon", "claim FAILS: the moon", False),
        ("≥ 0.4", "≥ 0.3", False),
    ],
)
def test_nbval_sees_a_changed_claim(tmp_path, old, new, passes):
    source = tmp_path / "98_small.py"
    source.write_text(SMALL)
    path = runs.execute(Chapter(source), {}, tmp_path / "out")
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new))
    status, printed = nbval(path)
    assert (status == 0) == passes, printed


def test_nbval_compares_the_committed_claims():
    """No claim's cell is spared by a tag."""
    for chapter in CHAPTERS.values():
        for cell in json.loads(chapter.notebook.read_text("utf-8"))["cells"]:
            outputs = cell.get("outputs", [])
            if any("progtx_claim" in o.get("metadata", {}) for o in outputs):
                assert not [t for t in cell["metadata"].get("tags", []) if "nbval" in t]
