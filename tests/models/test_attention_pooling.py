import math

import pytest
import torch

from progtx_core import models
from progtx_core.models.attention_pooling import AttentionPooling
from progtx_core.types import Spec

SPEC = Spec(n_classes=3, seq_len=6, d_input=4)


@pytest.mark.parametrize("scores", ["linear", "additive"])
def test_pattern_and_logits_by_hand(scores):
    model = AttentionPooling(SPEC, d_model=5, scores=scores)
    model.requires_grad_(False)
    x = torch.randn(4, 6, 4)
    patterns = model.pattern(x)
    assert torch.allclose(patterns.sum(1), torch.ones(4))
    for example, logits, pattern in zip(x, model(x), patterns, strict=True):
        scored = []
        for step in example:
            key = model.W_K.weight @ step + model.W_K.bias
            if scores == "additive":
                scored.append(float(model.query @ key.tanh()))
            else:
                scored.append(float(model.query @ key) / math.sqrt(5))
        total = sum(math.exp(s) for s in scored)
        weights = [math.exp(s) / total for s in scored]
        assert pattern.tolist() == pytest.approx(weights, abs=1e-5)
        values = [model.W_V.weight @ step + model.W_V.bias for step in example]
        pooled = sum(w * v for w, v in zip(weights, values, strict=True))
        by_hand = model.logits_head.weight @ pooled + model.logits_head.bias
        assert torch.allclose(logits, by_hand, atol=1e-5)


@pytest.mark.parametrize("name", ["attention_pooling", "additive_attention_pooling"])
def test_order_does_not_matter(name):
    model = models.build(name, SPEC)
    x = torch.randn(5, 6, 4)
    assert torch.allclose(model(x), model(x[:, torch.randperm(6)]), atol=1e-5)


def test_bad_sizes():
    with pytest.raises(ValueError, match="no scores 'dot'; choose from: linear, additive"):
        AttentionPooling(SPEC, scores="dot")
    with pytest.raises(ValueError, match="d_model .* at least 1"):
        AttentionPooling(SPEC, d_model=-1)
