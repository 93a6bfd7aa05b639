"""A model's answers when it has to read its own."""

import torch
from torch import nn

from progtx_core.types import Batch


def generate(model: nn.Module, batch: Batch, first_token: int = 1) -> torch.Tensor:
    """Answers in the order of the places, each read by those after it.

    Where one answer is asked for right after another, the token between them is the
    first of the two: the true one in training, the model's own here. The token of
    class c is first_token + c.

    Returns (batch, seq) classes, -1 where no answer is asked for.
    """
    inputs = batch.inputs.clone()
    answers = torch.full_like(batch.targets, -1)
    model.eval()
    with torch.no_grad():
        for place in range(inputs.shape[1]):
            asked = batch.mask[:, place]
            if not asked.any():
                continue
            found = model(inputs)[:, place].argmax(-1)
            answers[asked, place] = found[asked]
            if place + 1 < inputs.shape[1]:
                read = asked & batch.mask[:, place + 1]
                inputs[read, place + 1] = found[read] + first_token
    return answers
