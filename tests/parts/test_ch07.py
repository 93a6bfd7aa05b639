"""The board shows what is recorded, each cell where its labels say."""

import numpy as np
import pandas
import pytest
from experiments import budgets, scoreboard
from parts import ch07

from progtx_core import models, tasks
from progtx_core.tools import recorded

BOARD = pandas.DataFrame(
    [
        ("zebra", "tail", 2, [0.8, 0.9, 0.95]),
        ("my_apple", "tail", 2, [0.5, 0.5, 0.4]),
        ("zebra", "ears", 10, [0.1, 0.1, 0.1]),
    ],
    columns=["model", "task", "classes", "accuracy"],
).explode("accuracy", ignore_index=True)
BOARD["accuracy"] = BOARD["accuracy"].astype(float)
GROUPS = {"first": ["ears"], "second": ["tail"]}


def texts(ax):
    """(row, column) of a cell to the texts in it."""
    found = {}
    for text in ax.texts:
        x, y = text.get_position()
        found.setdefault((int(y), int(x)), []).append(text.get_text())
    return found


def test_a_cell_has_median_and_worst_seed_and_the_way_from_chance():
    ears, tail, *_ = ch07.board(BOARD, GROUPS).axes
    assert [t.get_text() for t in tail.get_yticklabels()] == ["tail"]
    assert [t.get_text() for t in ears.get_xticklabels()] == ["zebra", "my apple"]
    assert texts(ears) == {(0, 0): ["0.10", "0.10"]}
    assert texts(tail) == {(0, 0): ["0.90", "0.80"], (0, 1): ["0.50", "0.40"]}
    ways = tail.collections[0].get_array().reshape(1, 2)
    assert np.allclose(ways, [[0.8, 0.0]])


def test_unknown_cells_are_marked_and_known_ones_keep_their_secret():
    ears, tail, *_ = ch07.board(BOARD, GROUPS, unknown="?").axes
    assert texts(ears) == {(0, 1): ["?"]}
    assert texts(tail) == {}


def test_the_question_shows_two_cells_of_each_task_on_the_stairs():
    axes = ch07.question().axes
    marks = sum(len(ax.texts) for ax in axes)
    n_cells = len(scoreboard.TASKS) * len(scoreboard.MODELS)
    assert marks == n_cells - 2 * len(ch07.STAIRS)


def test_the_table_has_the_medians():
    said = ch07.as_table(BOARD, {"": ["tail"]})
    assert "| tail | 0.90 | 0.50 |" in said
    assert said.startswith("<details>")


def test_budgets_are_those_of_the_cells():
    rows = {row[0]: row[1:] for row in ch07.budget_rows(recorded.read("scoreboard"))}
    assert rows["transformer"][1:3] == ["800 to 5,000", "64 to 128"]
    assert rows["mean pooling"][1:] == ["1,000", "64", "0.02", "0.0"]
    assert ch07.span([3, 1, 2]) == "1 to 3"


@pytest.mark.parametrize("task", budgets.LAST)
def test_the_wider_layer_is_no_smaller_than_the_transformer(task):
    cell = budgets.cell(budgets.WIDER, task)
    spec = tasks.get(task, **scoreboard.TASKS[task]).spec
    size = models.count_parameters(cell.make()(spec))
    last = scoreboard.cell("transformer", task)
    assert 1 <= size / models.count_parameters(last.make()(spec)) <= 1.03
    ours, theirs = cell.config(), last.config()
    assert ours.steps >= theirs.steps
    assert ours.batch_size == theirs.batch_size
    assert ours.weight_decay == theirs.weight_decay


def test_dots_are_the_seeds_and_lines_their_medians():
    (ax,) = ch07.budgets(BOARD, {"zebra": "z", "my_apple": "a"}, ["tail"]).axes
    first, second = (dots for dots in ax.collections if len(dots.get_offsets()))
    assert sorted(first.get_offsets()[:, 0]) == [0.8, 0.9, 0.95]
    assert sorted(second.get_offsets()[:, 0]) == [0.4, 0.5, 0.5]
    assert [line.get_xdata()[0] for line in ax.lines] == [0.9, 0.5]
