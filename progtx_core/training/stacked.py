"""Several seeds of one model in one step, where that is faster and possible.

`Stacked` keeps the parameters of all seeds in one tensor each and takes one step for
all of them. The numbers are those of `OneByOne` to float tolerance; which is faster
depends on the size of the model (`make_learners`).
"""

from copy import deepcopy

import torch
from torch.func import functional_call, stack_module_state, vmap
from torch.nn.attention import SDPBackend, sdpa_kernel

from progtx_core.models import count_parameters
from progtx_core.tasks import Task
from progtx_core.training.config import Config
from progtx_core.training.data import Stream
from progtx_core.training.learners import (
    MakeModel,
    MakeOptimizer,
    Measured,
    OneByOne,
    adam,
    new_model,
)
from progtx_core.training.objective import mean_loss, share_right

# Up to this many parameters a stacked step is faster: the time goes into calls, not
# into arithmetic. Measured by tests/bench/bench_fit.py.
STACK_UP_TO = 8_000


class Stacked(OneByOne):
    """The same, in one step: every parameter has a leading axis, one entry a seed."""

    def __init__(self, models, task, config, seeds) -> None:
        self.models = models
        self.streams = [Stream(task, config.batch_size, s, config.n_train) for s in seeds]
        self.parameters, _ = stack_module_state(models)
        self.optimizer = adam(list(self.parameters.values()), config)
        self.shell = deepcopy(models[0])  # gives the code; the numbers are handed in
        for name, stacked in self.parameters.items():
            for model, own in zip(models, stacked.detach(), strict=True):
                model.get_parameter(name).data = own  # a view: models stay up to date

    def logits(self, inputs: torch.Tensor) -> torch.Tensor:
        """Inputs (seeds, batch, …), a batch for each seed, to (seeds, batch, n_classes)."""

        def one(parameters, inputs):
            return functional_call(self.shell, parameters, (inputs,))

        # vmap knows the parts of attention, not the fused kernel.
        with sdpa_kernel(SDPBackend.MATH):
            return vmap(one)(self.parameters, inputs)

    def step(self, rate: float) -> Measured:
        drawn = [next(batches) for batches in self.streams]
        inputs, targets, mask = (
            torch.stack([getattr(batch, part) for batch in drawn])
            for part in ("inputs", "targets", "mask")
        )
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.shell.train()
        self.optimizer.zero_grad()
        logits = self.logits(inputs)
        losses = vmap(mean_loss)(logits, targets, mask)  # (seeds,)
        losses.sum().backward()  # each loss reaches the parameters of its seed only
        hits = vmap(share_right)(logits.detach(), targets, mask)
        grads = [p.grad for p in self.parameters.values() if p.grad is not None]
        square = sum(grad.flatten(1).square().sum(1) for grad in grads)
        self.optimizer.step()
        return {
            "train/loss": losses.tolist(),
            "train/accuracy": hits.tolist(),
            "grad_norm": square.sqrt().tolist(),
        }


def make_learners(
    make_model: MakeModel,
    task: Task,
    config: Config,
    seeds: list[int],
    make_optimizer: MakeOptimizer,
    stacked: bool | None = None,
) -> OneByOne:
    """The learners of some seeds: stacked where that is faster and possible.

    stacked: True or False to decide it oneself
    """
    models = [new_model(make_model, task.spec, seed) for seed in seeds]
    if stacked is None:
        stacked = can_stack(models, task, config, make_optimizer)
    if stacked:
        return Stacked(models, task, config, seeds)
    return OneByOne(models, task, config, seeds, make_optimizer)


def can_stack(models, task, config, make_optimizer) -> bool:
    """Small, with the optimizer that works number by number, and code that vmap takes.

    One model alone has nothing to be stacked with.
    """
    if len(models) == 1 or make_optimizer is not adam:
        return False
    if count_parameters(models[0]) > STACK_UP_TO:
        return False
    if any(True for _ in models[0].buffers()):  # a step may change them
        return False
    trial = Stacked(deepcopy(models[:1]), task, config, [0])
    trial.shell.train()  # a model that draws numbers of its own is refused by vmap
    inputs = task.sample(4, torch.Generator().manual_seed(0)).inputs
    try:
        trial.logits(inputs.unsqueeze(0))
    except Exception:  # whatever it is: one by one it works, or says what is wrong
        return False
    return True
