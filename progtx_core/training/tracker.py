"""Where measurements go while a model trains.

`fit` calls `log` at every look at the held-out set and knows no more of a
tracker. A tracker that cannot write warns once and stays silent after that:
no training is lost because a disk is full or a service is away.
"""

import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol


class Tracker(Protocol):
    """Takes measurements of a run, and is closed at its end."""

    def log(self, run: str, step: int, measured: dict[str, list]) -> None:
        """Record values, a list a name with one entry a seed, after `step` updates.

        A value is a number, or a text that `fit(..., watch=...)` was given.
        """

    def close(self) -> None:
        """Write what is still to be written."""


class JsonLines:
    """One JSON object a line: {"run", "step", "seed_index", <name>: <value>, …}.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "log.jsonl"
    >>> tracker = JsonLines(path)
    >>> tracker.log("logistic_regression", 0, {"val/loss": [0.7, 0.6]})
    >>> tracker.close()
    >>> path.read_text().splitlines()[1]
    '{"run": "logistic_regression", "step": 0, "seed_index": 1, "val/loss": 0.6}'
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.failed = False

    def log(self, run: str, step: int, measured: dict[str, list]) -> None:
        n_seeds = len(next(iter(measured.values())))
        rows = [
            {"run": run, "step": step, "seed_index": i}
            | {name: values[i] for name, values in measured.items()}
            for i in range(n_seeds)
        ]
        text = "".join(json.dumps(row) + "\n" for row in rows)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(text)  # one write a call, so that no line is torn
        except OSError as error:
            self._warn_once(error)

    def close(self) -> None:
        pass

    def _warn_once(self, error: OSError) -> None:
        if not self.failed:
            warnings.warn(f"nothing more is logged to {self.path}: {error}", stacklevel=3)
        self.failed = True


class Printer:
    """Prints some curves and all texts at every look, a line a model and text.

    curves: names of those that are printed

    >>> Printer(["val/loss"]).log("counter", 50, {"val/loss": [0.25], "sample": ["1 2"]})
    step 50, counter 0: val/loss 0.250
        sample: 1 2
    """

    def __init__(self, curves: Sequence[str] = ("val/loss", "val/accuracy")) -> None:
        self.curves = curves

    def log(self, run: str, step: int, measured: dict[str, list]) -> None:
        texts = [name for name, of in measured.items() if isinstance(of[0], str)]
        for i in range(len(next(iter(measured.values())))):
            found = ", ".join(f"{name} {measured[name][i]:.3f}" for name in self.curves)
            print(f"step {step}, {run} {i}" + (f": {found}" if found else ""))
            for name in texts:
                print(f"    {name}: {measured[name][i]}")

    def close(self) -> None:
        pass


class Several:
    """Hands everything on to some trackers.

    >>> Several(Printer([]), Printer(["val/loss"])).log("counter", 5, {"val/loss": [1.0]})
    step 5, counter 0
    step 5, counter 0: val/loss 1.000
    """

    def __init__(self, *trackers: Tracker) -> None:
        self.trackers = trackers

    def log(self, run: str, step: int, measured: dict[str, list]) -> None:
        for tracker in self.trackers:
            tracker.log(run, step, measured)

    def close(self) -> None:
        for tracker in self.trackers:
            tracker.close()


class WandB:
    """Weights & Biases: every seed of every run under its own name and step.

    mode: "offline" (default; files below `folder`, no account, no network),
    "online" or "disabled".
    """

    def __init__(
        self, project: str, mode: str = "offline", folder: str | Path = "runs", **config
    ) -> None:
        import wandb  # a second to import: only for those who ask for it

        Path(folder).mkdir(parents=True, exist_ok=True)
        self.run = wandb.init(
            project=project,
            mode=mode,
            dir=str(folder),
            config=config,
            settings=wandb.Settings(x_disable_stats=True, silent=True, console="off"),
        )
        self.known: set[str] = set()

    def log(self, run: str, step: int, measured: dict[str, list]) -> None:
        for name, values in measured.items():
            for index, value in enumerate(values):
                prefix = f"{run}/{index}"
                if prefix not in self.known:
                    # Each run counts its own steps, so two never collide.
                    self.run.define_metric(f"{prefix}/step", hidden=True)
                    self.run.define_metric(f"{prefix}/*", step_metric=f"{prefix}/step")
                    self.known.add(prefix)
                self.run.log({f"{prefix}/{name}": value, f"{prefix}/step": step})

    def close(self) -> None:
        self.run.finish()
