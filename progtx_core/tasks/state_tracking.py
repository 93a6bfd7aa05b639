"""State tracking: read symbols one by one and know the state after each.

Two readings of the same question. "direct": an answer at every symbol, from the symbols
alone. "sequence": first all symbols, then a separator, then the states one by one; each
is asked for at the place before its own, so that it is never its own input.
"""

from abc import abstractmethod

import torch

from progtx_core import checks
from progtx_core.tasks.base import MAX_ROUNDS, UNDECIDED, Task, in_split
from progtx_core.tasks.finite import FiniteDataset
from progtx_core.tasks.strings import PAD, Tokenizer
from progtx_core.types import Batch, Spec

READINGS = ("direct", "sequence")


class SpacedTokenizer(Tokenizer):
    """Symbols of any length, with spaces between them.

    >>> SpacedTokenizer(["213", "132"]).encode("132 213")
    [2, 1]
    """

    def split(self, text: str) -> list[str]:
        return text.split()

    def decode(self, ids: list[int]) -> str:
        return " ".join(self.read([i for i in ids if i != PAD]))


class StateTracking(Task):
    """A rule that goes through a string; states are named like symbols.

    A subclass gives `symbols`, and the rule as `follow` (plain Python) and `states`.

    seq_len: symbols of the longest string; min_len: of the shortest, by default the
    same; reading: "direct" or "sequence"
    """

    symbols: list[str] = ["0", "1"]

    def __init__(
        self, seq_len: int = 8, min_len: int | None = None, reading: str = "direct"
    ) -> None:
        self.seq_len = checks.whole("seq_len", seq_len, at_least=1)
        shortest = seq_len if min_len is None else min_len
        self.min_len = checks.whole("min_len", shortest, 1, seq_len)
        self.reading = checks.one_of("reading", reading, READINGS)
        between = ["|"] if reading == "sequence" else []
        self.tokenizer = SpacedTokenizer([*self.symbols, *between])
        self.separator = len(self.symbols) + 1
        self.spec = Spec(
            n_classes=len(self.symbols),
            seq_len=seq_len * (2 if between else 1),
            d_vocab=len(self.tokenizer),
            pad=PAD,
            per_step=True,
        )

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
        """Inputs of a model: (batch, seq) tokens from strings (batch, seq_len).

        lengths: (batch, 1); what stands behind the end of a string does not count
        """
        place = torch.arange(self.spec.seq_len)
        if self.reading == "direct":
            return (strings + 1).masked_fill(place >= lengths, PAD)
        both = torch.cat([strings, self.states(strings)], 1) + 1
        # A state stands one place later than where it is asked for.
        source = torch.where(place < lengths, place, place - lengths - 1 + self.seq_len)
        inputs = both.gather(1, source.clamp(0, both.shape[1] - 1))
        inputs = inputs.masked_fill(place == lengths, self.separator)
        return inputs.masked_fill(place >= 2 * lengths, PAD)

    def lengths(self, inputs: torch.Tensor) -> torch.Tensor:
        """Symbols in each string, (batch, 1)."""
        end = self.separator if self.reading == "sequence" else PAD
        ended = (inputs == end).long()
        lengths = torch.where(ended.any(1), ended.argmax(1), inputs.shape[1])
        return lengths.unsqueeze(1)

    def labels(self, inputs):
        """(batch, seq): the state to answer at each place, -1 where none is asked for."""
        lengths, place = self.lengths(inputs), torch.arange(self.spec.seq_len)
        strings = (inputs[:, : self.seq_len] - 1).clamp(0, len(self.symbols) - 1)
        first = torch.zeros_like(lengths) if self.reading == "direct" else lengths
        asked = (place >= first) & (place < first + lengths)
        states = self.states(strings).gather(1, (place - first).clamp(0, self.seq_len - 1))
        return states.masked_fill(~asked, UNDECIDED)

    def label(self, example: list[int]) -> list[int | None]:
        words = self.tokenizer.read([i for i in example if i != PAD])
        string = words[: words.index("|")] if "|" in words else words
        states = self.follow([self.symbols.index(word) for word in string])
        if self.reading == "sequence":
            states = [None] * len(string) + states
        return states + [None] * (self.spec.seq_len - len(states))

    def batch(self, inputs: torch.Tensor) -> Batch:
        """Inputs with their answers; the mask is True where one is asked for."""
        labels = self.labels(inputs)
        return Batch(inputs, labels.clamp(min=0), labels != UNDECIDED)

    def sample(self, n, generator, split="train"):
        """Draw n strings of a split. Every symbol is equally frequent at every place."""
        checks.whole("n", n, at_least=1)
        kept = self.sample_inputs(0, generator)
        for _ in range(MAX_ROUNDS):
            drawn = self.sample_inputs(2 * n + 16, generator)
            kept = torch.cat([kept, drawn[in_split(drawn, split)]])[:n]
            if len(kept) == n:
                return self.batch(kept)
        raise RuntimeError(f"{self.name}: hardly any string of {self.seq_len} is {split!r}")


class StringSet(FiniteDataset):
    """So many different strings of a state-tracking task: 80 % to train, 10, 10.

    size: by default all that there are, which are then split, not drawn

    >>> data = StringSet(Parity(seq_len=8))
    >>> [len(data.parts[name]) for name in ("train", "val", "test")]
    [206, 25, 25]
    """

    def __init__(self, task: StateTracking, size: int | None = None, seed: int = 0) -> None:
        lengths = range(task.min_len, task.seq_len + 1)
        there_are = sum(len(task.symbols) ** length for length in lengths)
        size = checks.whole("size", there_are if size is None else size, 10, there_are)
        super().__init__(task, size, seed, lambda inputs: torch.zeros(len(inputs)).long())
        self.parts = {name: task.batch(part.inputs) for name, part in self.parts.items()}


class Parity(StateTracking):
    """1 after an odd number of ones, else 0.

    >>> task = Parity(seq_len=4)
    >>> task.follow([0, 1, 1, 1])
    [0, 1, 0, 1]
    >>> task = Parity(seq_len=4, reading="sequence")
    >>> inputs = task.write(torch.tensor([[0, 1, 1, 1]]), torch.tensor([[4]]))
    >>> task.tokenizer.decode(inputs[0].tolist())
    '0 1 1 1 | 0 1 0'
    """

    name = "parity"
    rule = "after each bit: is the number of ones so far odd?"

    def follow(self, string):
        return [sum(string[: i + 1]) % 2 for i in range(len(string))]

    def states(self, strings):
        return strings.cumsum(1) % 2


class FirstBit(StateTracking):
    """The first bit of all, at every place: nothing to track, one bit to carry."""

    name = "first_bit"
    rule = "after each bit: what was the first?"

    def follow(self, string):
        return [string[0]] * len(string)

    def states(self, strings):
        return strings[:, :1].expand_as(strings)


class LastBit(StateTracking):
    """The bit just read: nothing to carry at all."""

    name = "last_bit"
    rule = "after each bit: what was it?"

    def follow(self, string):
        return list(string)

    def states(self, strings):
        return strings.clone()


class RunningMajority(StateTracking):
    """Whether ones or zeros are more frequent so far; a tie goes to the bit just read."""

    name = "running_majority"
    rule = "after each bit: were there more ones than zeros so far?"

    def follow(self, string):
        found = []
        for i, bit in enumerate(string):
            ones, n = sum(string[: i + 1]), i + 1
            found.append(bit if 2 * ones == n else int(2 * ones > n))
        return found

    def states(self, strings):
        lead = (2 * strings - 1).cumsum(1)  # ones minus zeros
        return torch.where(lead == 0, strings, (lead > 0).long())
