"""RASP-L against plain loops, its programs against their rules, and what is not RASP-L."""

import itertools
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from progtx_core.rasp import decode, library, primitives, programs, to_text
from progtx_core.rasp.primitives import full, indices, kqv, select, seq_map, tok_map, where
from progtx_core.rasp.programs import END, GO, START
from progtx_core.rasp.rasp_l import violations

small = st.lists(st.integers(-2, 5), min_size=1, max_size=9)


def so_far(x, rule):
    """A rule of the numbers up to each place, by a plain loop."""
    return [rule(x[: i + 1]) for i in range(len(x))]


def first(x, wanted, default=-1):
    return next((i for i, v in enumerate(x) if v == wanted), default)


def last(x, wanted, default=-1):
    return next((i for i in range(len(x) - 1, -1, -1) if x[i] == wanted), default)


# One row a function: what the library says, and what a loop says.
LOOPS = {
    "cumsum": (library.cumsum, lambda x: sum(v != 0 for v in x)),
    "maximum": (library.maximum, max),
    "minimum": (library.minimum, min),
    "argmax": (library.argmax, lambda x: x.index(max(x))),
    "argmin": (library.argmin, lambda x: x.index(min(x))),
    "first_true": (
        library.first_true,
        lambda x: next((i for i, v in enumerate(x) if v), -1),
    ),
    "mode": (library.mode, lambda x: _mode(x)),
    "shift_right": (
        lambda x: library.shift_right(x, 2, default=9),
        lambda x: x[-3] if len(x) > 2 else 9,
    ),
    "num_prev": (
        lambda x: library.num_prev(x, full(x, 3)),
        lambda x: x.count(3),
    ),
    "has_seen": (lambda x: library.has_seen(x, full(x, 3)), lambda x: int(3 in x)),
    "firsts": (lambda x: library.firsts(x, x), lambda x: first(x, x[-1])),
    "lasts": (lambda x: library.lasts(x, full(x, 2)), lambda x: last(x, 2)),
    "index_select": (
        lambda x: library.index_select(x, x, default=9),
        lambda x: x[x[-1]] if 0 <= x[-1] < len(x) else 9,
    ),
    "induct": (
        lambda x: library.induct(x, x, default=9),
        lambda x: _behind(x, x[-1], 1, 9),
    ),
    "induct by 2": (
        lambda x: library.induct(x, x, offset=2, default=9),
        lambda x: _behind(x, x[-1], 2, 9),
    ),
}


def _mode(x):
    most = max(x.count(v) for v in x)
    return next(x[i] for i in range(len(x)) if x[: i + 1].count(x[i]) == most)


def _behind(x, wanted, offset, default):
    found = first(x, wanted)
    return x[found + offset] if 0 <= found < len(x) - offset else default


@pytest.mark.parametrize("name", LOOPS)
@given(x=small)
def test_the_library_does_what_a_loop_over_the_places_does(name, x):
    fast, rule = LOOPS[name]
    assert fast(x).tolist() == so_far(x, rule)


@pytest.mark.parametrize("reduction", primitives.REDUCTIONS)
@given(rows=st.lists(st.tuples(*[st.integers(-3, 3)] * 3), min_size=1, max_size=8))
def test_kqv_reduces_what_is_selected(reduction, rows):
    keys, queries, values = map(list, zip(*rows, strict=True))
    reduce = {"mean": lambda v: int(sum(v) / len(v)), "max": max, "min": min}[reduction]
    want = []
    for i, query in enumerate(queries):
        seen = [values[j] for j in range(i + 1) if keys[j] < query]
        want.append(reduce(seen) if seen else 77)
    found = kqv(keys, queries, values, lambda k, q: k < q, 77, reduction)
    assert found.tolist() == want


@given(x=small, more=small)
def test_a_place_reads_nothing_that_stands_behind_it(x, more):
    for fast, _ in LOOPS.values():
        assert fast(x + more)[: len(x)].tolist() == fast(x).tolist()


