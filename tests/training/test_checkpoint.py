"""Stopped anywhere, a training goes on bit for bit; a bad file is named and kept."""

import os
import subprocess
import sys
import time
from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from progtx_core import models, tasks
from progtx_core.training import (
    Checkpoints,
    Config,
    EarlyStopping,
    ExtraMetrics,
    KeepBest,
    Snapshots,
    checkpoint,
    fit,
    loop,
    parallel,
)

TASK = tasks.get("last_gt_first")
CONFIG = Config(
    steps=60, batch_size=16, learning_rate=0.02, eval_every=7, n_eval=100, n_train=200
)


@pytest.fixture(autouse=True)
def one_process(monkeypatch):
    monkeypatch.setattr(parallel, "n_processes", lambda _: 1)


class Wired:
    """Breaks off after some batches, as a power cut does between two evaluations."""

    def __init__(self, after):
        self.left = after

    def __call__(self, module, arguments):
        self.left -= module.training
        if self.left < 0 and module.training:
            raise KeyboardInterrupt


def train(
    folder=None, stop_after=None, config=CONFIG, n_seeds=2, resume=False, callbacks=None
):
    def make(spec):
        sizes = {"positions": "random_offset", "n_ctx": 14}
        return models.build("self_attention", spec, d_model=8, **sizes)

    def make_wired(spec):
        model = make(spec)
        model.register_forward_pre_hook(Wired(stop_after))
        return model

    callbacks = [Snapshots()] if callbacks is None else callbacks
    if folder is not None:
        callbacks = [*callbacks, Checkpoints(folder, resume)]
    model = make if stop_after is None else make_wired
    model.__name__ = "model"  # one training, wired or not
    return fit(model, TASK, config, seed=3, n_seeds=n_seeds, callbacks=callbacks)


def assert_same(one, other):
    assert one.history.of_seeds == other.history.of_seeds  # floats, compared bit for bit
    assert one.seeds == other.seeds
    assert one.snapshots.keys() == other.snapshots.keys()
    for a, b in zip(one.models, other.models, strict=True):
        for x, y in zip(a.parameters(), b.parameters(), strict=True):
            assert torch.equal(x, y)
    assert np.array_equal(one.test["loss"], other.test["loss"])


@pytest.mark.slow  # for `make check` it takes too long
@pytest.mark.parametrize("n_train", [200, None])
@pytest.mark.parametrize("stop_after", [2, 10, 50])
def test_a_stopped_training_goes_on_bit_for_bit(tmp_path, stop_after, n_train):
    config = replace(CONFIG, n_train=n_train)
    whole = train(config=config)
    stopped = train(tmp_path, stop_after, config)
    assert stopped.interrupted
    assert_same(train(tmp_path, config=config, resume=True), whole)
    # What has ended is only evaluated again.
    assert_same(train(tmp_path, config=config, resume=True, stop_after=0), whole)


def furthest(folder):
    """Updates of the seed that has most; files change places as they are replaced."""
    steps = [checkpoint.load(path).step for path in folder.glob("seed_*.pt")]
    return max(steps, default=0)


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
    told = tmp_path / "told"
    with told.open("w") as file:
        process = subprocess.Popen([sys.executable, "-c", script], stderr=file)
    deadline = time.time() + 60
    while process.poll() is None and time.time() < deadline:
        if furthest(tmp_path) >= 100:
            break
        time.sleep(0.02)
    assert process.poll() is None, told.read_text()
    process.kill()
    process.wait()
    config = replace(CONFIG, steps=4000, eval_every=50)
    assert 100 <= furthest(tmp_path) < 4000
    assert_same(train(tmp_path, config=config, resume=True), train(config=config))


@pytest.mark.slow  # for `make check` it takes too long
def test_seeds_resume_in_processes_and_one_without_a_file_begins_anew(
    tmp_path, monkeypatch
):
    whole = train(n_seeds=3)
    train(tmp_path, n_seeds=3)
    (tmp_path / "seed_4.pt").unlink()  # stopped before its first evaluation
    monkeypatch.setattr(parallel, "n_processes", lambda _: 2)
    monkeypatch.setattr(loop, "PROCESSES_FROM", 1)
    assert_same(train(tmp_path, n_seeds=3, resume=True), whole)


