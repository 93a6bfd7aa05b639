"""Where measurements go while a model trains.

`fit` tells a tracker when a training starts, what was measured at every look at the
held-out set, and what it left behind; it knows no more of it. Weights & Biases and
TensorBoard are in `progtx_core.tools.trackers`.
"""

import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from progtx_core.training.run import TrainingResult

# A number; a text; or an array of numbers, which is a distribution.
Logged = dict[str, list[float] | list[str] | list[np.ndarray]]


class Tracker(Protocol):
    """What `fit` calls. A class may leave out what it has no use for."""

    def start(self, run: str, facts: dict) -> None:
        """A training of that name begins; facts: task, settings, size, by name."""

    def log(self, run: str, step: int, measured: Logged) -> None:
        """Record values, a list a name with one entry a seed, after `step` updates.

        A value is a number, or a text or an array that `fit(..., watch=...)` was given.
        """

    def finish(self, run: "TrainingResult") -> None:
        """A training is over; other trainings may follow."""

    def close(self) -> None:
        """Write what is still to be written; nothing follows."""


def series(run: str, index: int, n_seeds: int) -> str:
    """The name that all curves of a seed begin with.

    >>> series("max_pooling", 0, 1), series("max_pooling", 2, 5)
    ('max_pooling', 'max_pooling/2')
    """
    return run if n_seeds == 1 else f"{run}/{index}"


class Guarded(Tracker):
    """A tracker that cannot stop a training: after one failure it is left alone.

    >>> folder = Path(__file__).parent  # no file that can be written
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     guarded = Guarded(JsonLines(folder))
    ...     guarded.log("counter", 0, {"loss": [1.0]})
    >>> guarded.failed, len(caught)
    (True, 1)
    """

    def __init__(self, tracker: Tracker) -> None:
        self.tracker, self.failed = tracker, False

    def _call(self, method: str, *arguments) -> None:
        if self.failed:
            return
        try:
            getattr(self.tracker, method, lambda *_: None)(*arguments)
        except Exception as error:  # no network, no account, a full disk, …
            self.failed = True
            kind = type(self.tracker).__name__
            warnings.warn(
                f"nothing more is logged to {kind}, the training goes on: {error}",
                stacklevel=4,
            )

    def start(self, run, facts):
        self._call("start", run, facts)

    def log(self, run, step, measured):
        self._call("log", run, step, measured)

    def finish(self, run):
        self._call("finish", run)

    def close(self):
        self._call("close")


class Several(Tracker):
    """Hands everything on to some trackers, of which any may fail.

    >>> Several(Printer([]), Printer(["val/loss"])).log("counter", 5, {"val/loss": [1.0]})
    step 5, counter 0
    step 5, counter 0: val/loss 1.000
    """

    def __init__(self, *trackers: Tracker) -> None:
        self.trackers = [Guarded(tracker) for tracker in trackers]

    def start(self, run, facts):
        for tracker in self.trackers:
            tracker.start(run, facts)

    def log(self, run, step, measured):
        for tracker in self.trackers:
            tracker.log(run, step, measured)

    def finish(self, run):
        for tracker in self.trackers:
            tracker.finish(run)

    def close(self):
        for tracker in self.trackers:
            tracker.close()


class JsonLines(Tracker):
    """One JSON object a line and seed, at every look; at the end one with the test.

    Arrays are left out.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "log.jsonl"
    >>> tracker = JsonLines(path)
    >>> tracker.log("logistic_regression", 0, {"val/loss": [0.7, 0.6]})
    >>> path.read_text().splitlines()[1]
    '{"run": "logistic_regression", "step": 0, "seed_index": 1, "val/loss": 0.6}'
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def start(self, run: str, facts: dict) -> None:
        self._write([{"run": run, "facts": facts}])

    def log(self, run: str, step: int, measured: Logged) -> None:
        n_seeds = len(next(iter(measured.values())))
        self._write(
            {"run": run, "step": step, "seed_index": i}
            | {
                name: values[i]
                for name, values in measured.items()
                if not isinstance(values[i], np.ndarray)
            }
            for i in range(n_seeds)
        )

    def finish(self, run: "TrainingResult") -> None:
        self._write(
            {"run": run.name, "seed": seed, "seconds": round(run.seconds, 3)}
            | {f"test/{name}": float(values[i]) for name, values in run.test.items()}
            for i, seed in enumerate(run.seeds)
        )

    def _write(self, rows) -> None:
        text = "".join(json.dumps(row) + "\n" for row in rows)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(text)  # one write a call, so that no line is torn


class Printer(Tracker):
    """Prints some curves and all texts at every look, a line a model and text.

    curves: names of those that are printed

    >>> Printer(["val/loss"]).log("counter", 50, {"val/loss": [0.25], "sample": ["1 2"]})
    step 50, counter 0: val/loss 0.250
        sample: 1 2
    """

    def __init__(self, curves: Sequence[str] = ("val/loss", "val/accuracy")) -> None:
        self.curves = curves

    def log(self, run: str, step: int, measured: Logged) -> None:
        texts = [name for name, of in measured.items() if isinstance(of[0], str)]
        for i in range(len(next(iter(measured.values())))):
            found = ", ".join(f"{name} {measured[name][i]:.3f}" for name in self.curves)
            print(f"step {step}, {run} {i}" + (f": {found}" if found else ""))
            for name in texts:
                print(f"    {name}: {measured[name][i]}")
