"""The commands `sweep`, `record`, `compare`, `report` and `dashboard`."""

import argparse
from dataclasses import replace
from pathlib import Path

from progtx_core import checks

FLAG = {"action": "store_true"}
SETTINGS = ("steps", "batch_size", "learning_rate", "n_train")


def whole(text: str) -> int:
    """What an option takes that is a whole number; argparse tells of the error."""
    return checks.whole("it", int(text), 0, 2**62)


def part(text: str) -> slice:
    """Every N-th from the I-th on, of "I/N"."""
    first, n = map(int, text.split("/"))
    return slice(checks.whole("I of I/N", first, 1, n) - 1, None, n)


WHOLE = {"type": whole, "metavar": "N"}
FOLDER = {"type": Path, "default": Path("runs"), "metavar": "DIR"}


def adder(commands, name: str, run, help: str):
    """What adds arguments to a new command."""
    command = commands.add_parser(name, help=help)
    command.set_defaults(command=run)
    return command.add_argument


def add_to(adder) -> None:
    """What can be typed."""
    sweep = "run a chapter with many parameters; goes on where it stopped"
    add_sweep(adder("sweep", run_sweep, sweep))
    add_compare(adder("compare", run_compare, "train models side by side, and report"))
    missing = "measure what is missing or older in notebooks/results/"
    add = adder("record", run_record, missing)
    add("name", metavar="NAME", help="such as scoreboard")
    add("--seeds", **WHOLE, help="models a cell (default: the table's own, mostly 5)")
    add("--out", type=Path, metavar="FILE", help="instead of that in notebooks/results/")
    add("--fresh", **FLAG, help="measure all of it anew")
    add = adder("report", write_page, "the page of a training; trains nothing")
    add("task", metavar="TASK")
    add("model", metavar="MODEL")
    add("--runs", **FOLDER, help="where it is kept (default: runs)")
    add = adder("dashboard", write_page, "the page of all results")
    add("--runs", **FOLDER, help="where they are kept (default: runs)")


def add_sweep(add) -> None:
    """What `sweep` takes."""
    add("what", metavar="CHAPTER", help="a chapter, or a YAML file with the plan")
    values = "such as 100,200,400 or 0:10; again for more, all are combined"
    add("-p", dest="grid", action="append", default=[], metavar="NAME=VALUES", help=values)
    add("--profile", default="full", help="full (default) or fast")
    add("--name", help="of the folder below --out (default: the chapter's)")
    add("--out", **FOLDER)
    add("--workers", **WHOLE, help="default: all cores")
    add("--scheduler", metavar="WHERE", help="of Dask: tcp://host:8786, or local")
    joins = "seconds in which a worker of Dask has to join (default: 120)"
    add("--patience", type=float, default=120, metavar="S", help=joins)
    add("--shard", type=part, default=slice(None), metavar="I/N", help="such as 3/20")
    add("--retries", **WHOLE, default=0, help="for trials that fail")
    add("--timeout", type=float, metavar="S", help="seconds a trial may take")
    add("--fail-fast", **FLAG, help="stop at a failure")
    add("--keep", **FLAG, help="what other code has finished counts, too")
    add("--dry-run", **FLAG, help="plan, and run nothing")
    add("--status", **FLAG, help="how far it is")
    add("--collect", **FLAG, help="tables and gallery, now")


def add_compare(add) -> None:
    """What `compare` takes."""
    add("task", metavar="TASK")
    add("names", nargs="*", metavar="MODEL", help="baseline first; default: the ladder")
    finite = "a finite training set; without, ever new examples"
    add("--n-samples", dest="n_train", **WHOLE, help=finite)
    add("--steps", **WHOLE, help="updates (default: each model's own)")
    add("--batch-size", **WHOLE)
    add("--learning-rate", type=float, metavar="LR")
    add("--seed", **WHOLE, default=0, help="the first one (default: 0)")
    add("--seeds", dest="n_seeds", **WHOLE, default=3, help="models each (default: 3)")
    trackers = "jsonl (default), tensorboard, wandb; again for more"
    add("--tracker", dest="trackers", action="append", metavar="NAME", help=trackers)
    modes = "disabled, offline or online (see WANDB_MODE)"
    add("--wandb-mode", dest="mode", metavar="MODE", help=modes)
    add("--out", dest="folder", **FOLDER, help="default: runs")


