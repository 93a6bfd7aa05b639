"""One after another or in processes: the same numbers, whichever is faster."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import loky
import numpy as np
import psutil
import pytest
import torch
from torch import nn

from progtx_core import tasks
from progtx_core.models.linear import LogisticRegression
from progtx_core.tools import paths
from progtx_core.training import Callback, Config, Snapshots, fit, loop, parallel
from tests.experiments.conftest import until

QUICK = Config(steps=30, batch_size=16, learning_rate=0.02, n_eval=100)
TASK = tasks.get("has_pos_and_neg", seq_len=4)


@pytest.fixture
def two_processes(monkeypatch):
    monkeypatch.setattr(parallel, "n_processes", lambda _: 2)
    monkeypatch.setattr(loop, "PROCESSES_FROM", 1)


class Later(Future):
    """Stands for a process: does its work when it is waited for, in this one."""

    def __init__(self, work):
        super().__init__()
        self.work = work

    def result(self, timeout=None):
        if not self.done():
            try:
                self.set_result(self.work())
            except ValueError as error:
                self.set_exception(error)
        return super().result()

    def exception(self, timeout=None):
        with contextlib.suppress(ValueError):
            self.result()
        return super().exception()


@pytest.fixture
def later(monkeypatch):
    """`in_processes` without processes; what it was asked for."""
    asked = []

    class Executor:
        def submit(self, function, *arguments):
            return Later(partial(function, *arguments))

    def executor(max_workers, timeout, initializer, initargs):
        asked.append(max_workers)
        initializer(*initargs)
        return Executor()

    monkeypatch.setattr(loky, "get_reusable_executor", executor)
    monkeypatch.setattr(loky, "as_completed", iter)
    handler, n_threads = signal.getsignal(signal.SIGINT), torch.get_num_threads()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield asked
    signal.signal(signal.SIGINT, handler)
    torch.set_num_threads(n_threads)


def in_processes(run, seeds):
    """Results, and how far the bar went of ninety."""
    bar = SimpleNamespace(total=90, n=0)
    bar.update = lambda n: setattr(bar, "n", bar.n + n)
    return parallel.in_processes(run, seeds, 2, bar), bar.n


def test_every_process_trains_a_seed_on_one_thread_and_leaves_ctrl_c_to_the_parent(later):
    torch.set_num_threads(2)

    def run(seed, before_update):
        ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        return seed, before_update(), torch.get_num_threads(), ignored

    found, told = in_processes(run, [5, 3, 4])
    assert found == [(seed, True, 1, True) for seed in (5, 3, 4)]
    assert told == 90
    assert later == [2]


def test_a_failure_stops_the_others_and_is_raised(later):
    went_on = []

    def run(seed, before_update):
        went_on.append(before_update())
        if seed == 1:
            raise ValueError(f"seed {seed}")

    with pytest.raises(ValueError, match="seed 1"):
        in_processes(run, [0, 1, 2])
    assert went_on == [True, True, False]


def test_ctrl_c_stops_what_is_still_trained_and_keeps_the_results(later, monkeypatch):
    def interrupted(futures):
        yield futures[0]
        raise KeyboardInterrupt

    monkeypatch.setattr(loky, "as_completed", interrupted)
    found, told = in_processes(lambda seed, before_update: before_update(), [0, 1, 2])
    assert found == [True, False, False]
    assert told == 30


def test_there_are_no_more_processes_than_seeds_or_cores(monkeypatch):
    monkeypatch.setattr(loky, "cpu_count", lambda: 3)
    assert [parallel.n_processes(n) for n in (1, 2, 5)] == [1, 2, 3]


@pytest.mark.slow  # for `make check` it takes too long
def test_processes_give_the_same_numbers_and_models_that_work(two_processes):
    there = fit("max_pooling", TASK, QUICK, n_seeds=3, callbacks=[Snapshots()])
    alone = [fit("max_pooling", TASK, QUICK, seed=i) for i in range(3)]
    assert there.seeds == [0, 1, 2]
    for i, here in enumerate(alone):
        for curve in here.history.names():
            one, other = here.history[curve][0], there.history[curve][i]
            assert np.allclose(one, other, atol=1e-5), curve
        x = TASK.sample(10, torch.Generator().manual_seed(0)).inputs
        assert torch.allclose(here.models[0](x), there.models[i](x), atol=1e-5)
    assert sorted(there.snapshots) == there.history.steps("val/loss").tolist()
    assert not there.models[0].training


@pytest.mark.slow  # for `make check` it takes too long
def test_a_class_of_a_notebook_trains_in_a_process(two_processes):
    class Mine(nn.Module):  # not importable anywhere, as a class of a notebook
        def __init__(self, spec):
            super().__init__()
            self.linear = nn.Linear(spec.d_input, spec.n_classes)

        def forward(self, inputs):
            return self.linear(inputs.sum(1))

    run = fit(Mine, TASK, QUICK, n_seeds=2)
    assert run.name == "Mine"
    assert all(type(model) is Mine for model in run.models)


@pytest.mark.slow  # starts processes
def test_a_failure_in_a_process_is_raised_here(two_processes):
    class Broken(LogisticRegression):
        def forward(self, inputs):
            return super().forward(inputs) * float("nan")

    with pytest.raises(FloatingPointError, match=r"Broken.*seed [01].*learning_rate"):
        fit(Broken, TASK, QUICK, n_seeds=2)


@pytest.mark.slow  # for `make check` it takes too long
def test_ctrl_c_in_the_parent_stops_the_processes_and_keeps_a_seed(
    two_processes, monkeypatch
):
    def impatient(futures):
        raise KeyboardInterrupt

    monkeypatch.setattr(loky, "as_completed", impatient)
    config = Config(steps=50_000, batch_size=16, learning_rate=0.02, n_eval=100)
    run = fit("max_pooling", TASK, config, n_seeds=2)
    assert run.interrupted
    assert len(run.seeds) == len(run.test["accuracy"]) == 1
    if "train/loss" in run.history.names():
        assert run.history["train/loss"].shape[1] < 50_000


ORPHANS = """
import os
from pathlib import Path
from progtx_core import tasks
from progtx_core.training import Config, ExtraMetrics, fit, parallel

