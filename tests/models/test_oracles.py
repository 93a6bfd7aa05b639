"""Against what others published: slopes of ALiBi, entropy, the definitions of RASP-L.

That layers are those of torch and rotary positions the textbook's complex numbers stands
in test_attention.py.
"""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from parts import heads
from scipy.stats import entropy

from progtx_core import rasp
from progtx_core.models.positions import Alibi, alibi_slopes


def published_slopes(n):
    """As in the authors' code (Press et al., 2022), told in words and written anew: a
    geometric sequence for powers of two, else that and every other one of the next."""
    if math.log2(n).is_integer():
        start = 2 ** (-(2 ** -(math.log2(n) - 3)))
        return [start * start**i for i in range(n)]
    below = 2 ** math.floor(math.log2(n))
    return published_slopes(below) + published_slopes(2 * below)[::2][: n - below]


@pytest.mark.parametrize("n_heads", [1, 2, 3, 4, 6, 8, 12, 16, 20])
def test_slopes_are_the_published_ones(n_heads):
    assert alibi_slopes(n_heads).tolist() == pytest.approx(published_slopes(n_heads))
    bias = Alibi(n_ctx=4, d_model=n_heads, n_heads=n_heads).attention_bias(4)
    assert bias.shape == (n_heads, 4, 4)
    assert bias[:, 3, 2].tolist() == pytest.approx([-s for s in published_slopes(n_heads)])


def test_slopes_of_eight_heads_are_those_of_the_paper():
    assert alibi_slopes(8).tolist() == [2.0**-k for k in range(1, 9)]  # section 3


@given(st.lists(st.floats(0.001, 1), min_size=2, max_size=9))
def test_the_spread_of_attention_is_the_entropy_of_scipy(weights):
    row = torch.tensor(weights, dtype=torch.double)
    row = row / row.sum()
    found = heads.spread(row.view(1, 1, -1), torch.tensor([len(weights)]))
    assert found.item() == pytest.approx(entropy(row.numpy(), base=len(weights)), abs=1e-6)


# RASP-L, as its paper defines it (Zhou et al., 2024, section 4 and appendix), in loops.

NUMBERS = st.lists(st.integers(-9, 9), min_size=1, max_size=9)


def chosen(keys, query, at, predicate):
    """Positions up to `at` whose key the query selects: selections are causal."""
    return [i for i in range(at + 1) if predicate(keys[i], query)]


PREDICATES = {
    "equals": (rasp.equals, lambda k, q: k == q),
    "smaller": (lambda k, q: k < q, lambda k, q: k < q),
    "always": (rasp.always, lambda k, q: True),
}


@pytest.mark.parametrize("name", PREDICATES)
@pytest.mark.parametrize("reduction", ["mean", "max", "min"])
@given(x=NUMBERS, default=st.integers(-3, 3))
def test_kqv_is_select_and_aggregate(name, reduction, x, default):
    ours, theirs = PREDICATES[name]
    reduce = {"mean": lambda v: int(sum(v) / len(v)), "max": max, "min": min}[reduction]
    wanted = []
    for at, query in enumerate(x[::-1]):
        values = [x[i] ** 2 for i in chosen(x, query, at, theirs)]
        wanted.append(reduce(values) if values else default)
    squares = np.array(x) ** 2
    found = rasp.kqv(x, x[::-1], squares, ours, default, reduction)
    assert found.tolist() == wanted


@pytest.mark.parametrize("name", PREDICATES)
@given(x=NUMBERS)
def test_sel_width_counts_what_is_selected(name, x):
    ours, theirs = PREDICATES[name]
    wanted = [len(chosen(x, query, at, theirs)) for at, query in enumerate(x)]
    assert rasp.sel_width(rasp.select(x, x, ours)).tolist() == wanted


@given(x=NUMBERS, n=st.integers(0, 10))
def test_the_small_library_by_its_definitions(x, n):
    assert rasp.shift_right(x, n, default=0).tolist() == ([0] * n + x)[: len(x)]
    assert rasp.indices(x).tolist() == list(range(len(x)))
    assert rasp.full(x, n).tolist() == [n] * len(x)
    assert rasp.cumsum(np.array(x) > 0).tolist() == np.cumsum(np.array(x) > 0).tolist()
    assert rasp.where(np.array(x) > 0, x, [n] * len(x)).tolist() == [
        v if v > 0 else n for v in x
    ]
