"""A sweep on a cluster with a queue: SLURM, PBS, LSF and others, by dask-jobqueue.

    pip install -e '.[sweeps]'
    python examples/job_queue.py --jobs 50 04 -p seed=0:1000
    python examples/job_queue.py --show          # the script that is submitted

Start it on the login node, in the checkout: the jobs use the same folder and the same
Python. It submits the jobs, hands them the runs as they start, and ends them when all
is done. What follows the options is what `python -m progtx_core sweep` takes. It waits
a week for a job to begin, and says so; `--patience` changes that. Stopped by Ctrl-C, as
when all jobs ran out of time, it goes on when it is started again.

Whoever reaches a scheduler of Dask can run code as you. So all talk here is encrypted,
and only who has this run's certificate, which lies in a folder that you alone can read,
is let in; there is no dashboard.

Edit JOB for your cluster: https://jobqueue.dask.org tells what each queue takes.
"""

import argparse
import os
import sys

import dask
from dask_jobqueue.lsf import LSFCluster
from dask_jobqueue.pbs import PBSCluster
from dask_jobqueue.sge import SGECluster
from dask_jobqueue.slurm import SLURMCluster
from distributed.security import Security

from progtx_core.__main__ import main as progtx
from progtx_core.tools.paths import ROOT

JOB = {
    "cores": 1,  # a run takes one thread
    "processes": 1,
    "memory": "2GB",
    "walltime": "04:00:00",
    # "queue": "short", "account": "my-group",
    "job_script_prologue": [f"cd {ROOT}", "export OMP_NUM_THREADS=1"],
    "python": sys.executable,
    "log_directory": str(ROOT / "runs" / "jobs"),
    "shared_temp_directory": str(ROOT / "runs" / "jobs"),  # that jobs see as well
    # Dask's pages of HTML know no certificates: only the machine itself sees them.
    "scheduler_options": {"dashboard": False, "dashboard_address": "127.0.0.1:0"},
    "worker_extra_args": ["--no-dashboard", "--dashboard-address", "127.0.0.1:0"],
}
A_WEEK = 7 * 24 * 3600  # seconds: a job may stand in a queue for days
QUEUES = {
    "slurm": SLURMCluster,
    "pbs": PBSCluster,
    "lsf": LSFCluster,
    "sge": SGECluster,
}


def main() -> int:
    parser = argparse.ArgumentParser(description="A sweep on a cluster with a queue.")
    parser.add_argument("--queue", default="slurm", choices=QUEUES)
    parser.add_argument("--jobs", type=int, default=10, help="at a time")
    parser.add_argument("--show", action="store_true", help="print the job's script")
    asked, sweep = parser.parse_known_args()
    os.makedirs(JOB["shared_temp_directory"], mode=0o700, exist_ok=True)
    security = Security.temporary()
    tls = security.get_tls_config_for_role("client")
    client = {  # where the client of the sweep looks for its certificate
        "distributed.comm.tls.ca-file": tls["ca_file"],
        "distributed.comm.tls.client.cert": tls["cert"],
        "distributed.comm.tls.client.key": tls["key"],
    }
    with dask.config.set(client), QUEUES[asked.queue](security=security, **JOB) as cluster:
        if asked.show:
            print(cluster.job_script())
            return 0
        cluster.scale(jobs=asked.jobs)
        where = ["--scheduler", cluster.scheduler_address, "--workers", str(asked.jobs)]
        return progtx(["sweep", *where, "--patience", str(A_WEEK), *sweep])


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
