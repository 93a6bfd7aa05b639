"""What trackers and pages cost: shares of a training, seconds of a large dashboard."""

import itertools
import math
import statistics
import tempfile
import time
from collections import Counter
from pathlib import Path

import pandas as pd

from progtx_core import tasks
from progtx_core.tools.pages import dashboard
from progtx_core.tools.trackers import JsonLines, TensorBoard, WandB
from progtx_core.tools.trackers.base import Outputs
from progtx_core.training import Callback, Config, ExtraMetrics, fit

CONFIG = Config(steps=1500, batch_size=64, learning_rate=0.005)


def seconds(call) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def training(*callbacks) -> float:
    """Seconds of a training of self-attention, with what callbacks take of them."""
    task = tasks.get("value_at_query")
    return seconds(lambda: fit("self_attention", task, CONFIG, callbacks=callbacks))


class Timed(Callback):
    """Adds up the seconds that a tracker takes, by hook."""

    shared = True

    def __init__(self, tracker) -> None:
        self.spent = Counter()
        for name in ("on_start", "on_eval", "on_result", "close"):
            setattr(self, name, self.timed(name, getattr(tracker, name)))

    def timed(self, name, hook):
        def call(*arguments):
            self.spent[name] += seconds(lambda: hook(*arguments))

        return call


def tracked(name, make, folder) -> str:
    started = time.perf_counter()
    tracker = Timed(make(folder))
    begin = time.perf_counter() - started
    outputs = ExtraMetrics(Outputs(tasks.get("value_at_query")))
    total = training(outputs, tracker)
    tracker.close()
    logging = tracker.spent.pop("on_eval")
    end = sum(tracker.spent.values())  # what happens once a run, charts included
    return (
        f"{name}: begins and ends in {begin + end:.2f} s, takes {logging:.2f} s of a "
        f"training of {total:.1f} s ({100 * logging / total:.1f} %)"
    )


def large_dashboard(folder: Path) -> float:
    """Seconds for 1,000 results of 50 models."""
    same = {"seed": 0, "train_accuracy": 0.9, "train_loss": 0.1, "test_loss": 0.2}
    same |= {"parameters": 9, "steps": 9, "seconds": 1.0, "classes": 2}
    places = itertools.product(range(20), range(50))
    frame = pd.DataFrame(
        {"task": f"task_{t}", "model": f"model_{m}", "test_accuracy": math.sin(m) ** 2}
        | same
        for t, m in places
    )
    return seconds(lambda: dashboard.write(folder / "index.html", frame, {}))


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
