"""What `fit` costs beyond a bare loop, and what processes save. Ratios."""

import statistics
import time

import torch
from torch.nn import functional as F

from progtx_core import models, tasks
from progtx_core.training import Callback, Config, Stream, fit

N_SEEDS = 5
CASES = {  # of chapters 1, 4 and 6
    "logistic_regression": ("trend_sign", Config(600, 128, 0.02)),
    "self_attention": ("value_at_query", Config(2000, 64, 0.005)),
    "transformer": ("sum_mod_10", Config(600, 64, 0.003)),
}


class Together(Callback):
    """Keeps all seeds in this process."""

    shared = True


def bare(name: str, task: tasks.Task, config: Config) -> None:
    """The least a training of one seed can be."""
    model = models.build(name, task.spec)
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    for _, batch in zip(range(config.steps), Stream(task, config.batch_size, 0)):
        loss = F.cross_entropy(model(batch.inputs), batch.targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def seconds(function, *arguments, **named) -> float:
    started = time.perf_counter()
    function(*arguments, **named)
    return time.perf_counter() - started


def main(repeats: int = 3) -> None:
    torch.set_num_threads(1)
    for name, (task_name, config) in CASES.items():
        task = tasks.get(task_name)
        fit(name, task, config, n_seeds=N_SEEDS)  # starts the processes
        of_loop, of_processes = [], []
        for _ in range(repeats):
            least = seconds(bare, name, task, config)
            of_loop.append(seconds(fit, name, task, config) / least)
            alone = {"n_seeds": N_SEEDS, "callbacks": [Together()]}
            here = seconds(fit, name, task, config, **alone)
            there = seconds(fit, name, task, config, n_seeds=N_SEEDS)
            of_processes.append(here / there)
        loop, processes = map(statistics.median, (of_loop, of_processes))
        print(
            f"{name}: fit takes {loop:.2f} times a bare loop (it measures norms and the "
            f"held-out set too); {N_SEEDS} seeds in processes {processes:.2f} times as fast"
        )


if __name__ == "__main__":
    main()
