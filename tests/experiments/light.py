"""Trials that wait and fail as they are told, and a driver of them: without a kernel."""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

from progtx_core import files
from progtx_core.tools.experiments.executors import local
from progtx_core.tools.experiments.runner import Runner
from progtx_core.tools.experiments.store import DONE
from progtx_core.tools.experiments.trial import Trial, TrialFailed


@dataclass(frozen=True)
class Waiting(Trial):
    """Squares its number after some seconds."""

    kind = "light"
    seconds: float = 0.0
    fail: str = ""  # "always", or "once"

    def files(self):
        return ["kept.txt"]

    def execute(self, folder, timeout=None):
        house, number = folder.parents[1], self.parameters["number"]
        marker = house / f"failed-{number}"
        with (house / "begun.txt").open("a") as file:
            file.write(f"{number}\n")
        time.sleep(self.seconds)
        if self.fail == "always" or (self.fail == "once" and not marker.exists()):
            marker.touch()
            raise TrialFailed(f"number {number} fails as asked")
        files.write_atomically(folder / "kept.txt", "x" * 40_000)
        with (house / "ended.txt").open("a") as file:
            file.write(f"{number}\n")
        return {"the square": number**2}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("house", type=Path)
    parser.add_argument("--numbers", type=int, nargs="+")
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--fail", default="")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--retries", type=int, default=0)
    parser.add_argument("--fail-fast", action="store_true")
    asked = parser.parse_args()
    trials = [
        Waiting("squares", "1", {"number": n}, asked.seconds, asked.fail)
        for n in asked.numbers
    ]
    folder = asked.house / "runs"
    runner = Runner(trials, folder, asked.retries, fail_fast=asked.fail_fast)
    return 0 if set(runner.run(*local(asked.workers))) == {DONE} else 1
