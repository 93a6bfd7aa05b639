"""The command line: `python -m progtx_core COMMAND`; `--help` lists the commands."""

import argparse
import io
import os
import signal
import sys
from functools import partial
from pathlib import Path

from progtx_core.tools import doctor, execution, paths
from progtx_core.tools.experiments import command as experiments

REFUSED = ValueError, TypeError, RuntimeError, OSError, ArithmeticError, SyntaxError
VARIABLES = "IPYTHONDIR", "LOKY_MAX_CPU_COUNT", "MPLBACKEND", "PROGTX_SCRATCH"
NEED_CLONE = {"exercises", "list", "run", "sweep", "record"}
CLONE = "needs a clone of the repository: git clone it; pip install -r requirements.txt"


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit status; an error is one line on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal may know ASCII only
            stream.reconfigure(errors="replace")
    try:
        options = parser().parse_args(arguments)
        paths.check_own()
        unwind_when_killed()
        if options.subcommand in NEED_CLONE and not paths.is_clone():
            raise ValueError(f"'{options.subcommand}' {CLONE}")
        status = options.command(options)
        print(end="", flush=True)
        return status
    except KeyboardInterrupt:
        say("interrupted: what was complete is kept")
        return 130
    except BrokenPipeError:  # whoever reads, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except ImportError as error:
        say(f"error: {error}; see 'python -m progtx_core doctor'")
    except (*REFUSED, MemoryError) as error:
        say(f"error: {' '.join(str(error).split())[:800] or type(error).__name__}")
    return 1


def unwind_when_killed() -> None:
    """A plain `kill` unwinds as an exit does."""
    for number in {signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)}:
        if signal.getsignal(number) != signal.SIG_IGN:  # as `nohup` makes it
            signal.signal(number, lambda number, _: sys.exit(128 + number))


class Parser(argparse.ArgumentParser):
    """One whose errors are a line, as all others are."""

    def error(self, message: str):
        raise ValueError(f"{message}; see '{self.prog} --help'")


def parser() -> argparse.ArgumentParser:
    """What can be typed."""
    about = "Progressive Transformers: run chapters, compare models."
    top = Parser("python -m progtx_core", description=about)
    asked = top.add_subparsers(required=True, metavar="COMMAND", dest="subcommand")
    adder = partial(experiments.adder, asked)
    adder("doctor", run_doctor, "check Python, packages, kernel, disk")
    adder("list", run_list, "chapters, parameters, measured times")
    adder("exercises", run_exercises, "which exercises you have solved, as a page")
    add = adder("run", run_chapters, "execute chapters with papermill")
    add("chapters", nargs="*", metavar="CHAPTER", help="number or name (default: all)")
    add("--profile", default="full", help="full (default) or fast (seconds a chapter)")
    set_one = {"action": "append", "default": [], "metavar": "NAME=VALUE"}
    add("-p", dest="parameters", **set_one, help="a parameter; again for more; see 'list'")
    out = experiments.FOLDER | {"default": Path("build/executed")}
    add("--out", **out, help="for executed notebooks (default: build/executed)")
    add("--update", action="store_true", help="also write the outputs into notebooks/")
    experiments.add_to(adder)
    return top


def run_doctor(options: argparse.Namespace) -> int:
    """Print all findings; 1 if one of them needs a fix."""
    findings = doctor.examine()
    print(*findings, sep="\n")
    return 0 if all(finding.ok for finding in findings) else 1


def run_list(options: argparse.Namespace) -> int:
    """Print every chapter with its parameters."""
    for chapter in execution.chapters():
        title = chapter.title.partition(". ")[2]
        print(f"{chapter.name}   {title}   ({chapter.measured})")
        for parameter in chapter.parameters.values():
            assigned = f"{parameter.name}: {parameter.type_name} = {parameter.default}"
            print(f"    {assigned:<32} {parameter.help}")
    return 0


def run_exercises(options: argparse.Namespace) -> int:
    """Print how many exercises of each chapter are solved; write the page of all."""
    from progtx_core.tools.checkers import progress

    for title, found in progress.exercises().items():
        print(f"{sum(bool(one.solved) for one in found)} of {len(found)}  {title}")
    print(progress.write_page(progress.path().with_suffix(".html")))
    return 0


def run_chapters(options: argparse.Namespace) -> int:
    """Execute chapters one after another, those behind one that fails as well."""
    wanted = [execution.find(name) for name in options.chapters] or execution.chapters()
    given = execution.parse_assignments(options.parameters)
    # All is checked before anything runs: a typing error must not cost minutes.
    planned = [(c, execution.merge(c, options.profile, given)) for c in wanted if c.read()]
    if options.update and any(parameters for _, parameters in planned):
        raise ValueError("--update keeps outputs of default parameters; leave out others")
    options.out.mkdir(parents=True, exist_ok=True)
    failed, update = 0, options.update
    for index, (chapter, parameters) in enumerate(planned, start=1):
        about = "" if parameters else f" (last time: {chapter.measured})"
        say(f"[{index}/{len(planned)}] {chapter.name}: running{about}")
        try:
            path = execution.execute(chapter, parameters, options.out, update=update)
        except execution.RunFailed as error:
            failed += 1
            say(f"error: {error}")
        else:
            say(f"{chapter.name}: done in {execution.Chapter(path).measured}")
            print(path, flush=True)
    if update:
        execution.write_readme_table()
    return 1 if failed else 0


def say(line: str) -> None:
    """To standard error, which holds no results; names a variable whose value is told."""
    named = [name for name in VARIABLES if repr(os.environ.get(name, "\0")) in line]
    line += f" (the environment variable {named[0]})" if named else ""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
