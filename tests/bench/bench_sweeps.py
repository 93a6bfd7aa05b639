"""A plan of ten thousand trials and their table; the seconds of a trial; two workers.

Run it with `python -m tests.bench.bench_sweeps`, on a machine that does nothing else.
"""

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from progtx_core.tools.experiments import table
from progtx_core.tools.experiments.grid import from_assignments
from progtx_core.tools.experiments.runner import Runner
from progtx_core.tools.experiments.store import DONE, Status
from tests.experiments.conftest import build

N = 10_000
RUNS = 8
TURNS = 200_000_000  # of an empty loop, some ten seconds


def planned(folder: Path) -> Runner:
    grid = from_assignments("01", [f"seed=0:{N // 10}", "steps=10:20"])
    return Runner(grid.trials(), folder)


def pretend(runner: Runner) -> None:
    """Leave what finished trials leave, without executing them."""
    for number, trial in enumerate(runner.trials):
        folder = runner.place(trial)
        folder.path.mkdir(parents=True)
        folder.path.joinpath("01.ipynb").write_text("{}")
        told = trial.content() | {"columns": trial.parameters, "files": ["01.ipynb"]}
        row = {"accuracy": number / N, "verdict: accuracy": "holds"}
        for name, content in (("trial.json", told), ("row.json", row)):
            folder.write(name, content)
        folder.write_status(Status(DONE, 1, 1.0))
    table.note(runner, ["seed", "steps"])


def megabytes() -> float:
    """Most memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def in_a_process_of_its_own(folder: str) -> None:
    """Print seconds and memory of planning; torch and its like are in the figure."""
    before, started = megabytes(), time.perf_counter()
    runner = planned(Path(folder))
    print(time.perf_counter() - started, megabytes() - before, len(runner.trials))


def main() -> int:
    folder = Path(tempfile.mkdtemp())
    command = [sys.executable, "-m", "tests.bench.bench_sweeps", str(folder / "empty")]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    seconds, memory, n = map(float, found.split())
    print(f"plan of {n:,.0f} trials: {seconds:.2f} s, {memory:.0f} MB more")
    runner = planned(folder / "full")
    pretend(runner)
    started = time.perf_counter()
    rows = table.read(runner.folder)
    table.write(runner.folder, rows)
    table.write_gallery(runner.folder, rows)
    collecting = time.perf_counter() - started
    print(f"collecting {len(rows):,} trials: {collecting:.1f} s")
    started = time.perf_counter()
    assert set(runner.states()) == {DONE}
    print(f"status of {len(rows):,} trials: {time.perf_counter() - started:.1f} s")
    shutil.rmtree(folder)
    a_run, ratio = in_real_processes()
    missed = seconds > 2 or memory > 200 or collecting > 20 or a_run > 1.5 or ratio < 1.8
    return int(missed)


def in_real_processes() -> tuple[float, float]:
    """Seconds that a run of no work takes, and how much two workers do more than one."""
    house = build(Path(tempfile.mkdtemp()))

    def sweep(*arguments: str) -> float:
        started = time.perf_counter()
        done = house.run("-p", f"number=0:{RUNS}", *arguments, timeout=600)
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
