"""The loop that trains every chapter, Adam and searches alike.

Read `train` first: it is the whole loop. `update` changes the parameters; `fit` runs
the loop for several seeds.
"""

import os
import time
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from progtx_core import checks
from progtx_core.models.device import on_device
from progtx_core.tasks import Task
from progtx_core.training import parallel
from progtx_core.training.callbacks import Callback
from progtx_core.training.config import (
    Config,
    MakeModel,
    MakeOptimizer,
    Training,
    adam,
    resolve,
)
from progtx_core.training.data import (
    accuracy,
    evaluate,
    held_out,
    masked_cross_entropy,
    norm,
)
from progtx_core.training.result import SeedResult, TrainingResult
from progtx_core.types import Batch

# A smaller model gains nothing from a second thread, and loses where cores are busy.
THREADS_FROM = 50_000  # parameters
PROCESSES_FROM = 300  # updates; to start a process costs as much time as some hundred
MOST_SEEDS, LAST_SEED = 10**6, 2**62
PER_STEP = ("train/loss", "train/accuracy", "grad_norm")


def train(
    training: Training,
    callbacks: Sequence[Callback] = (),
    before_update: Callable[[], bool] = lambda: True,
) -> None:
    """Train one model, from where `training` stands to the end of its config.

    Args:
        training: model, optimizer and batches; changed in place.
        callbacks: told of the start, of every evaluation and of the end, in order.
        before_update: False ends the training there, as Ctrl-C does.
    """
    model, optimizer, config = training.model, training.optimizer, training.config
    val_set = held_out(training.task, "val", config.n_eval)
    for callback in callbacks:
        callback.on_start(training)  # a checkpoint is resumed here
    evaluated = training.history.get("val/loss", [(-1, 0.0)])[-1][0]  # if resumed
    try:
        while True:
            if config.is_eval_step(training.step) and training.step > evaluated:
                record_evaluation(training, evaluate(model, val_set))
                training.stopped = getattr(optimizer, "finished", False)
                for callback in callbacks:
                    callback.on_eval(training)
            if training.stopped or training.step == config.steps:
                break
            if not before_update():
                raise KeyboardInterrupt
            lr = config.lr_at(training.step)
            measured = update(model, optimizer, next(training.batches), lr)
            check_finite(training, measured["train/loss"])
            training.record(measured)
            training.step += 1
    except KeyboardInterrupt:
        training.interrupted = True
    for callback in callbacks:
        callback.on_end(training)  # the best parameters are put back here


def update(
    model: nn.Module, optimizer: torch.optim.Optimizer, batch: Batch, lr: float
) -> dict[str, float]:
    """One update: predict, measure, differentiate, move the parameters.

    Returns "train/loss", "train/accuracy" and "grad_norm" as first measured: of Adam,
    and of a search that measures again, before the move.
    """
    for group in optimizer.param_groups:
        group["lr"] = lr
    measured: dict[str, float] = {}

    def closure() -> torch.Tensor:
        logits = model(batch.inputs)
        loss = masked_cross_entropy(logits, batch)
        if torch.is_grad_enabled():  # a search without gradients switches them off
            optimizer.zero_grad()
            loss.backward()
        if not measured:  # a search calls this often
            measured["train/loss"] = loss.item()
            measured["train/accuracy"] = accuracy(logits, batch).item()
            measured["grad_norm"] = norm(p.grad for p in model.parameters())
        return loss

    model.train()
    optimizer.step(closure)  # type: ignore[arg-type]  # torch's stub asks for a float
    if not measured:  # a search may trust its fast measure, and ask for none
        with torch.no_grad():
            closure()
    return measured


def check_finite(training: Training, loss: float) -> None:
    """Raise FloatingPointError if a loss is not a finite number."""
    if not np.isfinite(loss):
        where = f"the training loss of seed {training.seed} is {loss}"
        fix = f"at step {training.step}; a smaller learning_rate is the usual fix"
        raise FloatingPointError(f"{training.name}: {where} {fix}")


