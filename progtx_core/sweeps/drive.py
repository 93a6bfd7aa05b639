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
from progtx_core.runs.catalogue import duration
from progtx_core.sweeps.plan import Plan, code_hash, key
from progtx_core.sweeps.store import DONE, INTERRUPTED, WAITING, RunFolder
from progtx_core.sweeps.work import ELSEWHERE, Job, VersionsDiffer, work

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
    width: int
    report: Report
    started: float = field(default_factory=time.perf_counter)
    n_here: int = 0

    def done(self, name: str, seconds: float) -> None:
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
    states = sweep.states()
    queue = deque(job for state, jobs in states.items() if state != DONE for job in jobs)
    progress = Progress(len(sweep.jobs), len(sweep.jobs) - len(queue), width, report)
    report(f"{progress.n_done} of {progress.n_all} runs are done")
    failures: Counter[Path] = Counter()
    deaths: Counter[Path] = Counter()
    handed: dict[Future, Job] = {}
    executor = make_executor()
    try:
        while queue or handed:
            while queue and len(handed) < width:
                job = queue.popleft()
                try:
                    handed[executor.submit(work, job)] = job
                except BrokenExecutor:
                    queue.appendleft(job)
                    break
            broken = bool(queue) and not handed
            for future in wait(handed, return_when=FIRST_COMPLETED).done:
                job = handed.pop(future)
                folder = RunFolder(job.folder)
                try:
                    outcome = future.result()
                except VersionsDiffer:
                    raise
                except (BrokenExecutor, CancelledError) as error:
                    broken, outcome = True, f"its worker died ({type(error).__name__})"
                    deaths[job.folder] += folder.status().state == INTERRUPTED
                except Exception as error:  # a full disk, a lost connection, …
                    outcome = f"{type(error).__name__}: {error}"
                    cut_off = folder.status().state == INTERRUPTED
                    (deaths if cut_off else failures)[job.folder] += 1
                if outcome == DONE:
                    progress.done(job.folder.name, folder.status(live=False).seconds)
                    continue
                if outcome == ELSEWHERE:
                    if not handed:
                        time.sleep(POLL)
                    queue.append(job)
                    continue
                if outcome == "failed":
                    outcome = folder.status(live=False).error
                    failures[job.folder] += 1
                if (
                    failures[job.folder] <= sweep.retries
                    and deaths[job.folder] < MAX_DEATHS
                ):
                    report(f"{job.folder.name}: {outcome}; it is begun again")
                    queue.append(job)
                    continue
                report(f"{job.folder.name} failed: {outcome}")
                if sweep.fail_fast:
                    return sweep.states()
            if broken and not handed:
                executor = make_executor()
        return sweep.states()
    finally:
        for future in handed:
            future.cancel()
        executor.shutdown(wait=True)
