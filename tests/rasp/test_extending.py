"""The programs of sums and of languages, and those of lists, against the tasks' rules."""

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from progtx_core import tasks
from progtx_core.rasp import decode, extending, programs
from progtx_core.rasp.extending import PLUS
from progtx_core.rasp.programs import END, GO, HINTS, START
from progtx_core.rasp.rasp_l import violations

LANGUAGES = {
    "(aa)*": extending.even_length,
    "tomita_4": extending.no_000,
    "{0,1,2}*02*": extending.last_is_0,
    "dyck_1": extending.brackets,
}
LISTS = {
    "majority": (programs.most_frequent, {"n_symbols": 2, "uneven": True}),
    "mode": (programs.most_frequent, {"n_distinct": 4}),
    "sorting": (programs.sort_unique, {}),
    "copying": (programs.copy_unique, {}),
    "parity": (programs.parity_steps, {"hints": True}),
    "addition": (extending.add_steps, {"hints": True, "n_hints": 40}),
}
TASKS = {"mode": "majority", "parity": "bit_parity", "addition": "binary_addition"}
MARKS = {"SoS": START, ">": GO, "EoS": END, "+": PLUS}


def as_number(word):
    """A word of a task as the programs have it."""
    if word[1:].isdecimal() and word[0] == "h":
        return HINTS + int(word[1:])
    return MARKS.get(word, int(word) if word.isdecimal() else ord(word[0]))


def read(task, row):
    """A prompt and its answer in the numbers of programs."""
    numbers = [as_number(word) for word in task.tokenizer.decode(row).split()]
    go = numbers.index(GO) + 1
    return numbers[:go], numbers[go:]


def says(program, task, string):
    """What a program says of a string, and what the task says."""
    row = task.tokenizer.encode(" ".join(["SoS", *string]))
    numbers = [START, *(task.symbols.index(symbol) for symbol in string)]
    return program(numbers).tolist(), task.label(row)


@pytest.mark.parametrize("language", LANGUAGES)
def test_programs_say_what_may_be_next_in_all_short_strings(language):
    program, task = LANGUAGES[language], tasks.get("language", language=language)
    for length in range(9 if len(task.symbols) < 3 else 7):
        for string in itertools.product(task.symbols, repeat=length):
            found, want = says(program, task, string)
            legal = [answer for answer in want if answer is not None]
            assert found[: len(legal)] == legal


@pytest.mark.parametrize("language", LANGUAGES)
def test_programs_say_what_may_be_next_in_long_strings(language):
    sizes = {"longest": 150, "shortest": 101}
    program, task = LANGUAGES[language], tasks.get("language", language=language, **sizes)
    for row in task.sample_inputs(40, torch.Generator().manual_seed(0)).tolist():
        string = task.tokenizer.decode(row).split()[1:]
        found, want = says(program, task, string)
        assert found == want


@pytest.mark.slow
@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("sizes", [(1, 5), (30, 40)])
def test_programs_write_the_answers_of_lists(name, sizes):
    program, arguments = LISTS[name]
    lengths = {"shortest": sizes[0], "longest": sizes[1]}
    task = tasks.get(TASKS.get(name, name), **arguments, **lengths)
    n = 20 if sizes[1] == 5 else 2
    for row in task.sample_inputs(n, torch.Generator().manual_seed(0)).tolist():
        prompt, answer = read(task, row)
        assert decode(program, prompt, max_new=200) == answer


@pytest.mark.parametrize("places", range(1, 4))
def test_all_short_sums(places):
    for a, b in itertools.product(range(2 ** (places - 1)), repeat=2):
        first, second, total = (
            [w for i in range(places) for w in (9 + i, n >> i & 1)] for n in (a, b, a + b)
        )
        prompt = [START, *first, PLUS, *second, GO]
        assert decode(extending.add_steps, prompt) == [*total, END]


@settings(max_examples=10)
@given(hints=st.lists(st.integers(HINTS, 99), min_size=3, max_size=3, unique=True))
def test_sums_do_not_depend_on_the_order_of_hints(hints):
    first, second, total = (
        [w for i, hint in enumerate(hints) for w in (hint, n >> i & 1)] for n in (3, 1, 4)
    )
    prompt = [START, *first, PLUS, *second, GO]
    assert decode(extending.add_steps, prompt) == [*total, END]


def test_only_the_one_that_says_so_is_no_rasp_l():
    of_lists = [program for program, _ in LISTS.values()]
    found = {p for p in [*LANGUAGES.values(), *of_lists] if violations(p)}
    assert found == {extending.even_length}
