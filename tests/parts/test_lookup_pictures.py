"""Pictures of chapters 3 and 4 show inputs that tell rules apart, and a model's scores."""

import pytest
import torch
from parts import lookup_pictures

from progtx_core import tasks
from progtx_core.models.attention_pooling import AttentionPooling


@pytest.mark.parametrize("name", ["value_at_max_key", "value_at_query"])
def test_the_largest_value_of_all_is_never_the_answer(name):
    task = tasks.get(name, n_values=3)
    inputs = lookup_pictures.telling(task)
    answers = task.labels(inputs)
    assert len(inputs) == 4
    assert (inputs[..., -3:].amax(1).argmax(-1) != answers).all()
    assert (answers.diff() != 0).all()
    assert torch.equal(task.labels((10 * inputs).round() / 10), answers)


@pytest.mark.parametrize("kind", ["linear", "additive"])
def test_scores_are_those_of_the_model(kind):
    task = tasks.get("sign_of_winner")
    model = AttentionPooling(task.spec, 8, kind)
    signal = torch.linspace(-1, 1, task.spec.seq_len)
    inputs = signal[:, None].expand(-1, task.spec.d_input) / task.spec.d_input
    scores = lookup_pictures.scores_of(model, signal)
    assert torch.allclose(scores.softmax(0), model.pattern(inputs[None])[0], atol=1e-6)
