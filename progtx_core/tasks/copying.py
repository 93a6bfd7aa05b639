"""Copying symbols: easy to continue where none occurs twice, hard where many do.

`SoS x … z >` is continued by `x … z EoS`. Where no symbol repeats, the next one is the
one that stood after the last one written; where they repeat, it takes a count.

Source: Zhou et al., "What algorithms can transformers learn? A study in length
generalization", 2024, section 4.
"""

import torch

from progtx_core import checks
from progtx_core.tasks.base import UNDECIDED
from progtx_core.tasks.strings import PAD
from progtx_core.tasks.writing import PromptTask, uniform

MARKS = 3  # tokens of a sequence beside its symbols, which stand there twice


class Copying(PromptTask):
    """Write the symbols of the prompt again.

    longest, shortest: symbols to copy; n_symbols: how many different ones there are;
    unique: whether one occurs at most once in a sequence

    >>> task = Copying(longest=4, n_symbols=9)
    >>> inputs = task.written(torch.tensor([[7, 2, 9, 0]]))
    >>> task.tokenizer.decode(inputs[0].tolist())
    'SoS 6 1 8 > 6 1 8 EoS'
    """

    name = "copying"
    rule = "write the symbols once more, in the same order"

    def __init__(
        self,
        longest: int = 20,
        n_symbols: int = 50,
        unique: bool = True,
        shortest: int = 1,
    ) -> None:
        checks.whole("n_symbols", n_symbols, at_least=2)
        self.longest = checks.whole("longest", longest, at_least=1)
        self.shortest = checks.whole("shortest", shortest, 1, longest)
        if unique and longest > n_symbols:
            raise ValueError(
                f"longest must be at most n_symbols={n_symbols} where no symbol occurs "
                f"twice, got {longest}"
            )
        self.n_symbols, self.unique = n_symbols, unique
        super().__init__(2 * longest + MARKS, [*map(str, range(n_symbols))])

    def sample_inputs(self, n, generator):
        """Inputs (n, max_len), short ones filled up with padding."""
        if self.unique:
            order = torch.rand(n, self.n_symbols, generator=generator).argsort(1)
            symbols = order[:, : self.longest] + 1
        else:
            shape = n, self.longest
            symbols = torch.randint(1, self.n_symbols + 1, shape, generator=generator)
        low = torch.full((n,), self.shortest)
        length = uniform(low, torch.full((n,), self.longest), generator)
        there = torch.arange(self.longest) < length[:, None]
        return self.written(symbols * there)

    def written(self, symbols: torch.Tensor) -> torch.Tensor:
        """Sequences (batch, max_len) of symbols (batch, longest) with zeros at the end."""
        n = (symbols != PAD).sum(1, keepdim=True)
        place = torch.arange(self.max_len).expand(len(symbols), -1)
        nth = torch.where(place <= n, place - 1, place - n - 2)
        tokens = symbols.gather(1, nth.clamp(0, self.longest - 1))
        tokens = tokens.masked_fill(place == 0, self.start)
        tokens = tokens.masked_fill(place == n + 1, self.go)
        tokens = tokens.masked_fill(place == 2 * n + 2, self.end)
        return tokens.masked_fill(place > 2 * n + 2, PAD)

    def labels(self, inputs):
        place = torch.arange(inputs.shape[1])
        go = (inputs == self.go).long().argmax(1, keepdim=True)
        nth = place - go  # of the answer, from 0
        following = inputs.gather(1, (1 + nth).clamp(0, inputs.shape[1] - 1))
        following = following.masked_fill(nth == go - 1, self.end)
        return following.masked_fill((nth < 0) | (nth > go - 1), UNDECIDED)

    def label(self, example: list[int]) -> list[int | None]:
        go = example.index(self.go)
        answer = [*example[1:go], self.end]
        return ([None] * go + answer + [None] * len(example))[: len(example)]
