"""Changes the code of five rooms in small ways: how many changes do their tests see?

python -m tests.defects.mutate [ROOM ...] [--size N] [--seed N] [--report]

Of all mutants of a room a random sample is made, the same for a seed. Each runs the tests
that enter the changed function, the quickest first, and if none fails all of the room.
"""

import argparse
import math
import random
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.defects import forks, mutants, report
from tests.defects.mutants import Mutant
from tests.defects.reach import ROOMS, reach

A_FILE = 25  # mutants of a sample, for each file of the room
# Mutants that change nothing that a test could see, each with the reason (=).
LIST = Path(__file__).with_name("equivalent.txt")
ENTRIES = (e.split("\n= ") for e in LIST.read_text("utf-8").strip().split("\n\n"))
EQUIVALENT = dict(ENTRIES)


class Room(NamedTuple):
    """What became of the mutants of a room."""

    name: str
    n_mutants: int  # that there are
    sample: list[Mutant]
    survived: list[Mutant]

    @property
    def equivalent(self) -> list[Mutant]:
        """Those that change nothing that could be seen."""
        return [one for one in self.survived if str(one) in EQUIVALENT]

    @property
    def killed(self) -> int:
        return len(self.sample) - len(self.survived)

    @property
    def judged(self) -> int:
        """Those of the sample that a test could have seen."""
        return len(self.sample) - len(self.equivalent)


def files(room: str) -> list[Path]:
    return sorted((forks.ROOT / "progtx_core" / room).glob("[!_]*.py"))


def all_mutants(room: str) -> list[Mutant]:
    """Of every file of the room, in order."""
    named = [(path, f"{room}/{path.name}") for path in files(room)]
    return [one for path, name in named for one in mutants.of_file(path, name)]


def tests_of(one: Mutant, reached: dict[str, dict]) -> list[str]:
    """The tests that enter the changed function, the quickest first."""
    place = f"{one.file}:{one.function}"
    found = [name for name, test in reached.items() if place in test["enters"]]
    # Examples in docstrings come last: they import the package under other names.
    return sorted(found, key=lambda n: (n[:5] != "tests", reached[n]["seconds"]))


def drawn_from(room: str, seed: int) -> list[Mutant]:
    """All mutants of a room; for another seed than 0 those that seed 0 does not draw."""
    there = all_mutants(room)
    first = random.Random(0).sample(there, min(len(there), A_FILE * len(files(room))))
    return [one for one in there if one not in first] if seed else there


def judge(room: str, size: int | None, seed: int, folder: Path) -> Room:
    """Make the mutants of a sample, one by one."""
    there = drawn_from(room, seed)
    size = min(len(there), size or A_FILE * len(files(room)))
    sample = sorted(random.Random(seed).sample(there, size))
    reached, survived = reach(folder, ROOMS[room]), []
    limit = 20 + 5 * sum(test["seconds"] for test in reached.values())
    every = sorted(reached, key=lambda n: n[:5] != "tests")
    sound: dict[tuple[str, ...], float] = {}  # tests to the seconds that they take here
    for number, one in enumerate(sample, 1):
        path, near = folder / "progtx_core" / one.file, tests_of(one, reached)
        if near and tuple(near) not in sound:
            run = forks.run(folder, near, limit)
            if run.code != 0:
                raise RuntimeError(f"tests fail without a change:\n{run.output[-2000:]}")
            sound[tuple(near)] = run.seconds
        with forks.replaced(path, one.made_in(path.read_text("utf-8"))):
            most = 5 + 4 * sound.get(tuple(near), 0.0)
            seen = near and forks.run(folder, near, most).code != 0
            if not seen and str(one) not in EQUIVALENT:
                seen = forks.run(folder, every, limit).code != 0
        if not seen:
            survived.append(one)
            known = "equivalent" if str(one) in EQUIVALENT else "survived"
            print(f"{known}  {one}", flush=True)
        if number % 25 == 0:
            print(f"{room}: {number} of {size}, {len(survived)} left", flush=True)
    return Room(room, len(there), sample, survived)


def interval(right: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """The share that a sample stands for, from and to, with 95 % confidence (Wilson)."""
    share, more = right / n, z**2 / n
    middle = (share + more / 2) / (1 + more)
    half = z * math.sqrt(share * (1 - share) / n + more / 4 / n) / (1 + more)
    return middle - half, middle + half


def table(rooms: list[Room]) -> Iterable[str]:
    """A row for each room, then what is left."""
    yield "Mutants of a random sample of each room; quick tests of that room alone. Shares"
    yield "are of those that are not equivalent, with a 95 % interval for all mutants."
    yield "`python -m tests.defects.mutate --report` makes this section. Tests were written"
    yield "for what survived of seed 0; `--seed N` draws from all others."
    yield ""
    yield "| room | mutants | sampled | killed | equivalent | survived | share killed |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for room in rooms:
        left = len(room.survived) - len(room.equivalent)
        counts = room.n_mutants, len(room.sample), room.killed, len(room.equivalent), left
        low, high = interval(room.killed, room.judged)
        share = f"{room.killed / room.judged:.1%} ({low:.1%} to {high:.1%})"
        yield f"| {room.name} | " + " | ".join(map(str, counts)) + f" | {share} |"
    for title, known in (("Equivalent", True), ("Survived", False)):
        yield from ("", f"### {title}", "")
        for one in (one for room in rooms for one in room.survived):
            if (str(one) in EQUIVALENT) == known:
                why = f": {EQUIVALENT[str(one)]}" if known else ""
                yield f"- `{report.cell(str(one))}`{why}"


def main() -> int:
    """0 if in every room at least 85 of 100 mutants were seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rooms", nargs="*", default=[*ROOMS], help=", ".join(ROOMS))
    parser.add_argument("--size", type=int, help="mutants of each room")
    parser.add_argument("--seed", type=int, default=0, help="draws the sample")
    parser.add_argument("--report", action="store_true", help="write them to REPORT.md")
    given = parser.parse_args()
    forks.warm_up()
    with (
        TemporaryDirectory(prefix="progtx-mutants-") as name,
        forks.copy_of_the_repository(Path(name)) as folder,
    ):
        rooms = [judge(room, given.size, given.seed, folder) for room in given.rooms]
    lines = list(table(rooms))
    print(*lines, sep="\n")
    if given.report:
        report.write(f"Mutants of seed {given.seed}", lines)
    return int(any(room.killed < 0.85 * room.judged for room in rooms))


if __name__ == "__main__":
    sys.exit(main())
