"""How far a training was at every look, on data of one's choice."""

from copy import deepcopy

import numpy as np
import torch
from torch import nn

from progtx_core.training import TrainingResult
from progtx_core.training.learners import evaluate
from progtx_core.training.run import State
from progtx_core.types import Batch


def progress(
    run: TrainingResult, batch: Batch, passes_a_step: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How far every seed was at every look: passes, loss and accuracy, (seed, look).

    run: trained with snapshots; passes_a_step: for a method that does not count them
    """
    steps = sorted(run.snapshots)
    measured = [
        along(model, [run.snapshots[step][i] for step in steps], batch)
        for i, model in enumerate(run.models)
    ]
    loss, accuracy = (
        np.array([[one[key] for one in of_seed] for of_seed in measured])
        for key in ("loss", "accuracy")
    )
    if "evaluations" in run.history.names():
        return run.history["evaluations"], loss, accuracy
    passes = passes_a_step * np.array(steps, dtype=float)
    return np.broadcast_to(passes, loss.shape), loss, accuracy


def along(model: nn.Module, states: list[State], batch: Batch) -> list[dict[str, float]]:
    """Loss and accuracy of a model in each of some states; in equal ones measured once."""
    model, found, last = deepcopy(model), [], {}
    for state in states:
        if not all(np.array_equal(state[name], last.get(name)) for name in state):
            model.load_state_dict({name: torch.tensor(v) for name, v in state.items()})
            found.append(evaluate(model, batch))
        else:
            found.append(found[-1])
        last = state
    return found
