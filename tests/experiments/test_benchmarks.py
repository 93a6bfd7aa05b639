"""Benchmarks: nothing is lost or torn, and what is wrong with a file is named."""

import math
import multiprocessing

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from progtx_core.tools.experiments import benchmarks

ONE = dict(
    zip(
        benchmarks.COLUMNS,
        ["any_positive", "max_pooling", 0, 1.0, 0.1, 0.9, 0.2, 34, 600, 2.5, 2, "2026"],
    )
)


def rows(**changes):
    return pd.DataFrame([ONE | changes])


def line(**changes):
    return ",".join(str(value) for value in (ONE | changes).values())


def written(path, *lines):
    head = ",".join(benchmarks.COLUMNS)
    path.write_text("".join(f"{one}\n" for one in (head, *lines)))
    return path


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 1)), min_size=1, max_size=8))
def test_what_is_appended_is_read_the_last_of_equal_keys(tmp_path_factory, every):
    path = tmp_path_factory.mktemp("benchmarks") / "benchmarks.csv"
    for seed, share in every:
        benchmarks.append(path, rows(seed=seed, test_accuracy=share))
    found = benchmarks.read(path)
    assert dict(zip(found.seed, found.test_accuracy)) == dict(every)
    assert len(found.attrs["remarks"]) == (len(found) < len(every))


def test_a_last_line_that_was_cut_off_loses_no_other(tmp_path):
    path = tmp_path / "benchmarks.csv"
    benchmarks.append(path, rows())
    path.write_text(path.read_text() + line(seed=1)[:40])
    found = benchmarks.read(path)
    assert found.seed.tolist() == [0]
    assert found.attrs["remarks"] == [f"{path}, line 3: cut off, left out"]
    benchmarks.append(path, rows(seed=2))
    assert benchmarks.read(path).seed.tolist() == [0, 2]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (line()[:40], "line 3: damaged, 7 values for 12 columns; fix the line or take"),
        (line(seed="one"), "line 3: seed is one; fix the line or take it out"),
        (line(seed=1.5), "line 3: seed is 1.5"),
        (line(train_loss="low"), "line 3: train_loss is low"),
        (line(model=""), "line 3: model is missing"),
        (line(steps=""), "line 3: steps is missing"),
    ],
)
def test_a_line_that_is_no_result_is_named(tmp_path, bad, message):
    path = written(tmp_path / "benchmarks.csv", line(), bad)
    with pytest.raises(ValueError, match=message):
        benchmarks.read(path)
    assert len(path.read_text().splitlines()) == 3  # left as it was


def test_another_table_is_none(tmp_path):
    path = tmp_path / "benchmarks.csv"
    path.write_text("task,model\na,b\n")
    with pytest.raises(ValueError, match="line 1: no seed, train_accuracy"):
        benchmarks.read(path)
    with pytest.raises(ValueError, match="make it with 'python -m progtx_core compare"):
        benchmarks.read(tmp_path / "none.csv")


def test_what_was_not_measured_is_no_number(tmp_path):
    path = written(tmp_path / "benchmarks.csv", line(train_loss=""), line(seed=1))
    found = benchmarks.read(path).train_loss
    assert math.isnan(found[0]) and found[1] == 0.1


def append_many(path, first):
    for seed in range(first, first + 20):
        two = pd.DataFrame([ONE | {"seed": seed}, ONE | {"seed": seed + 40}])
        benchmarks.append(path, two)


def test_two_processes_that_append_at_once_lose_and_tear_nothing(tmp_path):
    path = tmp_path / "benchmarks.csv"
    context = multiprocessing.get_context("fork")
    both = [context.Process(target=append_many, args=(path, first)) for first in (0, 20)]
    for process in both:
        process.start()
    for process in both:
        process.join()
        assert process.exitcode == 0
    found = benchmarks.read(path)
    assert found.attrs["remarks"] == []
    assert sorted(found.seed) == list(range(80))
