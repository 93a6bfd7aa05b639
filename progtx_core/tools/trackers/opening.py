"""Trackers by name, of which any may be missing or fail."""

import warnings
from pathlib import Path

from progtx_core import checks
from progtx_core.tools.trackers.tensorboard import TensorBoard
from progtx_core.tools.trackers.wandb import WandB
from progtx_core.training import JsonLines, Several
from progtx_core.training.tracker import Tracker

KINDS = ("jsonl", "tensorboard", "wandb")


def opened(kinds: list[str], folder: Path, group: str, mode: str | None = None) -> Several:
    """The trackers of those names, writing below a folder.

    group: what the trainings that follow have in common; mode: of Weights & Biases. One
    that cannot begin is left out, with a warning.

    Raises ValueError for an unknown name.
    """
    makers = {
        "jsonl": lambda: JsonLines(folder / "log.jsonl"),
        "tensorboard": lambda: TensorBoard(folder / "tensorboard"),
        "wandb": lambda: WandB(mode=mode, folder=folder, group=group, job_type="compare"),
    }
    for kind in kinds:
        checks.one_of("tracker", kind, makers)
    found: list[Tracker] = []
    for kind in kinds:
        try:
            found.append(makers[kind]())
        except Exception as error:  # no package, no account, no network
            warnings.warn(f"{kind} is left out: {error}", stacklevel=2)
    return Several(*found)
