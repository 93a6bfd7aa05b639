"""String tasks: arithmetic, written out in tokens.

An input is (seq,) token ids. Shorter strings are filled up on the right with padding,
token 0, which models do not look at.
"""

from abc import abstractmethod
from collections.abc import Iterable

import torch

from progtx_core import checks
from progtx_core.tasks.base import Task
from progtx_core.types import Spec

PAD = 0


class Tokenizer:
    """Symbols to token ids and back. Id 0 is padding, shown as an underscore.

    >>> tokenizer = Tokenizer("0123456789+=")
    >>> tokenizer.encode("7+5", length=5)
    [8, 11, 6, 0, 0]
    >>> tokenizer.decode([8, 11, 6, 0, 0])
    '7+5'
    >>> tokenizer.show([8, 11, 6, 0, 0])
    '7+5__  8 11 6 0 0'
    """

    def __init__(self, symbols: Iterable[str]) -> None:
        self.symbols = ["_", *symbols]
        self.ids = {symbol: i for i, symbol in enumerate(self.symbols)}

    def __len__(self) -> int:
        return len(self.symbols)

    def split(self, text: str) -> list[str]:
        """The symbols of a text, in order; here its characters."""
        return list(text)

    def encode(self, text: str, length: int | None = None) -> list[int]:
        """Ids of the symbols, filled up with padding to `length`.

        Raises ValueError for a symbol without an id and for too long a text.
        """
        symbols = self.split(text)
        for where, symbol in enumerate(symbols):
            if symbol not in self.ids or symbol == "_":
                raise ValueError(
                    f"{text!r}: no token for {symbol!r} at position {where}; tokens: "
                    f"{' '.join(self.symbols[1:])}"
                )
        length = len(symbols) if length is None else length
        if len(symbols) > length:
            raise ValueError(f"{text!r} has {len(symbols)} tokens, more than {length}")
        return [self.ids[s] for s in symbols] + [PAD] * (length - len(symbols))

    def read(self, ids: list[int]) -> list[str]:
        """The symbol of every id. Raises ValueError for an unknown one."""
        for i in ids:
            checks.whole("token id", i, 0, len(self) - 1)
        return [self.symbols[i] for i in ids]

    def decode(self, ids: list[int]) -> str:
        """The text of some ids, without padding. Raises ValueError for an unknown id."""
        return "".join(self.read([i for i in ids if i != PAD]))

    def show(self, ids: list[int]) -> str:
        """Text, padding included, and ids side by side, as a model sees them."""
        return f"{''.join(self.read(ids))}  {' '.join(map(str, ids))}"


class StringTask(Task):
    """A question about a string. A subclass gives `label_text` and the fast forms."""

    tokenizer = Tokenizer("0123456789+=")

    def label(self, example: list[int]) -> int:
        return self.label_text(self.tokenizer.decode(example))

    @abstractmethod
    def label_text(self, text: str) -> int:
        """The rule for one string, in plain Python."""

    def encode(self, texts: list[str]) -> torch.Tensor:
        """Inputs (batch, seq) from strings."""
        return torch.tensor([self.tokenizer.encode(t, self.spec.seq_len) for t in texts])


PLUS, EQUALS = (StringTask.tokenizer.ids[symbol] for symbol in "+=")
ZERO = StringTask.tokenizer.ids["0"]


