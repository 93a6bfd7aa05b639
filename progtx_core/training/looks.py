"""What is measured and kept when a training is looked at."""

from collections.abc import Callable

import numpy as np
from torch import nn

from progtx_core.training.checkpoint import Checkpoint
from progtx_core.training.config import Config
from progtx_core.training.learners import Measured, OneByOne, norm, side_by_side
from progtx_core.training.run import History, best_steps
from progtx_core.types import Batch

Watch = Callable[[nn.Module], dict[str, float | str | np.ndarray]]


def look(
    learners: OneByOne, val_set: Batch, watch: Watch | None = None
) -> tuple[Measured, dict[str, list]]:
    """What is measured at every look at the held-out set: numbers; texts and arrays.

    A model or an optimizer that has a method `extras() -> dict[str, float]` adds its own.
    """
    measured = learners.evaluate(val_set)
    learned = getattr(learners, "learners", learners.models)
    own = side_by_side(
        [
            {"weight_norm": norm(model.parameters())}
            | getattr(model, "extras", dict)()
            | getattr(getattr(learner, "optimizer", None), "extras", dict)()
            | (watch(model) if watch else {})
            for model, learner in zip(learners.models, learned, strict=True)
        ]
    )
    others = {k: v for k, v in own.items() if isinstance(v[0], str | np.ndarray)}
    numbers = {k: v for k, v in own.items() if k not in others}
    return {f"val/{key}": v for key, v in measured.items()} | numbers, others


def since_last(history: History, step: int) -> Measured:
    """Means of what the steps since the last look measured, as "train/loss" and so on.

    Empty at the first look.
    """
    looks = [at for at, _ in history.points.get("val/loss", []) if at < step]
    found = {}
    for name in ("train/loss", "train/accuracy", "grad_norm"):
        points = history.points.get(name, [])[looks[-1] if looks else 0 :]
        if points:
            values = np.array([of_seeds for _, of_seeds in points])
            found[name] = values.mean(0).tolist()
    return found


def to_best(models: list[nn.Module], so_far: Checkpoint, by: str) -> None:
    """Give every model the parameters of its best look."""
    kept = dict(so_far.snapshots)
    for i, step in enumerate(best_steps(so_far.history, by)):
        models[i].load_state_dict(kept[step][i])


def go_on_level(so_far: Checkpoint, step: int, config: Config) -> None:
    """Continue the curves of a training that ended early: nothing changes any more.

    So the curves of all seeds are equally long, whoever ended first.
    """
    points = so_far.history.points
    last = {name: of_curve[-1][1] for name, of_curve in points.items()}
    looked = {name for name, of_curve in points.items() if of_curve[-1][0] == step}
    for later in range(step, config.steps + 1):
        if later < config.steps:
            so_far.history.add(later, {n: v for n, v in last.items() if n not in looked})
        if later > step and config.is_eval_step(later):
            so_far.history.add(later, {name: last[name] for name in looked})
            if so_far.snapshots:
                so_far.snapshots.append((later, so_far.snapshots[-1][1]))
