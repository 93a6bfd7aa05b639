"""Programs for a sum of binary numbers, and for what may be next in a formal language.

The latter read SoS and symbols, by their number from 0, and say at every position which set
is next, by its number in `Language.sets`.

Sources: Zhou et al., 2024 (see `programs`), for sums; Huang et al., "A formal framework for
understanding length generalization in transformers", 2025, for what C-RASP adds where
positions are learned: the token before (local), a position modulo a number (periodic).
"""

import numpy as np

from progtx_core.rasp.library import (
    NOTHING,
    cumsum,
    has_seen,
    index_select,
    induct,
    induct_kqv,
    lasts,
    shift_right,
)
from progtx_core.rasp.primitives import full, indices, seq_map, tok_map, where
from progtx_core.rasp.programs import END, HINTS, START, is_go

PLUS = -4  # stands between two numbers


def add_steps(x) -> np.ndarray:
    """`SoS h a … PLUS h b … >` is continued by every hint and the sum's digit, and EoS.

    >>> from progtx_core.rasp.programs import GO, decode
    >>> decode(add_steps, [START, 7, 1, 8, 1, 9, 0, PLUS, 7, 1, 8, 0, 9, 0, GO])
    [7, 0, 8, 0, 9, 1, -3]
    """
    a = induct(x, x)  # at a hint: its digit in the first number, and in the second
    second = where(has_seen(x, full(x, PLUS)), x, full(x, NOTHING))
    b = induct_kqv(second, x, x)
    # The digit before, of the sum, says what was carried where a and b differed.
    before = shift_right(x, 1)
    differed = seq_map(shift_right(a, 2), shift_right(b, 2), lambda v, w: v != w)
    carried = where(differed, tok_map(before, lambda s: 1 - s), shift_right(a, 2))
    carried = where(is_go(before), full(x, 0), carried)
    ones = seq_map(seq_map(a, b, lambda v, w: v + w), carried, lambda v, w: v + w)
    digit = tok_map(ones, lambda n: n % 2)
    # After a digit, the hint that follows the last one, as in `parity_steps`.
    hint = where(is_go(x), full(x, START), before)
    following = where(is_go(x), induct(x, hint), induct(x, hint, offset=2))
    following = where(tok_map(following, lambda v: v == PLUS), full(x, END), following)
    return where(tok_map(x, lambda v: v >= HINTS), digit, following)


def even_length(x) -> np.ndarray:
    """(aa)*: may it end here (0) or not (1)? Not in RASP-L, but in periodic C-RASP.

    >>> even_length([START, 0, 0, 0]).tolist()
    [0, 1, 0, 1]
    """
    return tok_map(indices(x), lambda i: i % 2)


def no_000(x) -> np.ndarray:
    """Tomita 4: may a 0 be next (0), or were the last two 0 (1)? In local C-RASP.

    >>> no_000([START, 0, 1, 0, 0]).tolist()
    [0, 0, 0, 0, 1]
    """
    return seq_map(x, shift_right(x, 1, START), lambda v, w: v == 0 and w == 0)


def brackets(x) -> np.ndarray:
    """Dyck-1, of 0 for ( and 1 for ): is none open (0), or is one (1)? In C-RASP.

    >>> brackets([START, 0, 0, 1, 1]).tolist()
    [0, 1, 1, 1, 0]
    """
    opened, closed = (
        cumsum(tok_map(x, lambda v: v == 0)),
        cumsum(tok_map(x, lambda v: v == 1)),
    )
    return seq_map(opened, closed, lambda n, m: n > m)


def last_is_0(x) -> np.ndarray:
    """{0,1,2}*02*: is the last symbol that is no 2 a 0 (1)? In RASP-L; C-RASP has no last.

    >>> last_is_0([START, 1, 0, 2, 1]).tolist()
    [0, 0, 1, 1, 0]
    """
    last = lasts(tok_map(x, lambda v: v != 2), full(x, 1))
    return tok_map(index_select(x, last), lambda v: v == 0)