class EquationIsTrue(StringTask):
    """Is the sum right? The wrong ones are near misses, as long as the right one.

    A near miss is off by 1 or 2 ones, tens or hundreds, either way, so neither its size
    nor its length tells. Terms of every length are equally frequent: if each number
    were, nine in ten would have two digits, and short sums would hardly be seen.

    max_digits: of the longest term

    >>> task = EquationIsTrue()
    >>> task.label_text("12+7=19"), task.label_text("12+7=18")
    (1, 0)
    """

    name = "equation_is_true"
    rule = "the number behind = is the sum of the two before it"

    def __init__(self, max_digits: int = 2) -> None:
        self.max_digits = checks.whole("max_digits", max_digits, 1, 3)
        self.spec = Spec(n_classes=2, seq_len=3 * max_digits + 3, d_vocab=13, pad=PAD)

    def sample_inputs(self, n, generator):
        first, second = (numbers(n, self.max_digits, generator) for _ in range(2))
        total = first + second
        missed = near_miss(total, generator)
        # Sums whose miss would be longer or shorter are drawn less often, with the
        # right answer and the wrong one alike: otherwise 100 would be right too often.
        usable = (missed >= 0) & (n_digits(missed) == n_digits(total))
        said = torch.where(torch.rand(n, generator=generator) < 0.5, total, missed)
        plus, equals = torch.full((n, 1), PLUS), torch.full((n, 1), EQUALS)
        parts = [digits(first), plus, digits(second), equals, digits(said)]
        return close_up(torch.cat(parts, 1)[usable])[:, : self.spec.seq_len]

    def label_text(self, text):
        left, right = text.split("=")
        first, second = left.split("+")
        return int(int(first) + int(second) == int(right))

    def labels(self, inputs):
        # Read from left to right: a digit extends the number, a sign begins a new one.
        number = torch.zeros(len(inputs), dtype=torch.long)
        left = torch.zeros_like(number)
        for token in inputs.T:
            is_digit = (token >= ZERO) & (token < ZERO + 10)
            is_sign = (token == PLUS) | (token == EQUALS)
            left = torch.where(is_sign, left + number, left)
            number = torch.where(is_digit, 10 * number + token - ZERO, number)
            number = number.masked_fill(is_sign, 0)
        return (left == number).long()


def numbers(n: int, max_digits: int, generator: torch.Generator) -> torch.Tensor:
    """Draw n numbers of 1 to max_digits digits, every length equally often: (n,)."""
    length = torch.randint(1, max_digits + 1, (n,), generator=generator)
    lowest = torch.where(length == 1, 0, 10 ** (length - 1))
    n_choices = 10**length - lowest
    return lowest + (torch.rand(n, generator=generator) * n_choices).long()


def near_miss(total: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Numbers off by 1 or 2 at one of their places, either way: (n,); may be negative."""
    n = len(total)
    place = (torch.rand(n, generator=generator) * n_digits(total)).long()
    size = torch.randint(1, 3, (n,), generator=generator)
    sign = torch.randint(2, (n,), generator=generator) * 2 - 1
    return total + sign * size * 10**place


def n_digits(numbers: torch.Tensor) -> torch.Tensor:
    """How many digits numbers below 10,000 have.

    >>> n_digits(torch.tensor([0, 9, 10, 198])).tolist()
    [1, 1, 2, 3]
    """
    return 1 + sum((numbers >= bound).long() for bound in (10, 100, 1000))


def digits(numbers: torch.Tensor) -> torch.Tensor:
    """Tokens of numbers below 10,000, (n, 4), with padding for leading zeros."""
    place = torch.tensor([1000, 100, 10, 1])
    tokens = ZERO + numbers.unsqueeze(1) // place % 10
    return tokens.masked_fill((numbers.unsqueeze(1) < place) & (place > 1), PAD)


def close_up(tokens: torch.Tensor) -> torch.Tensor:
    """Move all padding to the right.

    >>> close_up(torch.tensor([[0, 5, 0, 7]])).tolist()
    [[5, 7, 0, 0]]
    """
    order = (tokens == PAD).long().argsort(dim=1, stable=True)
    return tokens.gather(1, order)


class SumMod10(StringTask):
    """The last digit of a sum of digits.

    n_terms: digits in the longest string; the shortest has two

    >>> SumMod10().label_text("7+5+9")
    1
    """

    name = "sum_mod_10"
    rule = "the last digit of the sum"

    def __init__(self, n_terms: int = 4) -> None:
        self.n_terms = checks.whole("n_terms", n_terms, 2, 50)
        seq_len = 2 * n_terms - 1
        self.spec = Spec(n_classes=10, seq_len=seq_len, d_vocab=13, pad=PAD)

    def sample_inputs(self, n, generator):
        terms = torch.randint(10, (n, self.n_terms), generator=generator)
        n_terms = torch.randint(2, self.n_terms + 1, (n, 1), generator=generator)
        inputs = torch.full((n, self.spec.seq_len), PLUS)
        inputs[:, ::2] = ZERO + terms
        return inputs.masked_fill(torch.arange(self.spec.seq_len) > 2 * n_terms - 2, PAD)

    def label_text(self, text):
        return sum(int(term) for term in text.split("+")) % 10

    def labels(self, inputs):
        is_digit = (inputs >= ZERO) & (inputs < ZERO + 10)
        return torch.where(is_digit, inputs - ZERO, 0).sum(1) % 10
