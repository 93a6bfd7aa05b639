"""Whole chapters in fresh kernels: in full, fast, and broken on purpose."""

import subprocess
import sys

import nbformat
import pytest
from nbval.plugin import IPyNbFile, coalesce_streams

from progtx_core.tools import execution, paths
from progtx_core.tools.execution import Chapter

CHAPTERS = {chapter.name: chapter for chapter in execution.chapters()}
# The longest first: two run at a time, and none should be left over at the end.
BY_TIME = sorted(CHAPTERS, key=lambda name: -(CHAPTERS[name].seconds or 0))


@pytest.fixture
def side_by_side(tmp_path, monkeypatch):
    """Kernels with one thread and one process each, and nothing written in common."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")
    monkeypatch.setenv("PROGTX_SCRATCH", str(tmp_path))


@pytest.fixture
def differences(request):
    """A function: where nbval finds the outputs of two runs of a notebook to differ.

    Its rules: pictures, metadata and execution counts are not compared, nor are cells
    tagged `nbval-ignore-output` or `nbval-skip`; all else must be the same.
    """

    def found(kept, ran):
        file = IPyNbFile.from_parent(request.session, path=kept)
        cells = [c for c in nbformat.read(ran, 4).cells if c.cell_type == "code"]
        differing = {}
        for old, new in zip(file.collect(), cells, strict=True):
            if old.options["skip"] or not old.options["check"]:
                continue
            ours, theirs = coalesce_streams(new.outputs), coalesce_streams(old.cell.outputs)
            if not old.compare_outputs(ours, theirs):
                differing[old.cell.source] = "\n".join(old.comparison_traceback)
        return differing

    return found


def claims_of(path):
    notebook = nbformat.read(path, as_version=4)
    return [
        output.metadata["progtx_claim"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "progtx_claim" in output.get("metadata", {})
    ]


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", BY_TIME)
def test_a_full_run_says_what_is_committed(name, tmp_path, differences, side_by_side):
    """With default parameters: claims are judged, and one that fails stops the run."""
    path = execution.execute(CHAPTERS[name], {}, tmp_path / "out")
    assert {claim["verdict"] for claim in claims_of(path)} == {"holds"}
    assert differences(CHAPTERS[name].notebook, path) == {}


# One of each part of the book; chapter 1 is the one that papermill itself is given.
FAST = ["06_transformer", "08_training_step_by_step", "10_rasp"]


@pytest.mark.slow
@pytest.mark.parametrize("name", FAST)
def test_fast_profile_runs_and_judges_nothing(name, tmp_path, side_by_side):
    chapter = CHAPTERS[name]
    parameters = execution.merge(chapter, "fast", {})
    path = execution.execute(chapter, parameters, tmp_path / "out")
    assert {claim["verdict"] for claim in claims_of(path)} == {"not judged"}


def test_a_chapter_imports_the_package_before_what_chapters_share():
    """The package says where that lies, so a kernel may start in any folder."""
    for chapter in CHAPTERS.values():
        lines = chapter.source.read_text("utf-8").splitlines()
        imports = [line.split()[1] for line in lines if line.startswith("from ")]
        first = {
            word.split(".")[0]: place for place, word in reversed([*enumerate(imports)])
        }
        assert first["progtx_core"] < min(first["parts"], first.get("experiments", 999))


@pytest.mark.slow
def test_papermill_itself_takes_the_notebook(tmp_path):
    """The commands of the README, but with the fast profile's values."""
    chapter = CHAPTERS["01_logistic_regression"]
    command = [sys.executable, "-m", "papermill", str(chapter.notebook)]
    shown = subprocess.run([*command, "--help-notebook"], capture_output=True, text=True)
    for parameter in chapter.parameters.values():
        assert f"{parameter.name}: {parameter.type_name}" in shown.stdout
        assert parameter.help.split()[-1] in shown.stdout
    values = execution.merge(chapter, "fast", {})
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
    source.write_text(text.replace(marker, f"# %%\n{addition}\n{marker}"))
    return Chapter(source)


# A patch of the core is not seen by other processes: all is trained in one.
@pytest.mark.slow
def test_claims_fail_for_a_constant_model(tmp_path, side_by_side):
    with pytest.raises(execution.RunFailed, match="ClaimFailed.*solves last_gt_first"):
        execution.execute(sabotaged(tmp_path, CONSTANT), {}, tmp_path / "out")


@pytest.mark.slow
def test_claims_fail_for_a_separable_task(tmp_path, side_by_side):
    rule = "return int((signal[0] > 0) != (signal[-1] > 0))"
    replace = (
        f"def xor_of_endpoints(signal):\n    {rule}",
        "def xor_of_endpoints(signal):\n    return int(signal[0] > 0)",
    )
    chapter = sabotaged(tmp_path, SEPARABLE, replace)
    match = "ClaimFailed.*chance on xor_of_endpoints"
    with pytest.raises(execution.RunFailed, match=match):
        execution.execute(chapter, {}, tmp_path / "out")


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
from progtx_core.tools.claims import Claims
from progtx_core.tools.execution import defaults_of

name = "01_logistic_regression"
claims = Claims(name, defaults_of(name))
claims.check("the moon is round", 0.5, at_least=0.4)

# %% tags=["nbval-ignore-output"]
print("it took 3 s")
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The executed notebook of a small chapter."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "98_small.py").write_text(SMALL)
    return execution.execute(Chapter(folder / "98_small.py"), {}, folder / "out")


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("moon", "moon", True),
        ('"value": 0.5', '"value": 0.7', True),  # measured digits differ by machine
        ("it took 3 s\\n", "it took 4 s\\n", True),
        ("claim holds: the moon", "claim FAILS: the moon", False),
        ("≥ 0.4", "≥ 0.3", False),
    ],
)
def test_a_changed_claim_is_seen(tmp_path, small, differences, old, new, same):
    text = small.read_text("utf-8")
    assert old in text
    kept = tmp_path / "kept.ipynb"
    kept.write_text(text.replace(old, new), "utf-8")
    assert (differences(kept, small) == {}) == same


def test_the_committed_claims_are_compared():
    """No claim's cell is spared by a tag."""
    for chapter in CHAPTERS.values():
        for cell in nbformat.read(chapter.notebook, as_version=4).cells:
            outputs = cell.get("outputs", [])
            if any("progtx_claim" in o.get("metadata", {}) for o in outputs):
                assert not [t for t in cell.metadata.get("tags", []) if "nbval" in t]


@pytest.mark.slow
def test_the_real_command_prints_no_traceback():
    command = [sys.executable, "-m", "progtx_core", "run", "01", "-p", "stepps=3"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=paths.ROOT)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        "error: there is no parameter of 01_logistic_regression 'stepps'; "
        "nearest: steps, n_seeds, seed\n"
    )
