"""A model on a device behaves as the model itself."""

from functools import partial

import pytest
import torch

from progtx_core import tasks
from progtx_core.evaluation.generation import greedy
from progtx_core.models.device import OnDevice, device, on_device
from progtx_core.models.long import LongTransformer
from progtx_core.training import Checkpoints, Config, Snapshots, fit, held_out, loop
from progtx_core.training.data import evaluate

TASK = tasks.get("counting", max_len=12, n_numbers=20)
SMALL = partial(LongTransformer, d_model=8, n_layers=1, n_heads=2, n_ctx=16)


def test_a_model_on_a_device_gives_the_same_logits():
    model = SMALL(TASK.spec).eval()
    inputs = TASK.sample(8, torch.Generator().manual_seed(0)).inputs
    assert torch.equal(OnDevice(model, "cpu")(inputs), model(inputs))
    near = OnDevice(model, "cpu", bf16=True)(inputs)
    assert near.dtype == torch.float32
    assert not torch.equal(near, model(inputs))
    assert torch.allclose(near, model(inputs), atol=0.1)


def test_a_model_on_a_device_writes_the_same_answers():
    model, prompts = SMALL(TASK.spec), TASK.prompts(torch.tensor([[3, 7], [9, 2]]))
    written = greedy(OnDevice(model, "cpu"), prompts, 12, TASK.end)
    assert torch.equal(written, greedy(model, prompts, 12, TASK.end))


@pytest.mark.slow
def test_in_sixteen_bits_it_learns_as_well():
    config = Config(steps=150, batch_size=16, learning_rate=0.01, n_eval=50)
    made = partial(on_device(LongTransformer, "cpu", bf16=True), **SMALL.keywords)
    plain = fit(SMALL, TASK, config)
    run = fit(made, TASK, config)
    assert isinstance(run.models[0], OnDevice)
    assert run.name == plain.name == "LongTransformer"
    assert run.history["val/loss"][0, -1] < 0.7 * run.history["val/loss"][0, 0]
    assert abs(run.test["loss"] - plain.test["loss"])[0] < 0.2


def test_fit_gives_back_models_that_need_no_device(monkeypatch, tmp_path):
    """As on a GPU, for which 16 bits on the CPU stand in."""
    asked = []

    def sixteen_bits(make, name):
        asked.append(name)
        return on_device(make, "cpu", bf16=True)

    monkeypatch.setattr(loop, "on_device", sixteen_bits)
    config = Config(steps=20, batch_size=16, n_eval=50, eval_every=10)
    run = fit(SMALL, TASK, config, callbacks=[Snapshots(), Checkpoints(tmp_path)])
    (model,) = run.models
    assert asked == ["cpu"] and type(model) is LongTransformer
    held = held_out(TASK, "test", 50)
    assert evaluate(model, held)["loss"] == pytest.approx(run.test["loss"][0], abs=0.02)
    assert type(run.models_at(10)[0]) is LongTransformer
    monkeypatch.undo()
    plain = fit(SMALL, TASK, config, callbacks=[Checkpoints(tmp_path, resume=True)])
    assert torch.equal(plain.models[0].logits_head.weight, model.logits_head.weight)


def test_fit_refuses_a_device_that_is_not_there():
    with pytest.raises(ValueError, match="no device 'tpu'"):
        fit(SMALL, TASK, device="tpu")


def test_auto_is_a_device_that_is_there():
    assert device("auto").type in ("cpu", "cuda", "mps")
    assert on_device(LongTransformer, "cpu") is LongTransformer


def test_a_device_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="no device 'tpu'"):
        device("tpu")
    missing = "mps" if torch.cuda.is_available() else "cuda"
    with pytest.raises(ValueError, match=f"device '{missing}' is not there; .*'cpu'"):
        device(missing)
