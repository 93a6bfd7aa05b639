"""Finished trainings, kept in a folder: to be looked at later without training again."""

from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np

from progtx_core import models, tasks
from progtx_core.tools.tables import Entry
from progtx_core.training import Config, History, TrainingResult
from progtx_core.training.checkpoint import read, write
from progtx_core.training.learners import new_model
from progtx_core.training.run import with_state

FORMAT = "progtx run 1"


def place(folder: Path, task: str, model: str) -> Path:
    """Where a training of a model on a task is kept.

    Raises ValueError for a name that is not one of a model or of a task, and so for
    all that would lead out of the folder.
    """
    tasks.get(task)
    models.default_config(model)
    return folder / task / f"{model}.pt"


def save(run: TrainingResult, entry: Entry, folder: Path) -> Path:
    """Write a run of a model that has a name, with what is needed to rebuild it."""
    path = place(folder, entry.task, run.name)
    content = {
        "model": run.name,
        "sizes": entry.sizes,
        "task": entry.task,
        "of_task": entry.of_task,
        "config": asdict(run.config),
        "seeds": run.seeds,
        "history": run.history.points,
        "states": [model.state_dict() for model in run.models],
        "test": {name: values.tolist() for name, values in run.test.items()},
        "seconds": run.seconds,
        "interrupted": run.interrupted,
    }
    write(path, content, FORMAT)
    return path


def load(path: Path) -> TrainingResult:
    """Read a run. Nothing is trained, and nothing is unpickled but tensors.

    Raises FileNotFoundError where there is none, ValueError for a damaged file, or one
    whose model this version builds in another way.
    """
    content = read(path, FORMAT)
    task = tasks.get(content["task"], **content["of_task"])
    make = partial(models.build, content["model"], **content["sizes"])
    try:
        trained = [
            with_state(
                new_model(make, task.spec, seed), {k: v.numpy() for k, v in state.items()}
            )
            for seed, state in zip(content["seeds"], content["states"], strict=True)
        ]
    except RuntimeError as error:
        raise ValueError(
            f"{path}: {content['model']} has other parameters now than when it was "
            "trained; train it again"
        ) from error
    return TrainingResult(
        name=content["model"],
        task=task,
        config=Config(**content["config"]),
        seeds=content["seeds"],
        history=History(content["history"]),
        models=trained,
        test={name: np.array(values) for name, values in content["test"].items()},
        seconds=content["seconds"],
        interrupted=content["interrupted"],
    )


def found(folder: Path) -> list[Path]:
    """All runs that are kept in a folder, by task and model."""
    return sorted(folder.glob("*/*.pt"))