def test_selections_can_be_recorded_and_say_for_what_they_were_made():
    with primitives.record_selections() as seen:
        library.lasts([START, 3, START], [START] * 3)
        select([1, 2], [2, 1], primitives.equals)
    assert [s.used_by for s in seen] == ["lasts", "select"]
    assert seen[0].matrix.astype(int).tolist() == [[1, 0, 0], [1, 0, 0], [1, 0, 1]]
    assert seen[0].queries.tolist() == [START] * 3
    library.cumsum([1])
    assert len(seen) == 2  # nothing is recorded any more


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: full([[1, 2]], 0), "one row of whole numbers"),
        (lambda: indices([0.5]), "one row of whole numbers, got float64"),
        (lambda: where([1, 0], [1, 2], [1]), "equally long, got {'condition': 2"),
        (lambda: seq_map([1], [1, 2], max), "equally long"),
        (lambda: select([1, 2], [1, 2], lambda k, q: k), "answer for every pair"),
        (lambda: kqv([1], [1], [1], primitives.equals, reduction="sum"), "no reduction"),
        (lambda: tok_map([1], lambda v: v / 2), "what tok_map returns must be"),
        (lambda: decode(programs.count, []), "prompt is empty"),
        (lambda: decode(programs.count, [START], max_new=0), "max_new"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# Programs -------------------------------------------------------------------

numbers = st.integers(0, 20)
different = st.lists(numbers, min_size=1, max_size=8, unique=True)


def written(program, given):
    return decode(program, [START, *given, GO], max_new=60)


@pytest.mark.parametrize(
    ("program", "given", "want"),
    [
        (programs.count_up, [3, 5], [3, 4, 5]),
        (programs.count, [5, 3], [5, 4, 3]),
        (programs.copy_unique, [4, 9, 7], [4, 9, 7]),
        (programs.sort_unique, [4, 9, 7], [4, 7, 9]),
        (programs.most_frequent, [4, 7, 7], [7]),
        (programs.parity, [1, 1, 1], [1]),
        (programs.parity_steps, [9, 1, 5, 0, 7, 1], [9, 1, 5, 1, 7, 0]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_programs_by_hand(program, given, want):
    assert decode(program, [START, *given, GO], max_new=9) == [*want, END]


@pytest.mark.slow
@given(a=numbers, b=numbers)
def test_count_goes_from_a_to_b(a, b):
    want = list(range(a, b + 1)) if a <= b else list(range(a, b - 1, -1))
    assert written(programs.count, [a, b]) == [*want, END]
    if a <= b:
        assert written(programs.count_up, [a, b]) == [*want, END]


def test_count_up_does_not_end_where_b_lies_below():
    assert END not in written(programs.count_up, [5, 3])


@given(x=different)
def test_copy_and_sort_of_different_numbers(x):
    assert written(programs.copy_unique, x) == [*x, END]
    assert written(programs.sort_unique, x) == [*sorted(x), END]


def test_copying_goes_astray_where_a_number_occurs_twice():
    assert written(programs.copy_unique, [4, 7, 4, 9])[:4] == [4, 7, 4, 7]


@given(x=st.lists(numbers, min_size=1, max_size=10))
def test_mode_is_the_most_frequent(x):
    found, end = written(programs.most_frequent, x)
    assert x.count(found) == max(x.count(v) for v in x)
    assert end == END


@pytest.mark.slow
@given(bits=st.lists(st.integers(0, 1), min_size=1, max_size=10))
def test_parity_at_once_and_in_steps(bits):
    assert written(programs.parity, bits) == [sum(bits) % 2, END]
    hints = range(programs.HINTS, programs.HINTS + len(bits))
    pairs = zip(hints, bits, strict=True)
    prompt = [number for pair in pairs for number in pair]
    odd = np.cumsum(bits) % 2
    want = [number for pair in zip(hints, odd, strict=True) for number in pair]
    assert written(programs.parity_steps, prompt) == [*want, END]


@pytest.mark.parametrize("max_new", [1, 5, 21, 22])
def test_no_more_is_written_than_asked_for(max_new):
    want = [*range(21), END][:max_new]
    assert decode(programs.count, [START, 0, 20, GO], max_new) == want


def test_numbers_are_read_as_they_are_printed():
    assert to_text([START, 24, 18, GO, *decode(programs.count, [START, 24, 18, GO])]) == (
        "SoS 24 18 > 24 23 22 21 20 19 18 EoS"
    )


# What is not RASP-L ---------------------------------------------------------


def doubles(x):
    return library.index_select(x, tok_map(indices(x), lambda i: 2 * i))


def by_name(x):
    return tok_map(library.cumsum(x), halved)


def halved(n):
    return n // 2


def far_back(x):
    where_it_is = library.lasts(x, x)
    return tok_map(where_it_is, lambda i: i - 3)


def distance(x):
    return seq_map(indices(x), library.firsts(x, x), lambda i, j: i - j)


def loops(x):
    for _ in range(len(x)):
        x = tok_map(x, lambda v: v + 1)
    return x


def branches(x):
    if x[0] == 1:
        return x
    return indices(x)


def numpy_inside(x):
    return np.cumsum(x)


def calls_itself(x):
    return calls_itself(tok_map(x, lambda v: v + 1))


def hidden_in_a_helper(x):
    return library.index_select(x, third_of(indices(x)))


def third_of(i):
    return tok_map(i, lambda v: v // 3)


def clever_parity(x):
    """Means of counts tell whether a count is odd."""
    ones, one = tok_map(x, lambda v: v == 1), full(x, 1)
    count = library.cumsum(ones)
    marked = tok_map(x, lambda v: v != 0)
    up = kqv(ones, one, count, primitives.equals)
    down = kqv(marked, one, count, primitives.equals)
    return seq_map(up, down, lambda u, d: u - d)


def by_a_mean_of_tokens(x):
    share = kqv(x, full(x, 1), where(x, full(x, 2**20), x), primitives.equals)
    return tok_map(share, lambda s: (2**20 // s - 1) % 2)


def far(key, query):
    return key + 3 == query


def named_predicate(x):
    return kqv(indices(x), indices(x), x, far)


def predicate_by_keyword(x):
    chosen = select(indices(x), indices(x), predicate=lambda k, q: k == q - 2)
    return primitives.aggr_max(chosen, x)


def method(x):
    return full(x, library.num_prev(x, x).max())


def attribute(x):
    return full(x, x.size)


def sees_ahead(x):
    return primitives.sel_width(select(x, x, primitives.equals, causal=False))


def turned_round(x):
    return primitives.sel_width(~select(x, x, primitives.equals))


def multiplied(x):
    return select(x, x, primitives.equals) @ full(x, 1)


def chooses(x):
    return x if START else indices(x)


def reads_a_sequence(x):
    start = library.lasts(x, x)
    return tok_map(x, lambda v: v + start)


def largest_place_doubled(x):
    return tok_map(library.argmax(x), abs)


SEEN, BITS = [], itertools.cycle([0, 1])


def remembers(x):
    return tok_map(x, lambda v: SEEN.append(v) or sum(SEEN) % 2)


def remembers_by_name(x):
    return tok_map(x, parity_so_far)


def parity_so_far(v, seen=[0]):  # noqa: B006
    seen[0] = (seen[0] + v) % 2
    return seen[0]


def alternates(x):
    return seq_map(x, x, lambda v, w: v in BITS)


class Remembers:
    total = 0

    def __call__(self, v):
        self.total += v
        return self.total % 2


def calls_an_object(x):
    return tok_map(x, REMEMBERS)


REMEMBERS = Remembers()


def shifted_difference(x):
    return seq_map(indices(x), library.firsts(x, x), lambda i, j: 1 + i - j)


def looks_up_a_position(x):
    return tok_map(indices(x), lambda i: (0, 1, 1)[i])


def in_one_branch(x):
    return tok_map(indices(x), doubled_if_far)


def doubled_if_far(i):
    if i > 1000:  # noqa: SIM108
        far = i
    else:
        far = 0
    return far * 2


VIOLATIONS = {
    remembers: "SEEN.append.v.: not a function of the language",
    remembers_by_name: "parity_so_far, line .*seen.0. = .*: a program only assigns",
    alternates: "BITS: not part of the language",
    calls_an_object: "REMEMBERS: not a function of the language",
    shifted_difference: "1 \\+ i - j: a position",
    looks_up_a_position: ".0, 1, 1..i.: a position",
    in_one_branch: "far \\* 2: a position",
    clever_parity: "u - d: a position",
    by_a_mean_of_tokens: "2 \\*\\* 20 // s: a position",
    named_predicate: "far, line .*key \\+ 3: a position",
    predicate_by_keyword: "q - 2: a position",
    method: "not a function of the language",
    attribute: "x.size: not part",
    sees_ahead: "may not look at what comes after",
    turned_round: "a selection is aggregated",
    multiplied: "a selection is aggregated",
    chooses: "fixed number of steps",
    reads_a_sequence: "may not read a sequence",
    largest_place_doubled: "a position",
    doubles: "2 \\* i: a position",
    by_name: "n // 2: a position",
    far_back: "i - 3: a position",
    distance: "i - j: a position",
    loops: "fixed number of steps",
    branches: "fixed number of steps",
    numpy_inside: "np.cumsum.x.: not a function of the language",
    calls_itself: "calls itself has no end",
    hidden_in_a_helper: "third_of, line .*v // 3: a position",
    programs.parity: "n % 2: a position",
}


@pytest.mark.parametrize("program", VIOLATIONS, ids=lambda p: p.__name__)
def test_a_violation_is_found_and_said_where(program):
    found = "; ".join(map(str, violations(program)))
    assert found
    assert re.search(VIOLATIONS[program], found), found


def neighbours(x):
    before = library.index_select(x, tok_map(indices(x), lambda i: i - 1))
    return seq_map(before, x, lambda v, w: v + 3 * w)


def two_at_once(x):
    one, other = tok_map(x, abs), tok_map(x=x, function=lambda v: helped(v) % 7)
    before = library.index_select(x, tok_map(indices(x), lambda i: 1 + i))
    return where(seq_map(one, other, lambda v, w: v > w), before, x)


def helped(v):
    return 3 * v if v > 0 else -v


def by_table(x):
    return tok_map(x, lambda v: TABLE[v] if v in (0, 1, OTHER) else chosen(v, least=2))


TABLE, OTHER = {0: 1, 1: 0, 2: 5}, 2


def chosen(v, most=9, least=0):
    if v > most:
        return most
    return max(v, least)


def everything_so_far(x):
    return kqv(indices(x), indices(x), x, primitives.always, reduction="max")


def clipped_places(x):
    return tok_map(indices(x), lambda i: min(i, 3) if i > 1 else 0)


def compares_places(x):
    return seq_map(indices(x), library.lasts(x, x), lambda i, j: i == j)


KEEP = [
    two_at_once,
    clipped_places,
    by_table,
    everything_so_far,
    neighbours,
    compares_places,
    *(programs.count_up, programs.count, programs.copy_unique, programs.sort_unique),
    *(programs.most_frequent, programs.parity_steps),
]


@pytest.mark.parametrize("program", KEEP, ids=lambda p: p.__name__)
def test_what_keeps_to_the_language_is_not_complained_about(program):
    assert violations(program) == []


def test_the_line_of_a_violation_is_that_of_the_file():
    (violation,) = violations(far_back)
    with open(__file__) as file:
        assert "i - 3" in file.read().splitlines()[violation.line - 1]


def test_a_program_without_source_is_refused():
    with pytest.raises(ValueError, match="no source of"):
        violations(max)
