"""Selection from lists, and data sets of a fixed size without a shared example."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from progtx_core import tasks
from progtx_core.tasks.base import SPLITS
from progtx_core.tasks.finite import FiniteDataset, first_occurrences
from progtx_core.tasks.selection import OPERATIONS, Selection

TASK = Selection()


def draw(n, seed=0):
    return TASK.sample_inputs(n, torch.Generator().manual_seed(seed))


def rows(batch):
    return {tuple(row) for row in batch.inputs.tolist()}


@given(
    st.sampled_from(list(OPERATIONS)), st.lists(st.integers(0, 19), min_size=3, max_size=8)
)
def test_every_list_is_written_read_and_answered(operation, numbers):
    text = f"{operation}({', '.join(map(str, numbers))})"
    (ids,) = TASK.encode([text]).tolist()
    assert TASK.tokenizer.decode(ids) == text
    want = {
        "First": numbers[0],
        "Second": numbers[1],
        "Last": numbers[-1],
        "Max": sorted(numbers)[-1],
        "Min": sorted(numbers)[0],
    }[operation]
    assert TASK.label(ids) == want
    assert TASK.labels(torch.tensor([ids])).tolist() == [want]


def test_what_is_drawn_is_as_it_should_be():
    inputs = draw(5000)
    texts = [TASK.tokenizer.decode(row) for row in inputs.tolist()]
    assert torch.equal(TASK.encode(texts), inputs)
    assert TASK.kinds(inputs).bincount().tolist() == [1000] * 5
    n_numbers = torch.tensor([text.count(",") + 1 for text in texts])
    assert n_numbers.unique().tolist() == [3, 4, 5, 6, 7, 8]
    assert (n_numbers.bincount()[3:] > 700).all()
    assert TASK.labels(inputs).unique().tolist() == list(range(20))


def test_the_source_is_the_token_that_is_the_answer():
    inputs = draw(1000)
    positions = TASK.source(inputs)
    found = inputs.gather(1, positions[:, None]).squeeze(1) - TASK.zero
    assert torch.equal(found, TASK.labels(inputs))
    kinds, length = TASK.kinds(inputs), (inputs != 0).sum(1)
    for kind, position in ((0, torch.tensor(2)), (1, torch.tensor(4)), (2, length - 2)):
        assert (positions == position)[kinds == kind].all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: TASK.encode(["Sum(1, 2, 3)"]), "no token for 'Sum' at position 0"),
        (lambda: TASK.encode(["Max(1, 20, 3)"]), "no token for '20' at position 4"),
        (lambda: TASK.encode(["Max(1, 2" + 8 * ", 3" + ")"]), "tokens, more than 18"),
        (lambda: Selection(min_numbers=1), "min_numbers .* at least 2, got 1"),
        (lambda: Selection(5, 4), "max_numbers .* at least 5, got 4"),
        (lambda: FiniteDataset(TASK, 5), "size .* at least 10, got 5"),
        (
            lambda: FiniteDataset(TASK, 10).sample(9, torch.Generator(), "train"),
            "cannot draw 9 examples from the 8 of 'train'",
        ),
        (
            lambda: FiniteDataset(tasks.get("sum_mod_10", n_terms=2), 200),
            "not 200 unique",
        ),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("size", [1000, 1003, 10_000])
def test_splits_share_nothing_and_are_balanced(size):
    data = FiniteDataset(TASK, size, seed=1, balance=TASK.kinds)
    splits = [data.splits[name] for name in SPLITS]
    assert [len(part) for part in splits] == [size - 2 * (size // 10), *[size // 10] * 2]
    assert len(set.union(*map(rows, splits))) == size
    for part in splits:
        counts = TASK.kinds(part.inputs).bincount(minlength=5)
        assert counts.max() - counts.min() <= 1
        assert torch.equal(part.targets, TASK.labels(part.inputs))
    # A draw of all is a shuffle; two draws differ.
    generator = torch.Generator().manual_seed(0)
    one, other = (data.sample(len(splits[0]), generator) for _ in range(2))
    assert rows(one) == rows(other) == rows(splits[0])
    assert not torch.equal(one.inputs, other.inputs)
    assert len(data.sample(1, generator, "val")) == 1
    inputs = data.sample_inputs(20, generator)
    assert torch.equal(data.labels(inputs), TASK.labels(inputs))
    assert data.label(inputs[0].tolist()) == TASK.labels(inputs)[0]


def test_a_data_set_of_all_there_is():
    """All 100 sums of two digits, ten of every class, shared out among the splits."""
    data = FiniteDataset(tasks.get("sum_mod_10", n_terms=2), 100)
    assert len(set.union(*(rows(part) for part in data.splits.values()))) == 100
    assert data.splits["test"].targets.bincount(minlength=10).tolist() == [1] * 10


def test_the_seed_decides_the_examples():
    one, same, other = (
        FiniteDataset(TASK, 50, seed=seed).splits["test"] for seed in (0, 0, 1)
    )
    assert torch.equal(one.inputs, same.inputs)
    assert not torch.equal(one.inputs, other.inputs)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1))
def test_first_occurrences(pairs):
    found = first_occurrences(torch.tensor(pairs)).tolist()
    assert found == [list(pair) for pair in dict.fromkeys(pairs)]
