"""Medians of seeds, and where they may lie."""

import numpy as np
from parts.intervals import spread


def test_spread_leaves_out_the_extremes_of_ten_seeds_only():
    ten = np.array([0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
    assert spread(ten) == "0.55 [0.20, 0.90]"
    assert spread(ten[:3]) == "0.20 [0.00, 0.30]"
    assert spread(ten[:1]) == "0.00 [0.00, 0.00]"
    assert spread(1000 * ten, ".2g") == "5.5e+02 [2e+02, 9e+02]"