def test_snapshots_are_the_models_of_that_evaluation():
    run = train()
    steps = run.history.steps("val/accuracy").tolist()
    assert list(run.snapshots) == steps
    x = TASK.sample(50, torch.Generator().manual_seed(0)).inputs
    for now, kept in zip(run.models, run.models_at(60), strict=True):
        assert torch.equal(now(x), kept(x))
        assert not torch.equal(now(x), run.models_at(0)[0](x))
    with pytest.raises(ValueError, match="no snapshot at step 1; there are"):
        run.models_at(1)
    with pytest.raises(ValueError, match="there are none"):
        train(callbacks=[]).models_at(0)


def test_best_ends_with_the_models_of_the_best_evaluation():
    config = replace(CONFIG, learning_rate=1.0)  # too high: the last is not best
    last, best = train(config=config), train(config=config, callbacks=[KeepBest()])
    steps = last.history.steps("val/accuracy").tolist()
    chosen = last.best_steps()
    assert set(chosen) != {60}
    x = TASK.sample(50, torch.Generator().manual_seed(0)).inputs
    for i, (row, step) in enumerate(zip(last.history["val/accuracy"], chosen)):
        assert row[steps.index(step)] == row.max()
        assert torch.equal(best.models[i](x), last.models_at(step)[i](x))
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
    train(tmp_path, n_seeds=1)
    (path,) = tmp_path.iterdir()
    bad = damage(path.read_bytes())
    path.write_bytes(bad)
    with pytest.raises(ValueError, match=f"{path.name}: damaged, cut off or no checkp"):
        train(tmp_path, n_seeds=1, resume=True)
    assert path.read_bytes() == bad


class Evil:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize("content", [{"format": "other"}, [1, 2], torch.ones(3)])
def test_foreign_files_are_refused(tmp_path, content):
    torch.save(content, tmp_path / "seed_3.pt")
    with pytest.raises(ValueError, match="a file of torch, but not a"):
        train(tmp_path, resume=True)
    torch.save(Evil(tmp_path / "made"), tmp_path / "seed_3.pt")
    with pytest.raises(ValueError, match="damaged, cut off or no checkpoint"):
        checkpoint.load(tmp_path / "seed_3.pt")
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"config": replace(CONFIG, learning_rate=0.01)}, "learning_rate was 0.02, now"),
        ({"config": replace(CONFIG, steps=61)}, "steps was 60, now 61"),
    ],
)
def test_another_training_is_refused_and_nothing_is_lost(tmp_path, how, message):
    train(tmp_path, n_seeds=1)
    (path,) = tmp_path.iterdir()
    before = path.read_bytes()
    with pytest.raises(ValueError, match=message):
        train(tmp_path, n_seeds=1, resume=True, **how)
    assert path.read_bytes() == before


def test_a_checkpoint_of_a_task_of_another_size_is_refused(tmp_path, monkeypatch):
    train(tmp_path, n_seeds=1)
    monkeypatch.setattr(f"{__name__}.TASK", tasks.get("last_gt_first", seq_len=9))
    with pytest.raises(ValueError, match="task was 'last_gt_first .*seq_len=10.*seq_len=9"):
        train(tmp_path, n_seeds=1, resume=True)


def test_the_best_parameters_and_the_stop_survive_a_restart(tmp_path):
    config = replace(CONFIG, learning_rate=1.0)
    extras = [KeepBest(), EarlyStopping(patience=2)]
    whole = train(config=config, callbacks=extras)
    train(tmp_path, 20, config, callbacks=extras)
    assert_same(train(tmp_path, config=config, resume=True, callbacks=extras), whole)
    assert_same(train(tmp_path, config=config, resume=True, callbacks=extras), whole)


