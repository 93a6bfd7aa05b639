"""`fit`: trains a model on a task, over several seeds. It knows no particular one."""

import os
import time
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from progtx_core import checks, models
from progtx_core.models import device as devices
from progtx_core.tasks import Task
from progtx_core.training import processes
from progtx_core.training.checkpoint import groups_in
from progtx_core.training.config import Config
from progtx_core.training.group import Group
from progtx_core.training.learners import MakeModel, MakeOptimizer, adam
from progtx_core.training.looks import Watch
from progtx_core.training.run import History, TrainingResult
from progtx_core.training.tracker import Guarded, Tracker


def fit(
    model: str | MakeModel,
    task: Task,
    config: Config | None = None,
    *,
    seed: int = 0,
    n_seeds: int = 1,
    make_optimizer: MakeOptimizer = adam,
    tracker: Tracker | None = None,
    progress: bool = True,
    n_processes: int | None = None,
    snapshots: bool = False,
    best: bool | str = False,
    watch: Watch | None = None,
    checkpoints: str | Path | None = None,
    resume: bool = False,
    patience: int | None = None,
    device: str = "cpu",
) -> TrainingResult:
    """Train the seeds `seed … seed + n_seeds - 1` and return all that was measured.

    model: a name (see `models.names()`), or a class or function that takes a
        `Spec` and returns a module; config: by default the model's own default_config
    n_processes: among how many processes the seeds are divided; by default as many
        as there are cores, or one where the training is too short to be worth it or
        a tracker listens
    snapshots: keep the parameters at every look, for `TrainingResult.at`
    best: end with each seed's parameters at its best look, not at the last one; True
        for the best "val/accuracy", or the name of another curve that looks measure
    tracker: told what is measured; if it fails, it is left alone, with a warning
    watch: what else is measured of every model at every look, as numbers by name, which
        become curves, or texts and arrays, which go to the tracker alone
    checkpoints: a folder; a checkpoint is written into it at every look
    patience: end a training early when none of its last so many looks was a seed's
        best; its curves go on level. An optimizer that says `finished` ends it as well
    resume: go on from the checkpoints in that folder, with the numbers that a
        training without a stop would have had, bit for bit
    device: where it is trained: "cpu", "cuda" (matrices are multiplied in 16 bits),
        "mps", or "auto" for the fastest that is there. For a model below some hundred
        thousand parameters that is the CPU. The trained models are given back on the CPU

    A seed fixes a model's first parameters and its batches, so its numbers are the
    same, to float tolerance, however many others are trained beside it. Ctrl-C ends
    the training early and keeps what was trained. The environment variable
    PROGTX_PROGRESS=off hides all progress bars.

    Raises ValueError or TypeError for a wrong name or setting, and
    FloatingPointError as soon as a loss is not a finite number.
    """
    make_model, name, default_config = resolve(model)
    config = config or Config(**default_config)
    checks.whole("seed", seed, at_least=0)
    checks.whole("n_seeds", n_seeds, at_least=1)
    if n_processes is not None:
        checks.whole("n_processes", n_processes, at_least=1)
    if patience is not None:
        checks.whole("patience", patience, at_least=1)
    seeds, started = list(range(seed, seed + n_seeds)), time.perf_counter()
    folder = None if checkpoints is None else Path(checkpoints)
    if resume and folder is None:
        raise ValueError("resume=True needs checkpoints=, the folder to resume from")
    group = Group(make_model, name, task, config, make_optimizer)
    group.device = devices.device(device).type
    on_cpu = group.device == "cpu"
    # A checkpoint holds each seed's own optimizer, so these seeds are not stacked.
    group.stacked = None if folder is None and on_cpu else False
    group.best = "val/accuracy" if best is True else best or None
    group.snapshots, group.watch = snapshots or bool(best), watch
    group.checkpoints, group.resume, group.patience = folder, resume, patience
    if tracker is not None:
        tracker = Guarded(tracker)
        facts = {"task": task.name, "seeds": seeds} | config.as_dict()
        tracker.start(name, facts | {"parameters": group.n_parameters()})
    quiet = not progress or os.environ.get("PROGTX_PROGRESS") == "off"
    with tqdm(total=config.steps, desc=name, disable=quiet, leave=False) as bar:
        if resume:  # as they were divided when it stopped
            groups = groups_in(folder, seeds)
        else:
            if n_processes is None:
                one = tracker or not on_cpu  # a device is not shared
                n_processes = 1 if one else processes.worth(group, seeds)
            parts = np.array_split(seeds, min(n_processes, n_seeds))
            groups = [part.tolist() for part in parts]
        if len(groups) == 1:
            parts = [group.train(groups[0], bar.update, tracker=tracker)]
        else:
            parts = processes.run(group.train, groups, bar)
    run = TrainingResult(
        name=name,
        task=task,
        config=config,
        seeds=[s for part in parts for s in part.seeds],
        history=History.beside([part.history for part in parts]),
        models=[model for part in parts for model in group.rebuild(part)],
        test={
            key: np.concatenate([part.test[key] for part in parts]) for key in parts[0].test
        },
        seconds=time.perf_counter() - started,
        interrupted=any(part.interrupted for part in parts),
        snapshots={
            step: [state for part in parts for state in part.snapshots[step]]
            for step in parts[0].snapshots
            if all(step in part.snapshots for part in parts)
        },
    )
    if tracker is not None:
        tracker.finish(run)
    return run


def resolve(model: str | MakeModel) -> tuple[MakeModel, str, dict]:
    """A model's name or class to a function that makes it, its name, its default_config."""
    if isinstance(model, str):
        return partial(models.build, model), model, models.default_config(model)
    return model, name_of(model), getattr(model, "default_config", {})


def name_of(make: MakeModel) -> str:
    """What a run is called: the name of a class or function, also behind `partial`.

    >>> name_of(partial(models.build, "max_pooling", d_model=8))
    'max_pooling'
    """
    if isinstance(make, partial):
        return str(make.args[0]) if make.args else name_of(make.func)
    return getattr(make, "__name__", type(make).__name__)
