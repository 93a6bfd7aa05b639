"""Trackers: what is logged can be read back, and a broken one stops no training."""

import json
import struct
import time
import zlib

import pytest

from progtx_core import tasks
from progtx_core.training import Config, fit
from progtx_core.training.tracker import JsonLines, WandB

TASK = tasks.get("trend_sign", seq_len=4, d_input=1)
QUICK = Config(steps=10, batch_size=16, learning_rate=0.1, n_eval=100, eval_every=5)


def train(tracker, n_seeds=2):
    run = fit(
        "logistic_regression",
        TASK,
        QUICK,
        n_seeds=n_seeds,
        tracker=tracker,
        progress=False,
    )
    tracker.close()
    return run


def test_json_lines_hold_every_look_of_every_seed(tmp_path):
    path = tmp_path / "new" / "log.jsonl"
    run = train(JsonLines(path))
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(r["step"], r["seed_index"]) for r in rows] == [
        (step, seed) for step in (0, 5, 10) for seed in (0, 1)
    ]
    losses = [r["val/loss"] for r in rows if r["seed_index"] == 1]
    assert losses == run.history["val/loss"][1].tolist()


def test_a_log_that_cannot_be_written_warns_once_and_training_goes_on(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.warns(UserWarning, match="nothing more is logged") as caught:
        run = train(JsonLines(blocked / "log.jsonl"))
    assert len([w for w in caught if "nothing more" in str(w.message)]) == 1
    assert run.history["train/loss"].shape == (2, 10)


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


@pytest.mark.slow  # the service of W&B takes seconds to start and to end
def test_wandb_offline_holds_every_series_under_its_own_step(tmp_path):
    tracker = WandB("progtx-test", folder=tmp_path, steps=10)
    run = train(tracker)
    (file,) = tmp_path.glob("wandb/offline-run-*/run-*.wandb")
    history, metrics = [], {}
    for record in finished_records(file):
        if record.HasField("history"):
            items = record.history.item
            history.append(
                {i.key or "/".join(i.nested_key): json.loads(i.value_json) for i in items}
            )
        if record.HasField("metric"):
            name = record.metric.glob_name or record.metric.name
            metrics[name] = record.metric.step_metric
    series = "logistic_regression/1/val/loss"
    step = "logistic_regression/1/step"
    logged = [(row[step], row[series]) for row in history if series in row]
    assert [s for s, _ in logged] == [0, 5, 10]
    assert [v for _, v in logged] == pytest.approx(run.history["val/loss"][1].tolist())
    assert metrics["logistic_regression/1/*"] == step
