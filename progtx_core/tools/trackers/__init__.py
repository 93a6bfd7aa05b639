"""Callbacks that log a training elsewhere: JSON lines, TensorBoard, Weights & Biases.

All tell seeds apart by the training's label, such as "max_pooling/2".
"""

import warnings
from collections.abc import Iterable
from pathlib import Path

from progtx_core import checks
from progtx_core.tools.trackers.base import JsonLines, Tracker
from progtx_core.tools.trackers.tensorboard import TensorBoard
from progtx_core.tools.trackers.wandb import WandB

KINDS = ("jsonl", "tensorboard", "wandb")


def opened(
    kinds: Iterable[str], folder: Path, group: str, mode: str | None = None
) -> list[Tracker]:
    """Trackers of some KINDS that write below a folder; group and mode: see `WandB`.

    One that cannot begin (no package, no account, no network) is left out, with a warning.
    """
    makers = {
        "jsonl": lambda: JsonLines(folder / "log.jsonl"),
        "tensorboard": lambda: TensorBoard(folder / "tensorboard"),
        "wandb": lambda: WandB(mode=mode, folder=folder, group=group, job_type="compare"),
    }
    if mode is not None:
        checks.one_of("mode of wandb", mode, ("disabled", "offline", "online"))
    found = []
    for kind in [checks.one_of("tracker", kind, KINDS) for kind in kinds]:
        try:
            found.append(makers[kind]())
        except Exception as error:
            warnings.warn(f"{kind} is left out: {error}", stacklevel=2)
    return found
