"""Prices: what is measured is called as often as it says, and nothing is moved."""

import torch
from parts import timing
from parts.fast_losses import FastLosses

from progtx_core import models, tasks
from progtx_core.models.transformer import CausalTransformer

SMALL = {"d_model": 4, "n_layers": 1, "n_heads": 1, "d_mlp": 4}


def small():
    task = tasks.get("parity", seq_len=4)
    torch.manual_seed(0)
    model = CausalTransformer(task.spec, **SMALL)
    return model, task.sample(10, torch.Generator().manual_seed(0))


def test_polling_for_the_clock_changes_no_parameter_and_measures_n_more():
    model, batch = small()
    before = {name: p.clone() for name, p in model.named_parameters()}
    fast, sizes = FastLosses(model, batch), []

    def losses_of(moves):
        sizes.append(len(moves))
        return fast(moves)

    assert timing.candidate_seconds(model, batch, losses_of, n=12) > 0
    assert timing.candidate_seconds(model, batch, n=3) > 0
    assert sizes[-1] == 12
    for name, parameter in model.named_parameters():
        assert torch.equal(parameter, before[name])


def test_a_sweep_has_two_passes_a_parameter(monkeypatch):
    model, batch = small()
    calls = []
    monkeypatch.setattr(timing, "fastest", lambda call: [calls.append(call()), 0.5][1])
    sweep, gradient = timing.sweep_and_gradient(model, batch)
    assert sweep == models.count_parameters(model)
    assert gradient == 0.5
    assert calls[0] is None  # with a way back
    assert not calls[1].requires_grad
