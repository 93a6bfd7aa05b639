"""What a maximum attends to, on weights set by hand."""

import torch
from parts import ch02

from progtx_core import tasks
from progtx_core.models.pooling import TemporalPooling
from progtx_core.training import held_out


def test_questions_that_read_the_signal_are_told_from_the_others():
    task = tasks.get("has_pos_and_neg")
    model = TemporalPooling(task.spec, 6, "max")
    with torch.no_grad():
        sums = [[1024.0] * 2, [1024.0] * 2, [-1024.0] * 2, [-1024.0] * 2]
        model.project.weight[:] = torch.tensor([*sums, [1.0, -1.0], [-1.0, 1.0]])
        model.project.bias[:] = torch.tensor([0.0, -1.0, 0.0, -1.0, 0.0, 0.0])
        yes = [1.0, -1.0, 1.0, -1.0, 0.0, 0.0]
        model.logits_head.weight[:] = torch.tensor([[0.0] * 6, yes])
        model.logits_head.bias[:] = torch.tensor([0.0, -1.5])
    found = ch02.two_kinds(model, held_out(task, "test", 500))
    assert found["number"] == 4
    assert found["on ends"] == 1.0 and found["others kept"] == 1.0
    assert found["others on ends"] < 0.5
