"""The driver and its processes: resumed, killed, disturbed; nothing is lost or repeated."""

import json
import os
import shutil
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from progtx_core.tools.experiments import trial
from progtx_core.tools.experiments.runner import Runner
from progtx_core.tools.experiments.store import DONE
from progtx_core.tools.experiments.trial import VersionsDiffer
from tests.experiments.light import Waiting

pytestmark = pytest.mark.slow


def test_what_fails_stops_no_other_and_is_run_again(light):
    arguments = ("--numbers", "1", "2", "--fail", "once", "--workers", "1")
    first = light.run(*arguments)
    assert first.returncode == 1
    assert "failed: number 1 fails as asked" in first.stdout
    assert light.states() == {1: ("failed", 1), 2: ("failed", 1)}
    second = light.run(*arguments)
    assert second.returncode == 0
    assert light.states() == {1: (DONE, 2), 2: (DONE, 2)}


def test_retries_and_fail_fast(light):
    retried = light.run("--numbers", "5", "--fail", "once", "--retries", "1")
    assert retried.returncode == 0 and "it is begun again" in retried.stdout
    one = ("--numbers", "7", "8", "9", "--fail", "always", "--fail-fast", "--workers", "1")
    assert light.run(*one).returncode == 1
    assert [n for n in light.counted("begun") if n >= 7] == [7]


def test_the_driver_is_killed_and_begun_again(light):
    arguments = ("--numbers", *"01234", "--seconds", "1.5")
    driver = light.begin(*arguments)
    light.wait_for("ended", 1)
    driver.kill()
    driver.wait()
    assert light.run(*arguments).returncode == 0
    assert set(light.states().values()) == {(DONE, 1)}
    # Nothing finished was begun again: whoever had begun a trial ended it, too.
    assert sorted(light.counted("ended")) == [0, 1, 2, 3, 4]


def test_a_worker_is_killed(light):
    driver = light.begin("--numbers", *"0123", "--seconds", "2", "--retries", "1")
    light.wait_for("begun", 2)
    workers = [
        child
        for child in psutil.Process(driver.pid).children(recursive=True)
        if "popen_loky_posix" in " ".join(child.cmdline())
    ]
    os.kill(workers[0].pid, signal.SIGKILL)
    output, _ = driver.communicate(timeout=120)
    assert driver.returncode == 0, output
    assert "it is begun again" in output
    assert {state for state, _ in light.states().values()} == {DONE}


def test_two_drivers_share_the_work(light):
    arguments = ("--numbers", *"012345", "--seconds", "1", "--workers", "1")
    drivers = [light.begin(*arguments) for _ in range(2)]
    outputs = [driver.communicate(timeout=180)[0] for driver in drivers]
    assert [driver.returncode for driver in drivers] == [0, 0], outputs
    assert sorted(light.counted("begun")) == [0, 1, 2, 3, 4, 5]
    assert set(light.states().values()) == {(DONE, 1)}


def test_folders_deleted_damaged_or_half_written(light):
    arguments = ("--numbers", *"01234")
    assert light.run(*arguments).returncode == 0
    by_number = {
        json.loads((folder / "trial.json").read_text())["columns"]["number"]: folder
        for folder in light.folders()
    }
    shutil.rmtree(by_number[0])
    (by_number[1] / "status.json").write_text('{"state": "do')
    (by_number[2] / "row.json").unlink()
    (by_number[3] / "kept.txt").unlink()
    assert "1 of 5 trials are done" in light.run(*arguments).stdout
    assert {state for state, _ in light.states().values()} == {DONE}
    assert sorted(light.counted("ended")) == [0, 0, 1, 1, 2, 2, 3, 3, 4]


def test_a_full_disk_leaves_what_is_finished(light):
    assert light.run("--numbers", "1").returncode == 0
    # In a shell in which no file may be large; so the notebook is not written whole.
    command = " ".join(map(repr, light.command("--numbers", "1", "2")))
    found = subprocess.run(
        ["bash", "-c", f"ulimit -f 4; exec {command}"],
        cwd=light.path,
        env=light.environment,
        timeout=120,
        capture_output=True,
        text=True,
    )
    assert found.returncode == 1
    assert "1 of 2 trials are done" in found.stdout and "OSError" in found.stdout
    assert light.run("--numbers", "1", "2").returncode == 0
    assert light.states() == {1: (DONE, 1), 2: (DONE, 2)}
    leftovers = [p for f in light.folders() for p in f.iterdir() if p.name[0] == "."]
    assert leftovers == []


def test_a_worker_with_other_code_stops_all(tmp_path, monkeypatch):
    monkeypatch.setenv("PROGTX_SCRATCH", "")
    codes = iter(["here", "another"])
    monkeypatch.setattr(trial, "code_here", lambda experiment: next(codes))
    trials = [Waiting("squares", "1", {"number": 1})]
    with pytest.raises(VersionsDiffer, match="has another, squares was planned with here"):
        Runner(trials, tmp_path / "runs").run(lambda: ThreadPoolExecutor(1), 1)
    assert not (tmp_path / "runs").exists()
