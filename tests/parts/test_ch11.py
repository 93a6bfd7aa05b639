"""Answers by length: the median of the seeds, and every seed."""

import numpy as np
import pytest
import torch
from experiments import counting
from parts import ch11, hand_set
from parts.comparing import ComparingTransformer

from progtx_core import tasks

TASK = tasks.get("counting", n_numbers=30, max_len=35)


def test_by_length_draws_medians_and_seeds_of_each_line():
    values = {60: np.array([1.0, 0.9, 0.2]), 100: np.array([0.5, 0.7, 0.6])}
    panels = {"up": {"whole": values}, "down": {"whole": values, "now": {60: np.ones(1)}}}
    left, right = ch11.by_length(panels, trained=50).axes
    assert (left.get_title(), right.get_title()) == ("up", "down")
    *seeds, median = left.lines
    assert [line.get_ydata().tolist() for line in seeds] == [
        [1, 0.5],
        [0.9, 0.7],
        [0.2, 0.6],
    ]
    assert median.get_xdata().tolist() == [60, 100]
    assert median.get_ydata().tolist() == [0.9, 0.6]
    assert [t.get_text() for t in right.get_legend().texts] == ["whole", "now"]
    assert left.patches[0].get_width() == 50  # what training has seen is shaded


def test_three_panels_take_two_rows():
    values = {60: np.array([1.0]), 100: np.array([0.5])}
    figure = ch11.by_length({name: {"whole": values} for name in "abc"}, trained=60)
    assert [ax.get_title() for ax in figure.axes] == ["a", "b", "c"]
    assert figure.axes[1].get_ylabel() == ""
    assert figure.axes[2].get_ylabel() != ""


def test_halves_and_ranges_go_by_the_length_that_is_asked_for():
    ends = {"windowed": [0.9, 1.0], "rotary": [0.2, 0.8], "none": [0.7, 0.95]}
    ends |= {"alibi": [0.3, 0.99]}
    schemes = {n: {60: np.ones(2), 150: np.array(v)} for n, v in ends.items()}
    high, low = ch11.halves(schemes, 150).values()
    assert [*high, *low] == ["windowed", "none", "alibi", "rotary"]
    said = ch11.ranges(schemes, 150)
    assert "those of rotary lie below all five seeds of `windowed`" in said
    assert "whose worst is 0.90" in said and "`alibi` (0.30 to 0.99)" in said


def test_a_counter_set_by_hand_agrees_with_the_program():
    task = tasks.get("counting", n_numbers=30, max_len=35)
    batch = counting.of_length(task, 20, "down")
    agree = ch11.agreement(hand_set.counter(task, 40), task, [batch], seed=0)
    assert agree["right"] == agree["inside"] == 1.0
    assert agree["outside"] >= 0.9  # there is no number below 0 to go on with


def test_the_question_ends_within_training_and_the_answer_beyond():
    (ax,) = ch11.question(60, (12, 150)).axes
    *grey, within, beyond = ax.lines
    assert max(line.get_xdata().max() for line in grey) <= 60
    assert within.get_xdata().tolist() == [*range(5, 61)]
    assert beyond.get_xdata()[0] == 61 and beyond.get_ydata()[-1] == 150


def test_b_can_lie_behind():
    task = tasks.get("counting", n_numbers=30, max_len=35)
    model = hand_set.counter(task, 200)
    assert ch11.goes_on(model, task, 3, 5, 8) == "6 7 8 EoS"
    assert ch11.goes_on(model, task, 3, 5, 4).startswith("6 7 8 9 10")


def test_levels_are_in_order_up_or_down():
    model = ComparingTransformer(TASK.spec, d_model=8, n_heads=2)
    assert ch11.in_order(model, 30) == 1
    with torch.no_grad():
        model.levels.weight.neg_()
        assert ch11.in_order(model, 30) == 1
        model.levels.weight[0, 11:14] = model.levels.weight[0, 11:14].flip(0)
    assert ch11.in_order(model, 30) == pytest.approx(1 - 3 / 435)
    assert ch11.in_order(model, 30, beyond=1) == pytest.approx(1 - 1 / 406)
    assert ch11.in_order(model, 30, beyond=2) == 1
    left, right = ch11.comparison(model, 30).axes
    assert len(left.lines[0].get_ydata()) == 30
    assert [t.get_text() for t in right.get_yticklabels()][-1] == "later"
    shares = np.array([float(t.get_text()) for t in right.texts]).reshape(5, 4)
    assert shares.sum(1) == pytest.approx(1, abs=0.02) and shares[0, 1:].sum() == 0
