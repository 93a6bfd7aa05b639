"""Weights & Biases, offline: every series, step, chart and summary is in the file."""

import json
import struct
import time
import zlib

import pytest

from progtx_core import tasks
from progtx_core.evaluation.answers import answers_of
from progtx_core.tools.trackers import WandB
from progtx_core.tools.trackers.base import Outputs
from progtx_core.training import Config, ExtraMetrics, fit

TASK = tasks.get("trend_sign", seq_len=4, d_input=1)
QUICK = Config(steps=10, batch_size=16, learning_rate=0.1, n_eval=100, eval_every=5)
# A tracker that fails only warns; here that is an error.
pytestmark = pytest.mark.filterwarnings("error:nothing more is logged")


def wandb_records(path):
    """Payloads of an offline run file: LevelDB log frames, a header of 7 bytes each."""
    data = path.read_bytes()[7:]  # the file's own header
    position, payload = 7, b""
    while data:
        room = 32768 - position % 32768
        if room < 7 or len(data) < 7:
            data, position = data[room:], position + room
            continue
        checksum, size, kind = struct.unpack("<IHB", data[:7])
        chunk = data[7 : 7 + size]
        if len(chunk) < size:
            return  # still being written
        assert checksum == zlib.crc32(bytes([kind]) + chunk)
        payload += chunk
        if kind in (1, 4):  # whole, or last part
            yield payload
            payload = b""
        data, position = data[7 + size :], position + 7 + size


def finished_records(path, seconds=60):
    """Records of a finished run: its service may still be writing when `finish` returns."""
    from wandb.proto import wandb_internal_pb2

    deadline = time.monotonic() + seconds
    while True:
        records = [wandb_internal_pb2.Record.FromString(p) for p in wandb_records(path)]
        if any(record.HasField("exit") for record in records):
            return records
        assert time.monotonic() < deadline, f"{path} has no end after {seconds} seconds"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def logged(tmp_path_factory):
    """One offline run of two models, read back: runs, and what the file holds."""
    folder = tmp_path_factory.mktemp("runs")
    tracker = WandB("progtx-test", "offline", folder, group="trends", hist_every=2, why=7)
    greeting = ExtraMetrics(lambda model: {"greeting": "good morning"})
    how = {"callbacks": [ExtraMetrics(Outputs(TASK, n=50)), greeting, tracker]}
    runs = [
        fit("logistic_regression", TASK, QUICK, n_seeds=1, **how),
        fit("mean_pooling", TASK, QUICK, n_seeds=2, seed=3, **how),
    ]
    tracker.close()
    (file,) = folder.glob("wandb/offline-run-*/run-*.wandb")
    found = {"history": [], "metrics": {}, "config": {}, "summary": {}, "run": None}
    for record in finished_records(file):
        if record.HasField("history"):
            items = record.history.item
            found["history"].append(
                {"/".join(i.nested_key) or i.key: json.loads(i.value_json) for i in items}
            )
        if record.HasField("metric"):
            name = record.metric.glob_name or record.metric.name
            found["metrics"][name] = record.metric.step_metric
        if record.HasField("run"):
            found["run"] = record.run
        if record.HasField("config"):
            for item in record.config.update:
                key = "/".join(item.nested_key) or item.key
                found["config"][key] = json.loads(item.value_json)
        if record.HasField("summary"):
            for item in record.summary.update:
                key = "/".join(item.nested_key) or item.key
                found["summary"][key] = json.loads(item.value_json)
    return runs, found


def series_of(found, prefix, name):
    rows = [row for row in found["history"] if f"{prefix}/{name}" in row]
    return [row[f"{prefix}/step"] for row in rows], [
        row[f"{prefix}/{name}"] for row in rows
    ]


@pytest.mark.slow  # the service of W&B takes seconds to start and to end
def test_every_series_has_its_own_steps(logged):
    runs, found = logged
    for prefix, run, index in (
        ("logistic_regression", runs[0], 0),
        ("mean_pooling/1", runs[1], 1),
    ):
        steps, values = series_of(found, prefix, "val/loss")
        assert steps == [0, 5, 10]
        assert values == pytest.approx(run.history["val/loss"][index].tolist())
        for name in ("train/loss", "train/accuracy", "grad_norm"):
            assert series_of(found, prefix, name)[0] == [5, 10]
        for name in ("val/accuracy", "weight_norm"):
            assert series_of(found, prefix, name)[0] == [0, 5, 10]
        for name in ("logits", "probabilities"):
            kinds = series_of(found, prefix, f"{name}/_type")
            assert kinds == ([0, 10], ["histogram"] * 2)
        assert found["metrics"][f"{prefix}/*"] == f"{prefix}/step"


@pytest.mark.slow
def test_charts_tables_and_summaries_are_there_for_training_and_test(logged):
    runs, found = logged
    kinds = {}
    for row in found["history"]:
        kinds |= {k[:-6]: kind for k, kind in row.items() if k.endswith("/_type")}
    for prefix, run, index in (
        ("logistic_regression", runs[0], 0),
        ("mean_pooling/0", runs[1], 0),
    ):
        answers = answers_of(run, index)
        for split in ("train", "test"):
            assert kinds[f"{prefix}/{split}/examples"] == "table-file"
            for chart in ("roc", "pr", "confusion"):
                assert f"{prefix}/{split}/{chart}_table" in kinds
            accuracy = found["summary"][f"{prefix}/{split}/accuracy"]
            assert accuracy == pytest.approx(answers[split].accuracy)
        assert kinds[f"{prefix}/samples"] == "table-file"


@pytest.mark.slow
def test_settings_group_and_a_name_of_its_own_are_kept(logged):
    _, found = logged
    run = found["run"]
    assert (run.run_group, run.job_type) == ("trends", "train")
    assert run.display_name.startswith("trends-2")
    given = {i.key: json.loads(i.value_json) for i in run.config.update}
    assert (given | found["config"])["why"] == 7
    later = json.dumps(found["config"])
    assert "mean_pooling" in later and "trend_sign" in later


def test_a_mode_that_is_unknown_is_named(monkeypatch):
    with pytest.raises(ValueError, match="no mode 'offlin'; nearest: offline"):
        WandB(mode="offlin")
    monkeypatch.setenv("WANDB_MODE", "of")
    with pytest.raises(ValueError, match="no mode 'of'"):
        WandB()


@pytest.mark.slow
def test_disabled_writes_nothing(tmp_path):
    tracker = WandB(mode="disabled", folder=tmp_path / "runs")
    run = fit("logistic_regression", TASK, QUICK, callbacks=[tracker])
    tracker.close()
    assert not [*tmp_path.rglob("*.wandb")]
    assert run.test["loss"].shape == (1,)
