import pytest
import torch

from progtx_core import models
from progtx_core.models.pooling import TemporalPooling
from progtx_core.types import Spec

SPEC = Spec(n_classes=2, seq_len=6, d_input=3)


@pytest.mark.parametrize("pool", ["mean", "max", "both"])
def test_logits_by_hand(pool):
    model = TemporalPooling(SPEC, d_model=4, pool=pool)
    x = torch.randn(5, 6, 3)
    weight, bias = model.project.weight, model.project.bias
    for example, logits in zip(x, model(x), strict=True):
        steps = [torch.clamp(weight @ step + bias, min=0) for step in example]
        mean = sum(steps) / len(steps)
        largest = torch.stack(steps).max(0).values
        pooled = {"mean": mean, "max": largest, "both": torch.cat([mean, largest])}[pool]
        by_hand = model.logits_head.weight @ pooled + model.logits_head.bias
        assert torch.allclose(logits, by_hand, atol=1e-6)


@pytest.mark.parametrize("name", ["mean_pooling", "max_pooling"])
def test_order_does_not_matter_and_any_length_will_do(name):
    model = models.build(name, SPEC, d_model=8)
    x = torch.randn(5, 6, 3)
    assert torch.allclose(model(x), model(x[:, torch.randperm(6)]), atol=1e-6)
    assert model(torch.randn(2, 17, 3)).shape == (2, 2)


def test_the_name_says_the_pool():
    assert models.build("mean_pooling", SPEC).pool == "mean"
    assert models.build("max_pooling", SPEC).pool == "max"


def test_bad_sizes():
    with pytest.raises(ValueError, match="no pool 'maximum'; nearest: max"):
        TemporalPooling(SPEC, pool="maximum")
    with pytest.raises(ValueError, match="d_model .* at least 1, got 0"):
        TemporalPooling(SPEC, d_model=0)
