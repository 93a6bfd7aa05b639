"""Works off trials: what is finished is skipped, what failed or was cut off is rerun."""

import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent import futures
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median_high

from progtx_core import checks
from progtx_core.tools.experiments import trial as trials
from progtx_core.tools.experiments.executors import end
from progtx_core.tools.experiments.store import DONE, FAILED, INTERRUPTED, TrialFolder
from progtx_core.tools.experiments.trial import ELSEWHERE, Trial, VersionsDiffer, work

WATCH = 5  # seconds without a trial that has ended, before workers are counted
POLL = 0.5  # seconds between two questions for a trial that another driver works on
MAX_DEATHS = 3  # of workers on one trial, before it counts as failed
Report = Callable[[str], object]


@dataclass
class Runner:
    """Some trials, each in a folder of its own below `folder`.

    retries: how often a trial that failed is begun again, in one call of `run`
    timeout: seconds that the rerun of a chapter may take
    """

    trials: Sequence[Trial]
    folder: Path
    retries: int = 0
    timeout: float | None = None
    fail_fast: bool = False

    def __post_init__(self) -> None:
        checks.whole("retries", self.retries, at_least=0)
        if self.timeout is not None:
            checks.number("timeout", self.timeout, above=0)
        # Equal content is one trial.
        self.trials = list({trial.key: trial for trial in self.trials}.values())

    def place(self, trial: Trial) -> TrialFolder:
        """Its folder, whether it is there or not."""
        return TrialFolder(self.folder / trial.key)

    def states(self) -> dict[str, list[Trial]]:
        """The trials by state."""
        found: dict[str, list[Trial]] = {}
        for trial in self.trials:
            found.setdefault(self.place(trial).status().state, []).append(trial)
        return found

    def seconds_each(self) -> float | None:
        """Median of the finished trials; None before there are any."""
        done = self.states().get(DONE, [])
        seconds = [self.place(trial).status(live=False).seconds for trial in done]
        return median_high(seconds) if seconds else None

    def run(
        self, make_executor: Callable, width: int, report: Report = print
    ) -> dict[str, list[Trial]]:
        """Do what is left, and return the trials by state.

        make_executor: called once, and again whenever dead workers took it along
        width: how many trials are handed out at a time

        Raises VersionsDiffer if a worker has other code.
        """
        driver = Driver(self, make_executor, width, report)
        try:
            while (driver.queue or driver.handed) and not driver.stopped:
                driver.hand_out()
                driver.take_back()
        except BaseException:  # Ctrl-C, or a worker with other code
            end(driver.executor, now=True)
            raise
        end(driver.executor, now=driver.stopped)
        return self.states()


class Driver:
    """Hands trials to an executor and takes back what came of them."""

    def __init__(self, runner: Runner, make_executor, width: int, report: Report) -> None:
        self.runner, self.make_executor, self.width = runner, make_executor, width
        self.report, self.stopped, self.broken = report, False, False
        states = runner.states()
        self.n_done, self.n_here, self.started = len(states.pop(DONE, [])), 0, time.time()
        self.queue = deque(trial for trials in states.values() for trial in trials)
        self.handed: dict[futures.Future, Trial] = {}
        self.failures: Counter[str] = Counter()
        self.deaths: Counter[str] = Counter()
        report(f"{self.n_done} of {len(runner.trials)} trials are done")
        self.executor, self.refused = make_executor(), 0

    def hand_out(self) -> None:
        """As many trials as the executor is to have; a broken one is replaced."""
        if self.broken and not self.handed:
            end(self.executor, now=True)
            self.executor, self.broken = self.make_executor(), False
        while self.queue and len(self.handed) < self.width and not self.broken:
            trial = self.queue[0]
            path, timeout = self.runner.place(trial).path, self.runner.timeout
            try:
                code = trials.code_here(trial.experiment)
                future = self.executor.submit(work, trial, path, timeout, code)
            except Exception:  # a pool without workers, a lost connection
                self.broken, self.refused = True, self.refused + 1
                if self.refused == MAX_DEATHS:
                    raise
                time.sleep(POLL)
            else:
                self.handed[future], self.refused = self.queue.popleft(), 0

    def take_back(self) -> None:
        """Wait until a trial has ended, and decide what becomes of it."""
        ended = futures.wait(self.handed, WATCH, futures.FIRST_COMPLETED).done
        if not ended and (watch := getattr(self.executor, "watch", None)):
            with suppress(OSError):  # no connection: all is given back soon
                watch()
        for future in ended:
            trial = self.handed.pop(future)
            outcome = self.outcome_of(future, trial)
            failed_often = self.failures[trial.key] > self.runner.retries
            if outcome == DONE:
                self.report_done(trial)
            elif outcome == ELSEWHERE:
                self.queue.append(trial)
                if not self.handed:
                    time.sleep(POLL)
            elif failed_often or self.deaths[trial.key] >= MAX_DEATHS:
                self.report(f"{trial.key} failed: {outcome}")
                self.stopped = self.runner.fail_fast
            else:
                self.report(f"{trial.key}: {outcome}; it is begun again")
                self.queue.append(trial)

    def outcome_of(self, future: futures.Future, trial: Trial) -> str:
        """DONE, ELSEWHERE, or what went wrong, which is counted."""
        folder = self.runner.place(trial)
        try:
            outcome = future.result()
        except VersionsDiffer:
            raise
        except (futures.BrokenExecutor, futures.CancelledError) as error:
            self.broken = True
            # A trial that had not begun is not to blame.
            self.deaths[trial.key] += folder.status().state == INTERRUPTED
            return f"its worker died ({type(error).__name__})"
        except Exception as error:  # a full disk, a lost connection, …
            cut_off = folder.status().state == INTERRUPTED
            (self.deaths if cut_off else self.failures)[trial.key] += 1
            return f"{type(error).__name__}: {error}"
        self.failures[trial.key] += outcome == FAILED
        return folder.status(live=False).error if outcome == FAILED else outcome

    def report_done(self, trial: Trial) -> None:
        """Say how many are done, and about how long the rest takes."""
        self.n_done, self.n_here = self.n_done + 1, self.n_here + 1
        n, seconds = len(self.runner.trials), self.runner.place(trial).status().seconds
        left = (time.time() - self.started) / self.n_here * (n - self.n_done)
        took = f"done in {seconds:.0f} s, {left / 60:.1f} min left"
        self.report(f"[{self.n_done}/{n}] {trial.key} {took}")
