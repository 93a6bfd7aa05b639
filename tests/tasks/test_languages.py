"""Formal languages: against regular expressions and a counter, and drawn evenly."""

import itertools
import math
import re
from functools import cache

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from progtx_core import tasks
from progtx_core.tasks.languages import LONGEST, RULES


def matched(string):
    """Whether all brackets match."""
    depths = list(itertools.accumulate(1 if s == "(" else -1 for s in string))
    return not depths or (min(depths) >= 0 and depths[-1] == 0)


# Of whole strings, and not as the package has it: is this one of them?
MEMBER = {
    "(aa)*": re.compile("(aa)*").fullmatch,
    # Runs of 1 with the run of 0 behind each: odd and odd never stand together.
    "tomita_3": re.compile("0*((11)+0*|1(11)*(00)+)*1*").fullmatch,
    "tomita_4": re.compile("(?!.*000)[01]*").fullmatch,
    "{0,1,2}*02*": re.compile("[012]*02*").fullmatch,
    "dyck_1": matched,
}


def make(language, **lengths):
    return tasks.get("language", language=language, **lengths)


def strings_of(language, up_to):
    """All strings of its symbols."""
    symbols = make(language).symbols
    for length in range(up_to + 1):
        yield from map("".join, itertools.product(symbols, repeat=length))


@cache
def members(language, up_to=8):
    """All strings that the language has."""
    return [string for string in strings_of(language, up_to) if MEMBER[language](string)]


def encoded(task, string):
    return task.tokenizer.encode(" ".join(["SoS", *string]), task.spec.seq_len)


def drawn(task, n, seed=0):
    """Strings, and their inputs."""
    inputs = task.sample_inputs(n, torch.Generator().manual_seed(seed))
    read = [task.tokenizer.decode(row).split() for row in inputs.tolist()]
    assert all(start == "SoS" for start, *_ in read)
    return ["".join(string) for _, *string in read], inputs


def test_tomita_3_is_what_it_says():
    """The regular expression above, against runs that are counted one by one."""
    for string in strings_of("tomita_3", 8):
        runs = [(symbol, len(list(run))) for symbol, run in itertools.groupby(string)]
        odd = [s == "1" and n % 2 and m % 2 for (s, n), (_, m) in zip(runs, runs[1:])]
        assert bool(MEMBER["tomita_3"](string)) != any(odd), string


@pytest.mark.parametrize("language", RULES)
def test_a_string_may_end_where_the_language_has_it(language):
    task = make(language, longest=8)
    strings = list(strings_of(language, 8))
    answers = task.labels(torch.tensor([encoded(task, string) for string in strings]))
    for string, found in zip(strings, answers.tolist(), strict=True):
        last = found[len(string)]
        ends = last != -1 and "EoS" in task.sets[last].split()
        assert ends == bool(MEMBER[language](string)), string


@pytest.mark.parametrize("language", RULES)
def test_what_may_be_next_can_be_completed(language):
    task = make(language, longest=8)
    # Four symbols complete what four begin, or nothing does.
    begun = {s[:n] for s in members(language) for n in range(len(s) + 1)}
    for string in strings_of(language, 3):
        found = task.label(encoded(task, string))[len(string)]
        legal = [s for s in task.symbols if string + s in begun]
        legal += ["EoS"] * (string in members(language))
        assert found == (task.sets.index(" ".join(legal)) if string in begun else None)


@pytest.mark.parametrize("language", RULES)
@settings(max_examples=30)
@given(data=st.data())
def test_the_automaton_agrees_with_the_rule_also_on_illegal_strings(language, data):
    task = make(language, longest=30)
    string = data.draw(st.lists(st.sampled_from(task.symbols), max_size=30))
    row = encoded(task, string)
    fast = task.labels(torch.tensor([row]))[0].tolist()
    assert [-1 if a is None else a for a in task.label(row)] == fast


