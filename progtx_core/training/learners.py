"""Several seeds of one model, trained side by side: one after another, or stacked.

`OneByOne` takes a step with each model in turn. `Stacked` keeps the parameters of all
seeds in one tensor each and takes one step for all of them. The numbers are the same to
float tolerance; which is faster depends on the size of the model (`make_learners`).
"""

from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy

import torch
from torch import nn
from torch.func import functional_call, stack_module_state, vmap
from torch.nn.attention import SDPBackend, sdpa_kernel

from progtx_core.contract import Batch, Spec
from progtx_core.models import count_parameters
from progtx_core.tasks import Task
from progtx_core.training.config import Config
from progtx_core.training.data import stream
from progtx_core.training.objective import (
    accuracy,
    masked_cross_entropy,
    mean_loss,
    share_right,
)

MakeModel = Callable[[Spec], nn.Module]
MakeOptimizer = Callable[[nn.Module, Config], torch.optim.Optimizer]
Measured = dict[str, list[float]]  # a value a seed

# Up to this many parameters a stacked step is faster: the time goes into calls, not
# into arithmetic. Measured by tests/bench/bench_fit.py.
STACK_UP_TO = 8_000


def adam(parameters: nn.Module | list, config: Config) -> torch.optim.Optimizer:
    """Adam with decoupled weight decay; fused, as torch's default on CPU is slower."""
    if isinstance(parameters, nn.Module):
        parameters = list(parameters.parameters())
    return torch.optim.AdamW(
        parameters,
        lr=config.learning_rate,
        weight_decay=config.weight_decay,
        fused=True,
    )


def new_model(make_model: MakeModel, spec: Spec, seed: int) -> nn.Module:
    """A model with the first parameters of a seed; the caller's numbers are left alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make_model(spec)


class OneByOne:
    """The models of some seeds, each with its own optimizer and stream of batches."""

    def __init__(
        self,
        models: list[nn.Module],
        task: Task,
        config: Config,
        seeds: list[int],
        make_optimizer: MakeOptimizer = adam,
    ) -> None:
        self.models = models
        self.optimizers = [make_optimizer(model, config) for model in models]
        self.streams = streams(task, config, seeds)

    def step(self, rate: float) -> Measured:
        """One update of every model at the given learning rate, on its next batch."""
        members = zip(self.models, self.optimizers, self.streams, strict=True)
        return side_by_side(
            [update(model, o, next(batches), rate) for model, o, batches in members]
        )

    def evaluate(self, batch: Batch) -> Measured:
        """Loss and accuracy of every model on a batch, without training on it."""
        return side_by_side([evaluate(model, batch) for model in self.models])


def streams(task: Task, config: Config, seeds: list[int]) -> list[Iterator[Batch]]:
    """A stream of batches for every seed."""
    return [stream(task, config.batch_size, s, config.n_train) for s in seeds]


def update(
    model: nn.Module, optimizer: torch.optim.Optimizer, batch: Batch, rate: float
) -> dict[str, float]:
    """The step that everything rests on: predict, measure, differentiate, move."""
    for group in optimizer.param_groups:
        group["lr"] = rate
    measured = {}

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        logits = model(batch.inputs)
        loss = masked_cross_entropy(logits, batch)
        loss.backward()
        if not measured:  # an optimizer may call more than once; keep the first
            measured["train/loss"] = loss.item()
            measured["train/accuracy"] = accuracy(logits, batch).item()
            measured["grad_norm"] = norm(p.grad for p in model.parameters())
        return loss

    model.train()
    optimizer.step(closure)
    return measured


def evaluate(model: nn.Module, batch: Batch) -> dict[str, float]:
    """Loss and accuracy of one model on a batch."""
    model.eval()
    with torch.no_grad():
        logits = model(batch.inputs)
        loss = masked_cross_entropy(logits, batch)
    return {"loss": loss.item(), "accuracy": accuracy(logits, batch).item()}


class Stacked(OneByOne):
    """The same, in one step: every parameter has a leading axis, one entry a seed."""

    def __init__(self, models, task, config, seeds) -> None:
        self.models, self.streams = models, streams(task, config, seeds)
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
            return vmap(one, randomness="different")(self.parameters, inputs)

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
    trial.shell.eval()
    inputs = task.sample(4, torch.Generator().manual_seed(0)).inputs
    try:
        trial.logits(inputs.unsqueeze(0))
    except Exception:  # whatever it is: one by one it works, or says what is wrong
        return False
    return True


def norm(tensors: Iterable[torch.Tensor | None]) -> float:
    """Euclidean norm of all numbers in some tensors; None counts as zero."""
    found = [t.detach() for t in tensors if t is not None]
    return torch.nn.utils.get_total_norm(found).item() if found else 0.0


def side_by_side(of_seeds: list[dict[str, float]]) -> Measured:
    """[{"a": 1}, {"a": 2}] to {"a": [1, 2]}."""
    return {key: [one[key] for one in of_seeds] for key in of_seeds[0]}
