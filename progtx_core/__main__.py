"""The command line: `python -m progtx_core COMMAND`; `--help` lists the commands."""

import argparse
import os
import sys

from progtx_core.tools import paths
from progtx_core.tools.execution import command as execution
from progtx_core.tools.experiments import command as experiments

NEED_CLONE = {"list", "run", "sweep", "record"}
CLONE = "needs a clone of the repository: git clone it; pip install -r requirements.txt"


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit status; an error is one line on stderr."""
    options = parser().parse_args(arguments)
    try:
        if options.subcommand in NEED_CLONE and not paths.is_clone():
            raise ValueError(f"'{options.subcommand}' {CLONE}")
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
        description="Progressive Transformers: run chapters, compare models.",
    )
    commands = top.add_subparsers(required=True, metavar="COMMAND", dest="subcommand")
    execution.add_to(commands)
    experiments.add_to(commands)
    return top


if __name__ == "__main__":
    sys.exit(main())
