"""What trained models answer, example by example: for tables and pages."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from progtx_core.tasks import Task
from progtx_core.training import TrainingResult
from progtx_core.training.data import check_logits, held_out
from progtx_core.types import Batch


def predict(model: nn.Module, batch: Batch) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (answers, n_classes) and targets (answers,) where the mask is True."""
    was_training = model.training
    model.eval()
    with torch.no_grad():
        check_logits(logits := model(batch.inputs), batch)
    model.train(was_training)
    probabilities = logits.softmax(-1)
    return probabilities[batch.mask].numpy(), batch.targets[batch.mask].numpy()


@dataclass(frozen=True)
class Answers:
    """What one model answers on some examples of one split of the data."""

    split: str
    batch: Batch
    probabilities: np.ndarray  # (answers, n_classes)
    targets: np.ndarray  # (answers,)
    of_example: np.ndarray  # (answers,): an answer's row of the batch

    @property
    def two_sided(self) -> bool:
        """Whether there are two classes and both occur, as ROC and PR curves need."""
        return self.probabilities.shape[1] == 2 and len(set(self.targets.tolist())) == 2

    @property
    def accuracy(self) -> float:
        """Share of the answers that are right."""
        return float((self.probabilities.argmax(1) == self.targets).mean())

    @property
    def loss(self) -> float:
        """Mean cross-entropy, in nats."""
        return float(-np.log(np.clip(self.of_right, 1e-38, 1)).mean())

    @property
    def of_right(self) -> np.ndarray:
        """Probability of the right answer: (answers,)."""
        return self.probabilities[np.arange(len(self.targets)), self.targets]

    def wrong(self, n: int) -> list[int]:
        """The wrong answers, the worst first, n at most: indices of answers."""
        wrong = np.flatnonzero(self.probabilities.argmax(1) != self.targets)
        return wrong[np.argsort(self.of_right[wrong], kind="stable")][:n].tolist()


def answers_of(result: TrainingResult, index: int = 0, n: int = 1000) -> dict[str, Answers]:
    """What the model of seed number `index` answers: on "train" and on "test" examples.

    The former are of the fixed set that it was trained on, or such as it was trained on.
    """
    task, config, found = result.task, result.config, {}
    generator = torch.Generator().manual_seed(result.seeds[index])
    batches = {
        "train": task.sample(config.n_train or n, generator)[:n],
        "test": held_out(task, "test", config.n_eval)[:n],
    }
    for split, batch in batches.items():
        probabilities, targets = predict(result.models[index], batch)
        of_example = batch.mask.reshape(len(batch), -1).nonzero()[:, 0].numpy()
        found[split] = Answers(split, batch, probabilities, targets, of_example)
    return found


def in_words(task: Task, inputs: torch.Tensor) -> str:
    """One example as text: its tokens, or its numbers, position by position.

    >>> from progtx_core import tasks
    >>> in_words(tasks.get("trend_sign"), torch.tensor([[0.5, 1.0], [-0.25, 2.0]]))
    '0.50 1.00; -0.25 2.00'
    >>> in_words(tasks.get("sum_mod_10"), torch.tensor([8, 11, 6, 0, 0]))
    '7+5'
    """
    if inputs.ndim == 1:
        ids, tokenizer = inputs.tolist(), getattr(task, "tokenizer", None)
        return tokenizer.decode(ids) if tokenizer else " ".join(map(str, ids))
    return "; ".join(" ".join(f"{x:.2f}" for x in row) for row in inputs.tolist())
