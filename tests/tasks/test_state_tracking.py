"""State tracking: the fast form against the rule, no leak, disjoint splits."""

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from progtx_core import tasks
from progtx_core.tasks import StringSet
from progtx_core.tasks.state_tracking import OUTPUTS, WordProblem, is_even

CASES = {
    "parity": {},
    "first_bit": {},
    "last_bit": {},
    "running_majority": {},
    "S3": {"group": "S3"},
    "A5": {"group": "A5"},
}


def make(case, **sizes):
    name = "word_problem" if "group" in CASES[case] else case
    return tasks.get(name, **CASES[case], **sizes)


def draw(task, n, seed=0):
    return task.sample(n, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("lengths", [(1, 1), (8, 8), (1, 6), (3, 12)])
def test_fast_answers_equal_the_plain_rule(case, output, lengths):
    task = make(case, seq_len=lengths[1], min_len=lengths[0], output=output)
    batch = draw(task, 200)
    for row, targets, mask in zip(batch.inputs, batch.targets, batch.mask, strict=True):
        asked = zip(targets.tolist(), mask.tolist(), strict=True)
        assert task.label(row.tolist()) == [t if m else None for t, m in asked]
    texts = [task.tokenizer.decode(row) for row in batch.inputs.tolist()]
    n_symbols = [len(text.split("|")[0].split()) for text in texts]
    assert batch.mask.sum(1).tolist() == n_symbols


@pytest.mark.parametrize(
    ("name", "string", "states"),
    [
        ("parity", "0 1 1 1", "0 1 0 1"),
        ("first_bit", "1 0 0 1", "1 1 1 1"),
        ("last_bit", "1 0 0 1", "1 0 0 1"),
        ("running_majority", "1 0 0 1 1", "1 0 0 1 1"),
        ("word_problem", "213 132 213 213", "213 231 321 231"),
    ],
)
def test_rules_by_hand(name, string, states):
    task = tasks.get(name, seq_len=len(string.split()))
    names = task.symbols
    found = task.follow([names.index(symbol) for symbol in string.split()])
    assert [names[state] for state in found] == states.split()


def test_what_a_model_reads_for_both_outputs():
    per_token = tasks.get("parity", seq_len=4, min_len=1)
    scratchpad = tasks.get("parity", seq_len=4, min_len=1, output="scratchpad")
    bits, lengths = torch.tensor([[1, 1, 0, 1], [1, 0, 1, 0]]), torch.tensor([[4], [2]])
    show = [
        [task.tokenizer.show(row) for row in task.write(bits, lengths).tolist()]
        for task in (per_token, scratchpad)
    ]
    assert show[0] == ["1101  2 2 1 2", "10__  2 1 0 0"]
    assert show[1] == ["1101|100  2 2 1 2 3 2 1 1", "10|1____  2 1 3 2 0 0 0 0"]
    labels = scratchpad.labels(scratchpad.write(bits, lengths))
    assert labels[0].tolist() == [-1, -1, -1, -1, 1, 0, 0, 1]
    assert labels[1].tolist() == [-1, -1, 1, 1, -1, -1, -1, -1]


@pytest.mark.parametrize("output", OUTPUTS)
def test_a_model_that_copies_its_input_is_at_chance(output):
    task = make("parity", seq_len=8, output=output)
    everything = torch.cat([p.inputs for p in StringSet(task).splits.values()])
    batch = task.batch(everything)
    copied = (batch.inputs - 1) == batch.targets
    # A separator is no state: at its position the copy is wrong.
    states = batch.inputs != task.separator
    assert copied[batch.mask & states].float().mean() == pytest.approx(0.5, abs=0.07)


def test_no_answer_can_be_seen_at_its_own_position_or_before():
    """Strings that agree up to a position may differ in its answer: it is not in them."""
    task = make("parity", seq_len=5, output="scratchpad")
    bits = torch.tensor(list(itertools.product([0, 1], repeat=5)))
    batch = task.batch(task.write(bits, torch.full((32, 1), 5)))
    for position in batch.mask[0].nonzero().flatten().tolist():
        read = batch.inputs[:, : position + 1]
        # What is read holds all bits and the states before this one, not this one.
        n_states = position - 5
        assert torch.equal(read[:, 6:] - 1, task.states(bits)[:, :n_states])
        assert torch.equal(batch.targets[:, position], task.states(bits)[:, n_states])


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("lengths", [(8, 8), (4, 7)])
def test_all_strings_are_split_and_no_two_splits_share_one(output, lengths):
    task = make("parity", seq_len=lengths[1], min_len=lengths[0], output=output)
    splits = StringSet(task, seed=3).splits
    rows = [{tuple(r) for r in split.inputs.tolist()} for split in splits.values()]
    n_strings = sum(2**n for n in range(lengths[0], lengths[1] + 1))
    assert len(set.union(*rows)) == sum(map(len, rows)) == n_strings


@pytest.mark.parametrize("case", CASES)
def test_drawn_strings_of_different_splits_are_different(case):
    task = make(case, seq_len=6)
    seen = [
        {tuple(r) for r in task.sample(300, torch.Generator(), s).inputs.tolist()}
        for s in ("train", "val", "test")
    ]
    assert not seen[0] & seen[1] | seen[0] & seen[2] | seen[1] & seen[2]


@pytest.mark.parametrize("case", ["parity", "running_majority", "S3", "A5", "first_bit"])
def test_answers_are_equally_frequent(case):
    task = make(case, seq_len=6)
    counts = draw(task, 6000).targets.flatten().bincount(minlength=task.spec.n_classes)
    assert counts.min() > 0.85 * counts.float().mean()
    assert counts.max() < 1.15 * counts.float().mean()


@pytest.mark.parametrize("group", ["S3", "A5"])
def test_the_table_is_that_of_a_group(group):
    task = WordProblem(group=group)
    n, table = len(task.symbols), task.product
    assert n == {"S3": 6, "A5": 60}[group]
    assert all(sorted(row) == list(range(n)) for row in table)  # every row a permutation
    assert table[0] == list(range(n))  # the first element changes nothing
    some = torch.randint(n, (50, 3), generator=torch.Generator().manual_seed(0)).tolist()
    assert all(table[table[a][b]][c] == table[a][table[b][c]] for a, b, c in some)


@given(st.permutations(range(5)), st.permutations(range(5)))
@settings(max_examples=30)
def test_even_permutations_stay_even(a, b):
    assert is_even([a[i] for i in b]) == (is_even(a) == is_even(b))


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"seq_len": 0}, "seq_len must be .* at least 1, got 0"),
        ({"seq_len": 4, "min_len": 5}, "min_len .* 1 to 4, got 5"),
        ({"output": "backwards"}, "no output 'backwards'"),
    ],
)
def test_bad_sizes_are_named(sizes, message):
    with pytest.raises(ValueError, match=message):
        tasks.get("parity", **sizes)
    with pytest.raises(ValueError, match="no group 'S4'"):
        tasks.get("word_problem", group="S4")
    with pytest.raises(ValueError, match="size .* 10 to 256, got 300"):
        StringSet(tasks.get("parity"), size=300)
