"""Every claim on seeds that its chapter never used: `python book/fresh_seeds.py 04`.

Runs chapters as a sweep over twenty seeds from 1000 on, so far apart that no model is
trained twice, and keeps what each claim measured in book/fresh/, for the claims ledger.
Seeds that are there are not run again; stopped, it goes on where it was. Printed is every
claim that failed on more than one seed of twenty.
"""

import argparse
import sys
from pathlib import Path

import nbformat
import pandas as pd

BOOK = Path(__file__).resolve().parent
sys.path[:0] = [str(BOOK.parent), str(BOOK / "_ext")]
from progtx_fresh import FRESH, SEED, claims, in_words, judged, read  # noqa: E402

from progtx_core import checks, files  # noqa: E402
from progtx_core.__main__ import REFUSED  # noqa: E402
from progtx_core.tools import execution  # noqa: E402
from progtx_core.tools.experiments.executors import local  # noqa: E402
from progtx_core.tools.experiments.grid import from_assignments  # noqa: E402
from progtx_core.tools.experiments.runner import Runner  # noqa: E402
from progtx_core.tools.experiments.store import DONE, ROW  # noqa: E402
from progtx_core.tools.experiments.table import as_csv  # noqa: E402

FIRST, N_SEEDS = 1000, 20


def claims_of(chapter: execution.Chapter) -> list[dict]:
    """The claims of a chapter as it was last executed."""
    return claims(nbformat.read(chapter.notebook, as_version=4))


def seeds_of(chapter: execution.Chapter, n: int) -> list[int]:
    """First seeds of n runs that have no model in common."""
    apart = chapter.parameters.get("n_seeds")
    step = apart.default if apart else 1
    return [FIRST + i * step for i in range(n)]


def measure(chapter, n: int, workers: int | None, runs: Path, profile="full") -> None:
    """Run the seeds that are missing, and keep what they measured."""
    there = read(chapter.name)
    missing = sorted({*seeds_of(chapter, n)} - {*there[SEED]})
    if not missing:
        return
    values = [f"{SEED}={','.join(map(str, missing))}"]
    trials = from_assignments(chapter.name, values, profile).trials()
    runner = Runner(trials, runs / chapter.name)
    try:
        runner.run(*local(workers))
    finally:
        done = runner.states().get(DONE, [])
        rows = [{SEED: t.parameters[SEED]} | runner.place(t).read(ROW) for t in done]
        for row, trial in zip(rows, done, strict=True):
            told = runner.place(trial).read("trial.json")["made_by"]
            row |= {"commit": told["commit"], "torch": told["torch"]}
        frame = pd.concat([there, pd.DataFrame(rows)]) if len(there) else pd.DataFrame(rows)
        frame = frame[[c for c in frame if not c.startswith("verdict: ")]]
        if len(frame):
            FRESH.mkdir(exist_ok=True)
            path = FRESH / f"{chapter.name}.csv"
            files.write_atomically(path, as_csv(frame.sort_values(SEED)))


def report(chapter: execution.Chapter) -> list[str]:
    """A line for every claim that failed on more than one seed of twenty."""
    measured, lines = read(chapter.name), []
    for claim in claims_of(chapter):
        told = judged(claim, measured)
        if told and told["n"] - told["held"] > told["n"] / N_SEEDS:
            lines.append(f"{chapter.name}: {claim['statement']}: {in_words(told)}")
    return lines


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chapters", nargs="*", help="number or name (default: all)")
    parser.add_argument("--n", type=int, default=N_SEEDS, help="runs (default: 20)")
    parser.add_argument("--workers", type=int, help="default: all cores")
    parser.add_argument("--runs", type=Path, default=Path("runs/fresh"), metavar="DIR")
    options = parser.parse_args(arguments)
    wanted = [execution.find(c) for c in options.chapters] or execution.chapters()
    checks.whole("--n", options.n, 1, 1000)
    if options.workers is not None:
        checks.whole("--workers", options.workers, 1, 1000)
    failed, left = [], 0
    for chapter in wanted:
        if SEED not in chapter.parameters:
            print(f"{chapter.name} has no seed")
            continue
        measure(chapter, options.n, options.workers, options.runs)
        left += len({*seeds_of(chapter, options.n)} - {*read(chapter.name)[SEED]})
        print(f"{chapter.name}: {len(read(chapter.name))} seeds")
        failed += report(chapter)
    print(*failed, sep="\n")
    return 1 if left else 0  # what failed is told by its name and its log


if __name__ == "__main__":
    try:
        sys.exit(main())
    except REFUSED as error:
        sys.exit(f"error: {error}")
