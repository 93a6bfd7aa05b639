"""A trial that reruns a chapter: its row is what the chapter's claims measured."""

import ast
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Timer

from progtx_core import __version__
from progtx_core.tools.claims import METADATA_KEY
from progtx_core.tools.execution import RunFailed, defaults_of, execute, find
from progtx_core.tools.experiments.store import LOG
from progtx_core.tools.experiments.trial import Trial, TrialFailed, digest


@dataclass(frozen=True)
class ChapterTrial(Trial):
    """One rerun of a chapter. parameters: those that differ from its own."""

    kind = "chapter"

    def columns(self) -> dict:
        return defaults_of(self.experiment) | self.parameters

    def files(self) -> list[str]:
        return [f"{self.experiment}.ipynb"]

    def version_here(self) -> str:
        return version_of(find(self.experiment).source)

    def execute(self, folder: Path, timeout: float | None = None) -> dict:
        """timeout: seconds after which its kernel is ended; the trial has failed then."""
        for rest in folder.glob(f".{self.experiment}.*"):  # of one that was killed
            shutil.rmtree(rest, ignore_errors=True)
        late: list[bool] = []
        timer = Timer(timeout or 0, end_kernels, [late])
        timer.daemon = True
        if timeout:
            timer.start()
        try:
            chapter = find(self.experiment)
            path = execute(chapter, self.parameters, folder, log=folder / LOG)
        except RunFailed as failure:
            why = f"timed out after {timeout:g} s" if late else str(failure)
            raise TrialFailed(why) from failure
        finally:
            timer.cancel()
        return row_of(path)


@cache
def version_of(source: Path) -> str:
    """Of the package, and a hash of a chapter's code; comments and text do not count."""
    return f"{__version__} {digest(ast.dump(ast.parse(source.read_text('utf-8'))))}"


def row_of(notebook: Path) -> dict:
    """What the claims of an executed chapter measured; under "verdict: …" how judged."""
    import nbformat

    outputs = [c.get("outputs", []) for c in nbformat.read(notebook, as_version=4).cells]
    shown = [one.get("metadata", {}) for of_cell in outputs for one in of_cell]
    claims = [metadata[METADATA_KEY] for metadata in shown if METADATA_KEY in metadata]
    measured = {claim["statement"]: claim["value"] for claim in claims}
    return measured | {f"verdict: {one['statement']}": one["verdict"] for one in claims}


def end_kernels(late: list[bool]) -> None:
    """Kill the kernels that this process has started, and note that it came to that."""
    import psutil

    late.append(True)
    for child in psutil.Process().children(recursive=True):
        if "ipykernel_launcher" in " ".join(child.cmdline()):
            child.kill()
