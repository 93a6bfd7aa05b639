"""Sequence operations: which of these numbers is asked for?

An input is a text such as "Max(2, 5, 8)", in tokens: the operation, brackets, commas
and numbers are one token each.
"""

import re
from collections.abc import Callable

import torch

from progtx_core import checks
from progtx_core.tasks.strings import PAD, StringTask, Tokenizer
from progtx_core.types import Spec

OPERATIONS: dict[str, Callable[[list[int]], int]] = {
    "First": lambda numbers: numbers[0],
    "Second": lambda numbers: numbers[1],
    "Last": lambda numbers: numbers[-1],
    "Max": max,
    "Min": min,
}


class WordTokenizer(Tokenizer):
    """A token a word, a number or a sign; spaces do not count.

    >>> words = WordTokenizer(["Max", "(", ")", ",", "2", "15"])
    >>> words.encode("Max(2, 15)")
    [1, 2, 5, 4, 6, 3]
    >>> words.decode([1, 2, 5, 4, 6, 3, 0])
    'Max(2, 15)'
    """

    def split(self, text: str) -> list[str]:
        return re.findall(r"\w+|[^\w\s]", text)

    def decode(self, ids: list[int]) -> str:
        return super().decode(ids).replace(",", ", ")


class Selection(StringTask):
    """One number of a list: the first, second or last, the greatest or the least.

    min_numbers, max_numbers: length of the lists; highest: the largest number

    >>> task = Selection()
    >>> task.label_text("Second(7, 3, 3, 19)"), task.label_text("Max(2, 5, 8)")
    (3, 8)
    """

    name = "selection"
    rule = "the first, second, last, greatest or least number, as asked"

    def __init__(
        self, min_numbers: int = 3, max_numbers: int = 8, highest: int = 19
    ) -> None:
        self.min_numbers = checks.whole("min_numbers", min_numbers, 2)
        self.max_numbers = checks.whole("max_numbers", max_numbers, min_numbers)
        checks.whole("highest", highest, 1)
        values = [str(value) for value in range(highest + 1)]
        self.tokenizer = WordTokenizer([*OPERATIONS, "(", ")", ",", *values])
        self.zero = self.tokenizer.ids["0"]
        self.spec = Spec(
            n_classes=len(values),
            seq_len=2 * max_numbers + 2,
            d_vocab=len(self.tokenizer),
            pad=PAD,
        )

    def sample_inputs(self, n, generator):
        ids = self.tokenizer.ids
        kinds = torch.randperm(n, generator=generator) % len(OPERATIONS)
        shape = (n, self.max_numbers)
        values = torch.randint(self.spec.n_classes, shape, generator=generator)
        bounds = self.min_numbers, self.max_numbers + 1
        close = 2 * torch.randint(*bounds, (n, 1), generator=generator) + 1
        # First as if every list had the greatest length, then cut behind the last number.
        inputs = torch.full((n, self.spec.seq_len), ids[","])
        inputs[:, 0] = ids["First"] + kinds
        inputs[:, 1] = ids["("]
        inputs[:, 2::2] = self.zero + values
        inputs.scatter_(1, close, ids[")"])
        return inputs.masked_fill(torch.arange(self.spec.seq_len) > close, PAD)

    def label_text(self, text):
        operation, *rest = self.tokenizer.split(text)
        return OPERATIONS[operation]([int(word) for word in rest if word.isdigit()])

    def labels(self, inputs):
        values = inputs[:, 2::2] - self.zero  # (batch, max_numbers), below 0 for padding
        there = values >= 0
        last = there.sum(1, keepdim=True) - 1
        answers = [
            values[:, 0],
            values[:, 1],
            values.gather(1, last).squeeze(1),
            values.amax(1),
            values.masked_fill(~there, self.spec.n_classes).amin(1),
        ]
        return torch.stack(answers, 1).gather(1, self.kinds(inputs)[:, None]).squeeze(1)

    def kinds(self, inputs: torch.Tensor) -> torch.Tensor:
        """Which operation an input asks for, (batch,): its place in `OPERATIONS`."""
        return inputs[:, 0] - self.tokenizer.ids["First"]

    def source(self, inputs: torch.Tensor) -> torch.Tensor:
        """Where the number stands that is the answer, (batch,): the token to copy.

        For Max and Min the first of equal numbers.

        >>> task = Selection()
        >>> task.source(task.encode(["Last(4, 4, 1)", "First(2, 2, 1)", "Max(1, 3, 3)"]))
        tensor([6, 2, 4])
        """
        kinds, answers = self.kinds(inputs), self.labels(inputs)
        first_match = (inputs == (answers + self.zero)[:, None]).long().argmax(1)
        closing = (inputs == self.tokenizer.ids[")"]).long().argmax(1)
        place = torch.where(kinds == 1, 4, first_match)  # Second
        return torch.where(kinds == 2, closing - 1, place)  # Last
