"""The commands `sweep`, `record`, `compare`, `report` and `dashboard`."""

import argparse
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from progtx_core.tools.experiments.grid import Grid
    from progtx_core.tools.experiments.runner import Runner

WHOLE = {"type": int, "metavar": "N"}
FOLDER = {"type": Path, "default": Path("runs"), "metavar": "DIR"}


def add_to(commands) -> None:
    """What can be typed."""
    add_sweep(commands)
    add_compare(commands)
    record = commands.add_parser(
        "record", help="measure what is missing or older in notebooks/results/"
    )
    record.add_argument("name", metavar="NAME", help="such as scoreboard")
    record.add_argument("--seeds", **WHOLE, default=5, help="models a cell (default: 5)")
    into = "write here, not into notebooks/results/"
    record.add_argument("--out", type=Path, metavar="FILE", help=into)
    record.add_argument("--fresh", action="store_true", help="measure all of it anew")
    record.set_defaults(command=run_record)
    report = commands.add_parser("report", help="the page of a training; trains nothing")
    report.add_argument("task", metavar="TASK")
    report.add_argument("model", metavar="MODEL")
    report.add_argument("--runs", **FOLDER, help="where it is kept (default: runs)")
    report.set_defaults(command=run_report)
    dashboard = commands.add_parser("dashboard", help="the page of all results")
    dashboard.add_argument("--runs", **FOLDER, help="where they are kept (default: runs)")
    dashboard.set_defaults(command=run_dashboard)


def add_sweep(commands) -> None:
    """What `sweep` takes."""
    sweep = commands.add_parser(
        "sweep", help="run a chapter with many parameters; goes on where it stopped"
    )
    add = sweep.add_argument
    add("what", metavar="CHAPTER", help="a chapter, or a YAML file with the plan")
    values = "such as 100,200,400 or 0:10; again for more, all are combined"
    add("-p", dest="grid", action="append", default=[], metavar="NAME=VALUES", help=values)
    add("--profile", default="full", help="full (default) or fast")
    add("--name", help="of the folder below --out (default: the chapter's)")
    add("--out", **FOLDER)
    add("--workers", **WHOLE, help="default: all cores")
    add("--scheduler", metavar="WHERE", help="of Dask: tcp://host:8786, or local")
    add("--retries", **WHOLE, default=0, help="for trials that fail")
    add("--timeout", type=float, metavar="S", help="seconds a trial may take")
    add("--fail-fast", action="store_true", help="stop at a failure")
    only = sweep.add_mutually_exclusive_group()
    only.add_argument("--dry-run", action="store_true", help="plan, and run nothing")
    only.add_argument("--status", action="store_true", help="how far it is")
    only.add_argument("--collect", action="store_true", help="tables and gallery, now")
    drawn = "draw a column of the table over a parameter"
    add("--plot", nargs=2, metavar=("RESULT", "PARAMETER"), help=drawn)
    sweep.set_defaults(command=run_sweep)


def add_compare(commands) -> None:
    """What `compare` takes."""
    compare = commands.add_parser(
        "compare", help="train models side by side on one task, and report"
    )
    add = compare.add_argument
    add("task", metavar="TASK")
    add("models", nargs="*", metavar="MODEL", help="baseline first; default: the ladder")
    add("--n-samples", **WHOLE, help="a finite training set; without, ever new examples")
    add("--steps", **WHOLE, help="updates (default: each model's own)")
    add("--batch-size", **WHOLE)
    add("--learning-rate", type=float, metavar="RATE")
    add("--seed", **WHOLE, default=0, help="the first one (default: 0)")
    add("--seeds", **WHOLE, default=3, help="models each (default: 3)")
    trackers = "jsonl (default), tensorboard, wandb; again for more"
    add("--tracker", action="append", metavar="NAME", help=trackers)
    modes = "disabled, offline or online (see WANDB_MODE)"
    add("--wandb-mode", metavar="MODE", help=modes)
    add("--out", **FOLDER, help="default: runs")
    compare.set_defaults(command=run_compare)


