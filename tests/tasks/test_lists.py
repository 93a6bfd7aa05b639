"""Answers to lists: rules against brute force, what is drawn, one split for all lengths."""

import itertools
import statistics

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from progtx_core import tasks

CASES = {
    "two letters": ("majority", {"n_symbols": 2, "uneven": True}),
    "letters": ("majority", {"n_symbols": 26}),
    "mode": ("majority", {"n_symbols": 26, "n_distinct": 3}),
    "sorting": ("sorting", {"n_numbers": 30}),
    "parity": ("bit_parity", {}),
    "parity, hints": ("bit_parity", {"hints": True, "n_hints": 30}),
    "addition": ("binary_addition", {"hints": False}),
    "addition, hints": ("binary_addition", {"hints": True, "n_hints": 30}),
}


def make(case, **sizes):
    name, arguments = CASES[case]
    return tasks.get(name, **arguments, **sizes)


def draw(task, n, seed=0):
    return task.sample_inputs(n, torch.Generator().manual_seed(seed))


def texts(task, inputs):
    """Prompts and answers, in words, of some inputs."""
    whole = [task.tokenizer.decode(row) for row in inputs.tolist()]
    parts = [text.removeprefix("SoS ").removesuffix(" EoS").split(" > ") for text in whole]
    return [(prompt.split(), answer.split()) for prompt, answer in parts]


def n_items(case, prompt):
    """Of how many items a prompt is."""
    operands = " ".join(prompt).split(" + ")
    return len(operands[0].split()) // (2 if "hints" in case else 1)


@pytest.mark.parametrize("case", CASES)
@settings(max_examples=20)
@given(seed=st.integers(0, 1000), shortest=st.integers(1, 12), more=st.integers(0, 12))
def test_labels_agree_with_the_rule_and_are_the_next_inputs(case, seed, shortest, more):
    task = make(case, shortest=shortest, longest=shortest + more)
    inputs = draw(task, 8, seed)
    batch = task.batch(inputs)
    for row, found in zip(inputs.tolist(), task.labels(inputs).tolist(), strict=True):
        assert [-1 if a is None else a for a in task.label(row)] == found
    inside = batch.mask[:, :-1] & (batch.targets[:, :-1] != task.end)
    assert torch.equal(batch.targets[:, :-1][inside], inputs[:, 1:][inside])
    assert ((inputs == task.end).sum(1) == 1).all()
    for prompt, _ in texts(task, inputs):
        assert shortest <= n_items(case, prompt) <= shortest + more


@pytest.mark.parametrize("case", CASES)
def test_every_length_is_equally_frequent(case):
    task = make(case, shortest=3, longest=8)
    found = texts(task, draw(task, 3000))
    counts = torch.tensor([n_items(case, prompt) for prompt, _ in found]).bincount()
    assert counts[:3].sum() == 0
    assert len(counts) == 9
    assert counts[3:].min() > 420


@pytest.mark.parametrize("case", ["two letters", "letters", "mode"])
@settings(max_examples=20)
@given(seed=st.integers(0, 1000))
def test_the_most_frequent_letter_is_one_and_is_the_answer(case, seed):
    task = make(case, longest=9)
    for prompt, answer in texts(task, draw(task, 20, seed)):
        assert statistics.multimode(prompt) == answer
        assert case != "mode" or len(set(prompt)) <= 3


def test_a_tie_changes_one_letter_only_and_each_leader_may_win():
    task = tasks.get("majority", longest=2, shortest=2, n_symbols=2)
    pairs = [" ".join(prompt) for prompt, _ in texts(task, draw(task, 2000))]
    assert set(pairs) == {"a a", "b b"}  # a tie is drawn as often as not
    assert 900 < pairs.count("a a") < 1100


def test_of_two_letters_every_number_is_equally_frequent():
    task = tasks.get("majority", n_symbols=2, uneven=True, longest=5, shortest=5)
    times = torch.tensor([p.count("a") for p, _ in texts(task, draw(task, 6000))])
    assert times.bincount().min() > 850
    even = tasks.get("majority", n_symbols=2, longest=5, shortest=5)
    times = torch.tensor([p.count("a") for p, _ in texts(even, draw(even, 6400))])
    expected = torch.tensor([1, 5, 10, 10, 5, 1]) * 200.0
    assert torch.allclose(times.bincount().float(), expected, rtol=0.25)


def test_letters_of_a_mode_are_all_letters_and_no_list_has_more_than_it_may():
    task = tasks.get("majority", n_symbols=6, n_distinct=2, longest=30, shortest=30)
    found = [frozenset(prompt) for prompt, _ in texts(task, draw(task, 400))]
    assert set(found) == {frozenset(pair) for pair in itertools.combinations("abcdef", 2)}


def test_lists_to_sort_have_numbers_of_all_sizes_once():
    task = make("sorting", longest=20)
    for prompt, answer in texts(task, draw(task, 100)):
        assert len(set(prompt)) == len(prompt)
        assert answer == [str(n) for n in range(30) if str(n) in prompt]
    assert len(draw(task, 100)[:, 1].unique()) == 30


def bits_of(prompt):
    """Bits of all operands, and the hints of each."""
    operands = [part.split() for part in " ".join(prompt).split(" + ")]
    if not prompt[0].startswith("h"):
        return operands, []
    return [part[1::2] for part in operands], [part[::2] for part in operands]


