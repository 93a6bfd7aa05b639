"""Seeds divided among processes: each trains a group of them on one core.

Processes are started by loky, which keeps them for the next call and can hand them
classes that were written in a notebook.
"""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

TOO_SHORT = 3.0  # seconds that must be saved: starting a process costs about that
TRIAL_STEPS = 3


def worth(group, seeds: list[int]) -> int:
    """How many processes to use: one if the others would not save much.

    A few steps are taken and timed. This decides where the work is done, not what
    comes out.
    """
    import loky

    n_processes = min(len(seeds), loky.cpu_count())
    if n_processes == 1:
        return 1
    learners = group.learners(seeds)
    learners.step(0.0)  # the first one draws data and allocates
    started = time.perf_counter()
    for _ in range(TRIAL_STEPS):
        learners.step(0.0)
    a_step = (time.perf_counter() - started) / TRIAL_STEPS
    saved = a_step * group.config.steps * (1 - 1 / n_processes)
    return n_processes if saved > TOO_SHORT else 1


def run(train, groups: list[list[int]], bar) -> list:
    """`train` each group of seeds in a process of its own; results in order.

    Ctrl-C asks all of them to stop after their next step, and so does the failure of
    one, which is raised here.
    """
    import loky

    executor = loky.get_reusable_executor(max_workers=len(groups), timeout=60)
    with TemporaryDirectory(prefix="progtx-") as folder:
        board = Board(Path(folder) / "board", len(groups), create=True)
        futures = [
            executor.submit(in_process, train, group, board.path, row, len(groups))
            for row, group in enumerate(groups)
        ]
        try:
            while not all(future.done() for future in futures):
                failed = any(f.done() and f.exception() for f in futures)
                board.stop = board.stop or failed
                bar.update(board.least_steps() - bar.n)
                time.sleep(0.05)
        except KeyboardInterrupt:
            board.stop = True
        # The failure that came first is the one to tell of.
        for future in futures:
            if future.exception() is not None:
                raise future.exception()
        return [future.result() for future in futures]


class Board:
    """A few numbers in a file that all processes see: stop, and steps done by each."""

    def __init__(self, path: Path, n_groups: int, create: bool = False) -> None:
        self.path = path
        mode = "w+" if create else "r+"
        self.numbers = np.memmap(path, np.int64, mode, shape=(1 + n_groups,))

    @property
    def stop(self) -> bool:
        return bool(self.numbers[0])

    @stop.setter
    def stop(self, value: bool) -> None:
        self.numbers[0] = value

    def least_steps(self) -> int:
        """Steps that every group has done."""
        return int(self.numbers[1:].min())


def in_process(train, seeds: list[int], path: Path, row: int, n_groups: int):
    """What a process does: train its seeds on one thread, and tell how far it is."""
    import signal

    import torch

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to handle
    torch.set_num_threads(1)
    board = Board(path, n_groups)

    def report() -> None:
        board.numbers[1 + row] += 1

    return train(seeds, report, lambda: board.stop)
