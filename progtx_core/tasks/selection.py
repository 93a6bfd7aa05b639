"""Sequence operations: which of these numbers is asked for, as in "Max(2, 5, 8)"?"""

from collections.abc import Callable

import torch

from progtx_core import checks
from progtx_core.tasks.strings import StringTask
from progtx_core.tasks.tokenizer import MOST_WORDS, PAD, WordTokenizer
from progtx_core.types import Spec

OPERATIONS: dict[str, Callable[[list[int]], int]] = {
    "First": lambda numbers: numbers[0],
    "Second": lambda numbers: numbers[1],
    "Last": lambda numbers: numbers[-1],
    "Max": max,
    "Min": min,
}


class Selection(StringTask):
    """The first, second, last, greatest or least number, as asked.

    min_numbers, max_numbers: length of the lists; highest: the largest number
    """

    name = "selection"

    def __init__(
        self, min_numbers: int = 3, max_numbers: int = 8, highest: int = 19
    ) -> None:
        self.min_numbers = checks.whole("min_numbers", min_numbers, 2)
        self.max_numbers = checks.size("max_numbers", max_numbers, min_numbers)
        n_values = checks.whole("highest", highest, 1, MOST_WORDS) + 1
        words = [*OPERATIONS, "(", ")", ",", *map(str, range(n_values))]
        self.tokenizer = WordTokenizer(words)
        self.zero = self.tokenizer.ids["0"]
        self.spec = Spec(n_values, 2 * max_numbers + 2, None, len(self.tokenizer), PAD)

    def sample_inputs(self, n, generator):
        ids = self.tokenizer.ids
        kinds = torch.randperm(n, generator=generator) % len(OPERATIONS)
        shape = (n, self.max_numbers)
        values = torch.randint(self.spec.n_classes, shape, generator=generator)
        bounds = self.min_numbers, self.max_numbers + 1
        close = 2 * torch.randint(*bounds, (n, 1), generator=generator) + 1
        # First as if every list had the greatest length, then truncated.
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
        is_number = values >= 0
        last = values.gather(1, is_number.sum(1, keepdim=True) - 1)[:, 0]
        least = values.masked_fill(~is_number, self.spec.n_classes).amin(1)
        answers = torch.stack([values[:, 0], values[:, 1], last, values.amax(1), least], 1)
        return answers.gather(1, self.kinds(inputs)[:, None])[:, 0]

    def kinds(self, inputs: torch.Tensor) -> torch.Tensor:
        """Which operation an input asks for, (batch,), as an index into `OPERATIONS`."""
        return inputs[:, 0] - self.tokenizer.ids["First"]

    def source(self, inputs: torch.Tensor) -> torch.Tensor:
        """The position of the number that is the answer, (batch,); of equals the first."""
        kinds, answers = self.kinds(inputs), self.labels(inputs)
        first_match = (inputs == (answers + self.zero)[:, None]).long().argmax(1)
        closing = (inputs == self.tokenizer.ids[")"]).long().argmax(1)
        position = torch.where(kinds == 1, 4, first_match)  # Second
        return torch.where(kinds == 2, closing - 1, position)  # Last
