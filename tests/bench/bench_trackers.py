"""What trackers and pages cost: shares of a training, seconds of a large dashboard."""

import math
import statistics
import tempfile
import time
from collections import Counter
from pathlib import Path

from progtx_core import tasks
from progtx_core.tools.answers import Outputs
from progtx_core.tools.pages import dashboard
from progtx_core.tools.results import Result, append, read
from progtx_core.tools.trackers import TensorBoard, WandB
from progtx_core.training import Config, JsonLines, fit

CONFIG = Config(steps=1500, batch_size=64, learning_rate=0.005)


def seconds(call) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def training(tracker=None, watch=None) -> float:
    """Seconds of a training of self-attention, with what a tracker takes of them."""
    task = tasks.get("value_at_query")
    how = {"tracker": tracker, "watch": watch, "progress": False, "n_processes": 1}
    return seconds(lambda: fit("self_attention", task, CONFIG, **how))


class Timed:
    """Adds up the seconds that a tracker takes, by method."""

    def __init__(self, tracker) -> None:
        self.tracker, self.spent = tracker, Counter()

    def __getattr__(self, name):
        method = getattr(self.tracker, name)

        def call(*arguments):
            started = time.perf_counter()
            try:
                return method(*arguments)
            finally:
                self.spent[name] += time.perf_counter() - started

        return call


def tracked(name, make, folder) -> str:
    started = time.perf_counter()
    tracker = Timed(make(folder))
    begin = time.perf_counter() - started
    watch = Outputs(tasks.get("value_at_query"))
    total = training(tracker, watch)
    tracker.close()
    logging = tracker.spent.pop("log")
    end = sum(tracker.spent.values())  # what happens once a run, charts included
    return (
        f"{name}: begins and ends in {begin + end:.2f} s, takes {logging:.2f} s of a "
        f"training of {total:.1f} s ({100 * logging / total:.1f} %)"
    )


def large_dashboard(folder: Path) -> float:
    """Seconds for 1,000 results of 50 models."""
    results = [
        Result(
            f"task_{t}", f"model_{m}", 0, 0.9, 0.1, math.sin(m) ** 2, 0.2, 9, 9, 1.0, 2, ""
        )
        for t in range(20)
        for m in range(50)
    ]
    path = folder / "results.jsonl"
    append(path, results)
    return seconds(lambda: dashboard.write(folder / "index.html", read(path)[0], {}))


if __name__ == "__main__":
    import wandb  # noqa: F401  what importing it takes is not counted

    training()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        makers = {
            "JSON lines": lambda f: JsonLines(f / "log.jsonl"),
            "TensorBoard": lambda f: TensorBoard(f / "board"),
            "W&B offline": lambda f: WandB(mode="offline", folder=f),
        }
        for name, make in makers.items():
            print(tracked(name, make, folder))
        median = statistics.median(large_dashboard(folder / str(i)) for i in range(5))
        print(f"a dashboard of 1,000 results of 50 models: {median:.2f} s")
