"""A compiled program says what the program says, on every short input."""

import numpy as np
import pytest
import torch
from parts.compiling import compiled, disagreements

from progtx_core import rasp
from progtx_core.rasp import extending, library, programs
from progtx_core.rasp.programs import END, GO, START

MARKED = [START, GO, 0, 1, 2]


def mean_position(x):
    return rasp.kqv(x, x, rasp.indices(x), rasp.equals)


def mean_below_zero(x):
    down = rasp.tok_map(rasp.indices(x), lambda i: 3 - 2 * i)
    return rasp.kqv(x, rasp.full(x, 1), down, lambda k, q: k <= q, default=7)


def longest_first(x):  # where of three values, each of a block of its own
    return rasp.where(rasp.has_seen(x, rasp.full(x, 2)), rasp.cumsum(x), rasp.maximum(x))


PROGRAMS = {
    "shift_right": (library.shift_right, [0, 1, 2], 5),
    "shift by 2": (lambda x: rasp.shift_right(x, 2, 9), [0, 1], 4),
    "cumsum": (library.cumsum, [0, 1, 2], 5),
    "maximum": (library.maximum, [0, 1, 2, 5], 4),
    "minimum": (library.minimum, [-3, 0, 1, 5], 4),
    "first_true": (library.first_true, [0, 1], 6),
    "argmax": (library.argmax, [0, 1, 2], 5),
    "argmin": (library.argmin, [0, 1, 2], 5),
    "mode": (library.mode, [0, 1, 2], 5),
    "num_prev": (lambda x: library.num_prev(x, x), [0, 1, 2], 5),
    "has_seen": (lambda x: rasp.has_seen(x, rasp.full(x, 1)), [0, 1, 2], 5),
    "lasts": (lambda x: library.lasts(x, library.full(x, 1)), [0, 1, 2], 5),
    "induct": (lambda x: rasp.induct(x, x, default=-9), [0, 1, 2], 5),
    "a default that is asked for": (
        lambda x: rasp.lasts(rasp.shift_right(x), x),
        [0, 1],
        6,
    ),
    "mean": (mean_position, [0, 1, 2], 6),
    "mean below zero": (mean_below_zero, [0, 1, 2], 5),
    "where": (longest_first, [0, 1, 2], 5),
    "constant": (lambda x: rasp.full(x, 4), [0, 1], 3),
    "indices": (rasp.indices, [0, 1], 4),
    "count": (programs.count, MARKED, 4),
    "count_up": (programs.count_up, MARKED, 4),
    "copy_unique": (programs.copy_unique, MARKED, 4),
    "sort_unique": (programs.sort_unique, MARKED, 4),
    "most_frequent": (programs.most_frequent, MARKED, 4),
    "parity": (programs.parity, MARKED, 4),
    "parity_steps": (programs.parity_steps, [START, GO, 0, 1, 2, 3], 3),
    "add_steps": (extending.add_steps, [GO, extending.PLUS, 0, 1, 2], 3),
    "even_length": (extending.even_length, [START, 0], 6),
    "no_000": (extending.no_000, [START, 0, 1], 5),
    "brackets": (extending.brackets, [START, 0, 1], 5),
    "last_is_0": (extending.last_is_0, [START, 0, 1, 2], 4),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_says_what_the_program_says_on_every_short_input(name):
    program, vocabulary, length = PROGRAMS[name]
    machine = compiled(program, vocabulary, length)
    assert disagreements(program, machine, length) == 0


def test_a_wrong_weight_is_seen():
    machine = compiled(programs.sort_unique, MARKED, 4)
    with torch.no_grad():
        machine.model.blocks[0].attention.W_K.weight.mul_(-1)
    assert disagreements(programs.sort_unique, machine, 4) > 0


@pytest.mark.parametrize("name", ["count", "sort_unique", "copy_unique"])
def test_it_writes_an_answer_longer_than_what_was_tried(name):
    program = PROGRAMS[name][0]
    numbers = list(range(8))
    machine = compiled(program, [START, GO, END, *numbers], 24)
    asked = [START, 6, 1, GO] if name == "count" else [START, 5, 2, 7, 3, 1, 6, 0, GO]
    assert rasp.decode(machine, asked) == rasp.decode(program, asked)


def test_each_head_attends_where_the_program_selects_or_before_the_first():
    line = np.array([3, 1, 2, 1, 3])
    program = PROGRAMS["lasts"][0]
    with rasp.record_selections() as seen:
        program(line)
    machine = compiled(program, line, 5)
    ((name, (selected, pattern)),) = machine.beside(line, seen).items()
    assert name == "0.0 lasts"
    for row, picked in zip(pattern, selected, strict=True):
        if picked.any():  # the last of those selected
            assert row[np.flatnonzero(picked)[-1]] > 0.999
        else:
            assert row.sum() < 0.001


def test_what_cannot_be_compiled_is_refused_in_one_line():
    for program, words in (
        (lambda x: x + 1, "does more than the operations of RASP-L"),
        (lambda x: np.sort(x), "does more than the operations of RASP-L"),
        (lambda x: 3, "must be"),
        (lambda x: rasp.kqv(x, x, rasp.tok_map(x, lambda v: 999 * v), rasp.equals), "wide"),
    ):
        with pytest.raises((ValueError, TypeError), match=words):
            compiled(program, [0, 1], 4)
    machine = compiled(rasp.maximum, [0, 1], 4)
    with pytest.raises(ValueError, match=r"knows \[0, 1\], not \[7\]"):
        machine([0, 7])
    with pytest.raises(ValueError, match="n_ctx"):
        machine([0, 1, 0, 1, 0])