@pytest.mark.parametrize("bits", list(itertools.product("01", repeat=4)), ids="".join)
@pytest.mark.parametrize("hints", [False, True])
def test_parity_of_all_short_lists(bits, hints):
    task = tasks.get("bit_parity", longest=4, hints=hints, n_hints=9)
    words = [word for i, bit in enumerate(bits) for word in (f"h{i + 3}", bit)]
    prompt = words if hints else list(bits)
    odd = [str(bits[: i + 1].count("1") % 2) for i in range(4)]
    want = [word for i, bit in enumerate(odd) for word in (f"h{i + 3}", bit)]
    tokens = torch.tensor([[task.tokenizer.ids[word] for word in prompt]])
    assert texts(task, task.write(tokens)) == [(prompt, want if hints else odd[-1:])]


@given(a=st.integers(0, 2**40), b=st.integers(0, 2**40), hints=st.booleans())
def test_sums_are_those_of_whole_numbers(a, b, hints):
    n = max(a, b).bit_length() + 1
    task = tasks.get("binary_addition", longest=n, hints=hints, n_hints=n)
    digits = [[*reversed(f"{number:0{n}b}")] for number in (a, b, a + b)]
    parts = [[w for i, d in enumerate(part) for w in (f"h{i}", d)] for part in digits]
    first, second, total = parts if hints else digits
    prompt = [*first, "+", *second]
    tokens = torch.tensor([[task.tokenizer.ids[word] for word in prompt]])
    assert texts(task, task.write(tokens)) == [(prompt, total)]


@pytest.mark.parametrize("case", ["parity, hints", "addition, hints"])
def test_hints_follow_each_other_and_short_lists_have_all_of_them(case):
    task, seen = make(case, longest=4), set()
    for prompt, answer in texts(task, draw(task, 600)):
        _, hints = bits_of(prompt)
        numbers = [int(hint[1:]) for hint in hints[0]]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert hints[1:] in ([], hints[:1])
        assert answer[::2] == hints[0]
        seen |= set(numbers)
    assert seen == set(range(30))


@pytest.mark.parametrize("case", ["parity", "addition"])
def test_every_number_of_ones_is_equally_frequent(case):
    task = make(case, longest=5, shortest=5)
    found = [bits_of(prompt)[0][0] for prompt, _ in texts(task, draw(task, 4000))]
    counts = torch.tensor([bits.count("1") for bits in found]).bincount()
    assert len(counts) == (6 if case == "parity" else 5)  # a sum's last digits are 0
    assert counts.min() > 0.8 * counts.float().mean()


@pytest.mark.parametrize("case", CASES)
def test_tokens_and_splits_do_not_depend_on_the_lengths(case):
    short, long = make(case, longest=6), make(case, longest=25, shortest=2)
    assert short.tokenizer.symbols == long.tokenizer.symbols
    inputs = draw(short, 300)
    wide = torch.nn.functional.pad(inputs, (0, long.spec.seq_len - inputs.shape[1]))
    assert torch.equal(long.complete(wide), wide)
    for split in tasks.SPLITS:
        kept = [
            tasks.base.in_split(task.split_key(rows), split)
            for task, rows in ((short, inputs), (long, wide))
        ]
        assert torch.equal(*kept)


@pytest.mark.parametrize("case", CASES)
def test_a_prompt_belongs_to_one_split(case):
    task, prompts = make(case, longest=4), {}
    for split in tasks.SPLITS:
        batch = task.sample(200, torch.Generator().manual_seed(1), split)
        prompts[split] = {tuple(p) for p, _ in texts(task, batch.inputs)}
    train, val, test = prompts.values()
    assert not (train & val) | (train & test) | (val & test)


@pytest.mark.parametrize(
    ("name", "sizes", "message"),
    [
        ("majority", {"n_symbols": 27}, "n_symbols must be .* 2 to 26, got 27"),
        ("majority", {"n_symbols": 1}, "n_symbols must be .* 2 to 26, got 1"),
        ("majority", {"n_distinct": 1}, "n_distinct must be .* at least 2, got 1"),
        ("majority", {"shortest": 21}, "shortest must be .* 1 to 20, got 21"),
        ("sorting", {"longest": 51}, "longest must be .* 1 to 50, got 51"),
        ("sorting", {"n_numbers": 1}, "n_numbers must be .* 2 to 1000000, got 1"),
        ("bit_parity", {"hints": True, "longest": 51}, "longest must be .* 1 to 50, got"),
        ("bit_parity", {"n_hints": 0}, "n_hints must be"),
        ("binary_addition", {"longest": 26}, "longest must be .* 1 to 25, got 26"),
        ("binary_addition", {"shortest": 0}, "shortest must be .* 1 to 10, got 0"),
    ],
)
def test_bad_sizes_are_named(name, sizes, message):
    with pytest.raises(ValueError, match=message):
        tasks.get(name, **sizes)


@pytest.mark.parametrize("name", ["majority", "bit_parity"])
def test_a_switch_is_true_or_false(name):
    switch = {"majority": "uneven", "bit_parity": "hints"}[name]
    with pytest.raises(TypeError, match=f"{switch} must be of the class bool, got 1"):
        tasks.get(name, **{switch: 1})
