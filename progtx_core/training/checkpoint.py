"""Checkpoints: all that a training needs to go on where it stopped, bit for bit.

A file holds the seeds that are trained together: parameters, optimizers, streams,
random numbers, curves, snapshots. It is written whole or not at all, and read without
unpickling anything but tensors and plain values.
"""

import io
from dataclasses import asdict, dataclass, field
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import torch

from progtx_core import files
from progtx_core.tasks import Task
from progtx_core.training.config import Config
from progtx_core.training.run import History

FORMAT = "progtx checkpoint 1"
Snapshot = tuple[int, list[dict[str, torch.Tensor]]]  # step, parameters of every seed


@dataclass
class Checkpoint:
    """Where a training stands, before the update that follows `step` updates.

    name, task: what is trained on what, in words; learners: a state a seed, see
    `Learner.state_dict`; snapshots: parameters at earlier looks, if they are kept
    """

    name: str
    task: str
    config: Config
    seeds: list[int]
    step: int
    learners: list[dict]
    history: History
    snapshots: list[Snapshot] = field(default_factory=list)

    def save(self, path: Path) -> None:
        """Write it; an older file of that name stays whole until the new one is."""
        content = {name: getattr(self, name) for name in self.__dataclass_fields__}
        content |= {"config": asdict(self.config), "history": self.history.points}
        write(path, content, FORMAT)

    def check_same(self, name: str, task: str, config: Config, path: Path) -> None:
        """Raise ValueError unless this is a checkpoint of just that training."""
        told = {"model": (self.name, name), "task": (self.task, task)}
        before, now = self.config.as_dict(), config.as_dict()
        told |= {key: (before[key], now[key]) for key in before}
        for what, (was, is_now) in told.items():
            if was != is_now:
                raise ValueError(
                    f"{path} is a checkpoint of another training: {what} was {was!r}, "
                    f"now {is_now!r}; resume with the same settings, or start anew"
                )


def load(path: str | Path) -> Checkpoint:
    """Read a checkpoint. The file is left as it is, whatever is wrong with it.

    Raises FileNotFoundError where there is none, ValueError for a damaged or cut off
    file and for one that is no checkpoint.
    """
    content = read(path, FORMAT)
    content["config"] = Config(**content["config"])
    content["history"] = History(content["history"])
    return Checkpoint(**content)


def write(path: Path, content: dict, of_format: str) -> None:
    """Write tensors and plain values; an older file stays whole until the new one is."""
    buffer = io.BytesIO()
    torch.save(content | {"format": of_format}, buffer)
    files.write_atomically(path, buffer.getvalue())


def read(path: str | Path, of_format: str) -> dict:
    """What `write` wrote; nothing is unpickled but tensors and plain values.

    Raises as `load` does.
    """
    path, kind = Path(path), of_format.split()[1]
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such {kind}")
    try:
        with ZipFile(path) as archive:  # checks the sums that torch does not
            damaged = archive.testzip()
        if damaged:
            raise BadZipFile(damaged)
        content = torch.load(path, "cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds for a file that is not its own
        raise ValueError(
            f"{path}: damaged, cut off or no {kind} ({type(error).__name__}); start "
            "anew without it, or resume from another one"
        ) from error
    if not isinstance(content, dict) or content.pop("format", None) != of_format:
        raise ValueError(f"{path}: a file of torch, but not a {of_format!r}")
    return content


def describe(task: Task) -> str:
    """A task and its sizes in words, so that two that differ are told apart."""
    sizes = {k: v for k, v in vars(task).items() if isinstance(v, int | float | str)}
    return f"{task.name} {task.spec} {sizes}"


def path_of(folder: Path, seeds: list[int]) -> Path:
    """Where the seeds that are trained together have their file."""
    return folder / f"seeds_{'_'.join(map(str, seeds))}.pt"


def groups_in(folder: str | Path, seeds: list[int]) -> list[list[int]]:
    """How a training's seeds were divided when it stopped; those without a file last.

    Raises FileNotFoundError for a folder without any checkpoint, ValueError where the
    files hold other seeds than those asked for.
    """
    folder = Path(folder)
    groups = [load(path).seeds for path in sorted(folder.glob("seeds_*.pt"))]
    if not groups:
        raise FileNotFoundError(f"{folder}: there is no checkpoint in it to resume from")
    found = [seed for group in groups for seed in group]
    if len(set(found)) < len(found) or not set(found) <= set(seeds):
        raise ValueError(
            f"{folder} holds checkpoints of seeds {sorted(found)}, asked for are {seeds}; "
            "resume with the same seeds, or start anew"
        )
    rest = [seed for seed in seeds if seed not in found]
    return groups + ([rest] if rest else [])
