"""String tasks: arithmetic in tokens, (seq,) ids with padding on the right."""

from abc import abstractmethod

import torch

from progtx_core import checks
from progtx_core.tasks.base import Task
from progtx_core.tasks.tokenizer import PAD, Tokenizer
from progtx_core.types import Spec


class StringTask(Task):
    """A question about a string. A subclass gives `label_text` and the fast forms."""

    tokenizer = Tokenizer("0123456789+=")  # digits come before signs

    def label(self, example):
        return self.label_text(self.tokenizer.decode(example))

    @abstractmethod
    def label_text(self, text: str) -> int:
        """The rule for one string, in plain Python."""

    def encode(self, texts: list[str]) -> torch.Tensor:
        """Inputs (batch, seq) from strings."""
        return torch.tensor([self.tokenizer.encode(t, self.spec.seq_len) for t in texts])


ZERO, PLUS, EQUALS = (StringTask.tokenizer.ids[symbol] for symbol in "0+=")


class EquationIsTrue(StringTask):
    """The number behind = is the sum of the two before it.

    Wrong ones are near misses, off by 1 or 2 ones, tens or hundreds, so neither their size
    nor their length tells. Terms of every length are equally frequent: if each number were,
    nine in ten would have two digits, and short sums would hardly be seen.
    """

    name = "equation_is_true"

    def __init__(self, max_digits: int = 2) -> None:
        self.max_digits = checks.whole("max_digits", max_digits, 1, 3)
        self.spec = Spec(n_classes=2, seq_len=3 * max_digits + 3, d_vocab=13, pad=PAD)

    def sample_inputs(self, n, generator):
        first, second = (draw_numbers(n, self.max_digits, generator) for _ in range(2))
        total = first + second
        exponent = (torch.rand(n, generator=generator) * n_digits(total)).long()
        size = torch.randint(1, 3, (n,), generator=generator)
        sign = torch.randint(2, (n,), generator=generator) * 2 - 1
        missed = total + sign * size * 10**exponent
        # Sums whose miss would be longer or shorter are drawn less often, with the
        # right answer and the wrong one alike: otherwise 100 would be right too often.
        usable = (missed >= 0) & (n_digits(missed) == n_digits(total))
        stated = torch.where(torch.rand(n, generator=generator) < 0.5, total, missed)
        plus, equals = torch.full((n, 1), PLUS), torch.full((n, 1), EQUALS)
        parts = [digits(first), plus, digits(second), equals, digits(stated)]
        tokens = torch.cat(parts, 1)[usable]
        padding_last = (tokens == PAD).long().argsort(dim=1, stable=True)
        return tokens.gather(1, padding_last)[:, : self.spec.seq_len]

    def label_text(self, text):
        left, right = text.split("=")
        return int(sum(map(int, left.split("+"))) == int(right))

    def labels(self, inputs):
        # Read from left to right: a digit extends the number, a sign begins a new one.
        left = number = torch.zeros(len(inputs), dtype=torch.long)
        for token in inputs.T:
            left = torch.where(token >= PLUS, left + number, left)
            longer = torch.where(token == PAD, number, 10 * number + token - ZERO)
            number = torch.where(token >= PLUS, 0, longer)
        return (left == number).long()


def draw_numbers(n: int, max_digits: int, generator: torch.Generator) -> torch.Tensor:
    """Draw n numbers of 1 to max_digits digits, every length equally often: (n,)."""
    length = torch.randint(1, max_digits + 1, (n,), generator=generator)
    lowest = torch.where(length == 1, 0, 10 ** (length - 1))
    n_choices = 10**length - lowest
    return lowest + (torch.rand(n, generator=generator) * n_choices).long()


def n_digits(numbers: torch.Tensor) -> torch.Tensor:
    """How many digits numbers below 10,000 have."""
    return 1 + (numbers.unsqueeze(-1) >= torch.tensor([10, 100, 1000])).sum(-1)


def digits(numbers: torch.Tensor) -> torch.Tensor:
    """Tokens of numbers below 10,000, (n, 4), with padding for leading zeros."""
    powers = torch.tensor([1000, 100, 10, 1])
    tokens = ZERO + numbers.unsqueeze(1) // powers % 10
    return tokens.masked_fill((numbers.unsqueeze(1) < powers) & (powers > 1), PAD)


class SumMod10(StringTask):
    """The last digit of the sum."""

    name = "sum_mod_10"

    def __init__(self, n_terms: int = 4) -> None:
        self.n_terms = checks.whole("n_terms", n_terms, 2, 50)  # of the longest string
        self.spec = Spec(n_classes=10, seq_len=2 * n_terms - 1, d_vocab=13, pad=PAD)

    def sample_inputs(self, n, generator):
        terms = torch.randint(10, (n, self.n_terms), generator=generator)
        n_terms = torch.randint(2, self.n_terms + 1, (n, 1), generator=generator)
        inputs = torch.full((n, self.spec.seq_len), PLUS)
        inputs[:, ::2] = ZERO + terms
        return inputs.masked_fill(torch.arange(self.spec.seq_len) > 2 * n_terms - 2, PAD)

    def label_text(self, text):
        return sum(map(int, text.split("+"))) % 10

    def labels(self, inputs):
        is_digit = (inputs != PAD) & (inputs != PLUS)
        return torch.where(is_digit, inputs - ZERO, 0).sum(1) % 10
