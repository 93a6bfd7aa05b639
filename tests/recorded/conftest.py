"""A small table of its own, recorded in this process."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from progtx_core.tools import recorded
from progtx_core.tools.experiments.executors import ONE_THREAD
from progtx_core.tools.recorded import Cell, Experiment

QUICK = {"steps": 3, "batch_size": 8, "n_eval": 50}


@pytest.fixture
def here(monkeypatch, tmp_path):
    """Tables lie in a folder of their own, and this process measures them."""
    for name, value in ONE_THREAD.items():  # which stay in this process: taken back after
        monkeypatch.setenv(name, os.environ.get(name, value))
    monkeypatch.setenv("PROGTX_SCRATCH", str(tmp_path))
    monkeypatch.setenv("PROGTX_PROGRESS", "off")
    monkeypatch.setattr(recorded, "RESULTS", tmp_path)
    monkeypatch.setattr(recorded, "local", lambda n: (lambda: ThreadPoolExecutor(1), 1))
    monkeypatch.setattr(recorded.paths, "scratch", lambda: tmp_path)
    n_threads = torch.get_num_threads()
    yield tmp_path
    torch.set_num_threads(n_threads)


@pytest.fixture
def small(monkeypatch, here):
    """Two cells of three updates."""
    cells = [
        Cell("first", "last_gt_first", "logistic_regression", settings=QUICK),
        Cell("second", "sum_mod_10", "mean_pooling", {"d_model": 4}, settings=QUICK),
    ]
    monkeypatch.setitem(recorded.experiments(), "small", Experiment("small", cells))
    return here
