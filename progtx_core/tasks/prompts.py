"""Tasks whose answer is written out: `SoS prompt > answer EoS`, token by token."""

from abc import abstractmethod

import torch
from torch.nn.functional import pad

from progtx_core import checks
from progtx_core.tasks.base import UNDECIDED, Task
from progtx_core.tasks.tokenizer import MOST_WORDS, PAD, Tokenizer
from progtx_core.types import Spec


class PromptTask(Task):
    """An answer to write, of `words`, after a prompt; a prompt belongs to one split."""

    def __init__(self, max_len: int, words: list[str]) -> None:
        self.max_len = max_len
        self.tokenizer = Tokenizer([*words, "SoS", ">", "EoS"], spaced=True)
        self.start, self.go, self.end = (self.tokenizer.ids[m] for m in ("SoS", ">", "EoS"))
        d_vocab = len(self.tokenizer)
        self.spec = Spec(d_vocab, max_len, d_vocab=d_vocab, pad=PAD, per_position=True)

    @abstractmethod
    def answer(self, prompt: list[str]) -> list[str]:
        """The answer to the words between SoS and >, in plain Python."""

    @abstractmethod
    def answer_tokens(self, inputs: torch.Tensor, nth: torch.Tensor) -> torch.Tensor:
        """The nth tokens, from 0, of the answers to the prompts; then EoS, then padding."""

    def split_key(self, inputs):
        return inputs.masked_fill(self._since_go(inputs) > 0, PAD)

    def write(self, prompts: torch.Tensor) -> torch.Tensor:
        """Whole sequences (batch, max_len) of prompts (batch, any) with padding behind."""
        n = (prompts != PAD).sum(1, keepdim=True)
        inputs = pad(prompts, (1, self.max_len - 1 - prompts.shape[1]), value=PAD)
        inputs[:, 0] = self.start
        return self.complete(inputs.scatter(1, n + 1, self.go))

    def complete(self, inputs: torch.Tensor) -> torch.Tensor:
        """Sequences (batch, seq) with the answers to their prompts filled in."""
        nth = self._since_go(inputs) - 1
        return torch.where(nth < 0, inputs, self.answer_tokens(inputs, nth))

    def labels(self, inputs):
        nth = self._since_go(inputs)
        tokens = self.answer_tokens(inputs, nth)
        return tokens.masked_fill((nth < 0) | (tokens == PAD), UNDECIDED)

    def label(self, example):
        go = example.index(self.go)
        words = [*self.answer(self.tokenizer.read(example[1:go])), "EoS"]
        labels = [None] * go + [self.tokenizer.ids[word] for word in words]
        return (labels + [None] * len(example))[: len(example)]

    def _since_go(self, inputs: torch.Tensor) -> torch.Tensor:
        """How far each position lies behind the mark >, (batch, seq)."""
        go = (inputs == self.go).long().argmax(1, keepdim=True)
        return torch.arange(inputs.shape[1]) - go


def uniform(n: int, low, high, generator: torch.Generator) -> torch.Tensor:
    """Whole numbers from low to high, two numbers or (n,), both included: (n,)."""
    share = torch.rand(n, generator=generator, dtype=torch.float64)
    return low + (share * (high - low + 1)).long()


class Copying(PromptTask):
    """Write the symbols once more, in the same order.

    Where no symbol repeats, the next one is the one that stood after the last one written;
    where they repeat (unique=False), it takes a count. longest, shortest: symbols to copy.

    Source: Zhou et al., "What algorithms can transformers learn? A study in length
    generalization", 2024, section 4.

    >>> task = Copying(longest=4, n_symbols=9)
    >>> task.tokenizer.decode(task.write(torch.tensor([[7, 2, 9, 0]]))[0].tolist())
    'SoS 6 1 8 > 6 1 8 EoS'
    """

    name = "copying"

    def __init__(
        self, longest: int = 20, n_symbols: int = 50, unique: bool = True, shortest: int = 1
    ) -> None:
        self.n_symbols = checks.whole("n_symbols", n_symbols, 2, MOST_WORDS)
        self.longest = checks.size("longest", longest)
        self.shortest = checks.whole("shortest", shortest, 1, longest)
        self.unique = unique
        if unique and longest > n_symbols:
            limit = f"n_symbols={n_symbols} where no symbol occurs twice"
            raise ValueError(f"longest must be at most {limit}, got {longest}")
        super().__init__(2 * longest + 3, [*map(str, range(n_symbols))])  # SoS, >, EoS

    def sample_inputs(self, n, generator):
        if self.unique:
            order = torch.rand(n, self.n_symbols, generator=generator).argsort(1)
            symbols = order[:, : self.longest] + 1
        else:
            shape = n, self.longest
            symbols = torch.randint(1, self.n_symbols + 1, shape, generator=generator)
        length = uniform(n, self.shortest, self.longest, generator)
        return self.write(symbols * (torch.arange(self.longest) < length[:, None]))

    def answer(self, prompt):
        return prompt

    def answer_tokens(self, inputs, nth):
        n = (inputs == self.go).long().argmax(1, keepdim=True) - 1
        tokens = inputs.gather(1, (1 + nth).clamp(0, inputs.shape[1] - 1))
        return tokens.masked_fill(nth == n, self.end).masked_fill(nth > n, PAD)
