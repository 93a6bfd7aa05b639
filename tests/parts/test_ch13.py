"""A result of a sweep over one of its values: the median, the range, and all points."""

import numpy as np
import pandas as pd
import pytest
from parts import ch13

from progtx_core.tools.experiments.store import DONE, FAILED


@pytest.fixture
def rows():
    """Four trials: two seeds at two rates; the last one failed."""
    return pd.DataFrame(
        {
            "state": [DONE, DONE, DONE, FAILED],
            "rate": [0.1, 0.1, 0.2, 0.2],
            "text": ["a", "<b>", "a", "<b>"],
            "hits, all": [1.0, 2.0, 2.0, None],
        }
    )


def test_a_picture_has_the_median_and_every_run(rows):
    figure = ch13.plot(rows, "hits, all", "rate")
    lines = figure.axes[0].lines
    assert np.allclose(lines[0].get_ydata(), [1.5, 2.0])
    points = [y for _, y in figure.axes[0].collections[-1].get_offsets()]
    assert sorted(points) == [1.0, 2.0, 2.0]
    words = ch13.plot(rows, "hits, all", "text").axes[0]
    assert [label.get_text() for label in words.get_xticklabels()] == ["<b>", "a"]


def test_values_by_factors_are_drawn_by_factors(rows):
    assert ch13.plot(rows, "hits, all", "rate").axes[0].get_xscale() == "linear"
    rows.loc[0, "rate"] = 0.001
    assert ch13.plot(rows, "hits, all", "rate").axes[0].get_xscale() == "log"


def test_what_cannot_be_drawn_is_named(rows):
    with pytest.raises(ValueError, match="no column 'hit'"):
        ch13.plot(rows, "hit", "rate")
    with pytest.raises(ValueError, match="no finished trial has a number"):
        ch13.plot(rows, "text", "rate")