def test_a_checkpoint_says_its_settings_and_its_curves(tmp_path):
    run = train(tmp_path, n_seeds=1)
    found = checkpoint.load(tmp_path / "seed_3.pt")
    assert found.config == CONFIG
    assert (found.step, found.facts["seed"]) == (60, 3)
    assert found.history.of_seeds == run.history.of_seeds


def test_nothing_to_resume_from(tmp_path):
    with pytest.raises(FileNotFoundError, match="no checkpoint in it to resume from"):
        train(tmp_path / "nowhere", resume=True)
    with pytest.raises(FileNotFoundError, match="there is no such checkpoint"):
        checkpoint.load(tmp_path / "x.pt")


def test_a_write_that_fails_leaves_the_last_good_one(tmp_path, monkeypatch):
    train(tmp_path, n_seeds=1)
    (path,) = tmp_path.iterdir()
    good = path.read_bytes()

    def full(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="no space"):
        train(tmp_path, n_seeds=1)
    monkeypatch.undo()
    assert path.read_bytes() == good
    assert list(tmp_path.iterdir()) == [path]


def without(*names):
    def damage(content):
        for name in names[:-1]:
            content = content[name]
        del content[names[-1]]

    return damage


def with_value(value, *names):
    def damage(content):
        for name in names[:-1]:
            content = content[name]
        content[names[-1]] = value

    return damage


CONTENT = [one.name for one in fields(checkpoint.Checkpoint)][1:]  # without its path
DAMAGES = {
    **{f"without {name}": without(name) for name in CONTENT},
    **{f"{name} a text": with_value("a", name) for name in CONTENT},
    **{f"{name} a list": with_value([1], name) for name in CONTENT},
    **{f"without {part}": without("states", part) for part in checkpoint.PARTS},
    **{f"{part} a number": with_value(5, "states", part) for part in checkpoint.PARTS},
    "a part more": with_value(1, "bogus"),
    "no seed in it": without("facts", "seed"),
    "no steps in it": without("facts", "steps"),
    "steps a text": with_value("a", "facts", "steps"),
    "step past the end": with_value(10**9, "step"),
    "step below zero": with_value(-1, "step"),
    "step of another": with_value(3, "step"),
    "no curves": with_value({}, "points"),
    "a curve cut off": lambda c: c["points"]["train/loss"].pop(),
    "no evaluation": with_value([], "points", "val/loss"),
    "model of another shape": with_value(torch.ones(3), "states", "model", "embed.weight"),
    "a weight less": without("states", "model", "embed.weight"),
    "an optimizer without groups": without("states", "optimizer", "param_groups"),
    "no state of random numbers": without("states", "batches", "generator"),
    "a number given that is none": with_value("x", "states", "batches", "n_given"),
}


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stopped")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parallel, "n_processes", lambda _: 1)
        train(folder, stop_after=30, n_seeds=1)
    return folder / "seed_3.pt"


@pytest.mark.parametrize("name", DAMAGES)
def test_an_edited_checkpoint_is_refused_in_one_line_and_kept(stopped, tmp_path, name):
    content = torch.load(stopped, weights_only=True)
    DAMAGES[name](content)
    path = tmp_path / "seed_3.pt"
    torch.save(content, path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="seed_3.pt") as refused:
        train(tmp_path, n_seeds=1, resume=True)
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 500
    assert path.read_bytes() == before


def test_what_is_not_edited_is_resumed(stopped, tmp_path):
    (tmp_path / "seed_3.pt").write_bytes(stopped.read_bytes())
    assert train(tmp_path, n_seeds=1, resume=True).history.steps("train/loss")[-1] == 59


def test_numbers_of_any_kind_are_kept_and_read_back(tmp_path):
    found = {"numpy": np.float32(0.5), "torch": torch.tensor(2), "whole": 3}
    callbacks = [ExtraMetrics(lambda model: found)]
    train(tmp_path, stop_after=30, n_seeds=1, callbacks=callbacks)
    again = train(tmp_path, n_seeds=1, resume=True, callbacks=callbacks)
    assert {name: again.history[name][0, -1] for name in found} == {
        "numpy": 0.5,
        "torch": 2.0,
        "whole": 3.0,
    }
