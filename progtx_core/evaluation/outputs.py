"""How a model's answers are spread while it is trained: for histograms."""

import numpy as np
import torch
from torch import nn

from progtx_core.tasks import Task
from progtx_core.training.looks import Watch


class Outputs:
    """What `fit(..., watch=Outputs(task))` hands to a tracker at every look.

    "logits", all of them, and "probabilities", of the right answers, on n held-out
    examples: one array each.

    >>> from progtx_core import models, tasks
    >>> task = tasks.get("trend_sign")
    >>> found = Outputs(task, n=10)(models.build("logistic_regression", task.spec))
    >>> found["logits"].shape, found["probabilities"].shape
    ((20,), (10,))
    """

    def __init__(self, task: Task, n: int = 500) -> None:
        self.batch = task.sample(n, torch.Generator().manual_seed(0), "val")

    @torch.no_grad()
    def __call__(self, model: nn.Module) -> dict[str, np.ndarray]:
        model.eval()
        logits = model(self.batch.inputs)[self.batch.mask]  # (answers, n_classes)
        targets = self.batch.targets[self.batch.mask].unsqueeze(1)
        right = logits.softmax(-1).gather(1, targets)
        return {"logits": logits.numpy().ravel(), "probabilities": right.numpy().ravel()}


def together(*watches: Watch) -> Watch:
    """One watch of several: all that they find."""

    def watch(model: nn.Module) -> dict:
        found = {}
        for one in watches:
            found |= one(model)
        return found

    return watch
