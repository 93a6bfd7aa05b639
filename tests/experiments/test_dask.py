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


def test_a_worker_with_other_code_is_told_apart(house, cluster, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    for part in ("progtx_core", "notebooks"):
        shutil.copytree(house.path / part, other / part)
    with (other / "notebooks" / "01_stub.py").open("a") as file:
        file.write("ANOTHER = True\n")
    cluster.add_worker(path=other)
    cluster.wait_for_workers(1)
    found = house.run("-p", "number=1", "--scheduler", cluster.address)
    assert found.returncode == 1
    assert "versions differ" in found.stderr and "Traceback" not in found.stderr
    assert os.listdir(house.path / "runs" / "01_stub") == ["sweep.json"]


def test_a_cluster_without_a_worker_is_waited_for_aloud_and_not_for_ever(house, cluster):
    short = "import sys; from progtx_core.tools.experiments import executors"
    short += "; executors.PATIENCE = 2; from progtx_core.__main__ import main"
    short += "; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", short, "sweep", "01", "--scheduler", cluster.address],
        cwd=house.path,
        env=house.environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert f"no worker has joined {cluster.address} yet; waiting 2 s" in done.stdout
    assert done.stderr.strip() == f"error: no worker joined {cluster.address}: start one"
