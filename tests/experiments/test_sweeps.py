"""Sweeps in real processes: resumed, killed, disturbed; no run is lost or repeated."""

import json
import os
import shutil
import signal
import subprocess

import psutil
import pytest

from tests.experiments.conftest import until

pytestmark = pytest.mark.slow


def done(house):
    return sorted(int(row["number"]) for row in house.rows() if row["state"] == "done")


def test_a_sweep_runs_once_and_is_collected(house):
    first = house.sweep("-p", "number=0:3", "--workers", "2")
    assert first.returncode == 0, first.stderr
    assert sorted(house.counted("ended")) == [0, 1, 2]
    again = house.sweep("-p", "number=0:4", "--workers", "2")
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
    drawn = house.sweep("-p", "number=0:4", "--plot", "the square", "number")
    assert "the_square_by_number.png" in drawn.stdout
    shown = house.sweep("-p", "number=0:5", "--status")
    assert "4 done" in shown.stdout and "1 waiting" in shown.stdout
    assert len(house.counted("ended")) == 4


def test_a_run_that_fails_stops_no_other_and_is_rerun(house):
    arguments = ("-p", "number=1,2", "-p", "fail=once", "--workers", "1")
    first = house.sweep(*arguments)
    assert first.returncode == 1
    assert "failed: 01_stub: cell" in first.stdout
    assert "number 1 fails as asked" in first.stdout
    assert [row["state"] for row in house.rows()] == ["failed", "failed"]
    second = house.sweep(*arguments)
    assert second.returncode == 0
    assert done(house) == [1, 2]
    assert {row["attempts"] for row in house.rows()} == {"2"}


def test_retries_timeout_and_fail_fast(house):
    retried = house.sweep("-p", "number=5", "-p", "fail=once", "--retries", "1")
    assert retried.returncode == 0 and "it is begun again" in retried.stdout
    late = house.sweep("-p", "number=6", "-p", "seconds=60", "--timeout", "4")
    assert late.returncode == 1 and "timed out after 4 s" in late.stdout
    one = ("-p", "number=7,8,9", "-p", "fail=always", "--fail-fast", "--workers", "1")
    assert house.sweep(*one).returncode == 1
    assert [n for n in house.counted("begun") if n >= 7] == [7]


def test_the_driver_is_killed_and_begun_again(house):
    arguments = ("-p", "number=0:5", "-p", "seconds=1.5", "--workers", "2")
    driver = house.begin(*arguments)
    house.wait_for("ended", 1)
    driver.kill()
    driver.wait()
    assert house.sweep(*arguments).returncode == 0
    assert done(house) == [0, 1, 2, 3, 4]
    # Nothing finished was begun again: whoever had begun a run ended it, too.
    assert sorted(house.counted("ended")) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("victim", ["worker", "kernel"])
def test_who_works_on_a_run_is_killed(house, victim):
    arguments = ("-p", "number=0:4", "-p", "seconds=2", "--workers", "2")
    driver = house.begin(*arguments, "--retries", "1")
    house.wait_for("begun", 2)
    children = psutil.Process(driver.pid).children(recursive=True)
    kernels = [c for c in children if "ipykernel_launcher" in " ".join(c.cmdline())]
    chosen = kernels[0] if victim == "kernel" else kernels[0].parent()
    os.kill(chosen.pid, signal.SIGKILL)
    output, _ = driver.communicate(timeout=120)
    assert driver.returncode == 0, output
    assert "it is begun again" in output
    assert done(house) == [0, 1, 2, 3]
    for folder in house.folders():  # nothing half done is left beside what is whole
        hidden = [path.name for path in folder.iterdir() if path.name[0] == "."]
        assert not hidden


def test_two_drivers_share_the_work(house):
    arguments = ("-p", "number=0:6", "-p", "seconds=1", "--workers", "1")
    drivers = [house.begin(*arguments) for _ in range(2)]
    outputs = [driver.communicate(timeout=180)[0] for driver in drivers]
    assert [driver.returncode for driver in drivers] == [0, 0], outputs
    assert sorted(house.counted("begun")) == [0, 1, 2, 3, 4, 5]
    assert done(house) == [0, 1, 2, 3, 4, 5]


def test_folders_deleted_damaged_or_half_written(house):
    arguments = ("-p", "number=0:5", "--workers", "2")
    assert house.sweep(*arguments).returncode == 0
    by_number = {
        json.loads((f / "trial.json").read_text())["columns"]["number"]: f
        for f in house.folders()
    }
    shutil.rmtree(by_number[0])
    (by_number[1] / "status.json").write_text('{"state": "do')
    (by_number[2] / "row.json").unlink()
    (by_number[3] / "01_stub.ipynb").unlink()
    assert "1 of 5 trials are done" in house.sweep(*arguments).stdout
    assert done(house) == [0, 1, 2, 3, 4]
    assert sorted(house.counted("ended")) == [0, 0, 1, 1, 2, 2, 3, 3, 4]


def test_a_full_disk_leaves_what_is_finished(house):
    assert house.sweep("-p", "number=1").returncode == 0
    limit = "ulimit -f 4; exec " + " ".join(house.command("01", "-p", "number=1,2"))
    found = subprocess.run(  # in a shell in which no file may be large
        ["bash", "-c", limit],
        cwd=house.path,
        env=house.environment,
        timeout=120,
        capture_output=True,
        text=True,
    )
    assert found.returncode == 1
    assert "1 of 2 trials are done" in found.stdout
    assert house.sweep("-p", "number=1,2").returncode == 0
    assert done(house) == [1, 2]
    assert house.counted("ended").count(1) == 1
    leftovers = [p for f in house.folders() for p in f.iterdir() if p.name[0] == "."]
    assert leftovers == []


def test_ctrl_c_keeps_what_is_finished(house):
    arguments = ("-p", "number=0:3", "-p", "seconds=3", "--workers", "1")
    driver = house.begin(*arguments)
    house.wait_for("ended", 1)
    until(lambda: len(house.counted("begun")) >= 2)
    os.killpg(driver.pid, signal.SIGINT)
    output, _ = driver.communicate(timeout=60)
    assert driver.returncode == 130, output
    assert "interrupted" in output and "Traceback" not in output
    assert house.sweep(*arguments).returncode == 0
    assert done(house) == [0, 1, 2]
    assert house.counted("ended").count(0) == 1


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["-p", "nummer=1"], "nearest: number"),
        (["-p", "number=x"], "must be of type int"),
        (
            ["-p", "number=1", "--workers", "0"],
            "workers must be a whole number of at least 1",
        ),
        (["-p", "number=1", "--timeout", "-1"], "timeout"),
        (["-p", "number=1", "--name", "../up"], "name of a folder"),
        (["-p", "number=1", "--collect"], "holds no"),
        (["-p", "number=1", "--scheduler", "tcp://127.0.0.1:1"], "127.0.0.1:1"),
    ],
)
def test_wrong_input_is_one_line_and_runs_nothing(house, arguments, why):
    found = house.sweep(*arguments)
    assert found.returncode != 0
    assert why in found.stderr and "Traceback" not in found.stderr
    assert house.counted("begun") == []
