"""A trial that reruns a chapter: its row is what the chapter's claims measured."""

import ast
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Event, Thread

from progtx_core import __version__, files
from progtx_core.tools.claims import METADATA_KEY
from progtx_core.tools.execution import RunFailed, execute, find
from progtx_core.tools.experiments.store import LOG
from progtx_core.tools.experiments.trial import Trial, TrialFailed, digest


@dataclass(frozen=True)
class ChapterTrial(Trial):
    """One rerun of a chapter. parameters: those that differ from its own."""

    kind = "chapter"

    def columns(self) -> dict:
        known = find(self.experiment).parameters
        return {n: one.default for n, one in known.items()} | self.parameters

    def files(self) -> list[str]:
        return [f"{Path(self.experiment).stem}.ipynb"]

    def execute(self, folder: Path, timeout: float | None = None) -> dict:
        """timeout: seconds after which its kernel is ended; the trial has failed then."""
        over, started = Event(), time.monotonic()
        if timeout:
            Thread(target=end_kernels, args=(timeout, over), daemon=True).start()
        try:
            begun = "resume" in self.columns() and [*folder.glob("scratch/**/seed_*.pt")]
            given: dict = self.parameters | ({"resume": True} if begun else {})
            path = execute(find(self.experiment), given, folder, log=folder / LOG)
        except RunFailed as failure:
            late = timeout and time.monotonic() - started > timeout
            why = f"timed out after {timeout:g} s" if late else str(failure)
            raise TrialFailed(why) from failure
        finally:
            over.set()
        return row_of(path)


@cache
def version_of(source: Path) -> str:
    """Of the package, and a hash of a chapter's code; comments and text do not count."""
    code = ast.parse(files.read_text(source), str(source))
    return f"{__version__} {digest(ast.dump(code))}"


def row_of(notebook: Path) -> dict:
    """What the claims of an executed chapter measured; under "verdict: …" how judged."""
    import nbformat

    outputs = [c.get("outputs", []) for c in nbformat.read(notebook, as_version=4).cells]
    shown = [one.get("metadata", {}) for of_cell in outputs for one in of_cell]
    claims = [metadata[METADATA_KEY] for metadata in shown if METADATA_KEY in metadata]
    measured = {claim["statement"]: claim["value"] for claim in claims}
    return measured | {f"verdict: {one['statement']}": one["verdict"] for one in claims}


def end_kernels(seconds: float, over: Event) -> None:
    """After so many seconds, kill the kernels of this process, until it is over."""
    import psutil

    while not over.wait(seconds):
        seconds = 0.5  # again: a kernel may have been about to begin
        for child in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):  # it has ended by itself
                if "ipykernel_launcher" in " ".join(child.cmdline()):
                    child.kill()
