"""Troubles at a random moment: all is whole afterwards, and the command again ends right.

python -m tests.faults [--each N] [--seed N] [--only TEXT] [--report]

Each trial has a seed of its own, which is printed: `--only KIND --seed THAT --each 1` makes
it again. `--report` keeps what came out in REPORT.md and goes on from there: it may be
stopped at any time. Whoever changes what is tried deletes that file first.
"""

import argparse
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
import psutil

from tests.experiments.conftest import House, build

REPORT = Path(__file__).with_name("REPORT.md")
HEAD = """# Faults

`python -m tests.faults --report` makes this file, and goes on from it.

| trouble | tried | held | seconds |
| --- | --- | --- | --- |"""
SWEEP = ["sweep", "01", "-p", "number=1,2,3", "--workers", "2"]
RUN = ["run", "01"]
UPDATE = ["run", "01", "--update"]
# Root, but bound to the rights of files as others are.
WITHOUT_RIGHTS = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"]


def started(house: House, command: list[str], **how) -> subprocess.Popen:
    """A command of the package in a group of its own, silent."""
    return subprocess.Popen(
        [*how.pop("before", []), sys.executable, "-m", "progtx_core", *command],
        cwd=house.path,
        env=house.environment,
        stdout=how.pop("stdout", subprocess.DEVNULL),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **how,
    )


def ended(house: House, command: list[str]) -> None:
    """The command to its end, which has to be a good one."""
    process = started(house, command)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 0, told


def hit(process: subprocess.Popen, number: int, whom: str) -> None:
    """Send a signal to the driver, to one of its workers, or to a kernel."""
    try:
        family = psutil.Process(process.pid)
        others = family.children(recursive=True)
        kernels = [p for p in others if "ipykernel" in " ".join(p.cmdline())]
        workers = [p for p in others if p not in kernels]
        chosen = {"driver": [family], "worker": workers, "kernel": kernels}[whom]
        if chosen:
            chosen[0].send_signal(number)
    except psutil.Error:
        pass  # it has ended by itself


def whole(house: House) -> None:
    """Every notebook, table and status that is there can be read to its end."""
    for path in house.path.rglob("*.ipynb"):
        if not any(part.startswith(".") for part in path.relative_to(house.path).parts):
            nbformat.read(path, as_version=4)
    for path in house.path.glob("runs/**/*.json"):
        json.loads(path.read_text("utf-8"))
    source = (house.path / "notebooks" / "01_stub.py").read_text("utf-8")
    assert source.startswith("# ---") and "ended.txt" in source


def right(house: House, command: list[str]) -> None:
    """What the command was to make is there, once."""
    if command[0] == "sweep":
        found = sorted(float(row["the square"]) for row in house.rows())
        assert found == [1.0, 4.0, 9.0], found
        return
    path = house.path / "build" / "executed" / "01_stub.ipynb"
    assert nbformat.read(path, as_version=4).metadata["progtx"]["parameters"] == {}
    if "--update" in command:
        assert (house.path / "notebooks" / "01_stub.ipynb").read_text() == path.read_text()


def left_over(house: House) -> list[Path]:
    """Temporary files: a signal that can be handled leaves none, and no run a folder."""
    there = house.path / "build" / "executed", house.path / "notebooks"
    return [p for folder in there if folder.exists() for p in folder.glob(".01_stub.*")]


def signalled(name: str, command: list[str], whom: str):
    """A trial: the command, a signal at a random moment, then the command again."""

    def trial(house: House, chance: random.Random) -> None:
        process = started(house, command)
        time.sleep(chance.uniform(0, 4 if command is SWEEP else 2.5))
        hit(process, getattr(signal, name), whom)
        process.communicate(timeout=120)
        whole(house)
        if name != "SIGKILL":
            assert left_over(house) == []
        ended(house, command)
        right(house, command)
        assert [path for path in left_over(house) if path.is_dir()] == []

    return trial


def limited(what: int, low: int, high: int, command: list[str]):
    """A trial with a limit of the system: of file sizes (as a full disk), files, memory."""

    def trial(house: House, chance: random.Random) -> None:
        limit = chance.randint(low, high)

        def set_limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # as a full disk: an error
            resource.setrlimit(what, (limit, limit))

        process = started(house, command, preexec_fn=set_limit)
        process.communicate(timeout=120)
        whole(house)
        ended(house, command)
        right(house, command)

    return trial


def two_drivers(house: House, chance: random.Random) -> None:
    """Two drivers of one sweep: each trial is done once."""
    first = started(house, SWEEP)
    time.sleep(chance.uniform(0, 2))
    second = started(house, SWEEP)
    for process in (first, second):
        _, told = process.communicate(timeout=120)
        assert process.returncode == 0, told
    right(house, SWEEP)
    assert sorted(house.counted("ended")) == [1, 2, 3]


