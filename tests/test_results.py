"""Results: nothing is lost or torn, and what is wrong with a file is named."""

import json
import math
import multiprocessing
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progtx_core.tools import results
from progtx_core.tools.results import Result

ONE = Result("any_positive", "max_pooling", 0, 1.0, 0.1, 0.9, 0.2, 34, 600, 2.5, 2, "2026")


def written(path, *lines):
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def line(**changes):
    row = {"version": results.VERSION} | asdict(ONE) | changes
    return json.dumps({name: value for name, value in row.items() if value != "absent"})


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 1)), max_size=8))
def test_what_is_appended_is_read_the_last_of_equal_keys(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("results") / "results.jsonl"
    every = [replace(ONE, seed=seed, test_accuracy=share) for seed, share in rows]
    for one in every:
        results.append(path, [one])
    if not every:
        return
    found, remarks = results.read(path)
    assert {one.key: one for one in every} == {one.key: one for one in found}
    assert len(remarks) == (len(found) < len(every))


def test_a_line_that_was_cut_off_loses_no_other(tmp_path):
    path = tmp_path / "results.jsonl"
    results.append(path, [ONE])
    path.write_text(path.read_text() + line(seed=1)[:40])
    results.append(path, [replace(ONE, seed=2)])
    found, remarks = results.read(path)
    assert [one.seed for one in found] == [0, 2]
    assert remarks == [f"{path}, line 2: cut off, left out"]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (line(test_loss="absent"), "line 2: no test_loss; mend the line or take it out"),
        (line(version=7), "line 2: version 7, this program reads 1"),
        (line(version="absent"), "line 2: version None"),
        (line(seed="0"), "line 2: seed is '0'"),
        (line(train_loss="low"), "line 2: train_loss is 'low'"),
        (line(model=None), "line 2: model is None"),
        ("[1, 2]", "line 2: a result is an object"),
    ],
)
def test_a_line_that_is_no_result_is_named(tmp_path, bad, message):
    path = written(tmp_path / "results.jsonl", line(), bad)
    with pytest.raises(ValueError, match=message):
        results.read(path)
    assert len(path.read_text().splitlines()) == 2  # left as it was


@pytest.mark.parametrize("value", [None, math.nan])
def test_what_was_not_measured_is_no_number(tmp_path, value):
    path = written(tmp_path / "results.jsonl", line(train_loss=value))
    (found,), _ = results.read(path)
    assert math.isnan(found.train_loss)
    assert math.isnan(results.median([found], "train_loss"))
    assert results.median([found, replace(ONE, seed=1)], "train_loss") == 0.1


def test_a_file_that_is_not_there_says_how_it_is_made(tmp_path):
    with pytest.raises(ValueError, match="make it with 'python -m progtx_core compare"):
        results.read(tmp_path / "results.jsonl")


def append_many(path, first):
    for seed in range(first, first + 100):
        results.append(path, [replace(ONE, seed=seed), replace(ONE, seed=-seed - 1)])


def test_two_processes_that_append_at_once_lose_and_tear_nothing(tmp_path):
    path = tmp_path / "results.jsonl"
    context = multiprocessing.get_context("fork")
    both = [context.Process(target=append_many, args=(path, first)) for first in (0, 100)]
    for process in both:
        process.start()
    for process in both:
        process.join()
        assert process.exitcode == 0
    found, remarks = results.read(path)
    assert remarks == []
    assert sorted(one.seed for one in found) == list(range(-200, 200))
