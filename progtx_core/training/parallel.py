"""Seeds divided among processes, where that pays: the same numbers, sooner.

Processes are started by loky, which keeps them for the next call and can hand them
classes that were written in a notebook.
"""

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import torch

from progtx_core.training.result import SeedResult

LIFELINE = Pipe(duplex=False)  # nothing is sent; it is closed when this process is gone


def n_processes(n_seeds: int) -> int:
    """As many as cores or seeds; LOKY_MAX_CPU_COUNT in the environment limits it."""
    import loky

    return min(n_seeds, loky.cpu_count())


def in_processes(
    run: Callable[..., SeedResult], seeds: list[int], n_processes: int, bar
) -> list[SeedResult]:
    """Train each seed in one of some processes; results in the order of the seeds.

    Ctrl-C, or the failure of one, stops all of them before their next update.
    """
    import loky

    how = {"initializer": prepare, "initargs": LIFELINE[:1]}
    executor = loky.get_reusable_executor(max_workers=n_processes, timeout=60, **how)
    with TemporaryDirectory(prefix="progtx-") as folder:
        stop = Path(folder) / "stop"
        futures = [executor.submit(run, seed, lambda: not stop.exists()) for seed in seeds]
        try:
            for future in loky.as_completed(futures):
                bar.update(bar.total // len(seeds))
                if future.exception() is not None:
                    stop.touch()
        except KeyboardInterrupt:
            stop.touch()
        # The failure of the first seed that failed is the one to tell of.
        return [future.result() for future in futures]


def prepare(lifeline: Connection) -> None:
    """What a process does first. Ctrl-C is for its parent to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
    Thread(target=end_with, args=(lifeline,), daemon=True).start()


def end_with(lifeline: Connection) -> None:
    """End when the parent is gone, killed say; else a process would train on alone."""
    with suppress(EOFError, OSError):
        lifeline.recv()
    os._exit(1)