def closed_stdout(house: House, chance: random.Random) -> None:
    """Whoever reads the output is gone: no traceback, and the work can be done again."""
    reading, writing = os.pipe()
    command = chance.choice([RUN, SWEEP, ["list"], ["sweep", "01", "--dry-run"]])
    process = started(house, command, stdout=writing)
    os.close(writing)
    time.sleep(chance.uniform(0, 1))
    os.close(reading)
    _, told = process.communicate(timeout=120)
    assert "Traceback" not in told, told
    whole(house)
    if command in (RUN, SWEEP):
        ended(house, command)
        right(house, command)


def read_only(house: House, chance: random.Random) -> None:
    """A user who may not write: one line, and nothing is changed."""
    command = chance.choice([RUN, UPDATE, SWEEP])
    subprocess.run(["chmod", "-R", "a+rX,a-w", house.path], check=True)
    house.path.parent.chmod(0o755)
    before = {p: p.stat().st_mtime_ns for p in house.path.rglob("*")}
    process = started(house, command, before=WITHOUT_RIGHTS if os.geteuid() == 0 else [])
    _, told = process.communicate(timeout=120)
    assert process.returncode == 1 and told.strip().splitlines()[-1].startswith("error: ")
    assert "Traceback" not in told, told
    assert {p: p.stat().st_mtime_ns for p in house.path.rglob("*")} == before
    subprocess.run(["chmod", "-R", "u+w", house.path], check=True)
    ended(house, command)
    right(house, command)


def clock_jump(house: House, chance: random.Random) -> None:
    """Files from a day to come, or from long ago: what is done is not done again."""
    ended(house, SWEEP)
    for path in house.path.rglob("*"):
        moved = time.time() + chance.choice([-(10**9), 86_400, 10**8])
        os.utime(path, (moved, moved))
    begun = len(house.counted("begun"))
    ended(house, SWEEP)
    right(house, SWEEP)
    assert len(house.counted("begun")) == begun


COMMANDS = {"run": RUN, "run --update": UPDATE, "sweep": SWEEP}
KINDS = {
    f"{name} of {said}": signalled(name, command, "driver")
    for name in ("SIGKILL", "SIGTERM", "SIGHUP", "SIGINT")
    for said, command in COMMANDS.items()
}
KINDS |= {
    f"SIGKILL of a {whom} of sweep": signalled("SIGKILL", SWEEP, whom)
    for whom in ("worker", "kernel")
}
KINDS |= {
    "a full disk, run": limited(resource.RLIMIT_FSIZE, 0, 6000, RUN),
    "a full disk, sweep": limited(resource.RLIMIT_FSIZE, 0, 6000, SWEEP),
    "few open files": limited(resource.RLIMIT_NOFILE, 16, 64, RUN),
    "little memory": limited(resource.RLIMIT_AS, 2**28, 2**31, RUN),
    "two drivers": two_drivers,
    "closed stdout": closed_stdout,
    "a folder that may not be written to": read_only,
    "a clock that jumps": clock_jump,
}


def tried(kind: str, seed: int) -> str:
    """What came of one trial: "held", or what was seen."""
    with TemporaryDirectory(prefix="progtx-fault-") as name:
        house = build(Path(name))
        try:
            KINDS[kind](house, random.Random(f"{kind} {seed}"))
        except AssertionError as error:
            return " ".join(str(error).split())[-300:] or "an assertion"
        except (subprocess.TimeoutExpired, OSError, ValueError) as error:
            return f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]
        finally:
            subprocess.run(["chmod", "-R", "u+w", name], check=False)
            shutil.rmtree(Path(name) / "runs", ignore_errors=True)
    return "held"


def reported() -> dict[str, list[int]]:
    """Of the report, by kind: trials, how many held, and seconds."""
    if not REPORT.exists():
        return {}
    rows = re.findall(
        r"^\| (.+) \| (\d+) \| (\d+) \| (\d+) \|$", REPORT.read_text("utf-8"), re.M
    )
    return {kind: [*map(int, numbers)] for kind, *numbers in rows}


def report(found: dict[str, list[int]]) -> None:
    """Write the table, so that a later call goes on from it."""
    rows = [f"| {kind} | {' | '.join(map(str, row))} |" for kind, row in found.items()]
    REPORT.write_text("\n".join([HEAD, *rows]) + "\n", "utf-8")


def main() -> int:
    """0 if all held."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--each", type=int, default=50, help="trials of a kind")
    parser.add_argument("--seed", type=int, default=0, help="the first one")
    parser.add_argument("--only", default="", help="kinds with this in their names")
    parser.add_argument("--report", action="store_true")
    given = parser.parse_args()
    before, failed = reported() if given.report else {}, 0
    for kind in [kind for kind in KINDS if given.only in kind]:
        row = before.setdefault(kind, [0, 0, 0])
        for seed in range(given.seed + row[0], given.seed + given.each):
            started_at, outcome = time.perf_counter(), tried(kind, seed)
            if outcome != "held":
                failed += 1
                print(f"FAILED {kind}, seed {seed}: {outcome}", flush=True)
            seconds = round(time.perf_counter() - started_at)
            row[:] = row[0] + 1, row[1] + (outcome == "held"), row[2] + seconds
            if given.report:
                report(before)
        print(f"{row[1]} of {row[0]} held  {kind}  {row[2]} s", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
