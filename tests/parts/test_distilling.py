"""What is read from a trained copier is the program for copying, and says what it says."""

from functools import partial

import numpy as np
import pytest
import torch
from parts import distilling
from parts.distilling import SELECTIONS, agreement, constant, numbers, read, selecting

from progtx_core import rasp, tasks
from progtx_core.models.attention import activation
from progtx_core.models.transformer import CausalTransformer
from progtx_core.rasp import programs
from progtx_core.rasp.programs import END, GO, START
from progtx_core.training import Config, fit, held_out

TASK = tasks.get("copying", n_symbols=8, longest=6)
ONE_HEAD = partial(CausalTransformer, d_model=32, n_layers=2, n_heads=1)


@pytest.fixture
def untrained():
    torch.manual_seed(0)
    return CausalTransformer(TASK.spec, d_model=16, n_layers=2, n_heads=2).eval()


def test_tokens_are_read_as_programs_read_them():
    row = TASK.write(torch.tensor([[3, 1, 0, 0, 0, 0]]))[0]
    assert numbers(TASK, row) == [START, 2, 0, GO, 2, 0, END]


@pytest.mark.parametrize("name", SELECTIONS)
def test_a_pattern_is_the_selection_and_adds_up_to_one(name):
    inputs = held_out(TASK, "test", 5).inputs
    made = distilling.pattern(TASK, inputs, SELECTIONS[name])
    torch.testing.assert_close(made.sum(-1), torch.ones(inputs.shape))
    for row, tokens in zip(made, inputs, strict=True):
        x = numbers(TASK, tokens)
        selected = SELECTIONS[name](x)
        here = row[: len(x), : len(x)].numpy() > 0
        some = selected.any(1)
        assert (here[some] == selected[some]).all()
        assert (here[~some] == (np.arange(len(x)) == 0)).all()


def test_a_head_that_selects_itself_gives_its_own_values_and_all_is_undone(untrained):
    inputs = held_out(TASK, "test", 4).inputs
    name, itself = "blocks.1.attention", next(iter(SELECTIONS))
    with torch.no_grad():
        before = untrained(inputs)
        values = activation(untrained, f"{name}.W_V", inputs)
        with selecting(untrained, TASK, (name, 1), SELECTIONS[itself]):
            mixed = activation(untrained, name, inputs, 1)
            changed = untrained(inputs)
        after = untrained(inputs)
    real = inputs != TASK.spec.pad
    torch.testing.assert_close(mixed[real], values.chunk(2, -1)[1][real])
    assert not torch.equal(before, changed)
    assert torch.equal(before, after)


def test_a_constant_part_says_the_same_of_every_input(untrained):
    inputs = held_out(TASK, "test", 4).inputs
    part = "blocks.0.mlp"
    with constant(untrained, [(part, None)], inputs):
        said = activation(untrained, part, inputs)
    assert (said == said[0, 0]).all()
    assert not (activation(untrained, part, inputs) == said).all()


@pytest.mark.slow
def test_a_trained_copier_is_an_induction_head_and_says_so():
    run = fit(ONE_HEAD, TASK, Config(1500, 64, 0.004, warmup_steps=100), seed=0)
    (model,), test = run.models, held_out(TASK, "test", 300)
    found = read(model, TASK, TASK.sample(200, torch.Generator().manual_seed(1), "train"))
    assert dict(found.kept)["the model"] >= 0.99
    assert agreement(found, model, TASK, test) >= 0.9
    assert "select(before(x), asked(x), equals)" in str(found)
    # The text is a program, and it copies.
    scope = vars(rasp) | vars(programs) | vars(distilling)
    scope |= {name: getattr(rasp.primitives, name) for name in ("select", "aggr_min")}
    exec(str(found), scope)
    line = [START, 5, 2, 7, 0, GO]
    assert rasp.decode(scope["program"], line) == [5, 2, 7, 0, END]
    assert rasp.decode(found, line) == [5, 2, 7, 0, END]
