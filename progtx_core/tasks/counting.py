"""Counting from one number to another, up or down, written out token by token.

`SoS a b >` is continued by every number from a to b and `EoS`. With |b - a| + 1 numbers
to write, a sequence has |b - a| + 6 tokens.

Source: Zhou et al., "What algorithms can transformers learn? A study in length
generalization", 2024, section 5, where numbers only go up.
"""

import torch

from progtx_core import checks
from progtx_core.tasks.base import UNDECIDED
from progtx_core.tasks.strings import PAD
from progtx_core.tasks.writing import PromptTask, uniform

DIRECTIONS = ("up", "down", "both")
PROMPT, MARKS = 4, 6  # tokens of `SoS a b >`; tokens of a sequence beside |b - a|


class Counting(PromptTask):
    """Write all numbers from a to b.

    max_len: tokens of the longest sequence; n_numbers: they go from 0 to n_numbers - 1,
    and all of them occur, so that only the length of a longer sequence is new
    directions: "up" (a at most b), "down", or "both", half of each
    truncated_share: share of the sequences whose numbers are further apart than max_len allows;
    they are cut after max_len tokens

    The length is drawn first, all equally often, then the direction, then the start.

    >>> task = Counting()
    >>> task.tokenizer.decode(task.write(torch.tensor([[24, 18]]))[0].tolist())
    'SoS 24 18 > 24 23 22 21 20 19 18 EoS'
    """

    name = "counting"
    rule = "write every number from a to b"

    def __init__(
        self,
        max_len: int = 60,
        n_numbers: int = 200,
        directions: str = "both",
        truncated_share: float = 0.0,
    ) -> None:
        checks.whole("n_numbers", n_numbers, at_least=2)
        checks.whole("max_len", max_len, MARKS, n_numbers - 1 + MARKS)
        super().__init__(max_len, [*map(str, range(n_numbers))])
        self.n_numbers = n_numbers
        self.directions = checks.one_of("directions", directions, DIRECTIONS)
        self.truncated_share = checks.number("truncated_share", truncated_share, at_least=0)
        if truncated_share > 1:
            raise ValueError(f"truncated_share must be at most 1, got {truncated_share}")
        if truncated_share and max_len == n_numbers - 1 + MARKS:
            raise ValueError(f"no two of {n_numbers} numbers are too far for {max_len}")

    def sample_inputs(self, n, generator):
        """Inputs (n, max_len), short ones filled up with padding."""
        low = torch.zeros(n, dtype=torch.long)
        high = low + self.max_len - MARKS
        far = torch.rand(n, generator=generator) < self.truncated_share
        low = torch.where(far, high + 1, low)
        high = torch.where(far, self.n_numbers - 1, high)
        apart = uniform(low, high, generator)
        first = uniform(torch.zeros_like(apart), self.n_numbers - 1 - apart, generator)
        ends = torch.stack([first, first + apart], 1)
        turned = torch.rand(n, generator=generator) < 0.5
        if self.directions != "both":
            turned = torch.full_like(turned, self.directions == "down")
        return self.write(torch.where(turned.unsqueeze(1), ends.flip(1), ends))

    def write(self, ends: torch.Tensor) -> torch.Tensor:
        """Whole sequences, (batch, max_len), from their numbers a and b, (batch, 2)."""
        a, b = ends[:, :1], ends[:, 1:]
        place = torch.arange(self.max_len)  # the answer begins after the prompt
        done = place - PROMPT
        apart = (b - a).abs()
        tokens = a + (b - a).sign() * done + 1
        tokens = tokens.masked_fill(done == apart + 1, self.end)
        tokens = tokens.masked_fill(done > apart + 1, PAD)
        tokens[:, :PROMPT] = self.prompts(ends)
        return tokens

    def prompts(self, ends: torch.Tensor) -> torch.Tensor:
        """`SoS a b >` for every a and b: (batch, 2) to (batch, 4).

        Raises ValueError for a number without a token.
        """
        if ends.numel() and not 0 <= int(ends.min()) <= int(ends.max()) < self.n_numbers:
            raise ValueError(
                f"a and b must be numbers from 0 to {self.n_numbers - 1}, got "
                f"{int(ends.min())} to {int(ends.max())}"
            )
        mark = torch.ones(len(ends), 1, dtype=torch.long)
        return torch.cat([self.start * mark, ends + 1, self.go * mark], 1)

    def pairs_of_length(self, length: int, direction: str) -> torch.Tensor:
        """Every a and b whose sequence has so many tokens, (n, 2), in order of a.

        direction: "up" or "down". Raises ValueError where the numbers do not reach.

        >>> Counting(n_numbers=200).pairs_of_length(150, "down")[0].tolist()
        [144, 0]
        """
        checks.whole("length", length, MARKS, self.n_numbers - 1 + MARKS)
        checks.one_of("direction", direction, DIRECTIONS[:2])
        first = torch.arange(self.n_numbers - (length - MARKS))
        ends = torch.stack([first, first + length - MARKS], 1)
        return ends if direction == "up" else ends.flip(1)

    def labels(self, inputs):
        a, b = inputs[:, 1:2], inputs[:, 2:3]
        nth = torch.arange(inputs.shape[1]) - PROMPT + 1  # of the answer, from 0
        apart = (b - a).abs()
        following = a + (b - a).sign() * nth
        following = following.masked_fill(nth == apart + 1, self.end)
        return following.masked_fill((nth < 0) | (nth > apart + 1), UNDECIDED)

    def label(self, example: list[int]) -> list[int | None]:
        words = self.tokenizer.read(example)
        a, b = int(words[1]), int(words[2])
        numbers = range(a, b + 1) if a <= b else range(a, b - 1, -1)
        answer = [self.tokenizer.ids[str(n)] for n in numbers] + [self.end]
        places = [None] * (PROMPT - 1) + answer
        return (places + [None] * len(example))[: len(example)]
