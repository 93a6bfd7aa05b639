"""Answers by length: the median of the seeds, and every seed."""

import numpy as np
from parts import ch11


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