def record_evaluation(training: Training, found: dict[str, float]) -> None:
    """Add what an evaluation found to the curves, and all that it says to `measured`.

    A model or an optimizer with a method `extras() -> dict[str, float]` adds its own.
    """
    training.check_state()
    last = training.history.get("val/loss", [(0, 0.0)])[-1][0]
    since = {name: training.history.get(name, [])[last:] for name in PER_STEP}
    means = {n: float(np.mean([v for _, v in ps])) for n, ps in since.items() if ps}
    numbers = {f"val/{name}": value for name, value in found.items()}
    numbers["weight_norm"] = norm(training.model.parameters())
    for part in (training.model, training.optimizer):
        numbers |= getattr(part, "extras", dict)()
    training.record(numbers)
    training.measured = means | numbers


def fit(
    model: str | MakeModel,
    task: Task,
    config: Config | None = None,
    *,
    seed: int = 0,
    n_seeds: int = 1,
    make_optimizer: MakeOptimizer = adam,
    callbacks: Sequence[Callback] = (),
    device: str = "cpu",
) -> TrainingResult:
    """Train the seeds from `seed` to `seed + n_seeds - 1`, each as `train` does.

    A seed fixes first parameters and batches, so its numbers depend neither on other
    seeds nor on the process that trains it. Ctrl-C keeps what was trained.

    Args:
        model: a name from `models.names()`, or what makes a module from a `Spec`.
        config: by default the model's own `default_config`.
        make_optimizer: takes the model and the config.
        device: "cpu", "cuda" (bf16), "mps" or "auto"; models come back on the CPU.

    Raises FloatingPointError if a loss is not a finite number.
    """
    make_model, name, defaults = resolve(model)
    config = Config(**defaults) if config is None else config
    check_arguments(task, config, make_optimizer, callbacks)
    seeds, started = seeds_from(seed, n_seeds), time.perf_counter()
    make = on_device(make_model, device)
    begin = partial(Training.begin, make, make_optimizer, name, task, config, seeds)
    # A device is not shared by processes, nor is what one callback sees of all seeds.
    alone = make is not make_model or any(callback.shared for callback in callbacks)
    run = partial(train_seed, begin, callbacks)
    trained = train_seeds(run, seeds, config.steps, alone)
    result = TrainingResult.of(name, task, config, make_model, trained)
    result.seconds = time.perf_counter() - started
    for callback in callbacks:
        callback.on_result(result)
    return result


def seeds_from(seed: int, n_seeds: int) -> list[int]:
    """The seeds of a training; ValueError or TypeError for what is none."""
    first = checks.whole("seed", seed, 0, LAST_SEED)
    return list(range(first, first + checks.whole("n_seeds", n_seeds, 1, MOST_SEEDS)))


def check_arguments(task: Task, config: Config, make_optimizer, callbacks) -> None:
    """Raise TypeError for what `fit` cannot use, before anything is trained."""
    checks.instance("task", task, Task)
    checks.instance("config", config, Config)
    checks.function("make_optimizer", make_optimizer)
    for callback in checks.instance("callbacks", callbacks, Sequence):
        checks.instance("each of callbacks", callback, Callback)


def train_seeds(
    run: Callable[..., SeedResult], seeds: list[int], steps: int, alone: bool
) -> list[SeedResult]:
    """Train seed after seed, or some at a time in processes, where that pays.

    PROGTX_PROGRESS=off in the environment hides the bar over updates.
    """
    hidden = os.environ.get("PROGTX_PROGRESS") == "off"
    with tqdm(total=steps * len(seeds), disable=hidden, leave=False) as bar:
        if len(seeds) > 1 and not alone and steps >= PROCESSES_FROM:
            n_processes = parallel.n_processes(len(seeds))
            if n_processes > 1:
                return parallel.in_processes(run, seeds, n_processes, bar)
        trained: list[SeedResult] = []
        for seed in seeds:
            trained.append(run(seed, lambda: bar.update() or True))
            if trained[-1].interrupted:
                break
        return trained


def train_seed(
    begin: Callable[[int], Training],
    callbacks: Sequence[Callback],
    seed: int,
    before_update: Callable[[], bool],
) -> SeedResult:
    """Train one seed and evaluate it on the test set, once."""
    training = begin(seed)
    test_set = held_out(training.task, "test", training.config.n_eval)
    n_threads = torch.get_num_threads()
    if sum(p.numel() for p in training.model.parameters()) < THREADS_FROM:
        torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)  # for a model that draws numbers in training
            train(training, callbacks, before_update)
        return SeedResult.of(training, evaluate(training.model, test_set))
    finally:
        torch.set_num_threads(n_threads)
