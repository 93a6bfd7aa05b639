"""The machine that counts sign changes is right on every pattern of signs."""

import itertools

import pytest
import torch
from parts.hand_set_signs import STEEP, sign_counter

from progtx_core import tasks


@pytest.mark.parametrize("seq_len", [3, 5, 8])
def test_every_pattern_of_signs_beyond_the_margin(seq_len):
    task = tasks.get("sign_changes_mod_3", seq_len=seq_len)
    signs = torch.tensor([*itertools.product((-1.0, 1.0), repeat=seq_len)])
    sizes = 1 / STEEP + 3 * torch.rand(
        signs.shape, generator=torch.Generator().manual_seed(0)
    )
    inputs = torch.zeros(*signs.shape, task.spec.d_input)
    inputs[..., 0] = signs * sizes
    answers = sign_counter(task.spec)(inputs).argmax(-1)
    assert torch.equal(answers, task.labels(inputs))


def test_most_of_its_numbers_are_zero():
    model = sign_counter(tasks.get("sign_changes_mod_3").spec)
    n_set = sum(int((p != 0).sum()) for p in model.parameters())
    assert n_set < 0.02 * sum(p.numel() for p in model.parameters())
