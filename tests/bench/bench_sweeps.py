"""A plan of ten thousand runs, and the table of them; what a run costs beside its work.

Run it with `python tests/bench/bench_sweeps.py`.
"""

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from progtx_core.sweeps import collect
from progtx_core.sweeps.drive import Sweep
from progtx_core.sweeps.plan import plan
from progtx_core.sweeps.store import DONE, RunFolder, Status

N = 10_000


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
    command = [sys.executable, __file__, str(folder / "empty")]
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
    return int(seconds > 2 or memory > 200 or collecting > 20)


if __name__ == "__main__":
    sys.exit(in_a_process_of_its_own(sys.argv[1]) if sys.argv[1:] else main())
