"""The loop that trains every chapter, Adam and searches alike.

Read `train` first: it is the whole loop. `update` changes the parameters; `fit` runs
the loop for several seeds.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from progtx_core import checks
from progtx_core.models.device import on_device
from progtx_core.tasks import Task
from progtx_core.training import parallel
from progtx_core.training.config import (
    Config,
    MakeModel,
    MakeOptimizer,
    adam,
    new_model,
    resolve,
)
from progtx_core.training.data import (
    Stream,
    accuracy,
    evaluate,
    held_out,
    masked_cross_entropy,
    norm,
)
from progtx_core.training.result import SeedResult, TrainingResult
from progtx_core.types import Batch

if TYPE_CHECKING:
    from progtx_core.training.callbacks import Callback

# A smaller model gains nothing from a second thread, and loses where cores are busy.
THREADS_FROM = 50_000  # parameters
PER_STEP = ("train/loss", "train/accuracy", "grad_norm")


@dataclass
class Training:
    """One seed's training as it stands: the loop moves it on, callbacks read it.

    Attributes:
        seeds: all seeds that `fit` trains, this one among them.
        step: updates made.
        history: curves, (step, value) a point.
        measured: what the last evaluation found: numbers, texts, arrays.
        snapshots: parameters by step, where a callback keeps them.
        best: parameters of the best evaluation, where a callback keeps them.
        stopped: set by a callback to end the training early.
    """

    name: str
    task: Task
    config: Config
    seed: int
    seeds: list[int]
    model: nn.Module
    optimizer: torch.optim.Optimizer
    batches: Stream
    step: int = 0
    history: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    measured: dict[str, Any] = field(default_factory=dict)
    snapshots: dict[int, dict[str, torch.Tensor]] = field(default_factory=dict)
    best: dict[str, torch.Tensor] | None = None
    stopped: bool = False
    interrupted: bool = False

    @property
    def label(self) -> str:
        """The model's name, with the seed's place where several are trained."""
        place = self.seeds.index(self.seed)
        return self.name if len(self.seeds) == 1 else f"{self.name}/{place}"

    def record(self, measured: dict[str, float]) -> None:
        """Add a point to each named curve."""
        for name, value in measured.items():
            self.history.setdefault(name, []).append((self.step, value))


def train(
    training: Training,
    callbacks: "Sequence[Callback]" = (),
    before_update: Callable[[], bool] = lambda: True,
) -> None:
    """Train one model, from where `training` stands to the end of its config.

    Args:
        training: model, optimizer and batches; changed in place.
        callbacks: told of the start, of every evaluation and of the end, in order.
        before_update: called before every update; False ends the training there.
    """
    model, optimizer, config = training.model, training.optimizer, training.config
    val_set = held_out(training.task, "val", config.n_eval)
    for callback in callbacks:
        callback.on_start(training)  # a checkpoint is resumed here
    evaluated = training.history.get("val/loss", [(-1, 0.0)])[-1][0]
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

    Returns:
        "train/loss", "train/accuracy" and "grad_norm", before the move.
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
        if not measured:  # a search calls this often; the first call is before its move
            measured["train/loss"] = loss.item()
            measured["train/accuracy"] = accuracy(logits, batch).item()
            measured["grad_norm"] = norm(p.grad for p in model.parameters())
        return loss

    model.train()
    optimizer.step(closure)  # type: ignore[arg-type]  # torch's stub asks for a float
    return measured


def check_finite(training: Training, loss: float) -> None:
    """Raise FloatingPointError if a loss is not a finite number."""
    if not np.isfinite(loss):
        raise FloatingPointError(
            f"{training.name}: the training loss of seed {training.seed} is {loss} at "
            f"step {training.step}; a smaller learning_rate is the usual fix"
        )


def record_evaluation(training: Training, found: dict[str, float]) -> None:
    """Add what an evaluation found to the curves, and all that it says to `measured`.

    A model or an optimizer with a method `extras() -> dict[str, float]` adds its own.
    """
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
    callbacks: "Sequence[Callback]" = (),
    device: str = "cpu",
) -> TrainingResult:
    """Train the seeds from `seed` to `seed + n_seeds - 1`, each as `train` does.

    Args:
        model: a name from `models.names()`, or what takes a `Spec` and returns a module.
        config: by default the model's own `default_config`.
        make_optimizer: takes the model and the config.
        callbacks: see `progtx_core.training.callbacks`.
        device: "cpu", "cuda" (bf16), "mps" or "auto"; models come back on the CPU.

    A seed fixes first parameters and batches, so its numbers do not depend on other
    seeds, nor on the process that trains it. Ctrl-C keeps what was trained.

    Raises:
        ValueError, TypeError: a wrong name or setting.
        FloatingPointError: a loss is not a finite number.
    """
    make_model, name, defaults = resolve(model)
    config = config or Config(**defaults)
    checks.whole("seed", seed, at_least=0)
    checks.whole("n_seeds", n_seeds, at_least=1)
    seeds, started = list(range(seed, seed + n_seeds)), time.perf_counter()
    make = on_device(make_model, device)
    begin = partial(start, make, make_optimizer, name, task, config, seeds)
    run = partial(train_seed, begin, callbacks)
    alone = make is not make_model or any(callback.shared for callback in callbacks)
    with progress_bar(name, config.steps * n_seeds) as bar:
        n_processes = 1 if alone or n_seeds == 1 else parallel.worth(begin, seeds)
        if n_processes > 1:
            trained = parallel.in_processes(run, seeds, n_processes, bar)
        else:
            trained = one_by_one(run, seeds, bar)
    seconds = time.perf_counter() - started
    result = TrainingResult.of(name, task, config, make_model, trained, seconds)
    for callback in callbacks:
        callback.on_result(result)
    return result


def one_by_one(
    run: Callable[..., SeedResult], seeds: list[int], bar: tqdm
) -> list[SeedResult]:
    """Train seed after seed; after Ctrl-C no further one is begun."""

    def before_update() -> bool:
        bar.update()
        return True

    trained: list[SeedResult] = []
    for seed in seeds:
        trained.append(run(seed, before_update))
        if trained[-1].interrupted:
            break
    return trained


def progress_bar(name: str, total: int) -> tqdm:
    """A bar over updates; PROGTX_PROGRESS=off in the environment hides it."""
    hidden = os.environ.get("PROGTX_PROGRESS") == "off"
    return tqdm(total=total, desc=name, disable=hidden, leave=False)


def start(
    make_model: MakeModel,
    make_optimizer: MakeOptimizer,
    name: str,
    task: Task,
    config: Config,
    seeds: list[int],
    seed: int,
) -> Training:
    """A training before its first update."""
    model = new_model(make_model, task.spec, seed)
    optimizer = make_optimizer(model, config)
    batches = Stream(task, config.batch_size, seed, config.n_train)
    return Training(name, task, config, seed, seeds, model, optimizer, batches)


def train_seed(
    begin: Callable[[int], Training],
    callbacks: "Sequence[Callback]",
    seed: int,
    before_update: Callable[[], bool],
) -> SeedResult:
    """Train one seed and evaluate it on the test set, once."""
    training = begin(seed)
    test_set = held_out(training.task, "test", training.config.n_eval)
    # A model that draws numbers in training draws its seed's own.
    with torch.random.fork_rng(devices=[]), threads_for(training.model):
        torch.manual_seed(seed)
        train(training, callbacks, before_update)
        return SeedResult.of(training, evaluate(training.model, test_set))


@contextmanager
def threads_for(model: nn.Module) -> Iterator[None]:
    """One thread for a small model; all that torch was given for a larger one."""
    given = torch.get_num_threads()
    if sum(p.numel() for p in model.parameters()) < THREADS_FROM:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(given)
