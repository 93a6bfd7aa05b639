"""Interventions change one part while they last, and nothing afterwards."""

import pytest
import torch
from torch import nn

from progtx_core import models, tasks
from progtx_core.models.attention import activation, intervene

TASK = tasks.get("sign_changes_mod_3")
INPUTS = TASK.sample(6, torch.Generator().manual_seed(0)).inputs


@pytest.fixture
def model():
    torch.manual_seed(0)
    return models.build("transformer", TASK.spec, d_model=16, n_layers=2, n_heads=4).eval()


def zeros(part):
    """All parameters of a part set to 0, so that it gives nothing."""
    for parameter in part.parameters():
        nn.init.zeros_(parameter)


@pytest.mark.parametrize("part", ["blocks.0.mlp", "blocks.1.attention"])
def test_a_part_switched_off_is_one_without_weights(model, part):
    with intervene(model, part, torch.zeros_like):
        found = model(INPUTS)
    zeros(model.get_submodule(part))
    torch.testing.assert_close(found, model(INPUTS))


def test_a_head_switched_off_is_one_whose_columns_are_zero(model):
    before = model(INPUTS)
    with intervene(model, "blocks.0.attention", torch.zeros_like, head=2):
        found = model(INPUTS)
    with torch.no_grad():
        model.blocks[0].attention.W_O.weight[:, 8:12] = 0
    torch.testing.assert_close(found, model(INPUTS))
    assert (found - before).abs().max() > 1e-4


@pytest.mark.parametrize("head", [None, 1])
def test_all_activations_of_another_input_give_its_answer(model, head):
    part = "blocks.0.attention"
    own = activation(model, part, INPUTS, head)
    with intervene(model, part, lambda made: own, head):
        torch.testing.assert_close(model(INPUTS), model(INPUTS.clone()))
    other = activation(model, "norm", INPUTS.flip(0))
    with intervene(model, "norm", lambda made: other):
        patched = model(INPUTS)
    torch.testing.assert_close(patched, model(INPUTS.flip(0)))


def test_a_head_has_the_shape_of_its_share(model):
    assert activation(model, "blocks.1.attention", INPUTS, 0).shape == (
        6,
        TASK.spec.seq_len,
        4,
    )
    assert activation(model, "blocks.1.attention", INPUTS).shape == (
        6,
        TASK.spec.seq_len,
        16,
    )


def test_it_is_undone_after_an_error(model):
    before = model(INPUTS)
    with pytest.raises(RuntimeError), intervene(model, "blocks.0.mlp", torch.zeros_like):
        raise RuntimeError
    assert torch.equal(model(INPUTS), before)


@pytest.mark.parametrize(
    ("part", "head", "message"),
    [
        ("blocks.0.mpl", None, "there is no part 'blocks.0.mpl'; nearest: blocks.0.mlp"),
        ("blocks.0.attention", 4, "head must be a whole number from 0 to 3"),
        ("blocks.0.mlp", 1, "which has heads must be of the class"),
    ],
)
def test_what_is_not_there_is_named(model, part, head, message):
    refused = pytest.raises((ValueError, TypeError), match=message)
    with refused, intervene(model, part, torch.zeros_like, head):
        pass
