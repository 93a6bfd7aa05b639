"""A reader's own model or task on the scoreboard: what is wrong with it is said first."""

import pandas as pd
import torch
from experiments import scoreboard
from progtx_core import models, tasks
from progtx_core.tasks import Task
from progtx_core.tools.recorded import Cell
from progtx_core.training import Config
from torch import nn

N_TRIED = 200  # examples that a task or a model is tried on, before anything is trained


def rows(
    name: str,
    model: str | type[nn.Module],
    task: str,
    n_seeds: int = 2,
    seed: int = 0,
    share: float = 1.0,
) -> pd.DataFrame:
    """Train a cell of the board, and return its rows.

    Args:
        name: what the row is called.
        model: a class of one's own, or the name of a model.
        task: the name of a task; `name` in a class of one's own.
        share: of the updates that the model's recipe asks for.

    Raises ValueError, in one line, for what does not fit together.
    """
    sizes = scoreboard.TASKS.get(task, scoreboard.SIGNAL)
    of_task = tasks.get(task, **sizes)
    try_task(of_task)
    try_model(model, of_task)
    cell = Cell(name, task, model, task_kwargs=sizes)
    steps = max(1, round(share * cell.all_settings().get("steps", Config.steps)))
    cell = cell.with_settings(steps=steps)
    return cell.rows(cell.train(n_seeds, seed))


def try_task(task: Task) -> None:
    """Raise ValueError unless both forms of a task's rule agree on what it draws."""
    inputs = task.sample_inputs(N_TRIED, torch.Generator().manual_seed(0))
    fast = task.labels(inputs)
    if not isinstance(fast, torch.Tensor) or fast.shape[:1] != (N_TRIED,):
        shape = tuple(getattr(fast, "shape", ()))
        raise ValueError(
            f"{task.name}: the fast rule must give {N_TRIED} answers for {N_TRIED} "
            f"inputs, got {type(fast).__name__} of {shape}"
        )
    for one, answer in zip(inputs, fast.tolist()):
        plain = task.label(one.tolist())
        if (-1 if plain is None else plain) != answer:
            shown = [round(x, 2) for x in one.sum(-1).tolist()] if one.ndim > 1 else one
            raise ValueError(
                f"{task.name}: the plain rule answers {plain}, the fast one "
                f"{None if answer == -1 else answer}, to {shown}"
            )


def try_model(model: str | type[nn.Module], task: Task) -> None:
    """Raise ValueError unless a model has a recipe, and gives logits for a task."""
    if isinstance(model, str):
        models.default_config(model)  # which knows what there is
        return
    if not isinstance(model, type):
        kind = type(model).__name__
        raise ValueError(f"give the class itself, {kind}, not a {kind} that is made of it")
    recipe = getattr(model, "default_config", None)
    if not isinstance(recipe, dict):
        raise ValueError(
            f"{model.__name__} has no recipe: add a line such as default_config = "
            '{"steps": 1000, "batch_size": 64, "learning_rate": 0.02} to the class'
        )
    try:
        Config(**recipe)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{model.__name__}: its default_config: {error}") from error
    try_logits(model, task)


def try_logits(model: type[nn.Module], task: Task) -> None:
    """Raise ValueError unless a new model gives finite logits, one for each class."""
    inputs = task.sample_inputs(N_TRIED, torch.Generator().manual_seed(0))
    where = f"{model.__name__} on {task.name}"
    try:
        with torch.random.fork_rng(devices=[]):
            logits = model(task.spec)(inputs)
    except Exception as error:
        hint = ""
        if task.spec.d_vocab is not None:
            hint = (
                ": inputs are whole numbers there, the ids of tokens; let forward begin "
                "with inputs = as_features(inputs, self.spec), which makes them one-hot"
            )
        kind, first = type(error).__name__, str(error).partition("\n")[0]
        raise ValueError(f"{where} raises {kind} ({first}){hint}") from error
    wanted = (N_TRIED, task.spec.n_classes)
    shape = tuple(getattr(logits, "shape", ()))
    if shape != wanted:
        got = f"{shape}" if isinstance(logits, torch.Tensor) else type(logits).__name__
        raise ValueError(f"{where} must return logits of {wanted}, got {got}")
    if not logits.isfinite().all():
        raise ValueError(f"{where}: some logits are NaN or infinite before any training")
