"""Counting from one number to another: `SoS a b >`, every number from a to b, `EoS`.

Source: Zhou et al., "What algorithms can transformers learn? A study in length
generalization", 2024, section 5, where numbers only go up.
"""

import torch
from torch.nn.functional import pad

from progtx_core import checks
from progtx_core.tasks.prompts import PromptTask, uniform
from progtx_core.tasks.tokenizer import MOST_WORDS, PAD

DIRECTIONS = ("up", "down", "both")
PROMPT, MARKS = 4, 6  # tokens of `SoS a b >`; tokens of a sequence beside |b - a|


class Counting(PromptTask):
    """Write every number from a to b.

    The length is drawn first, all equally often, then the direction, then the start; all
    numbers occur at every length, so that only the length of a longer sequence is new.

    Args:
        max_len: tokens of the longest sequence
        n_numbers: they go from 0 to n_numbers - 1
        directions: "up" (a at most b), "down", or "both", half of each
        truncated_share: share of the sequences that are longer than max_len, and truncated

    >>> task = Counting()
    >>> task.tokenizer.decode(task.write(torch.tensor([[24, 18]]))[0].tolist())
    'SoS 24 18 > 24 23 22 21 20 19 18 EoS'
    """

    name = "counting"

    def __init__(
        self,
        max_len: int = 60,
        n_numbers: int = 200,
        directions="both",
        truncated_share=0.0,
    ) -> None:
        self.n_numbers = checks.whole("n_numbers", n_numbers, 2, MOST_WORDS)
        checks.whole("max_len", max_len, MARKS, n_numbers - 1 + MARKS)
        self.directions = checks.one_of("directions", directions, DIRECTIONS)
        self.truncated_share = checks.number("truncated_share", truncated_share, None, 0, 1)
        if truncated_share and max_len == n_numbers - 1 + MARKS:
            raise ValueError(f"no two of {n_numbers} numbers are too far for {max_len}")
        super().__init__(max_len, [*map(str, range(n_numbers))])

    def sample_inputs(self, n, generator):
        reach, furthest = self.max_len - MARKS, self.n_numbers - 1
        far = torch.rand(n, generator=generator) < self.truncated_share
        low, high = torch.where(far, reach + 1, 0), torch.where(far, furthest, reach)
        apart = uniform(n, low, high, generator)
        first = uniform(n, 0, furthest - apart, generator)
        pairs = torch.stack([first, first + apart], 1)
        down = torch.rand(n, generator=generator) < 0.5
        if self.directions != "both":
            down[:] = self.directions == "down"
        return self.write(torch.where(down.unsqueeze(1), pairs.flip(1), pairs))

    def write(self, pairs: torch.Tensor) -> torch.Tensor:
        """Whole sequences, (batch, max_len), from their numbers a and b, (batch, 2)."""
        prompts = self.prompts(pairs)
        return self.complete(pad(prompts, (0, self.max_len - PROMPT), value=PAD))

    def prompts(self, pairs: torch.Tensor) -> torch.Tensor:
        """`SoS a b >` for every a and b: (batch, 2) to (batch, 4)."""
        for number in pairs.unique().tolist():
            checks.whole("each of a and b", number, 0, self.n_numbers - 1)
        return pad(pad(pairs + 1, (1, 0), value=self.start), (0, 1), value=self.go)

    def pairs_of_length(self, length: int, direction: str) -> torch.Tensor:
        """Every a and b whose sequence has so many tokens, (n, 2); "up" or "down"."""
        checks.whole("length", length, MARKS, self.n_numbers - 1 + MARKS)
        checks.one_of("direction", direction, DIRECTIONS[:2])
        first = torch.arange(self.n_numbers - (length - MARKS))
        pairs = torch.stack([first, first + length - MARKS], 1)
        return pairs if direction == "up" else pairs.flip(1)

    def answer(self, prompt):
        a, b = map(int, prompt)
        return [str(n) for n in (range(a, b + 1) if a <= b else range(a, b - 1, -1))]

    def answer_tokens(self, inputs, nth):
        a, b = inputs[:, 1:2], inputs[:, 2:3]
        apart = (b - a).abs()
        tokens = a + (b - a).sign() * nth
        return tokens.masked_fill(nth > apart, self.end).masked_fill(nth > apart + 1, PAD)
