"""Works off a sweep: what is finished is skipped, what failed or was cut off is rerun."""

import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    wait,
)
from dataclasses import dataclass, field
from pathlib import Path

from progtx_core import checks
from progtx_core.tools.execution.catalogue import duration
from progtx_core.tools.sweeps.executors import end
from progtx_core.tools.sweeps.plan import Plan, code_hash, key
from progtx_core.tools.sweeps.store import DONE, FAILED, INTERRUPTED, WAITING, RunFolder
from progtx_core.tools.sweeps.work import ELSEWHERE, Job, VersionsDiffer, work

POLL = 0.5  # seconds between two looks at a run that another driver works on
MAX_DEATHS = 3  # of workers on one run, before it counts as failed
Report = Callable[[str], object]


@dataclass
class Sweep:
    """The runs of a plan, each in a folder of its own below `folder`.

    retries: how often a run that failed is begun again, in one call of `drive`
    timeout: seconds that a run may take; fail_fast: stop after the first that failed
    """

    plan: Plan
    folder: Path
    retries: int = 0
    timeout: float | None = None
    fail_fast: bool = False
    jobs: list[Job] = field(init=False)

    def __post_init__(self) -> None:
        checks.whole("retries", self.retries, at_least=0)
        if self.timeout is not None:
            checks.number("timeout", self.timeout, above=0)
        chapter = self.plan.chapter
        code = code_hash(chapter)
        unique = {}
        for parameters in self.plan:
            place = self.folder / key(chapter, parameters)
            unique[place] = Job(chapter.name, parameters, place, code, self.timeout)
        self.jobs = list(unique.values())  # equal parameters are one run

    def states(self) -> dict[str, list[Job]]:
        """The runs by state."""
        begun = {p.name for p in self.folder.iterdir()} if self.folder.exists() else ()
        found: dict[str, list[Job]] = {}
        for job in self.jobs:
            there = job.folder.name in begun
            state = RunFolder(job.folder).status().state if there else WAITING
            found.setdefault(state, []).append(job)
        return found

    def seconds_a_run(self) -> float | None:
        """Median of the finished runs; before there are any, the chapter's own time."""
        done = self.states().get(DONE, [])
        seconds = sorted(RunFolder(j.folder).status(live=False).seconds for j in done)
        return seconds[len(seconds) // 2] if seconds else self.plan.chapter.seconds


@dataclass
class Progress:
    """Says after every run how many are done, and about how long the rest takes."""

    n_all: int
    n_done: int
    report: Report
    started: float = field(default_factory=time.perf_counter)
    n_here: int = 0

    def done(self, folder: RunFolder) -> None:
        name, seconds = folder.path.name, folder.status(live=False).seconds
        self.n_done, self.n_here = self.n_done + 1, self.n_here + 1
        a_run = (time.perf_counter() - self.started) / self.n_here
        left = duration(a_run * (self.n_all - self.n_done))
        self.report(
            f"[{self.n_done}/{self.n_all}] {name} done in {duration(seconds)}, {left} left"
        )


def drive(
    sweep: Sweep,
    make_executor: Callable[[], Executor],
    width: int,
    report: Report = print,
) -> dict[str, list[Job]]:
    """Do what is left of a sweep, and return its runs by state.

    make_executor: called once, and again whenever dead workers took the executor along
    width: how many runs are handed out at a time

    Raises VersionsDiffer if a worker has other code. After Ctrl-C, what was finished
    stays finished.
    """
    driver = Driver(sweep, make_executor, width, report)
    try:
        while (driver.queue or driver.handed) and not driver.stopped:
            driver.hand_out()
            driver.take_back()
    except BaseException:  # Ctrl-C, or a worker with other code
        end(driver.executor, now=True)
        raise
    end(driver.executor, now=driver.stopped)
    return sweep.states()


class Driver:
    """Hands runs to an executor and takes back what came of them.

    queue: runs that wait; handed: those that the executor has, by their futures
    """

    def __init__(self, sweep: Sweep, make_executor, width: int, report: Report) -> None:
        self.sweep, self.make_executor, self.width = sweep, make_executor, width
        self.report, self.stopped, self.broken = report, False, False
        states = sweep.states()
        self.queue = deque(j for state in states if state != DONE for j in states[state])
        self.progress = Progress(len(sweep.jobs), len(states.get(DONE, [])), report)
        self.handed: dict[Future, Job] = {}
        self.failures: Counter[Path] = Counter()
        self.deaths: Counter[Path] = Counter()
        report(f"{self.progress.n_done} of {len(sweep.jobs)} runs are done")
        self.executor, self.refused = make_executor(), 0

    def hand_out(self) -> None:
        """As many runs as the executor is to have; a broken one is replaced."""
        if self.broken and not self.handed:
            end(self.executor, now=True)
            self.executor, self.broken = self.make_executor(), False
        while self.queue and len(self.handed) < self.width and not self.broken:
            try:
                future = self.executor.submit(work, self.queue[0])
            except Exception:  # a pool without workers, a lost connection
                self.broken, self.refused = True, self.refused + 1
                if self.refused == MAX_DEATHS:
                    raise
                time.sleep(POLL)
            else:
                self.handed[future], self.refused = self.queue.popleft(), 0

    def take_back(self) -> None:
        """Wait until a run has ended, and decide what becomes of it."""
        for future in wait(self.handed, return_when=FIRST_COMPLETED).done:
            job = self.handed.pop(future)
            outcome = self.outcome_of(future, RunFolder(job.folder))
            if outcome == DONE:
                self.progress.done(RunFolder(job.folder))
            elif outcome == ELSEWHERE:
                self.queue.append(job)
                if not self.handed:
                    time.sleep(POLL)
            elif self.hopeless(job.folder):
                self.report(f"{job.folder.name} failed: {outcome}")
                self.stopped = self.sweep.fail_fast
            else:
                self.report(f"{job.folder.name}: {outcome}; it is begun again")
                self.queue.append(job)

    def outcome_of(self, future: Future, folder: RunFolder) -> str:
        """DONE, ELSEWHERE, or what went wrong, which is counted."""
        try:
            outcome = future.result()
        except VersionsDiffer:
            raise
        except (BrokenExecutor, CancelledError) as error:
            self.broken = True
            # A run that had not begun is not to blame.
            self.deaths[folder.path] += folder.status().state == INTERRUPTED
            return f"its worker died ({type(error).__name__})"
        except Exception as error:  # a full disk, a lost connection, …
            cut_off = folder.status().state == INTERRUPTED
            (self.deaths if cut_off else self.failures)[folder.path] += 1
            return f"{type(error).__name__}: {error}"
        if outcome == FAILED:
            self.failures[folder.path] += 1
            return folder.status(live=False).error
        return outcome

    def hopeless(self, folder: Path) -> bool:
        """Whether a run has failed too often."""
        failed_often = self.failures[folder] > self.sweep.retries
        return failed_often or self.deaths[folder] >= MAX_DEATHS
