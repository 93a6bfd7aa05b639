"""State tracking: read symbols one by one and know the state after each.

The output has two forms. "per_token": a state at every symbol, from the symbols alone.
"scratchpad": all symbols, a separator, then the states one by one; each is asked for at the
position before its own, so that it is never its own input.
"""

from abc import abstractmethod
from itertools import accumulate, permutations

import torch

from progtx_core import checks
from progtx_core.tasks.base import UNDECIDED, Task
from progtx_core.tasks.finite import FiniteDataset
from progtx_core.tasks.tokenizer import PAD, Tokenizer
from progtx_core.types import Spec

OUTPUTS = ("per_token", "scratchpad")
GROUPS = {"S3": (3, False), "A5": (5, True)}  # of so many things; even permutations only?


class StateTracking(Task):
    """A rule that goes through a string; states are named like symbols.

    seq_len, min_len: symbols of the longest and the shortest string, by default the same
    """

    symbols: list[str] = ["0", "1"]

    def __init__(
        self, seq_len: int = 8, min_len: int | None = None, output: str = "per_token"
    ) -> None:
        self.seq_len = checks.size("seq_len", seq_len)
        shortest = seq_len if min_len is None else min_len
        self.min_len = checks.whole("min_len", shortest, 1, seq_len)
        self.scratchpad = checks.one_of("output", output, OUTPUTS) == "scratchpad"
        self.tokenizer = Tokenizer([*self.symbols, *"|" * self.scratchpad], spaced=True)
        self.separator = len(self.symbols) + 1
        length, d_vocab = seq_len * (1 + self.scratchpad), len(self.tokenizer)
        self.spec = Spec(len(self.symbols), length, None, d_vocab, PAD, per_position=True)

    @abstractmethod
    def follow(self, string: list[int]) -> list[int]:
        """The state after each symbol, in plain Python; both count from 0."""

    @abstractmethod
    def states(self, strings: torch.Tensor) -> torch.Tensor:
        """The same for many strings at once, (batch, seq) to (batch, seq)."""

    def sample_inputs(self, n, generator):
        strings = torch.randint(len(self.symbols), (n, self.seq_len), generator=generator)
        bounds = self.min_len, self.seq_len + 1
        return self.write(strings, torch.randint(*bounds, (n, 1), generator=generator))

    def write(self, strings: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Inputs (batch, seq) from strings (batch, seq_len), of lengths (batch, 1)."""
        position = torch.arange(self.spec.seq_len)
        if not self.scratchpad:
            return (strings + 1).masked_fill(position >= lengths, PAD)
        both = torch.cat([strings, self.states(strings)], 1) + 1
        state = self.seq_len + position - lengths - 1  # stands behind the separator
        source = torch.where(position < lengths, position, state)
        inputs = both.gather(1, source.clamp(0, both.shape[1] - 1))
        inputs = inputs.masked_fill(position == lengths, self.separator)
        return inputs.masked_fill(position >= 2 * lengths, PAD)

    def labels(self, inputs):
        ended = (inputs == (self.separator if self.scratchpad else PAD)).long()
        lengths = torch.where(ended.any(1, True), ended.argmax(1, True), inputs.shape[1])
        strings = (inputs[:, : self.seq_len] - 1).clamp(0, len(self.symbols) - 1)
        nth = torch.arange(self.spec.seq_len) - lengths * self.scratchpad  # state, from 0
        states = self.states(strings).gather(1, nth.clamp(0, self.seq_len - 1))
        return states.masked_fill((nth < 0) | (nth >= lengths), UNDECIDED)

    def label(self, example):
        words = self.tokenizer.read([i for i in example if i != PAD])
        string = words[: words.index("|")] if self.scratchpad else words
        states = self.follow([self.symbols.index(word) for word in string])
        labels = [None] * (len(string) * self.scratchpad) + states
        return labels + [None] * (self.spec.seq_len - len(labels))


class StringSet(FiniteDataset):
    """Unique strings of a state-tracking task, split; by default all that exist."""

    def __init__(self, task: StateTracking, size: int | None = None, seed: int = 0) -> None:
        lengths = range(task.min_len, task.seq_len + 1)[:30]  # 2^30 strings are too many
        n_strings = sum(len(task.symbols) ** min(length, 30) for length in lengths)
        size = checks.whole("size", n_strings if size is None else size, 10, n_strings)
        super().__init__(task, size, seed)


class Parity(StateTracking):
    """After each bit: is the number of ones so far odd?"""

    name = "parity"

    def follow(self, string):
        return [sum(string[: i + 1]) % 2 for i in range(len(string))]

    def states(self, strings):
        return strings.cumsum(1) % 2


class FirstBit(StateTracking):
    """After each bit: what was the first?"""

    name = "first_bit"

    def follow(self, string):
        return [string[0]] * len(string)

    def states(self, strings):
        return strings[:, :1].expand_as(strings)


class LastBit(StateTracking):
    """After each bit: what was it?"""

    name = "last_bit"

    def follow(self, string):
        return list(string)

    def states(self, strings):
        return strings.clone()


class RunningMajority(StateTracking):
    """After each bit: were there more ones than zeros so far? A tie goes to the bit."""

    name = "running_majority"

    def follow(self, string):
        leads = [2 * sum(string[: i + 1]) - (i + 1) for i in range(len(string))]
        return [int(lead > 0 or (lead == 0 and bit)) for lead, bit in zip(leads, string)]

    def states(self, strings):
        lead = (2 * strings - 1).cumsum(1)  # ones minus zeros
        return torch.where(lead == 0, strings, (lead > 0).long())


class WordProblem(StateTracking):
    """After each element of a group: the product so far.

    group: "S3", all permutations of three things, or "A5", the even ones of five. The
    element "231" takes the second thing first, then the third, then the first.

    Source: Barrington, "Bounded-width polynomial-size branching programs recognize
    exactly those languages in NC1", 1989: that of A5 is as hard as any in NC1.
    """

    name = "word_problem"

    def __init__(
        self, seq_len: int = 8, min_len: int | None = None, output="per_token", group="S3"
    ) -> None:
        size, only_even = GROUPS[checks.one_of("group", group, GROUPS)]
        elements = [p for p in permutations(range(size)) if not only_even or is_even(p)]
        self.symbols = ["".join(str(i + 1) for i in p) for p in elements]
        index = {p: i for i, p in enumerate(elements)}
        # First a, then b: what a has at position b[i] comes to position i.
        self.product = [[index[tuple(a[i] for i in b)] for b in elements] for a in elements]
        super().__init__(seq_len, min_len, output)

    def follow(self, string):
        return list(accumulate(string, lambda state, element: self.product[state][element]))

    def states(self, strings):
        product = torch.tensor(self.product)
        states = accumulate(strings.T, lambda state, element: product[state, element])
        return torch.stack(list(states), 1)


def is_even(p: tuple[int, ...]) -> bool:
    """Whether an even number of swaps makes this permutation."""
    return sum(p[i] > p[j] for j in range(len(p)) for i in range(j)) % 2 == 0
