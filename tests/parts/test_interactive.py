"""What an interactive picture cannot show is named; tests/browser looks at the pictures."""

import numpy as np
import pytest
from parts import interactive


@pytest.mark.parametrize(
    ("patterns", "message"),
    [
        ({}, "patterns: there is none"),
        ({"step 1": np.zeros((1, 2, 3))}, "'step 1' must have the shape"),
        ({"step 1": np.zeros((2, 2))}, "'step 1' must have the shape"),
    ],
)
def test_patterns_that_cannot_be_shown_are_named(patterns, message):
    with pytest.raises(ValueError, match=message):
        interactive.attention(patterns, ["a", "b"], "a text")
