"""The command `sweep`: plans, says what it will cost, runs, collects."""

import argparse
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from progtx_core.tools.sweeps.drive import Sweep


def add_to(commands) -> None:
    """What `sweep` takes."""
    sweep = commands.add_parser(
        "sweep", help="run a chapter with many parameters; goes on where it stopped"
    )
    sweep.add_argument(
        "what", metavar="CHAPTER", help="a chapter, or a YAML file with the plan"
    )
    sweep.add_argument(
        "-p",
        dest="grid",
        action="append",
        default=[],
        metavar="NAME=VALUES",
        help="values such as 100,200,400 or 0:10; again for more, all are combined",
    )
    sweep.add_argument("--profile", default="full", help="full (default) or fast")
    sweep.add_argument("--name", help="of the folder below --out (default: the chapter's)")
    sweep.add_argument("--out", type=Path, default=Path("runs"), metavar="DIR")
    sweep.add_argument("--workers", type=int, metavar="N", help="default: all cores")
    sweep.add_argument(
        "--scheduler", metavar="WHERE", help="of Dask: tcp://host:8786, or local"
    )
    sweep.add_argument("--retries", type=int, default=0, help="for runs that fail")
    sweep.add_argument("--timeout", type=float, metavar="S", help="seconds a run may take")
    sweep.add_argument("--fail-fast", action="store_true", help="stop at a failure")
    only = sweep.add_mutually_exclusive_group()
    only.add_argument("--dry-run", action="store_true", help="plan, and run nothing")
    only.add_argument("--status", action="store_true", help="how far it is")
    only.add_argument("--collect", action="store_true", help="tables and gallery, now")
    sweep.add_argument(
        "--plot",
        nargs=2,
        metavar=("RESULT", "PARAMETER"),
        help="draw a column of the table over a parameter",
    )
    sweep.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Do what was asked; 1 if a run failed."""
    from progtx_core.tools.sweeps import collect
    from progtx_core.tools.sweeps.drive import drive
    from progtx_core.tools.sweeps.executors import executor_of
    from progtx_core.tools.sweeps.store import DONE

    sweep = planned(options)
    if options.dry_run:
        announce(sweep, options.workers)
        for parameters in list(sweep.plan)[:20]:
            print("  ", parameters or "default parameters")
        return 0
    if options.status:
        print(state_of(sweep, options.workers))
        return 0
    only_collect = options.collect or options.plot
    if not only_collect:
        announce(sweep, options.workers)
        make_executor, width = executor_of(options.scheduler, options.workers)
        note(sweep)
        # A plain `kill` would leave the processes at work; as an exit it stops them too.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        drive(sweep, make_executor, width)
        print(state_of(sweep, options.workers))
    rows = collect.rows_of(sweep.folder)
    written = collect.write_tables(sweep.folder, rows)
    written.append(collect.write_gallery(sweep.folder, rows))
    if options.plot:
        written.append(collect.write_plot(sweep.folder, rows, *options.plot))
    print(*written, sep="\n")
    return 0 if only_collect or set(sweep.states()) == {DONE} else 1


def planned(options: argparse.Namespace) -> "Sweep":
    """The sweep that was asked for; raises ValueError before anything runs."""
    from progtx_core.tools.sweeps import plan
    from progtx_core.tools.sweeps.drive import Sweep

    path = Path(options.what)
    if path.suffix in (".yaml", ".yml"):
        if options.grid:
            raise ValueError("-p and a YAML file: put all values into the file")
        found = plan.plan_from(path)
        name = options.name or path.stem
    else:
        found = plan.plan(options.what, options.grid, options.profile)
        name = options.name or found.chapter.name
    if Path(name).name != name or name in (".", ".."):
        raise ValueError(f"--name must be the name of a folder, got {name!r}")
    folder = options.out / name
    return Sweep(found, folder, options.retries, options.timeout, options.fail_fast)


def note(sweep: "Sweep") -> None:
    """Write down which runs belong to the sweep, for tables and gallery."""
    from progtx_core.tools.sweeps.store import RunFolder

    keys = [job.folder.name for job in sweep.jobs]
    told = {"chapter": sweep.plan.chapter.name, "swept": sweep.plan.swept(), "runs": keys}
    RunFolder(sweep.folder).write("sweep.json", told)


def announce(sweep: "Sweep", workers: int | None) -> None:
    """How many runs, and about how long."""
    print(f"{len(sweep.jobs)} runs of {sweep.plan.chapter.name} in {sweep.folder}/")
    print(state_of(sweep, workers))
    if sweep.plan.shares_models():
        print(
            "note: n_seeds is larger than the step from seed to seed, so runs train the "
            "same models; sweep with -p n_seeds=1, or seeds further apart"
        )


def state_of(sweep: "Sweep", workers: int | None) -> str:
    """Runs by state, and minutes left, as far as recorded times tell."""
    import loky

    from progtx_core.tools.execution.catalogue import duration
    from progtx_core.tools.sweeps.store import DONE, FAILED, INTERRUPTED, RUNNING, WAITING

    states = sweep.states()
    counts = ", ".join(
        f"{len(states.get(name, []))} {name}"
        for name in (DONE, RUNNING, WAITING, INTERRUPTED, FAILED)
    )
    left = len(sweep.jobs) - len(states.get(DONE, []))
    a_run = sweep.seconds_a_run()
    if not left or a_run is None:
        return counts
    seconds = a_run * -(-left // (workers or loky.cpu_count()))
    return f"{counts}; about {duration(seconds)} left"
