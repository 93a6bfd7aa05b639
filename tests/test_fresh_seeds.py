"""Claims on seeds that no chapter used: which are run, what is kept, how it is told."""

import runpy
import subprocess
import sys
from functools import partial

import pandas as pd
import pytest

from progtx_core.tools import execution, paths

sys.path.append(str(paths.ROOT / "book" / "_ext"))
import progtx_fresh
from progtx_fresh import in_words, judged

NAMES = [one.name for one in execution.chapters() if "seed" in one.parameters]
fresh = runpy.run_path(str(paths.ROOT / "book" / "fresh_seeds.py"))


def claim(statement="a", value=0.9, at_least=0.5, at_most=None):
    return {
        "statement": statement,
        "value": value,
        "at_least": at_least,
        "at_most": at_most,
    }


@pytest.mark.parametrize("name", NAMES)
def test_no_model_is_trained_twice_and_none_was_trained_by_the_chapter(name):
    chapter = execution.find(name)
    n_seeds = (
        chapter.parameters["n_seeds"].default if "n_seeds" in chapter.parameters else 1
    )
    used = [seed + i for seed in fresh["seeds_of"](chapter, 20) for i in range(n_seeds)]
    assert len(used) == len(set(used)) == 20 * n_seeds
    assert min(used) >= 1000 > chapter.parameters["seed"].default + n_seeds


@pytest.mark.parametrize("name", NAMES)
def test_a_chapter_tells_all_its_claims_with_bounds(name):
    found = fresh["claims_of"](execution.find(name))
    assert len({one["statement"] for one in found}) == len(found) >= 3
    for one in found:
        assert one["at_least"] is not None or one["at_most"] is not None


def test_a_claim_is_judged_by_its_bounds_on_every_seed():
    measured = pd.DataFrame({"seed": [1, 2, 3, 4], "a": [0.4, 0.5, 0.7, 0.8]})
    assert judged(claim(), measured)["held"] == 3
    assert judged(claim(at_least=None, at_most=0.5), measured)["held"] == 2
    assert judged(claim(at_most=0.7), measured)["held"] == 2
    told = judged(claim(), measured)
    assert (told["least"], told["most"], told["n"]) == (0.4, 0.8, 4)
    assert in_words(told) == "3 of 4 (0.4 to 0.8)"


def test_what_no_seed_changes_and_what_was_not_run_is_a_dash():
    measured = pd.DataFrame({"seed": [1, 2], "a": [0.9, 0.9], "b": [0.7, 0.7]})
    assert judged(claim(), measured) is None
    assert judged(claim("b"), measured)["n"] == 2  # alike, but not as in the chapter
    assert judged(claim("c"), measured) is None
    missing = pd.DataFrame({"seed": [1, 2], "a": [0.3, None]})
    assert judged(claim(), missing)["n"] == 1
    assert in_words(None) == "–"
    assert len(progtx_fresh.read("no_such_chapter")) == 0


def test_what_fails_on_more_than_one_of_twenty_is_reported(tmp_path, monkeypatch):
    chapter = execution.find("01")
    first, second, *_ = fresh["claims_of"](chapter)
    wrong = first["value"] - 9 if first["at_least"] is not None else first["value"] + 9
    rows = {"seed": range(20), first["statement"]: [wrong] * 2 + [first["value"]] * 18}
    rows[second["statement"]] = [second["value"]] * 19 + [wrong]
    pd.DataFrame(rows).to_csv(tmp_path / f"{chapter.name}.csv", index=False)
    monkeypatch.setitem(
        fresh["report"].__globals__, "read", lambda name: progtx_fresh.read(name, tmp_path)
    )
    (line,) = fresh["report"](chapter)
    assert first["statement"] in line and "18 of 20" in line


@pytest.mark.parametrize("typed", ["nonsense", "01 --n 0", "01 --workers 0"])
def test_what_is_typed_wrongly_is_one_line(typed):
    script = [sys.executable, str(paths.ROOT / "book" / "fresh_seeds.py"), *typed.split()]
    found = subprocess.run(script, capture_output=True, text=True, timeout=60)
    (line,) = found.stderr.strip().splitlines()
    assert found.returncode == 1 and line.startswith("error: ")
    assert typed.split()[-2 if "--" in typed else -1] in line


@pytest.mark.slow
def test_missing_seeds_are_run_once_and_kept(tmp_path, monkeypatch, capsys):
    used = fresh["main"].__globals__
    monkeypatch.setitem(used, "FRESH", tmp_path / "kept")
    monkeypatch.setitem(used, "read", lambda n: progtx_fresh.read(n, tmp_path / "kept"))
    fast = partial(fresh["measure"], profile="fast")
    monkeypatch.setitem(used, "measure", fast)
    typed = ["01", "--workers", "2", "--runs", str(tmp_path / "runs")]
    assert fresh["main"]([*typed, "--n", "1"]) == 0
    assert fresh["main"]([*typed, "--n", "2"]) == 0
    assert "0 of 1 trials are done" in capsys.readouterr().out.split("2 seeds")[0]
    measured = progtx_fresh.read("01_logistic_regression", tmp_path / "kept")
    assert measured.seed.tolist() == [1000, 1005]
    statements = [one["statement"] for one in fresh["claims_of"](execution.find("01"))]
    assert set(statements) <= set(measured)
    assert measured.torch.notna().all()
    assert not [name for name in measured if name.startswith("verdict")]
    assert fresh["main"]([*typed, "--n", "2"]) == 0  # nothing is left to run
    assert "trials are done" not in capsys.readouterr().out
    monkeypatch.setitem(used, "measure", lambda *given: None)
    assert fresh["main"]([*typed, "--n", "3"]) == 1  # one could not be run
