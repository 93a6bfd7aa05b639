"""Where the median of all seeds may lie, from those that were measured."""

import numpy as np


def spread(values: np.ndarray, form: str = ".2f") -> str:
    """Median, and in brackets where the median of all seeds may lie.

    Of ten seeds it lies between the second lowest and the second highest with 98 %; of
    fewer than nine the brackets hold the lowest and the highest.

    >>> spread(np.array([0.1, 0.5, 0.9]))
    '0.50 [0.10, 0.90]'
    """
    kept = np.sort(values)[1:-1] if len(values) > 8 else np.sort(values)
    return f"{np.median(values):{form}} [{kept[0]:{form}}, {kept[-1]:{form}}]"
