import pytest
import torch

from progtx_core import models
from progtx_core.types import Spec

SPEC = Spec(n_classes=2, seq_len=5, d_input=3)


def test_logits_by_hand():
    model = models.build("logistic_regression", SPEC)
    x = torch.randn(4, 5, 3)
    weight = model.linear.weight.view(2, 5, 3)
    by_hand = torch.einsum("bsf,csf->bc", x, weight) + model.linear.bias
    assert torch.allclose(model(x), by_hand, atol=1e-5)


def test_difference_decides():
    model = models.build("logistic_regression", SPEC)
    x = torch.randn(50, 5, 3)
    bias = model.linear.bias[1] - model.linear.bias[0]
    score = (x * model.difference()).sum((1, 2)) + bias
    assert torch.equal(model(x).argmax(-1), (score > 0).long())
    norm = model.difference().norm().item()
    assert model.extras()["difference_norm"] == pytest.approx(norm)


def test_unknown_names_and_sizes():
    with pytest.raises(ValueError, match="no model 'logreg'; nearest: logistic_regr"):
        models.build("logreg", SPEC)
    with pytest.raises(TypeError, match="no size 'd_model'; it has: none"):
        models.build("logistic_regression", SPEC, d_model=3)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"n_classes": 1}, "n_classes .* at least 2, got 1"),
        ({"seq_len": 0}, "seq_len .* at least 1, got 0"),
        ({"d_input": None}, "exactly one of d_input and d_vocab"),
        ({"d_vocab": 4}, "exactly one of d_input and d_vocab"),
        ({"d_input": 0}, "d_input .* at least 1, got 0"),
    ],
)
def test_bad_specs(sizes, message):
    with pytest.raises(ValueError, match=message):
        Spec(**{"n_classes": 2, "seq_len": 3, "d_input": 1, **sizes})


def test_every_default_config_is_a_config():
    from progtx_core.training import Config

    for name in models.names():
        Config(**models.default_config(name))
