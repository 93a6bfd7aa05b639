import os
import shutil
import subprocess
import sys
import venv

import pytest

from progtx_core.__main__ import main
from progtx_core.tools import doctor, paths


def test_this_set_up_is_fine(capsys):
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith("OK ") for line in lines)
    assert any("torch 2.13" in line for line in lines)


def test_findings_say_how_to_fix():
    assert str(doctor.python((3, 9))).startswith("FAIL  Python 3.9; fix: use Python 3.11")
    assert "no-such-package>=1: it or packaging is not installed; fix: pip install" in str(
        doctor.package("no-such-package>=1")
    )
    old = doctor.package("numpy>=99")
    assert not old.ok
    assert "but >=99 is needed" in old.what
    assert "no Jupyter kernel 'fortran77'; fix:" in str(doctor.kernel("fortran77"))


def test_doctor_runs_where_nothing_is_installed(tmp_path):
    venv.create(tmp_path / "bare", with_pip=False)
    python = tmp_path / "bare" / ("Scripts" if os.name == "nt" else "bin") / "python"
    done = subprocess.run(
        [python, "-m", "progtx_core", "doctor"],
        cwd=paths.ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "FAIL" in done.stdout
    assert "pip install -r requirements.txt" in done.stdout
    assert "Traceback" not in done.stderr
    missing = subprocess.run(
        [python, "-m", "progtx_core", "run", "01"],
        cwd=paths.ROOT,
        capture_output=True,
        text=True,
    )
    assert missing.returncode == 1
    assert missing.stderr.startswith("error: No module named")
    assert sys.executable != str(python)


@pytest.mark.parametrize("notebooks", [False, True])
def test_a_copied_package_is_told_what_it_lacks(tmp_path, notebooks):
    """Only the folder of the package, or that and the chapters, and nothing installed."""
    venv.create(tmp_path / "bare", with_pip=False)
    python = tmp_path / "bare" / ("Scripts" if os.name == "nt" else "bin") / "python"
    shutil.copytree(paths.ROOT / "progtx_core", tmp_path / "progtx_core")
    if notebooks:
        (tmp_path / "notebooks").mkdir()
    done = subprocess.run(
        [python, "-m", "progtx_core", "doctor"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
    )
    assert done.returncode == 1 and done.stderr == ""
    first, second, *_ = done.stdout.splitlines()
    assert first.startswith("FAIL  ") and f"copied to {tmp_path}" in first
    assert "fix: git clone" in first and second.startswith("OK    Python 3.11")
