"""What `fit` costs beyond a bare loop over the same model and the same batches."""

import statistics
import time

import torch
from torch.nn import functional as F

from progtx_core import models, tasks
from progtx_core.training import Config, fit, stream

TASK = tasks.get("last_gt_first")
CONFIG = Config(steps=600, learning_rate=0.02)


def bare() -> None:
    model = models.build("logistic_regression", TASK.spec)
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    for _, batch in zip(range(CONFIG.steps), stream(TASK, CONFIG.batch_size, 0)):
        loss = F.cross_entropy(model(batch.inputs), batch.targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def whole() -> None:
    fit("logistic_regression", TASK, CONFIG, progress=False)


def seconds(function) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


if __name__ == "__main__":
    bare()  # first calls import and allocate
    ratios = [seconds(whole) / seconds(bare) for _ in range(7)]
    print(f"fit / bare loop: median {statistics.median(ratios):.2f}")
