"""Runs one chapter in a fresh kernel and writes the executed notebook atomically."""

import os
import re
import tempfile
import threading
import time
from contextlib import contextmanager, nullcontext
from pathlib import Path

import nbformat

from progtx_core import files
from progtx_core.tools import paths
from progtx_core.tools.execution.catalogue import Chapter, duration


class RunFailed(RuntimeError):
    """A chapter did not run to its end. The message says where and why, in one line."""


def execute(
    chapter: Chapter,
    parameters: dict[str, object],
    out: Path,
    *,
    update: bool = False,
    label: str = "",
    log: Path | None = None,
) -> Path:
    """Run a chapter and return the path of the executed notebook, `out/NAME.ipynb`.

    parameters: what to inject, by name (see `parameters.merge`)
    update: also write the outputs into notebooks/, and the source as Jupytext would;
        only with default parameters
    log: a file to which is added what the cells print; nothing is said on the way then

    Raises RunFailed if the chapter fails (what was executed until then is kept as
    `NAME.failed.ipynb`), OSError if `out` cannot be written. An older executed
    notebook stays as it is until the new one is complete.
    """
    if update and parameters:
        raise ValueError(
            "--update keeps outputs of the default parameters; leave out "
            + ", ".join(f"{name}={value}" for name, value in parameters.items())
        )
    out.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    target = out / f"{chapter.name}.ipynb"
    failed = out / f"{chapter.name}.failed.ipynb"
    with tempfile.TemporaryDirectory(dir=out, prefix=f".{chapter.name}.") as folder:
        source, partial = Path(folder, "source.ipynb"), Path(folder, "executed.ipynb")
        nbformat.write(chapter.read(), source)
        with nullcontext() if log else ticker(chapter, parameters, label):
            try:
                _papermill(source, partial, parameters, log)
            except RunFailed as error:
                if partial.exists():
                    os.replace(partial, failed)
                    raise RunFailed(f"{chapter.name}: {error}; see {failed}") from error
                raise RunFailed(f"{chapter.name}: {error}") from error
        executed = nbformat.read(partial, as_version=4)
    record = {"seconds": round(time.perf_counter() - started, 1), "parameters": parameters}
    text = nbformat.writes(tidied(executed, record)) + "\n"
    files.write_atomically(target, text)
    failed.unlink(missing_ok=True)
    if update:
        files.write_atomically(chapter.source, chapter.canonical())
        files.write_atomically(chapter.notebook, text)
    return target


def _papermill(
    source: Path, target: Path, parameters: dict, log: Path | None = None
) -> None:
    """papermill, with every way to fail turned into RunFailed with one line."""
    import papermill
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillException, PapermillExecutionError

    os.environ.setdefault("PROGTX_PROGRESS", "off")  # kernels inherit it
    try:
        with log.open("a", encoding="utf-8") if log else nullcontext() as file:
            papermill.execute_notebook(
                str(source),
                str(target),
                parameters=parameters,
                cwd=str(paths.NOTEBOOKS),
                progress_bar=False,
                log_output=False,
                stdout_file=file,
                stderr_file=file,
            )
    except PapermillExecutionError as error:
        reason = " ".join(re.sub(r"\x1b\[[\d;]*m", "", error.evalue).split())
        raise RunFailed(f"cell {error.cell_index}: {error.ename}: {reason}") from error
    except NoSuchKernel as error:
        raise RunFailed(
            f"there is no Jupyter kernel {error.name!r}; install it with "
            "'python -m ipykernel install --sys-prefix'"
        ) from error
    except (DeadKernelError, CellTimeoutError, PapermillException) as error:
        reason = str(error).strip().splitlines()[0]
        raise RunFailed(f"{type(error).__name__}: {reason}") from error


def tidied(notebook: nbformat.NotebookNode, record: dict) -> nbformat.NotebookNode:
    """Without time stamps and other things that differ at every run; with the record."""
    for cell in notebook.cells:
        tags = [t for t in cell.metadata.get("tags", []) if t != "papermill-error-cell-tag"]
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
    keep = {
        key: notebook.metadata[key]
        for key in ("jupytext", "kernelspec", "language_info")
        if key in notebook.metadata
    }
    notebook.metadata = nbformat.from_dict({**keep, paths.RECORD: record})
    if not record["parameters"]:
        renew_time(notebook, record["seconds"])
    return notebook


def renew_time(notebook: nbformat.NotebookNode, seconds: float) -> None:
    """Write the time of this run where `chapter_header` could only know that of the last one."""
    row = re.compile(r"\| measured time \| [^|]* \|")
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "text/markdown" in data:
                now = f"| measured time | {seconds:.0f} s on two cores |"
                data["text/markdown"] = row.sub(now, data["text/markdown"], count=1)


@contextmanager
def ticker(chapter: Chapter, parameters: dict, label: str):
    """A line on standard error while a chapter runs: time passed, and time left if known.

    On a terminal the line is renewed every second; elsewhere it is printed once.
    """
    import sys

    expected = None if parameters else chapter.seconds
    head = f"{label}{chapter.name}"
    done, started = threading.Event(), time.perf_counter()
    live = sys.stderr.isatty()
    known = "" if expected is None else f", about {duration(expected)}"
    if not live:
        print(f"{head}: running{known}", file=sys.stderr, flush=True)

    def tick() -> None:
        while not done.wait(1.0):
            passed = time.perf_counter() - started
            left = (
                "" if expected is None else f", {duration(max(0, expected - passed))} left"
            )
            print(f"\r{head}: {duration(passed)}{left}\x1b[K", end="", file=sys.stderr)

    thread = threading.Thread(target=tick, daemon=True)
    if live:
        thread.start()
    try:
        yield
    except BaseException:
        outcome = "stopped after"
        raise
    else:
        outcome = "done in"
    finally:
        done.set()
        passed = duration(time.perf_counter() - started)
        start, end = ("\r", "\x1b[K\n") if live else ("", "\n")
        print(f"{start}{head}: {outcome} {passed}", end=end, file=sys.stderr, flush=True)
