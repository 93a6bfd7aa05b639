"""Runs one chapter in a fresh kernel and writes the executed notebook atomically."""

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from progtx_core import files
from progtx_core.tools import paths
from progtx_core.tools.execution.catalogue import Chapter

KEPT = ("jupytext", "kernelspec", "language_info")  # of a notebook's metadata


class RunFailed(RuntimeError):
    """A chapter did not run to its end. The message says where and why, in one line."""


def execute(
    chapter: Chapter,
    parameters: dict[str, object],  # to inject, by name (see `merge`)
    out: Path,
    *,
    update: bool = False,  # the pair in notebooks/ as well; with default parameters only
    log: Path | None = None,  # to which is added what the cells print
) -> Path:
    """Run a chapter and return the path of the executed notebook, `out/NAME.ipynb`.

    Raises RunFailed if the chapter fails: what was executed until then is kept as
    `NAME.failed.ipynb`, and an older executed notebook stays as it is.
    """
    import nbformat

    out.mkdir(parents=True, exist_ok=True)
    target, started = out / f"{chapter.name}.ipynb", time.perf_counter()
    sweep_up(out, chapter.name)
    aside = tempfile.TemporaryDirectory(dir=out, prefix=f".{chapter.name}.")
    with aside as folder, claimed(Path(folder)):
        source, partial = Path(folder, "source.ipynb"), Path(folder, "executed.ipynb")
        nbformat.write(chapter.read(), source)
        log = log or source.with_suffix(".log")
        failed, cwd = out / f"{chapter.name}.failed.ipynb", str(chapter.source.parent)
        _papermill(source, partial, parameters, log, failed, cwd)
        executed = nbformat.read(partial, as_version=4)
    record = {"seconds": round(time.perf_counter() - started, 1), "parameters": parameters}
    text = nbformat.writes(tidied(executed, record)) + "\n"
    files.write_atomically(target, text)
    if update:
        files.write_atomically(chapter.source, chapter.canonical())
        files.write_atomically(chapter.notebook, text)
    return target


def sweep_up(out: Path, name: str) -> None:
    """Remove the temporary folders of runs that were killed."""
    for lock in out.glob(f".{name}.*/lock"):
        with claimed(lock.parent) as abandoned:
            pass  # while it is held, Windows removes nothing
        if abandoned:
            shutil.rmtree(lock.parent, ignore_errors=True)


@contextmanager
def claimed(folder: Path) -> Iterator[bool]:
    """True within, if this process may work in a folder, False if another one does."""
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    with suppress(Timeout), FileLock(folder / "lock", timeout=0):
        yield True  # whoever dies here holds the lock no longer
        return
    yield False


def _papermill(source: Path, partial: Path, parameters: dict, log, failed: Path, cwd: str):
    """papermill; what was executed of a chapter that fails is moved to `failed`."""
    from papermill import execute_notebook
    from papermill.exceptions import PapermillExecutionError

    os.environ.setdefault("PROGTX_PROGRESS", "off")  # kernels inherit it
    failed.unlink(missing_ok=True)
    options = {"cwd": cwd, "progress_bar": False}
    try:
        with log.open("a", encoding="utf-8") as file, for_kernels(log):
            options |= {"stdout_file": file, "stderr_file": file}
            execute_notebook(str(source), str(partial), parameters, **options)
    except Exception as error:
        if isinstance(error, PapermillExecutionError):
            reason = f"cell {error.cell_index}: {error.ename}: {error.evalue}"
        else:  # of the kernel itself, say
            reason = f"{type(error).__name__}: {error}; see 'python -m progtx_core doctor'"
        with suppress(OSError, ValueError):  # half written, as on a full disk: not kept
            files.read_json(partial, paths.NOTEBOOK)
            os.replace(partial, failed)
            reason += f"; see {failed}"
        line = " ".join(re.sub(r"\x1b\[[\d;]*m", "", reason).split())
        raise RunFailed(f"{failed.name.partition('.')[0]}: {line}") from error


@contextmanager
def for_kernels(log: Path):
    """Those that begin within run this checkout's code; their last words go into a log."""
    kept, before = os.dup(2), os.environ.get("PYTHONPATH")
    with log.open("ab") as file:
        os.dup2(file.fileno(), 2)  # kernels inherit it, as they do variables
    there = filter(None, [str(paths.ROOT), str(paths.NOTEBOOKS), before])
    os.environ["PYTHONPATH"] = os.pathsep.join(there)
    try:
        yield
    finally:
        del os.environ["PYTHONPATH"]
        os.environ |= {} if before is None else {"PYTHONPATH": before}
        os.dup2(kept, 2)
        os.close(kept)


def tidied(notebook: Any, record: dict) -> Any:
    """Without time stamps and other things that differ at every run; with the record."""
    from nbformat import from_dict

    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        folded = {"jupyter": {"source_hidden": True}} if "hide-input" in tags else {}
        cell.metadata = from_dict({"tags": tags} | folded if tags else {})
    kept = {key: notebook.metadata[key] for key in KEPT if key in notebook.metadata}
    notebook.metadata = from_dict({**kept, paths.RECORD: record})
    return notebook
