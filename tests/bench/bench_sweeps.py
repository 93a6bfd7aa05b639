"""A plan of ten thousand runs and the table of them; the price of a run; two workers.

Run it with `python -m tests.bench.bench_sweeps`, on a machine that does nothing else.
"""

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from progtx_core.tools.sweeps import collect
from progtx_core.tools.sweeps.drive import Sweep
from progtx_core.tools.sweeps.plan import plan
from progtx_core.tools.sweeps.store import DONE, RunFolder, Status
from tests.sweeps.conftest import build

N = 10_000
RUNS = 8
TURNS = 200_000_000  # of an empty loop, some ten seconds


def planned(folder: Path) -> Sweep:
    return Sweep(plan("01", [f"seed=0:{N // 10}", "steps=10:20"]), folder)


def pretend(sweep: Sweep) -> None:
    """Leave what finished runs leave, without running them."""
    for number, job in enumerate(sweep.jobs):
        run = RunFolder(job.folder)
        run.path.mkdir(parents=True)
        run.path.joinpath("01.ipynb").write_text("{}")
        told = {"chapter": job.chapter, "parameters": job.parameters, "code": job.code}
        row = {"measured": {"accuracy": number / N}, "verdicts": {"accuracy": "holds"}}
        for name, content in (("run.json", told), ("row.json", row)):
            run.write(name, content)
        run.write_status(Status(DONE, 1, 1.0))
    keys = [job.folder.name for job in sweep.jobs]
    RunFolder(sweep.folder).write("sweep.json", {"swept": ["seed", "steps"], "runs": keys})


def megabytes() -> float:
    """Most memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def in_a_process_of_its_own(folder: str) -> None:
    """Print seconds and memory of planning; torch and its like are in the figure."""
    before, started = megabytes(), time.perf_counter()
    sweep = planned(Path(folder))
    print(time.perf_counter() - started, megabytes() - before, len(sweep.jobs))


def main() -> int:
    folder = Path(tempfile.mkdtemp())
    command = [sys.executable, "-m", "tests.bench.bench_sweeps", str(folder / "empty")]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    seconds, memory, n = map(float, found.split())
    print(f"plan of {n:,.0f} runs: {seconds:.2f} s, {memory:.0f} MB more")
    sweep = planned(folder / "full")
    pretend(sweep)
    started = time.perf_counter()
    rows = collect.rows_of(sweep.folder)
    collect.write_tables(sweep.folder, rows)
    collect.write_gallery(sweep.folder, rows)
    collecting = time.perf_counter() - started
    print(f"collecting {len(rows):,} runs: {collecting:.1f} s")
    started = time.perf_counter()
    assert set(sweep.states()) == {DONE}
    print(f"status of {len(rows):,} runs: {time.perf_counter() - started:.1f} s")
    shutil.rmtree(folder)
    a_run, ratio = in_real_processes()
    missed = seconds > 2 or memory > 200 or collecting > 20 or a_run > 1.5 or ratio < 1.8
    return int(missed)


def in_real_processes() -> tuple[float, float]:
    """Seconds that a run of no work takes, and how much two workers do more than one."""
    house = build(Path(tempfile.mkdtemp()))

    def sweep(*arguments: str) -> float:
        started = time.perf_counter()
        done = house.sweep("-p", f"number=0:{RUNS}", *arguments, timeout=600)
        assert done.returncode == 0, done.stdout + done.stderr
        return time.perf_counter() - started

    sweep("--workers", "1")
    spent = sorted(float(row["seconds"]) for row in house.rows())
    a_run = spent[len(spent) // 2]
    print(f"a run of no work in a warm process: {a_run:.2f} s")
    calculating = ("-p", f"turns={TURNS}", "--workers")
    one, two = sweep(*calculating, "1"), sweep(*calculating, "2", "--name", "two")
    print(f"{RUNS} runs: one worker {one:.0f} s, two {two:.0f} s, ratio {one / two:.2f}")
    shutil.rmtree(house.path)
    return a_run, one / two


if __name__ == "__main__":
    sys.exit(in_a_process_of_its_own(sys.argv[1]) if sys.argv[1:] else main())