def run_sweep(options: argparse.Namespace) -> int:
    """Do what was asked; 1 if a trial failed."""
    from progtx_core.tools.experiments import executors
    from progtx_core.tools.experiments.store import DONE

    grid, whole = planned(options)
    runner = replace(whole, trials=whole.trials[options.shard])
    if not (options.status or options.collect):
        announce(grid, runner)
    if options.status or options.dry_run:
        print(state_of(grid, runner, options.workers))
        return 0
    from progtx_core.tools.experiments import table  # pandas

    if not options.collect:
        given, how = options.scheduler, (options.workers, options.patience)
        where = executors.on_dask(given, *how) if given else executors.local(how[0])
        table.note(runner.folder, list(grid.lists()), whole.trials)
        runner.run(*where)
        print(state_of(grid, runner, options.workers))
    if runner.trials == whole.trials or options.collect:  # not of one shard alone
        frame = table.read(runner.folder)
        print(table.write(runner.folder, frame))
        print(table.write_gallery(runner.folder, frame))
    return 0 if options.collect or set(runner.states()) <= {DONE} else 1


def planned(options: argparse.Namespace):
    """The grid and the runner that were asked for; ValueError before anything runs."""
    from progtx_core.tools.experiments import grid as grids
    from progtx_core.tools.experiments.runner import Runner
    from progtx_core.tools.experiments.store import PLAN, TrialFolder

    if options.dry_run + options.status + options.collect > 1:
        raise ValueError("--dry-run, --status, --collect: ask for one of them")
    if options.workers is not None:
        checks.whole("--workers", options.workers, 1, 10_000)
    checks.number("--patience", options.patience, at_least=0)
    path = Path(options.what)
    from_file = path.suffix in (".yaml", ".yml")
    if from_file and (options.grid or options.profile != "full"):
        raise ValueError("-p or --profile and a YAML file: put all into the file")
    given = options.what, options.grid, options.profile
    grid = grids.from_file(path) if from_file else grids.from_assignments(*given)
    name = path.stem if from_file else grid.chapter.name
    name = name if options.name is None else options.name
    if Path(name).name != name or name in ("", "..") or len(name) > 100:
        raise ValueError(f"--name must be the name of a folder, got {checks.shown(name)}")
    folder = options.out / name
    version = TrialFolder(folder).read(PLAN).get("version") if options.keep else None
    how = options.retries, options.timeout, options.fail_fast
    return grid, Runner(grid.trials(version), folder, *how)


def announce(grid, runner) -> None:
    """How many trials of what."""
    print(f"{len(runner.trials)} trials of {grid.chapter.name} in {runner.folder}/")
    for name, values in grid.lists().items():
        shown = ", ".join(map(repr, values[:10]))
        print(f"  {name}: {shown}" + (f", … {len(values)} in all" if values[10:] else ""))
    if grid.shares_models():
        print("note: trials train the same models; set n_seeds=1, or seeds further apart")


def state_of(grid, runner, workers: int | None) -> str:
    """Trials by state, and minutes left, as far as recorded times tell."""
    import loky

    from progtx_core.tools.execution.catalogue import duration
    from progtx_core.tools.experiments.store import DONE, STATES

    states = runner.states()
    told = ", ".join(f"{len(states.get(name, []))} {name}" for name in STATES)
    left = len(runner.trials) - len(states.get(DONE, []))
    each = runner.seconds_each() or grid.chapter.seconds
    if left and each is not None:
        seconds = each * -(-left // (workers or loky.cpu_count()))
        told += f"; about {duration(seconds)} left"
    return told


def run_record(options: argparse.Namespace) -> int:
    """Measure a recorded table."""
    from progtx_core.tools import recorded

    print(recorded.record(options.name, options.seeds, options.out, options.fresh))
    return 0


def run_compare(options: argparse.Namespace) -> int:
    """Train, tell what came out, write the pages."""
    from progtx_core.tools import compare

    told = vars(options)
    same = "task", "names", "seed", "n_seeds", "mode", "folder"
    wanted = compare.Comparison(
        **{name: told[name] for name in same},
        trackers=options.trackers or ["jsonl"],
        settings={name: told[name] for name in SETTINGS if told[name] is not None},
    )
    results = wanted.run()
    print(*compare.lines(results), sep="\n")
    for name in results:
        compare.write_report(options.folder, options.task, name)
    print(compare.write_dashboard(options.folder).resolve().as_uri())
    return 0


def write_page(options: argparse.Namespace) -> int:
    """The page of a training, or that of all results if none is named."""
    from progtx_core.tools import compare

    given = (options.task, options.model) if "task" in options else ()
    write = compare.write_report if given else compare.write_dashboard
    print(write(options.runs, *given).resolve().as_uri())
    return 0