def run_sweep(options: argparse.Namespace) -> int:
    """Do what was asked; 1 if a trial failed."""
    from progtx_core.tools.experiments.executors import executors_of
    from progtx_core.tools.experiments.store import DONE

    grid, runner = planned(options)
    if options.dry_run:
        announce(grid, runner, options.workers)
        return 0
    if options.status:
        print(state_of(grid, runner, options.workers))
        return 0
    from progtx_core.tools.experiments import table  # pandas

    only_collect = options.collect or options.plot
    if not only_collect:
        announce(grid, runner, options.workers)
        executors = executors_of(options.scheduler, options.workers)
        table.note(runner, list(grid.lists()))
        stop_on_kill()
        runner.run(*executors)
        print(state_of(grid, runner, options.workers))
    frame = table.read(runner.folder)
    written = table.write(runner.folder, frame)
    written.append(table.write_gallery(runner.folder, frame))
    if options.plot:
        written.append(table.write_plot(runner.folder, frame, *options.plot))
    print(*written, sep="\n")
    return 0 if only_collect or set(runner.states()) == {DONE} else 1


def planned(options: argparse.Namespace) -> "tuple[Grid, Runner]":
    """The sweep that was asked for; raises ValueError before anything runs."""
    from progtx_core.tools.experiments import grid as grids
    from progtx_core.tools.experiments.runner import Runner

    path = Path(options.what)
    if path.suffix in (".yaml", ".yml"):
        if options.grid:
            raise ValueError("-p and a YAML file: put all values into the file")
        grid, name = grids.from_file(path), path.stem
    else:
        grid = grids.from_assignments(options.what, options.grid, options.profile)
        name = grid.chapter.name
    name = options.name or name
    if Path(name).name != name or name in (".", ".."):
        raise ValueError(f"--name must be the name of a folder, got {name!r}")
    how = options.retries, options.timeout, options.fail_fast
    return grid, Runner(grid.trials(), options.out / name, *how)


def announce(grid: "Grid", runner: "Runner", workers: int | None) -> None:
    """How many trials of what, and about how long."""
    print(f"{len(runner.trials)} trials of {grid.chapter.name} in {runner.folder}/")
    for name, values in grid.lists().items():
        shown = ", ".join(map(repr, values[:10]))
        print(f"  {name}: {shown}" + (f", … {len(values)} in all" if values[10:] else ""))
    print(state_of(grid, runner, workers))
    if grid.shares_models():
        print(
            "note: n_seeds is larger than the step from seed to seed, so trials train the "
            "same models; sweep with -p n_seeds=1, or seeds further apart"
        )


def state_of(grid: "Grid", runner: "Runner", workers: int | None) -> str:
    """Trials by state, and minutes left, as far as recorded times tell."""
    import loky

    from progtx_core.tools.execution.catalogue import duration
    from progtx_core.tools.experiments.store import DONE, STATES

    states = runner.states()
    counts = ", ".join(f"{len(states.get(name, []))} {name}" for name in STATES)
    left = len(runner.trials) - len(states.get(DONE, []))
    each = runner.seconds_each() or grid.chapter.seconds
    if not left or each is None:
        return counts
    seconds = each * -(-left // (workers or loky.cpu_count()))
    return f"{counts}; about {duration(seconds)} left"


def stop_on_kill() -> None:
    """A plain `kill` would leave the processes at work; as an exit it stops them too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def run_record(options: argparse.Namespace) -> int:
    from progtx_core.tools.recorded import recording

    stop_on_kill()
    print(recording.record(options.name, options.seeds, options.out, options.fresh))
    return 0


def run_compare(options: argparse.Namespace) -> int:
    from progtx_core.tools import compare

    wanted = compare.Comparison(
        task=options.task,
        names=options.models,
        settings={
            "steps": options.steps,
            "batch_size": options.batch_size,
            "learning_rate": options.learning_rate,
            "n_train": options.n_samples,
        },
        seed=options.seed,
        n_seeds=options.seeds,
        trackers=options.tracker or ["jsonl"],
        mode=options.wandb_mode,
        folder=options.out,
    )
    results = wanted.run()
    print(*compare.lines(results), sep="\n")
    for name in results:
        compare.write_report(options.out, options.task, name)
    print(compare.write_dashboard(options.out).resolve().as_uri())
    return 0


def run_report(options: argparse.Namespace) -> int:
    from progtx_core.tools import compare

    page = compare.write_report(options.runs, options.task, options.model)
    print(page.resolve().as_uri())
    return 0


def run_dashboard(options: argparse.Namespace) -> int:
    from progtx_core.tools import compare

    print(compare.write_dashboard(options.runs).resolve().as_uri())
    return 0
