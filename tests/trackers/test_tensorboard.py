"""TensorBoard: what was written is read back with its own reader."""

import numpy as np
import pytest

from progtx_core import tasks
from progtx_core.tools.trackers import TensorBoard
from progtx_core.tools.trackers.base import Outputs
from progtx_core.training import Config, ExtraMetrics, fit

TASK = tasks.get("trend_sign", seq_len=4, d_input=1)
QUICK = Config(steps=10, batch_size=16, learning_rate=0.1, n_eval=100, eval_every=5)
# A tracker that fails only warns; here that is an error.
pytestmark = pytest.mark.filterwarnings("error:nothing more is logged")


def read(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(folder), {"images": 0, "tensors": 0, "histograms": 0})
    return found.Reload()


@pytest.fixture(scope="module")
def logged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("board")
    tracker = TensorBoard(folder, hist_every=2)
    greeting = ExtraMetrics(lambda model: {"greeting": "good morning"})
    callbacks = ExtraMetrics(Outputs(TASK, n=50)), greeting, tracker
    runs = [
        fit("self_attention", TASK, QUICK, n_seeds=1, callbacks=callbacks),
        fit("mean_pooling", TASK, QUICK, n_seeds=2, callbacks=callbacks),
    ]
    tracker.close()
    return runs, folder


def test_scalars_are_those_of_the_run(logged):
    (one, two), folder = logged
    for run, index, name in ((one, 0, "self_attention"), (two, 1, "mean_pooling/1")):
        points = read(folder / name).Scalars("val/loss")
        assert [p.step for p in points] == [0, 5, 10]
        values = run.history["val/loss"][index]
        np.testing.assert_allclose([p.value for p in points], values, rtol=1e-6)
        assert [p.step for p in read(folder / name).Scalars("train/loss")] == [5, 10]


def test_histograms_texts_curves_settings_and_one_figure(logged):
    _, folder = logged
    tags = read(folder / "self_attention").Tags()
    assert {"logits", "probabilities"} <= set(tags["histograms"])
    points = read(folder / "self_attention").Histograms("logits")
    assert [p.step for p in points] == [0, 10]
    assert {"greeting/text_summary", "train/pr", "test/pr"} <= set(tags["tensors"])
    assert tags["images"] == ["attention"]
    assert "test/final_accuracy" in tags["scalars"]
    assert any("hparams" in tag for tag in tags["tensors"]) or (
        "_hparams_/session_start_info" in read(folder / "self_attention").summary_metadata
    )
    assert not read(folder / "mean_pooling" / "0").Tags()["images"]
