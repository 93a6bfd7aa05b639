"""What a training is given, and where it stands."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import nn

from progtx_core import checks, models
from progtx_core.tasks import Task
from progtx_core.training.data import BATCHES_PER_DRAW, Stream
from progtx_core.types import Spec

SCHEDULES = ("constant", "linear", "cosine")


@dataclass(frozen=True)
class Config:
    """Settings of one training.

    Args:
        steps: parameter updates.
        batch_size: examples an update.
        learning_rate: at its highest point.
        schedule: how the learning rate falls: "constant" (not at all), "linear", "cosine".
        warmup_steps: updates over which the learning rate first rises from zero.
        weight_decay: decoupled weight decay (AdamW); 0 for none.
        n_train: size of a finite training set; None draws new examples for ever.
        n_eval: examples in the held-out set.
        eval_every: updates between two evaluations; None for 20 evaluations in all.

    Raises:
        ValueError, TypeError: a setting out of range; the message says how to fix it.

    Example:
        >>> Config(steps=100, learning_rate=0.1, schedule="linear").lr_at(75)
        0.025
    """

    steps: int = 1000
    batch_size: int = 128
    learning_rate: float = 3e-3
    schedule: str = "linear"
    warmup_steps: int = 0
    weight_decay: float = 0.0
    n_train: int | None = None
    n_eval: int = 2000
    eval_every: int | None = None

    def __post_init__(self) -> None:
        checks.whole("steps", self.steps, at_least=1)
        checks.size("batch_size", self.batch_size, 1, BATCHES_PER_DRAW)
        checks.number("learning_rate", self.learning_rate, above=0)
        checks.one_of("schedule", self.schedule, SCHEDULES)
        checks.whole("warmup_steps", self.warmup_steps, 0, self.steps)
        checks.number("weight_decay", self.weight_decay, at_least=0)
        if self.n_train is not None:
            checks.size("n_train", self.n_train, self.batch_size)
        checks.size("n_eval", self.n_eval)
        if self.eval_every is not None:
            checks.whole("eval_every", self.eval_every, at_least=1)

    def lr_at(self, step: int) -> float:
        """Learning rate of the update that follows `step` updates."""
        if step < self.warmup_steps:
            return self.learning_rate * (step + 1) / self.warmup_steps
        done = (step - self.warmup_steps) / max(1, self.steps - self.warmup_steps)
        if self.schedule == "linear":
            return self.learning_rate * (1 - done)
        if self.schedule == "cosine":
            return self.learning_rate * (1 + math.cos(math.pi * done)) / 2
        return self.learning_rate

    def is_eval_step(self, step: int) -> bool:
        """Whether the held-out set is evaluated after `step` updates."""
        every = self.eval_every or max(1, self.steps // 20)
        return step % every == 0 or step == self.steps


MakeModel = Callable[[Spec], nn.Module]
MakeOptimizer = Callable[[nn.Module, Config], torch.optim.Optimizer]


def adam(model: nn.Module, config: Config, **arguments: Any) -> torch.optim.Optimizer:
    """Adam with decoupled weight decay; fused, as torch's default on CPU is slower."""
    settings = {"lr": config.learning_rate, "weight_decay": config.weight_decay}
    return torch.optim.AdamW(model.parameters(), fused=True, **settings, **arguments)


def new_model(make_model: MakeModel, spec: Spec, seed: int) -> nn.Module:
    """A model with a seed's first parameters; the caller's random numbers stay."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return checks.instance("the model that was made", make_model(spec), nn.Module)


def resolve(model: str | MakeModel) -> tuple[MakeModel, str, dict[str, Any]]:
    """A model's name or class to what makes it, its name, its default config."""
    if isinstance(model, str):
        return partial(models.build, model), model, models.default_config(model)
    if isinstance(model, nn.Module):
        name = type(model).__name__
        raise TypeError(f"model must make a module from a Spec, not be one: pass {name}")
    checks.function("model", model)
    return model, name_of(model), getattr(model, "default_config", {})


def name_of(make: MakeModel) -> str:
    """The name of a class or function, also behind `partial`."""
    if isinstance(make, partial):
        return str(make.args[0]) if make.args else name_of(make.func)
    return getattr(make, "__name__", type(make).__name__)


Points = dict[str, list[tuple[int, float]]]  # curves of one seed: (step, value)


@dataclass
class Training:
    """One seed's training as it stands: the loop moves it on, callbacks read it."""

    name: str
    task: Task
    config: Config
    seed: int
    seeds: list[int]  # all that `fit` trains, this one among them
    model: nn.Module
    optimizer: torch.optim.Optimizer
    batches: Stream
    step: int = 0  # updates made
    history: Points = field(default_factory=dict)
    measured: dict[str, Any] = field(default_factory=dict)  # by the last evaluation
    snapshots: dict[int, dict[str, torch.Tensor]] = field(default_factory=dict)  # by step
    best: dict[str, torch.Tensor] | None = None  # parameters, where a callback keeps them
    stopped: bool = False  # a callback sets it to end the training early
    interrupted: bool = False

    @classmethod
    def begin(
        cls,
        make_model: MakeModel,
        make_optimizer: MakeOptimizer,
        name: str,
        task: Task,
        config: Config,
        seeds: list[int],
        seed: int,
    ) -> "Training":
        """A training before its first update."""
        model = new_model(make_model, task.spec, seed)
        if not any(p.requires_grad for p in model.parameters()):
            raise ValueError(f"{name}: the model has no parameter that is to be trained")
        if any(p.is_complex() for p in model.parameters()):
            raise ValueError(f"{name}: parameters must be real numbers, not complex")
        optimizer = make_optimizer(model, config)
        kind = torch.optim.Optimizer
        checks.instance("the optimizer that was made", optimizer, kind)
        batches = Stream(task, config.batch_size, seed, config.n_train)
        made = cls(name, task, config, seed, seeds, model, optimizer, batches)
        made.check_state()  # keeps the shapes
        return made

    def check_state(self) -> None:
        """Raise ValueError if a pass adds to the model's state: it would fit no new one."""
        now = {n: getattr(v, "shape", None) for n, v in self.model.state_dict().items()}
        for name in dict(now.items() ^ self.__dict__.setdefault("shapes", now).items()):
            fix = "give it its final shape in __init__"
            raise ValueError(f"{self.name}: a pass adds or resizes {name!r}; {fix}")

    @property
    def label(self) -> str:
        """The model's name, with the seed's place where several are trained."""
        place = self.seeds.index(self.seed)
        return self.name if len(self.seeds) == 1 else f"{self.name}/{place}"

    def record(self, measured: dict[str, float]) -> None:
        """Add a point to each named curve."""
        for name, value in measured.items():
            self.history.setdefault(name, []).append((self.step, float(value)))
