"""What learns: a model with its optimizer, its batches, and the step of training."""

from collections.abc import Callable, Iterable

import torch
from torch import nn

from progtx_core.tasks import Task
from progtx_core.training.config import Config
from progtx_core.training.data import Stream
from progtx_core.training.objective import accuracy, masked_cross_entropy
from progtx_core.types import Batch, Spec

MakeModel = Callable[[Spec], nn.Module]
MakeOptimizer = Callable[[nn.Module, Config], torch.optim.Optimizer]
Measured = dict[str, list[float]]  # a value a seed


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


class Learner:
    """One seed: a model, its optimizer, its stream of batches, its random numbers."""

    def __init__(
        self,
        model: nn.Module,
        task: Task,
        config: Config,
        seed: int,
        make_optimizer: MakeOptimizer = adam,
    ) -> None:
        self.model = model
        self.optimizer = make_optimizer(model, config)
        self.stream = Stream(task, config.batch_size, seed, config.n_train)
        # For a model that draws numbers in training: none of them is another seed's.
        self.random = torch.Generator().manual_seed(seed).get_state()

    def step(self, rate: float) -> dict[str, float]:
        """One update at the given learning rate, on the next batch."""
        outside = torch.get_rng_state()
        torch.set_rng_state(self.random)
        try:
            return update(self.model, self.optimizer, next(self.stream), rate)
        finally:
            self.random = torch.get_rng_state()
            torch.set_rng_state(outside)

    def state_dict(self) -> dict:
        """All that decides the next steps, as tensors and plain numbers."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "stream": self.stream.state_dict(),
            "random": self.random,
        }

    def load_state_dict(self, state: dict) -> None:
        """Go on where the learner stood that gave this state."""
        for part in ("model", "optimizer", "stream"):
            getattr(self, part).load_state_dict(state[part])
        self.random = state["random"]


class OneByOne:
    """The learners of some seeds, which take a step in turn."""

    def __init__(
        self,
        models: list[nn.Module],
        task: Task,
        config: Config,
        seeds: list[int],
        make_optimizer: MakeOptimizer = adam,
    ) -> None:
        self.models = models
        self.learners = [
            Learner(model, task, config, seed, make_optimizer)
            for model, seed in zip(models, seeds, strict=True)
        ]

    def step(self, rate: float) -> Measured:
        """One update of every model at the given learning rate, on its next batch."""
        return side_by_side([learner.step(rate) for learner in self.learners])

    def evaluate(self, batch: Batch) -> Measured:
        """Loss and accuracy of every model on a batch, without training on it."""
        return side_by_side([evaluate(model, batch) for model in self.models])


def update(
    model: nn.Module, optimizer: torch.optim.Optimizer, batch: Batch, rate: float
) -> dict[str, float]:
    """The step that everything rests on: predict, measure, differentiate, move."""
    for group in optimizer.param_groups:
        group["lr"] = rate
    measured = {}

    def closure() -> torch.Tensor:
        logits = model(batch.inputs)
        loss = masked_cross_entropy(logits, batch)
        if torch.is_grad_enabled():  # an optimizer without gradients asks for none
            optimizer.zero_grad()
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


def norm(tensors: Iterable[torch.Tensor | None]) -> float:
    """Euclidean norm of all numbers in some tensors; None counts as zero."""
    found = [t.detach() for t in tensors if t is not None]
    return torch.nn.utils.get_total_norm(found).item() if found else 0.0


def side_by_side(of_seeds: list[dict[str, float]]) -> Measured:
    """[{"a": 1}, {"a": 2}] to {"a": [1, 2]}."""
    return {key: [one[key] for one in of_seeds] for key in of_seeds[0]}
