"""Which trials a sweep has: combinations, lists that go together, random draws."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progtx_core.tools.experiments import chapter as chapters
from progtx_core.tools.experiments.chapter import ChapterTrial, version_of
from progtx_core.tools.experiments.grid import from_assignments, from_file, read_values


def parameters(grid):
    """What each trial changes of the chapter."""
    return [trial.parameters for trial in grid.trials()]


def test_a_grid_is_every_combination_without_the_defaults():
    found = parameters(from_assignments("01", ["steps=100,200", "seed=0:3"]))
    assert len(found) == 6
    assert {(run.get("steps"), run.get("seed", 0)) for run in found} == set(
        itertools.product((100, 200), range(3))
    )
    assert all("seed" not in run or run["seed"] for run in found)


def test_a_profile_is_the_ground_of_every_run():
    found = parameters(from_assignments("01", ["seed=0:2"], profile="fast"))
    assert len({run["steps"] for run in found}) == 1
    assert parameters(from_assignments("01", [])) == [{}]


@pytest.mark.parametrize(
    ("assignments", "shared"),
    [
        (["seed=0:3"], True),  # five models a run, by default
        (["seed=0:3", "n_seeds=1"], False),
        (["seed=0:6:2", "n_seeds=2"], False),
        (["seed=0:6:2", "n_seeds=1,3"], True),
        (["steps=100,200"], False),
    ],
)
def test_runs_that_train_the_same_models_are_noticed(assignments, shared):
    assert from_assignments("01", assignments).shares_models() is shared


def test_a_plan_that_is_not_there_says_what_one_is(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file; a plan is a mapping"):
        from_file(tmp_path / "plan.yaml")


@given(st.integers(-50, 50), st.integers(1, 60), st.integers(1, 7))
def test_a_span_is_a_range(start, n, step):
    values = read_values("-p", f"{start}:{start + n}:{step}")
    assert values == list(range(start, start + n, step))


def test_a_file_combines_grid_zip_and_draws(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text(
        "chapter: '01'\nprofile: fast\ngrid: {seed: 1:3}\n"
        "zip: {seq_len: [6, 8], d_input: [4, 3]}\n"
        "random: {draws: 3, seed: 1, learning_rate: {log: [1e-3, 1e-1]}}\n"
    )
    found = from_file(path)
    runs = parameters(found)
    assert len(runs) == 12
    assert {r["seed"] for r in runs} == {1, 2}
    assert list(found.lists()) == ["seed", "seq_len", "d_input", "learning_rate"]
    assert {(r.get("seq_len"), r.get("d_input")) for r in runs} == {(6, 4), (8, 3)}
    rates = {r["learning_rate"] for r in runs}
    assert len(rates) == 3 and all(0.001 <= rate <= 0.1 for rate in rates)
    assert parameters(from_file(path)) == runs


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("steps", "-p takes name=value"),
        ("stepz=1", "nearest: steps"),
        ("steps=a", "must be of type int, got 'a'"),
        ("steps=5:5", "give from 1 to 100000 values"),
        ("steps=[1", "no plain YAML"),
    ],
)
def test_a_wrong_assignment_is_one_line(text, why):
    with pytest.raises((ValueError, TypeError), match=why):
        from_assignments("01", [text])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("grid: {seed: 0:2}", "a plan is a mapping with 'chapter'"),
        ("chapter: '01'\ngird: {}", "gird"),
        ("chapter: '01'\ngrid: [1]", "give 'name: values'"),
        ("chapter: '01'\nzip: {seed: [1, 2], steps: [1]}", "equally long"),
        ("chapter: '01'\ngrid: {seed: 1}\nzip: {seed: [1]}", "seed is swept twice"),
        ("chapter: '01'\nrandom: {seed: 1}", "draws"),
        ("chapter: '01'\nrandom: {draws: 2, steps: 5}", "expected one of"),
        ("chapter: '01'\nrandom: {draws: 2, steps: {choice: []}}", "or choice"),
        ("chapter: '01'\nrandom: {draws: x, steps: {choice: [1]}}", "draws"),
        ("chapter: '01'\nrandom: {draws: 2, steps: {whole: [9, 1]}}", "a lower and"),
        ("chapter: '01'\nrandom: {draws: 2, steps: {log: [0, 1]}}", "a lower and"),
        ("chapter: [", "no plain YAML"),
        ("chapter: '01'\ngrid: {steps: '1:1000000'}", "from 1 to 100000 values"),
    ],
)
def test_a_wrong_file_says_which_part(tmp_path, text, why):
    path = tmp_path / "plan.yaml"
    path.write_text(text)
    with pytest.raises((ValueError, TypeError), match=why):
        from_file(path)


def test_a_text_with_a_comma_is_quoted():
    with pytest.raises(ValueError, match="one value or several"):
        from_assignments("11", ["regime=up, truncated"])
    found = from_assignments("11", ['regime="up, truncated",both'])
    assert found.lists() == {"regime": ["up, truncated", "both"]}
    assert from_assignments("11", ["regime=up,both"]).lists()["regime"] == ["up", "both"]


def test_values_in_a_file_are_those_of_the_command_line(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text("chapter: '01'\ngrid: {learning_rate: [1e-3, 0.1], steps: 1:4}\n")
    same = from_assignments("01", ["learning_rate=1e-3,0.1", "steps=1:4"])
    assert parameters(from_file(path)) == parameters(same)


def test_a_trial_is_named_by_what_it_is_and_not_by_its_text(tmp_path):
    one = ChapterTrial("01", "1", {"steps": 5, "seed": 1})
    assert one.key == ChapterTrial("01", "1", {"seed": 1, "steps": 5}).key
    others = [("02", "1", {}), ("01", "2", {}), ("01", "1", {"steps": 6})]
    keys = {ChapterTrial(*other).key for other in others} | {one.key}
    assert len(keys) == 4
    texts = "x = 1  # why\n", "# %% [markdown]\n# told\nx = 1\n", "x = 2\n"
    versions = []
    for number, text in enumerate(texts):
        (tmp_path / f"{number}.py").write_text(text)
        versions.append(version_of(tmp_path / f"{number}.py"))
    assert versions[0] == versions[1] != versions[2]
    assert all(version.startswith(chapters.__version__) for version in versions)
