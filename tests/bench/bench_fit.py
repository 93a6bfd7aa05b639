"""What `fit` costs beyond a bare loop, and what stacking and processes save. Ratios."""

import statistics
import time

import torch
from torch.nn import functional as F

from progtx_core import models, tasks
from progtx_core.training import Config, Stream, fit
from progtx_core.training.group import Group
from progtx_core.training.learners import adam
from progtx_core.training.stacked import STACK_UP_TO

N_SEEDS = 5


def bare(name: str, task: tasks.Task, config: Config) -> None:
    """The least a training of one seed can be."""
    model = models.build(name, task.spec)
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    for _, batch in zip(range(config.steps), Stream(task, config.batch_size, 0)):
        loss = F.cross_entropy(model(batch.inputs), batch.targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def steps(name: str, task: tasks.Task, config: Config, stacked: bool) -> None:
    """Five seeds, stacked or one by one, without looks at held-out data."""

    def make(spec):
        return models.build(name, spec)

    learners = Group(make, name, task, config, adam, stacked).learners([*range(N_SEEDS)])
    for _ in range(config.steps):
        learners.step(0.01)


def seconds(function, *arguments) -> float:
    started = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - started


def ratio(slow, fast, repeats: int = 5) -> float:
    """Median of how many times longer the first takes; they take turns."""
    slow(), fast()  # first calls import and allocate
    return statistics.median(seconds(slow) / seconds(fast) for _ in range(repeats))


if __name__ == "__main__":
    torch.set_num_threads(1)
    task, config = tasks.get("last_gt_first"), Config(steps=600, learning_rate=0.02)
    one = ratio(
        lambda: fit("logistic_regression", task, config, progress=False),
        lambda: bare("logistic_regression", task, config),
    )
    print(f"fit / bare loop, one seed: {one:.2f}")
    print(
        f"one by one / stacked, {N_SEEDS} seeds (stacked up to {STACK_UP_TO} parameters):"
    )
    task, config = tasks.get("value_at_query"), Config(steps=60, batch_size=64)
    for name in models.names():
        size = models.count_parameters(models.build(name, task.spec))
        gain = ratio(
            lambda: steps(name, task, config, False),  # noqa: B023
            lambda: steps(name, task, config, True),  # noqa: B023
        )
        print(f"  {name:<32} {size:>6} parameters: {gain:.2f}")
    config = Config(steps=400, batch_size=64)
    gain = ratio(
        *(
            lambda n=n: fit(
                "transformer", task, config, n_seeds=4, n_processes=n, progress=False
            )
            for n in (1, 2)
        ),
        repeats=1,
    )
    print(f"one process / two, transformer, 4 seeds: {gain:.2f}")
