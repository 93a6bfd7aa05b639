"""One trial in a process: its log, its GPU, what it tells of itself, its checkpoints."""

import os
import subprocess
import sys
import tempfile
from importlib import metadata

import pytest

from progtx_core.tools.experiments import chapter, trial
from progtx_core.tools.experiments.trial import for_kernels
from progtx_core.tools.paths import ROOT


def test_what_a_kernel_says_as_it_ends_is_in_the_log_of_its_run(tmp_path, capfd):
    speak = [sys.executable, "-c", "import os; os.write(2, b'words')"]
    log = tmp_path / "log.txt"
    log.write_text("before, ", "utf-8")
    with for_kernels(log):
        subprocess.run(speak, check=True)
    assert log.read_text("utf-8") == "before, words"
    assert capfd.readouterr().err == ""
    subprocess.run(speak, check=True)
    assert capfd.readouterr().err == "words"


def test_gpus_are_each_for_one_trial_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("PROGTX_GPUS", "3,5")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "all")
    monkeypatch.setattr(trial.time, "sleep", lambda seconds: first.close())
    first, second = trial.on_own_gpu.__wrapped__(), trial.on_own_gpu.__wrapped__()
    next(first)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "3"
    next(second)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "5"
    with trial.on_own_gpu():  # waits until one is free
        assert os.environ["CUDA_VISIBLE_DEVICES"] == "3"
    second.close()


def test_a_trial_tells_its_commit_and_its_versions(monkeypatch):
    trial.made_by.cache_clear()
    told = trial.made_by()
    assert told["torch"] == metadata.version("torch")
    if (ROOT / ".git").exists():
        git = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
        head = subprocess.run(git, capture_output=True, text=True, check=True).stdout
        assert head.startswith(told["commit"].removesuffix("-dirty"))
        assert len(told["commit"]) >= 7
    trial.made_by.cache_clear()
    monkeypatch.setattr(trial, "which", lambda name: None)
    assert trial.made_by()["commit"] == ""
    trial.made_by.cache_clear()


@pytest.mark.parametrize("begun", [True, False])
def test_a_chapter_that_was_cut_off_goes_on_from_its_checkpoints(
    tmp_path, monkeypatch, begun
):
    given = []

    def execute(found, parameters, folder, log):
        given.append(parameters)
        raise chapter.RunFailed("far enough")

    monkeypatch.setattr(chapter, "execute", execute)
    kept = tmp_path / "scratch" / "build" / "counting" / "seed_0.pt"
    kept.parent.mkdir(parents=True)
    if begun:
        kept.write_text("")
    for name in ("11_counting", "01_logistic_regression"):  # the latter keeps none
        one = chapter.ChapterTrial(name, "1", {"steps": 5})
        with pytest.raises(trial.TrialFailed, match="far enough"):
            one.execute(tmp_path)
        assert one.columns()["steps"] == 5
    resumed = {"steps": 5, "resume": True} if begun else {"steps": 5}
    assert given == [resumed, {"steps": 5}]
    assert not chapter.ChapterTrial("11_counting", "1", {}).columns()["resume"]
