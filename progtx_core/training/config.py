"""How long, how fast and on how much data to train."""

import math
from dataclasses import asdict, dataclass

from progtx_core import checks

SCHEDULES = ("constant", "linear", "cosine")


@dataclass(frozen=True)
class Config:
    """Settings of one training. All are checked; a wrong one says how to mend it.

    steps: parameter updates
    batch_size: examples an update
    learning_rate: rate at its highest point
    schedule: how the rate falls to zero: "constant" (not at all), "linear", "cosine"
    warmup_steps: updates over which the rate first rises from zero
    weight_decay: decoupled weight decay (AdamW); 0 for none
    n_train: size of a finite training set; None draws new examples for ever
    n_eval: examples in the held-out set
    eval_every: steps between two looks at the held-out set; None for 20 looks in all

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
        checks.whole("batch_size", self.batch_size, at_least=1)
        checks.number("learning_rate", self.learning_rate, above=0)
        checks.one_of("schedule", self.schedule, SCHEDULES)
        checks.whole("warmup_steps", self.warmup_steps, 0, self.steps)
        checks.number("weight_decay", self.weight_decay, at_least=0)
        if self.n_train is not None:
            checks.whole("n_train", self.n_train, at_least=self.batch_size)
        checks.whole("n_eval", self.n_eval, at_least=1)
        if self.eval_every is not None:
            checks.whole("eval_every", self.eval_every, at_least=1)

    def lr_at(self, step: int) -> float:
        """Learning rate of the update that follows `step` updates."""
        if step < self.warmup_steps:
            return self.learning_rate * (step + 1) / self.warmup_steps
        rest = max(1, self.steps - self.warmup_steps)
        done = (step - self.warmup_steps) / rest
        if self.schedule == "linear":
            return self.learning_rate * (1 - done)
        if self.schedule == "cosine":
            return self.learning_rate * (1 + math.cos(math.pi * done)) / 2
        return self.learning_rate

    def is_eval_step(self, step: int) -> bool:
        """Whether the held-out set is looked at after `step` updates."""
        every = self.eval_every or max(1, self.steps // 20)
        return step % every == 0 or step == self.steps

    def as_dict(self) -> dict:
        """All settings by name, for records and trackers."""
        return asdict(self)
