"""The command line: `python -m progtx_core COMMAND`; `--help` lists the commands."""

import argparse
import os
import sys
from pathlib import Path

from progtx_core.tools import paths
from progtx_core.tools.experiments import command


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit status; an error is one line on stderr."""
    options = parser().parse_args(arguments)
    try:
        return options.command(options)
    except KeyboardInterrupt:
        print("interrupted: what was complete is kept", file=sys.stderr)
        return 130
    except BrokenPipeError:  # whoever reads, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except ImportError as error:
        print(f"error: {error}; see 'python -m progtx_core doctor'", file=sys.stderr)
        return 1
    except (ValueError, TypeError, RuntimeError, OSError) as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 1


def parser() -> argparse.ArgumentParser:
    """What can be typed."""
    top = argparse.ArgumentParser(
        prog="python -m progtx_core",
        description="Progressive Transformers: check the set-up, run chapters.",
    )
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    doctor = commands.add_parser("doctor", help="check Python, packages, kernel, disk")
    doctor.set_defaults(command=run_doctor)

    listing = commands.add_parser("list", help="chapters, parameters, measured times")
    listing.set_defaults(command=run_list)

    run = commands.add_parser("run", help="execute chapters with papermill")
    run.add_argument(
        "chapters",
        nargs="*",
        metavar="CHAPTER",
        help="number or name; all if none is given",
    )
    run.add_argument(
        "--profile", default="full", help="full (default) or fast (seconds a chapter)"
    )
    run.add_argument(
        "-p",
        dest="parameters",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set a parameter (again for more); see 'list'",
    )
    run.add_argument(
        "--out",
        type=Path,
        default=Path("build/executed"),
        metavar="DIR",
        help="where executed notebooks go (default: build/executed)",
    )
    run.add_argument(
        "--update", action="store_true", help="also write the outputs into notebooks/"
    )
    run.set_defaults(command=run_chapters)

    command.add_to(commands)
    return top


def run_doctor(options: argparse.Namespace) -> int:
    from progtx_core.tools import doctor

    findings = doctor.examine()
    for finding in findings:
        print(finding)
    return 0 if all(finding.ok for finding in findings) else 1


def run_list(options: argparse.Namespace) -> int:
    from progtx_core.tools.execution import catalogue

    for chapter in catalogue.chapters():
        title = chapter.title.partition(". ")[2]
        print(f"{chapter.name}   {title}   ({chapter.measured})")
        for parameter in chapter.parameters.values():
            assigned = f"{parameter.name}: {parameter.type_name} = {parameter.default}"
            print(f"    {assigned:<32} {parameter.help}")
    return 0


def run_chapters(options: argparse.Namespace) -> int:
    from progtx_core.tools import execution as runs
    from progtx_core.tools.execution import catalogue

    wanted = [runs.find(name) for name in options.chapters] or runs.chapters()
    given = dict(runs.parse_assignment(text) for text in options.parameters)
    # All is checked before anything runs: a typing error must not cost minutes.
    planned = [(c, runs.merge(c, options.profile, given)) for c in wanted]
    total = [c.seconds for c, parameters in planned if not parameters]
    if len(total) == len(planned) > 1 and all(total):
        print(
            f"{len(planned)} chapters, about {catalogue.duration(sum(total))} with "
            "default parameters",
            file=sys.stderr,
        )
    failures = []
    for index, (chapter, parameters) in enumerate(planned, start=1):
        label = f"[{index}/{len(planned)}] "
        try:
            path = runs.execute(
                chapter, parameters, options.out, update=options.update, label=label
            )
            print(path)
        except runs.RunFailed as error:
            failures.append(chapter.name)
            print(f"error: {error}", file=sys.stderr)
    if options.update and (paths.ROOT / "README.md").exists():
        catalogue.write_readme_table()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
