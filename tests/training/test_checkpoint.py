"""Stopped anywhere, a training goes on bit for bit; a bad file is named and kept."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from progtx_core import models, tasks
from progtx_core.training import Config, checkpoint, fit
from progtx_core.training.run import best_steps

TASK = tasks.get("last_gt_first")
CONFIG = Config(
    steps=60, batch_size=16, learning_rate=0.02, eval_every=7, n_eval=100, n_train=200
)


class Wired:
    """Breaks off after some batches, as a power cut does between two looks."""

    def __init__(self, after):
        self.left = after

    def __call__(self, module, arguments):
        self.left -= module.training
        if self.left < 0 and module.training:
            raise KeyboardInterrupt


def train(folder=None, stop_after=None, config=CONFIG, **how):
    def make(spec):
        sizes = {"positions": "random_offset", "n_ctx": 14}
        return models.build("self_attention", spec, d_model=8, **sizes)

    def make_wired(spec):
        model = make(spec)
        model.register_forward_pre_hook(Wired(stop_after))
        return model

    how = {"n_seeds": 2, "n_processes": 1, "snapshots": True} | how
    model = make if stop_after is None else make_wired
    model.__name__ = "model"  # one training, wired or not
    return fit(model, TASK, config, seed=3, checkpoints=folder, progress=False, **how)


def assert_same(one, other):
    assert one.history.points == other.history.points  # floats, compared bit for bit
    assert one.seeds == other.seeds
    assert one.snapshots.keys() == other.snapshots.keys()
    for a, b in zip(one.models, other.models, strict=True):
        for x, y in zip(a.parameters(), b.parameters(), strict=True):
            assert torch.equal(x, y)
    assert np.array_equal(one.test["loss"], other.test["loss"])


@pytest.mark.parametrize("n_train", [200, None])
@pytest.mark.parametrize("stop_after", [2, 10, 50])
def test_a_stopped_training_goes_on_bit_for_bit(tmp_path, stop_after, n_train):
    config = replace(CONFIG, n_train=n_train)
    whole = train(config=config)
    stopped = train(tmp_path, stop_after, config)
    assert stopped.interrupted
    assert_same(train(tmp_path, config=config, resume=True), whole)
    # What has ended is only looked at again.
    assert_same(train(tmp_path, config=config, resume=True, stop_after=0), whole)


SCRIPT = """
import sys
sys.path.insert(0, {tests!r})
from test_checkpoint import train
from dataclasses import replace
from test_checkpoint import CONFIG
train({folder!r}, config=replace(CONFIG, steps=4000, eval_every=50))
"""


@pytest.mark.slow
def test_a_killed_training_goes_on_bit_for_bit(tmp_path):
    folder = str(tmp_path)
    script = SCRIPT.format(tests=os.path.dirname(__file__), folder=folder)
    process = subprocess.Popen([sys.executable, "-c", script])
    deadline = time.time() + 60
    while process.poll() is None and time.time() < deadline:
        found = list(tmp_path.glob("seeds_*.pt"))
        if found and checkpoint.load(found[0]).step >= 100:
            break
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    config = replace(CONFIG, steps=4000, eval_every=50)
    at = checkpoint.load(next(tmp_path.glob("seeds_*.pt"))).step
    assert 100 <= at < 4000
    assert_same(train(tmp_path, config=config, resume=True), train(config=config))


@pytest.mark.slow  # starts processes
def test_processes_resume_as_they_were_divided(tmp_path):
    whole = train(n_seeds=3)
    train(tmp_path, n_seeds=3, n_processes=2)
    groups = checkpoint.groups_in(tmp_path, [3, 4, 5])
    assert groups == [[3, 4], [5]]
    (tmp_path / "seeds_3_4.pt").unlink()  # stopped before its first look
    resumed = train(tmp_path, n_seeds=3, resume=True)
    assert resumed.seeds == [5, 3, 4]
    order = [1, 2, 0]
    assert np.array_equal(resumed.test["loss"][order], whole.test["loss"])


def test_snapshots_are_the_models_of_that_look():
    run = train()
    steps = run.history.steps("val/accuracy").tolist()
    assert list(run.snapshots) == steps
    x = TASK.sample(50, torch.Generator().manual_seed(0)).inputs
    for now, kept in zip(run.models, run.at(60), strict=True):
        assert torch.equal(now(x), kept(x))
        assert not torch.equal(now(x), run.at(0)[0](x))
    with pytest.raises(ValueError, match="no snapshot at step 1; there are"):
        run.at(1)
    with pytest.raises(ValueError, match="there are none"):
        train(snapshots=False).at(0)


def test_best_ends_with_the_models_of_the_best_look():
    config = replace(CONFIG, learning_rate=1.0)  # too high: the last look is not the best
    last, best = train(config=config), train(config=config, best=True)
    steps = last.history.steps("val/accuracy").tolist()
    chosen = best_steps(last.history)
    assert set(chosen) != {60}
    x = TASK.sample(50, torch.Generator().manual_seed(0)).inputs
    for i, (row, step) in enumerate(zip(last.history["val/accuracy"], chosen)):
        assert row[steps.index(step)] == row.max()
        assert torch.equal(best.models[i](x), last.at(step)[i](x))
    assert not np.array_equal(best.test["loss"], last.test["loss"])


def cut(content):
    return content[: len(content) // 2]


def flip(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize(
    "damage", [cut, flip, lambda c: b"", lambda c: b"# a note", lambda c: c[:-1]]
)
def test_a_damaged_file_is_named_and_left_alone(tmp_path, damage):
    train(tmp_path)
    (path,) = tmp_path.iterdir()
    bad = damage(path.read_bytes())
    path.write_bytes(bad)
    with pytest.raises(ValueError, match=f"{path.name}: damaged, cut off or no checkp"):
        train(tmp_path, resume=True)
    assert path.read_bytes() == bad


class Evil:
    def __reduce__(self):
        return os.system, ("touch /tmp/this-must-not-happen",)


@pytest.mark.parametrize("content", [{"format": "other"}, [1, 2], torch.ones(3)])
def test_foreign_files_are_refused(tmp_path, content):
    torch.save(content, tmp_path / "seeds_3_4.pt")
    with pytest.raises(ValueError, match="a file of torch, but not a"):
        train(tmp_path, resume=True)
    torch.save(Evil(), tmp_path / "seeds_3_4.pt")
    with pytest.raises(ValueError, match="damaged, cut off or no checkpoint"):
        checkpoint.load(tmp_path / "seeds_3_4.pt")
    assert not os.path.exists("/tmp/this-must-not-happen")


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"config": replace(CONFIG, learning_rate=0.01)}, "learning_rate was 0.02, now"),
        ({"config": replace(CONFIG, steps=61)}, "steps was 60, now 61"),
        ({"n_seeds": 1}, r"seeds \[3, 4\], asked for are \[3\]"),
    ],
)
def test_another_training_is_refused_and_nothing_is_lost(tmp_path, how, message):
    train(tmp_path)
    (path,) = tmp_path.iterdir()
    before = path.read_bytes()
    with pytest.raises(ValueError, match=message):
        train(tmp_path, resume=True, **how)
    assert path.read_bytes() == before


def test_nothing_to_resume_from(tmp_path):
    with pytest.raises(FileNotFoundError, match="no checkpoint in it to resume from"):
        train(tmp_path / "nowhere", resume=True)
    with pytest.raises(ValueError, match="resume=True needs checkpoints="):
        train(resume=True)
    with pytest.raises(FileNotFoundError, match="there is no such checkpoint"):
        checkpoint.load(tmp_path / "x.pt")


def test_a_write_that_fails_leaves_the_last_good_one(tmp_path, monkeypatch):
    train(tmp_path)
    (path,) = tmp_path.iterdir()
    good = checkpoint.load(path)

    def full(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="no space"):
        good.save(path)
    monkeypatch.undo()
    assert checkpoint.load(path).step == good.step
    assert list(tmp_path.iterdir()) == [path]
