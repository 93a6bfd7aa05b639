"""Arithmetic in tokens: the tokenizer both ways, near misses, what must not leak."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from progtx_core import tasks
from progtx_core.tasks.base import SPLITS, in_split
from progtx_core.tasks.strings import digits, draw_numbers, n_digits
from progtx_core.tasks.tokenizer import PAD, Tokenizer, WordTokenizer

TOKENIZER = Tokenizer("0123456789+=")


def draw(task, n, split="train"):
    return task.sample(n, torch.Generator().manual_seed(0), split)


@given(st.text("0123456789+=", max_size=12), st.integers(0, 4))
def test_what_is_encoded_is_decoded(text, more):
    ids = TOKENIZER.encode(text, len(text) + more)
    assert len(ids) == len(text) + more
    assert TOKENIZER.decode(ids) == text


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: TOKENIZER.encode("1-2"), "no token for '-' at position 1; tokens: 0 1 2"),
        (lambda: TOKENIZER.encode("1_2"), "no token for '_' at position 1"),
        (lambda: TOKENIZER.encode("1+2", 2), "3 tokens, more than 2"),
        (lambda: TOKENIZER.decode([1, 13]), "token id .* from 0 to 12, got 13"),
        (lambda: TOKENIZER.decode([-1]), "token id .* got -1"),
    ],
)
def test_what_cannot_be_read_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_symbols_and_words():
    spaced = Tokenizer(["213", "132"], spaced=True)
    assert spaced.encode("132 213") == [2, 1]
    assert spaced.decode([2, 1, 0]) == "132 213"
    words = WordTokenizer(["Max", "(", ")", ",", "2", "15"])
    assert words.encode("Max(2, 15)") == words.encode("Max( 2,15 )") == [1, 2, 5, 4, 6, 3]
    assert words.decode([1, 2, 5, 4, 6, 3, 0]) == "Max(2, 15)"


@given(st.integers(0, 9999))
def test_digits_are_those_of_the_number(number):
    tokens = digits(torch.tensor([number]))[0].tolist()
    assert TOKENIZER.decode(tokens) == str(number)
    assert n_digits(torch.tensor([number])).item() == len(str(number))


@pytest.mark.parametrize("name", ["equation_is_true", "sum_mod_10"])
def test_padding_stands_on_the_right_only(name):
    inputs = draw(tasks.get(name), 2000).inputs
    assert ((inputs[:, :-1] == PAD) <= (inputs[:, 1:] == PAD)).all()
    assert (inputs == PAD).any()


@pytest.mark.parametrize("max_digits", [1, 2, 3])
def test_wrong_equations_are_near_misses(max_digits):
    task = tasks.get("equation_is_true", max_digits=max_digits)
    batch = draw(task, 600)
    for ids, target in zip(batch.inputs.tolist(), batch.targets.tolist(), strict=True):
        left, said = task.tokenizer.decode(ids).split("=")
        terms = [int(term) for term in left.split("+")]
        assert max(len(str(term)) for term in terms) <= max_digits
        miss = abs(sum(terms) - int(said))
        assert (miss == 0) == bool(target)
        assert miss in (0, 1, 2, 10, 20, 100, 200, 1000, 2000)
        assert len(said) == len(str(sum(terms)))


def test_terms_of_every_length_are_equally_frequent():
    drawn = draw_numbers(9000, 3, torch.Generator().manual_seed(0))
    assert drawn.min() < 3
    assert drawn.max() > 990
    share = n_digits(drawn).bincount(minlength=4)[1:] / len(drawn)
    assert torch.allclose(share, torch.full((3,), 1 / 3), atol=0.02)


@pytest.mark.parametrize(
    ("name", "most"), [("equation_is_true", 0.58), ("sum_mod_10", 0.20)]
)
def test_no_cheap_statistic_tells(name, most):
    """A linear rule on all tokens at all positions; so also length and single digits."""
    from sklearn.linear_model import LogisticRegression

    task = tasks.get(name)
    train, test = draw(task, 6000), draw(task, 3000, "test" if "eq" in name else "train")

    def flat(inputs):
        return torch.nn.functional.one_hot(inputs, 13).flatten(1).numpy()

    rule = LogisticRegression(max_iter=300).fit(flat(train.inputs), train.targets)
    assert rule.score(flat(test.inputs), test.targets) < most
    length = (test.inputs != PAD).sum(1)
    by_length = sum(
        test.targets[length == n].bincount().max().item() for n in length.unique()
    )
    assert by_length / len(test) < most


def test_splits_of_sums_enumerated():
    """All 1,100 strings of two or three terms: each is in one split, as its input says."""
    task = tasks.get("sum_mod_10", n_terms=3)
    texts = [f"{a}+{b}" for a in range(10) for b in range(10)]
    texts += [f"{text}+{c}" for text in texts for c in range(10)]
    inputs = task.encode(texts)
    membership = torch.stack([in_split(inputs, split) for split in SPLITS])
    assert membership.sum(0).unique().tolist() == [1]
    assert task.labels(inputs).tolist() == [task.label_text(t) for t in texts]