def tell(model):
    Path(f"{os.getpid()}.begun").touch()
    return {}

if __name__ == "__main__":
    parallel.n_processes = lambda _: 2
    task, config = tasks.get("has_pos_and_neg", seq_len=4), Config(steps=10**7)
    fit("max_pooling", task, config, n_seeds=2, callbacks=[ExtraMetrics(tell)])
"""


@pytest.mark.slow  # starts processes
def test_processes_end_when_their_parent_is_killed(tmp_path):
    (tmp_path / "orphans.py").write_text(ORPHANS, "utf-8")
    environment = os.environ | {"PYTHONPATH": str(paths.ROOT)}
    command = [sys.executable, "orphans.py"]
    parent = subprocess.Popen(command, cwd=tmp_path, env=environment)
    try:
        until(lambda: len(list(tmp_path.glob("*.begun"))) == 2, seconds=300)
        workers = [psutil.Process(int(path.stem)) for path in tmp_path.glob("*.begun")]
        assert all(worker.is_running() for worker in workers)
    finally:
        parent.kill()
        parent.wait()
    try:
        assert psutil.wait_procs(workers, timeout=30)[1] == []
    finally:
        for one in workers:
            with contextlib.suppress(psutil.Error):
                one.kill()


def test_a_callback_that_must_see_all_seeds_keeps_them_here(two_processes):
    class Noted(Callback):
        shared = True
        seen: list[int] = []

        def on_start(self, training):
            self.seen.append(training.seed)

    fit("max_pooling", TASK, QUICK, n_seeds=2, callbacks=[Snapshots(), Noted()])
    assert Noted.seen == [0, 1]


def test_processes_are_for_several_seeds_of_a_long_training(two_processes, monkeypatch):
    asked = []

    def here(run, seeds, n_processes, bar):
        asked.append((seeds, n_processes))
        return [run(seed, lambda: True) for seed in seeds]

    monkeypatch.setattr(parallel, "in_processes", here)
    monkeypatch.setattr(loop, "PROCESSES_FROM", 30)
    fit("max_pooling", TASK, QUICK, n_seeds=3)
    fit("max_pooling", TASK, QUICK)
    fit("max_pooling", TASK, replace(QUICK, steps=29), n_seeds=2)
    monkeypatch.setattr(parallel, "n_processes", lambda _: 1)  # one core
    fit("max_pooling", TASK, QUICK, n_seeds=3)
    assert asked == [([0, 1, 2], 2)]


def test_a_small_model_takes_one_thread_and_gives_the_others_back(monkeypatch):
    seen = []

    class Watched(LogisticRegression):
        def forward(self, inputs):
            seen.append(torch.get_num_threads())
            return super().forward(inputs)

    n_threads = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        for threads_from, wanted in ((50_000, 1), (1, 2)):
            monkeypatch.setattr(loop, "THREADS_FROM", threads_from)
            fit(Watched, TASK, replace(QUICK, steps=1))
            assert set(seen) == {wanted}
            assert torch.get_num_threads() == 2
            seen.clear()
    finally:
        torch.set_num_threads(n_threads)


def test_the_bar_counts_the_updates_of_all_seeds_and_the_clock_runs(monkeypatch):
    bars = []

    class Bar:
        def __init__(self, total, disable, leave):
            self.total, self.disable, self.n = total, disable, 0
            bars.append(self)

        def update(self):
            self.n += 1

        __enter__ = lambda self: self  # noqa: E731
        __exit__ = lambda self, *error: None  # noqa: E731

    monkeypatch.setattr(loop, "tqdm", Bar)
    started = time.perf_counter()
    for setting in ("off", "on"):
        monkeypatch.setenv("PROGTX_PROGRESS", setting)
        run = fit("max_pooling", TASK, QUICK, n_seeds=2)
        assert 0 < run.seconds < time.perf_counter() - started
    assert [(bar.total, bar.n, bar.disable) for bar in bars] == [
        (60, 60, True),
        (60, 60, False),
    ]


def test_ctrl_c_between_seeds_keeps_those_that_are_trained():
    class Impatient(Callback):
        shared = True

        def on_eval(self, training):
            if training.seed == 1 and training.step > 10:
                raise KeyboardInterrupt

    run = fit("max_pooling", TASK, QUICK, n_seeds=3, callbacks=[Impatient()])
    assert run.interrupted and run.seeds == [0]
    assert run.history["train/loss"].shape == (1, 30)
