"""Seeds divided among processes, where that pays: the same numbers, sooner.

Processes are started by loky, which keeps them for the next call and can hand them
classes that were written in a notebook.
"""

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import torch

from progtx_core.training.data import masked_cross_entropy

if TYPE_CHECKING:
    from progtx_core.training.loop import Training
    from progtx_core.training.result import SeedResult

TOO_SHORT = 3.0  # seconds that must be saved: starting a process costs about that
N_TRIALS = 4


def worth(begin: "Callable[[int], Training]", seeds: list[int]) -> int:
    """How many processes to use: one if others would not save much.

    A few updates of a throw-away model are timed. This decides where the work is done,
    not what comes out. LOKY_MAX_CPU_COUNT in the environment limits it.
    """
    import loky

    n_processes = min(len(seeds), loky.cpu_count())
    if n_processes == 1:
        return 1
    trial = begin(seeds[0])

    def closure() -> torch.Tensor:
        batch = next(trial.batches)
        loss = masked_cross_entropy(trial.model(batch.inputs), batch)
        if torch.is_grad_enabled():
            loss.backward()
        return loss

    seconds = []
    with torch.random.fork_rng(devices=[]):
        for _ in range(N_TRIALS):
            started = time.perf_counter()
            trial.optimizer.step(closure)  # type: ignore[arg-type]
            seconds.append(time.perf_counter() - started)
    # The first update draws data and allocates.
    saved = min(seconds[1:]) * trial.config.steps * (len(seeds) - len(seeds) / n_processes)
    return n_processes if saved > TOO_SHORT else 1


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
