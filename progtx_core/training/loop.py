"""The training loop. It knows no particular model and no particular task."""

import os
import time
from collections.abc import Callable
from functools import partial

import torch
from torch import nn
from tqdm import tqdm

from progtx_core import checks, models
from progtx_core.contract import Batch, Spec
from progtx_core.tasks import Task
from progtx_core.training.config import Config
from progtx_core.training.data import held_out, stream
from progtx_core.training.objective import accuracy, masked_cross_entropy
from progtx_core.training.run import History, Run
from progtx_core.training.tracker import Tracker

MakeModel = Callable[[Spec], nn.Module]
MakeOptimizer = Callable[[nn.Module, Config], torch.optim.Optimizer]


def adam(model: nn.Module, config: Config) -> torch.optim.Optimizer:
    """Adam with decoupled weight decay; fused, as torch's default on CPU is slower."""
    return torch.optim.AdamW(
        model.parameters(),
        lr=config.learning_rate,
        weight_decay=config.weight_decay,
        fused=True,
    )


class Learner:
    """One seed's model, optimizer and stream of batches."""

    def __init__(
        self,
        make_model: MakeModel,
        task: Task,
        config: Config,
        seed: int,
        make_optimizer: MakeOptimizer = adam,
    ) -> None:
        with torch.random.fork_rng(devices=[]):  # leaves the caller's numbers alone
            torch.manual_seed(seed)
            self.model = make_model(task.spec)
        self.optimizer = make_optimizer(self.model, config)
        self.batches = stream(task, config.batch_size, seed, config.n_train)

    def step(self, rate: float) -> dict[str, float]:
        """One update at the given learning rate, on the next batch."""
        batch = next(self.batches)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        measured = {}

        def closure() -> torch.Tensor:
            self.optimizer.zero_grad()
            logits = self.model(batch.inputs)
            loss = masked_cross_entropy(logits, batch)
            loss.backward()
            if not measured:  # an optimizer may call more than once; keep the first
                measured["train/loss"] = loss.item()
                measured["train/accuracy"] = accuracy(logits, batch).item()
                measured["grad_norm"] = norm(p.grad for p in self.model.parameters())
            return loss

        self.model.train()
        self.optimizer.step(closure)
        return measured

    def evaluate(self, batch: Batch) -> dict[str, float]:
        """Loss and accuracy on a batch, without training on it."""
        self.model.eval()
        with torch.no_grad():
            logits = self.model(batch.inputs)
            loss = masked_cross_entropy(logits, batch)
        return {"loss": loss.item(), "accuracy": accuracy(logits, batch).item()}


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
) -> Run:
    """Train the seeds `seed … seed + n_seeds - 1` and return all that was measured.

    model: a name (see `models.names()`), or a class or function that takes a
        `Spec` and returns a module; config: by default the model's own recipe.
    A seed fixes a model's first parameters and its batches. Ctrl-C ends the
    training early and keeps what was trained. The environment variable
    PROGTX_PROGRESS=off hides all progress bars.

    Raises ValueError or TypeError for a wrong name or setting, and
    FloatingPointError as soon as a loss is not a finite number.
    """
    make_model, name, recipe = resolve(model)
    config = config or Config(**recipe)
    checks.whole("seed", seed, at_least=0)
    checks.whole("n_seeds", n_seeds, at_least=1)
    seeds = list(range(seed, seed + n_seeds))
    learners = [Learner(make_model, task, config, s, make_optimizer) for s in seeds]
    history, started, interrupted = History(), time.perf_counter(), False
    try:
        _train(learners, task, config, name, history, tracker, progress)
    except KeyboardInterrupt:
        interrupted = True
    test_set = held_out(task, "test", config.n_eval)
    test = side_by_side([learner.evaluate(test_set) for learner in learners])
    return Run(
        name=name,
        task=task,
        config=config,
        seeds=seeds,
        history=history,
        models=[learner.model for learner in learners],
        test={key: torch.tensor(values).numpy() for key, values in test.items()},
        seconds=time.perf_counter() - started,
        interrupted=interrupted,
    )


def _train(learners, task, config, name, history, tracker, progress) -> None:
    """All seeds, step by step; fills `history`."""
    val_set = held_out(task, "val", config.n_eval)
    quiet = not progress or os.environ.get("PROGTX_PROGRESS") == "off"
    bar = tqdm(total=config.steps, desc=name, disable=quiet, leave=False)
    with bar:
        for step in range(config.steps + 1):
            if config.is_eval_step(step):
                looked = side_by_side([look(learner, val_set) for learner in learners])
                history.add(step, looked)
                if tracker is not None:
                    tracker.log(name, step, looked)
            if step < config.steps:
                taken = [learner.step(config.rate(step)) for learner in learners]
                check_finite(name, step, taken)
                history.add(step, side_by_side(taken))
                bar.update()


def look(learner: Learner, val_set: Batch) -> dict[str, float]:
    """What is measured at every look at the held-out set.

    A model that has a method `extras() -> dict[str, float]` adds its own.
    """
    measured = learner.evaluate(val_set)
    extras = getattr(learner.model, "extras", dict)()
    return {f"val/{key}": value for key, value in measured.items()} | {
        "weight_norm": norm(learner.model.parameters()),
        **extras,
    }


def resolve(model: str | MakeModel) -> tuple[MakeModel, str, dict]:
    """A model's name or class to a function that makes it, its name, its recipe."""
    if isinstance(model, str):
        return partial(models.build, model), model, models.recipe(model)
    name = getattr(model, "__name__", type(model).__name__)
    return model, name, getattr(model, "recipe", {})


def norm(tensors) -> float:
    """Euclidean norm of all numbers in some tensors; None counts as zero."""
    found = [t.detach() for t in tensors if t is not None]
    return torch.nn.utils.get_total_norm(found).item() if found else 0.0


def side_by_side(of_seeds: list[dict[str, float]]) -> dict[str, list[float]]:
    """[{"a": 1}, {"a": 2}] to {"a": [1, 2]}."""
    return {key: [one[key] for one in of_seeds] for key in of_seeds[0]}


def check_finite(name: str, step: int, taken: list[dict[str, float]]) -> None:
    """Stop at the first loss that is not a finite number."""
    for index, one in enumerate(taken):
        loss = one["train/loss"]
        if not torch.isfinite(torch.tensor(loss)):
            raise FloatingPointError(
                f"{name}: the training loss of seed number {index} is {loss} at step "
                f"{step}; a smaller learning_rate is the usual mend"
            )
