"""Seeds divided among processes, where that pays: the same numbers, sooner.

Processes are started by loky, which keeps them for the next call and can hand them
classes that were written in a notebook.
"""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from progtx_core.training.result import SeedResult


def n_processes(n_seeds: int) -> int:
    """As many as cores or seeds; LOKY_MAX_CPU_COUNT in the environment limits it."""
    import loky

    return min(n_seeds, loky.cpu_count())


def in_processes(
    run: "Callable[..., SeedResult]", seeds: list[int], n_processes: int, bar
) -> "list[SeedResult]":
    """Train each seed in one of some processes; results in the order of the seeds.

    Ctrl-C, or the failure of one, stops all of them before their next update.
    """
    import loky

    executor = loky.get_reusable_executor(max_workers=n_processes, timeout=60)
    with TemporaryDirectory(prefix="progtx-") as folder:
        stop = Path(folder) / "stop"
        futures = [executor.submit(on_one_thread, run, seed, stop) for seed in seeds]
        try:
            for future in loky.as_completed(futures):
                bar.update(bar.total // len(seeds))
                if future.exception() is not None:
                    stop.touch()
        except KeyboardInterrupt:
            stop.touch()
        # The failure of the first seed that failed is the one to tell of.
        return [future.result() for future in futures]


def on_one_thread(run: "Callable[..., SeedResult]", seed: int, stop: Path) -> "SeedResult":
    """What a process does with a seed."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to handle
    torch.set_num_threads(1)
    return run(seed, lambda: not stop.exists())
