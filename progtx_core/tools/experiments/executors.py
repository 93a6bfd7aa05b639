"""Where trials are executed: processes of this machine, or workers of a Dask cluster."""

import logging
import os
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from typing import Any

# What makes one thread, in this process or in one that it starts; and no progress bars.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
ONE_THREAD |= {"LOKY_MAX_CPU_COUNT": "1", "PROGTX_PROGRESS": "off"}
Executors = tuple[Callable[[], Executor], int]  # what makes one; trials that it is given


def local(n_workers: int | None) -> Executors:
    """As many processes as there are cores, one thread and one trial each."""
    import loky

    n_workers = n_workers or loky.cpu_count()
    # In a group of their own Ctrl-C does not reach them: the driver ends them. Without a
    # trial one ends after 20 seconds, and so does an orphan. Windows has no such groups.
    how = {"timeout": 20, "env": ONE_THREAD, "initializer": getattr(os, "setpgrp", None)}
    return lambda: loky.ProcessPoolExecutor(n_workers, **how), n_workers


def on_dask(
    scheduler: str, n_workers: int | None = None, patience: float = 120
) -> Executors:
    """The workers of a Dask cluster: one thread each, as papermill asks for.

    scheduler: its address, such as "tcp://host:8786", or "local" for one on this machine
    patience: seconds for which it may be without a worker
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        install = "install it with \"pip install -e '.[sweeps]'\""
        raise ImportError(f"Dask is not installed; {install}") from error
    import loky

    logging.getLogger("distributed").setLevel(logging.WARNING)  # an end is no news
    address: Any = scheduler
    if scheduler == "local":
        n_workers = n_workers or loky.cpu_count()
        how: dict[str, Any] = {"threads_per_worker": 1, "dashboard_address": None}
        address = LocalCluster(n_workers, host="127.0.0.1", **how)  # nobody else
    with Client(address, timeout=10) as client:
        await_worker(client, patience)
        threads: Any = client.nthreads()
    if n_wide := sum(n > 1 for n in threads.values()):
        raise RuntimeError(
            f"{n_wide} workers have several threads, but a trial needs a process of its "
            "own; start them with 'dask worker --nthreads 1'"
        )

    def make() -> Executor:
        client = Client(address, timeout=60)
        executor = client.get_executor(pure=False, retries=0)
        watch = partial(await_worker, client, patience)
        vars(executor).update(client=client, watch=watch)  # for `end` and the driver
        return executor

    return make, n_workers or max(1, len(threads))  # more may join later


def await_worker(client: Any, patience: float) -> None:
    """Wait, aloud, if no worker is there; RuntimeError if none joins in so many seconds."""
    if client.nthreads():
        return
    where = client.scheduler.address
    print(f"no worker at {where}; waiting {patience:g} s for one", flush=True)
    try:
        client.wait_for_workers(1, timeout=patience)
    except TimeoutError:
        raise RuntimeError(f"no worker joined {where}: start one") from None


def end(executor: Executor, now: bool = False) -> None:
    """Let go of processes and connections; now: do not wait for what is running."""
    import loky

    if now and isinstance(executor, loky.ProcessPoolExecutor):
        executor.shutdown(wait=False, kill_workers=True)  # kernels end with them
        return
    executor.shutdown(wait=not now)  # what cannot be stopped, as on a cluster, goes on
    if client := getattr(executor, "client", None):
        client.close()  # else it looks for its scheduler after that has gone
