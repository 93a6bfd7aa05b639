"""Sweeps in real processes: resumed, killed, disturbed; no run is lost or repeated."""

import os
import signal
import subprocess
import sys

import psutil
import pytest

from tests.experiments.conftest import until

pytestmark = pytest.mark.slow


def done(house):
    return sorted(int(row["number"]) for row in house.rows() if row["state"] == "done")


def test_a_sweep_runs_once_and_is_collected(house):
    first = house.run("-p", "number=0:3", "--workers", "2")
    assert first.returncode == 0, first.stderr
    assert sorted(house.counted("ended")) == [0, 1, 2]
    again = house.run("-p", "number=0:4", "--workers", "2")
    assert "3 of 4 trials are done" in again.stdout
    assert sorted(house.counted("ended")) == [0, 1, 2, 3]
    rows = house.rows()
    assert {row["number"]: row["the square"] for row in rows} == {
        str(n): str(float(n**2)) for n in range(4)
    }
    verdicts = [row["verdict: the square"] for row in rows]
    assert verdicts == ["not judged", "holds", "not judged", "not judged"]  # 1: by default
    page = (house.path / "runs" / "01_stub" / "index.html").read_text()
    for folder in house.folders():
        assert f'href="{folder.name}/01_stub.ipynb"' in page
        assert "number" in (folder / "log.txt").read_text()
    shown = house.run("-p", "number=0:5", "--status")
    assert "4 done" in shown.stdout and "1 waiting" in shown.stdout
    assert len(house.counted("ended")) == 4


def test_the_shards_of_a_job_array_are_one_table(house):
    grid = ("-p", "number=0:5", "--workers", "1")
    for shard, left in (("1/3", "2 done"), ("3/3", "1 done")):
        found = house.run(*grid, "--shard", shard)
        assert found.returncode == 0, found.stderr
        assert f"{left}, 0 running, 0 waiting" in found.stdout
    assert sorted(house.counted("ended")) == [0, 2, 3]
    assert not list(house.path.glob("runs/**/results.csv"))  # the second is not there yet
    assert "3 done" in house.run(*grid, "--status").stdout
    assert house.run(*grid, "--shard", "2/3").returncode == 0
    assert house.run(*grid, "--collect").returncode == 0
    assert sorted(house.counted("ended")) == done(house) == [0, 1, 2, 3, 4]
    for row in house.rows():
        assert row["torch"] and row["python"].startswith("3.")


def test_what_older_code_has_finished_is_kept_on_request(house):
    assert house.run("-p", "number=0:2", "--workers", "1").returncode == 0
    chapter = house.path / "notebooks" / "01_stub.py"
    chapter.write_text(chapter.read_text() + "more = 1\n")
    grid = ("-p", "number=0:3", "--workers", "1")
    found = house.run(*grid, "--keep")
    assert "2 of 3 trials are done" in found.stdout, found.stderr
    assert sorted(house.counted("ended")) == done(house) == [0, 1, 2]
    assert "0 of 3 trials are done" in house.run(*grid).stdout


def test_a_notebook_of_ones_own_is_swept(house):
    own = house.path / "mine" / "study" / "own.py"
    own.parent.mkdir(parents=True)
    own.write_text((house.path / "notebooks" / "01_stub.py").read_text())
    typed = [
        sys.executable,
        "-m",
        "progtx_core",
        "sweep",
        "mine/study/own.py",
        "-p",
        "number=4:6",
    ]
    how = {"cwd": house.path, "env": house.environment, "text": True, "timeout": 240}
    found = subprocess.run([*typed, "--workers", "1"], capture_output=True, **how)
    assert found.returncode == 0, found.stderr
    ended = (house.path / "mine" / "ended.txt").read_text()  # it ran in its own folder
    assert sorted(ended.split()) == ["4", "5"]
    assert len([*house.path.glob("runs/own/*/own.ipynb")]) == 2
    again = subprocess.run(typed, capture_output=True, **how)
    assert "2 of 2 trials are done" in again.stdout
    own.write_text(own.read_text() + "more = 1\n")
    changed = subprocess.run([*typed, "--status"], capture_output=True, **how)
    assert "0 done" in changed.stdout


def test_a_kernel_is_killed_one_fails_and_one_takes_too_long(house):
    """All three are reported, and begun again where that was asked for."""
    arguments = ("-p", "number=0:3", "-p", "seconds=1.5", "-p", "fail=once")
    driver = house.begin(*arguments, "--workers", "2", "--retries", "2")
    house.wait_for("begun", 2)
    children = psutil.Process(driver.pid).children(recursive=True)
    kernels = [c for c in children if "ipykernel_launcher" in " ".join(c.cmdline())]
    os.kill(kernels[0].pid, signal.SIGKILL)
    output, _ = driver.communicate(timeout=120)
    assert driver.returncode == 0, output
    assert "DeadKernelError" in output and "fails as asked" in output
    assert output.count("it is begun again") >= 3
    assert {state for state, _ in house.states().values()} == {"done"}
    for folder in house.folders():  # nothing half done is left beside what is whole
        hidden = [path.name for path in folder.iterdir() if path.name[0] == "."]
        assert not hidden
    late = house.run("-p", "number=6", "-p", "seconds=60", "--timeout", "4")
    assert late.returncode == 1 and "timed out after 4 s" in late.stdout


def test_ctrl_c_keeps_what_is_finished(house):
    arguments = ("-p", "number=0:2", "-p", "seconds=2", "--workers", "1")
    driver = house.begin(*arguments)
    house.wait_for("ended", 1)
    until(lambda: len(house.counted("begun")) >= 2)
    os.killpg(driver.pid, signal.SIGINT)
    output, _ = driver.communicate(timeout=60)
    assert driver.returncode == 130, output
    assert "interrupted" in output and "Traceback" not in output
    assert house.run(*arguments).returncode == 0
    assert done(house) == [0, 1]
    assert house.counted("ended").count(0) == 1


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["-p", "nummer=1"], "nearest: number"),
        (["-p", "number=x"], "must be of type int"),
        (
            ["-p", "number=1", "--workers", "0"],
            "workers must be a whole number from 1 to",
        ),
        (["-p", "number=1", "--timeout", "-1"], "timeout"),
        (["-p", "number=1", "--name", "../up"], "name of a folder"),
        (["-p", "number=1", "--collect"], "holds no"),
        (["-p", "number=1", "--scheduler", "tcp://127.0.0.1:1"], "127.0.0.1:1"),
    ],
)
def test_wrong_input_is_one_line_and_runs_nothing(house, arguments, why):
    found = house.run(*arguments)
    assert found.returncode != 0
    assert why in found.stderr and "Traceback" not in found.stderr
    assert house.counted("begun") == []
