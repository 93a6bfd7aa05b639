"""Sweeps on a real Dask cluster on this machine, whose parts are killed."""

import os
import shutil
import socket
import subprocess
import sys

import psutil
import pytest

from tests.experiments.conftest import until

pytest.importorskip("distributed")
pytestmark = pytest.mark.slow


class Cluster:
    """A scheduler and its workers, each a process."""

    def __init__(self, house):
        self.house, self.workers = house, []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.start_scheduler()

    def start(self, *arguments, path=None):
        environment = self.house.environment | {"PYTHONPATH": str(path or self.house.path)}
        return subprocess.Popen(
            [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]],
            cwd=path or self.house.path,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def start_scheduler(self):
        self.scheduler = self.start(
            "dask_scheduler",
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port),
            "--no-dashboard",
        )
        until(self.answers)

    def answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def add_worker(self, threads=1, path=None):
        self.workers.append(
            self.start(
                "dask_worker",
                self.address,
                "--nthreads",
                str(threads),
                "--no-dashboard",
                path=path,
            )
        )

    def wait_for_workers(self, n):
        from distributed import Client

        with Client(self.address, timeout=30) as client:
            client.wait_for_workers(n, timeout=60)

    def close(self):
        for process in [*self.workers, self.scheduler]:
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
            process.kill()
            process.wait()


@pytest.fixture
def cluster(house):
    made = Cluster(house)
    yield made
    made.close()


def squares(house):
    return sorted(float(r["the square"]) for r in house.rows() if r["state"] == "done")


def test_a_local_cluster(house):
    found = house.run("-p", "number=0:3", "--scheduler", "local", "--workers", "2")
    assert found.returncode == 0, found.stderr
    assert squares(house) == [0, 1, 4]


def test_a_worker_is_killed_and_its_run_goes_elsewhere(house, cluster):
    cluster.add_worker()
    cluster.add_worker()
    cluster.wait_for_workers(2)
    arguments = ("-p", "number=0:4", "-p", "seconds=2", "--scheduler", cluster.address)
    driver = house.begin(*arguments)
    house.wait_for("begun", 2)
    victim = psutil.Process(cluster.workers[0].pid)
    for process in [*victim.children(recursive=True), victim]:
        process.kill()
    output, _ = driver.communicate(timeout=120)
    assert driver.returncode == 0, output
    assert squares(house) == [0, 1, 4, 9]


def test_the_scheduler_is_restarted(house, cluster):
    cluster.add_worker()
    cluster.wait_for_workers(1)
    arguments = ("-p", "number=0:4", "-p", "seconds=2", "--scheduler", cluster.address)
    driver = house.begin(*arguments)
    house.wait_for("ended", 1)
    cluster.scheduler.kill()
    cluster.scheduler.wait()
    cluster.start_scheduler()
    cluster.add_worker()
    output, _ = driver.communicate(timeout=180)
    assert driver.returncode == 0, output
    assert squares(house) == [0, 1, 4, 9]
    assert house.counted("ended").count(0) == 1


def test_workers_with_several_threads_are_refused(house, cluster):
    cluster.add_worker(threads=2)
    cluster.wait_for_workers(1)
    found = house.run("-p", "number=1", "--scheduler", cluster.address)
    assert found.returncode == 1
    assert "start them with 'dask worker --nthreads 1'" in found.stderr
    assert house.counted("begun") == []


@pytest.mark.parametrize("file", ["notebooks/01_stub.py", "progtx_core/files.py"])
def test_a_worker_with_other_code_is_told_apart(house, cluster, tmp_path_factory, file):
    other = tmp_path_factory.mktemp("other")
    for part in ("progtx_core", "notebooks"):
        shutil.copytree(house.path / part, other / part)
    with (other / file).open("a") as source:
        source.write("ANOTHER = True\n")
    cluster.add_worker(path=other)
    cluster.wait_for_workers(1)
    found = house.run("-p", "number=1", "--scheduler", cluster.address)
    assert found.returncode == 1
    (line,) = found.stderr.splitlines()
    assert line.startswith(f"error: versions differ: a worker in {other} has ")
    assert os.listdir(house.path / "runs" / "01_stub") == ["sweep.json"]


def test_a_cluster_without_a_worker_is_waited_for_aloud_and_not_for_ever(house, cluster):
    done = house.run("--scheduler", cluster.address, "--patience", "2", timeout=60)
    assert done.returncode == 1
    assert f"no worker at {cluster.address}; waiting 2 s for one" in done.stdout
    assert done.stderr.strip() == f"error: no worker joined {cluster.address}: start one"


def test_a_sweep_that_loses_all_workers_says_so_and_ends(house, cluster):
    cluster.add_worker()
    cluster.wait_for_workers(1)
    arguments = ("-p", "number=1", "-p", "seconds=300", "--scheduler", cluster.address)
    driver = house.begin(*arguments, "--patience", "3")
    house.wait_for("begun", 1)
    worker = psutil.Process(cluster.workers[0].pid)
    for process in [*worker.children(recursive=True), worker]:
        process.kill()
    output, _ = driver.communicate(timeout=60)
    assert driver.returncode == 1
    assert f"no worker at {cluster.address}; waiting 3 s for one" in output
    assert (
        output.splitlines()[-1] == f"error: no worker joined {cluster.address}: start one"
    )