@pytest.mark.parametrize("language", RULES)
def test_every_string_of_a_length_is_equally_frequent(language):
    length = 4 if language == "{0,1,2}*02*" else 6
    want = [string for string in members(language) if len(string) == length]
    strings, _ = drawn(make(language, longest=length, shortest=length), 100 * len(want))
    counts = [strings.count(string) for string in want]
    assert sum(counts) == len(strings)
    assert min(counts) > 65
    assert max(counts) < 135


@pytest.mark.parametrize("language", RULES)
def test_every_length_is_equally_frequent(language):
    strings, inputs = drawn(make(language, longest=9, shortest=3), 2100)
    counts = torch.tensor([len(string) for string in strings]).bincount().tolist()
    has = sorted({len(s) for s in members(language, up_to=9) if len(s) >= 3})
    assert [length for length, count in enumerate(counts) if count] == has
    assert min(counts[length] for length in has) > 0.8 * 2100 / len(has)
    assert inputs.shape[1] == 10


@pytest.mark.parametrize("language", RULES)
@settings(max_examples=15)
@given(seed=st.integers(0, 1000), shortest=st.integers(2, 40), more=st.integers(1, 40))
def test_drawn_strings_are_of_the_language_and_their_answers_complete(
    language, seed, shortest, more
):
    task = make(language, longest=shortest + more, shortest=shortest)
    strings, inputs = drawn(task, 5, seed)
    batch = task.batch(inputs)
    for string, row, mask in zip(strings, inputs.tolist(), batch.mask, strict=True):
        assert MEMBER[language](string)
        assert shortest <= len(string) <= shortest + more
        assert mask.tolist() == [token != 0 for token in row]


def test_strings_are_counted_where_their_number_is_too_large_for_a_float():
    ways = make("dyck_1", longest=LONGEST).log_ways[:, 0]
    for n in (1, 2, 20, LONGEST // 2):
        catalan = math.comb(2 * n, n) // (n + 1)
        assert ways[2 * n].item() == pytest.approx(math.log(catalan), rel=1e-12)
    assert torch.isinf(ways[1::2]).all()
    task = make("dyck_1", longest=LONGEST, shortest=LONGEST)
    assert all(matched(string) for string in drawn(task, 20)[0])


def test_so_many_open_brackets_as_a_string_can_have_are_counted():
    task = make("dyck_1", longest=LONGEST)
    row = encoded(task, "(" * LONGEST)
    assert (
        task.labels(torch.tensor([row])).tolist()
        == [task.label(row)]
        == [[0] + [1] * LONGEST]
    )


@pytest.mark.parametrize("language", RULES)
def test_tokens_and_splits_do_not_depend_on_the_lengths(language):
    short, long = make(language, longest=50), make(language, longest=150, shortest=51)
    assert (short.tokenizer.symbols, short.sets) == (long.tokenizer.symbols, long.sets)
    seen = {}
    for split in tasks.SPLITS:
        batch = short.sample(100, torch.Generator().manual_seed(1), split)
        wide = torch.nn.functional.pad(batch.inputs, (0, 100))
        assert tasks.base.in_split(long.split_key(wide), split).all()
        seen[split] = {tuple(row) for row in batch.inputs.tolist()}
    train, val, test = seen.values()
    assert not (train & val) | (train & test) | (val & test)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"language": "tomita"}, "no language 'tomita'; nearest: tomita_3, tomita_4"),
        ({"longest": 501}, "longest must be .* 1 to 500, got 501"),
        ({"longest": 9, "shortest": 10}, "shortest must be .* 1 to 9, got 10"),
        ({"longest": 7, "shortest": 7}, "longest=7: dyck_1 has no string so long"),
    ],
)
def test_bad_sizes_are_named(sizes, message):
    with pytest.raises(ValueError, match=message):
        tasks.get("language", **sizes)


@pytest.mark.parametrize("text", ["( )", "SoS ( SoS )", "SoS SoS"])
def test_a_string_begins_once(text):
    task = make("dyck_1")
    with pytest.raises(ValueError, match="begins with SoS, once"):
        task.label(task.tokenizer.encode(text))
