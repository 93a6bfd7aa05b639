"""Tasks whose answer is written out: `SoS prompt > answer EoS`, token by token."""

from abc import abstractmethod

import torch

from progtx_core import checks
from progtx_core.tasks.base import MAX_ROUNDS, UNDECIDED, Task, in_split
from progtx_core.tasks.state_tracking import SpacedTokenizer
from progtx_core.tasks.strings import PAD
from progtx_core.types import Batch, Spec


class PromptTask(Task):
    """A task with an answer to write after a prompt.

    A subclass gives `sample_inputs` (whole sequences) and the rule, as `label` and `labels`.
    words: what may stand in a prompt, beside the marks SoS, > and EoS
    """

    def __init__(self, max_len: int, words: list[str]) -> None:
        self.max_len = max_len
        self.tokenizer = SpacedTokenizer([*words, "SoS", ">", "EoS"])
        self.start, self.go, self.end = (self.tokenizer.ids[m] for m in ("SoS", ">", "EoS"))
        d_vocab = len(self.tokenizer)
        self.spec = Spec(d_vocab, max_len, d_vocab=d_vocab, pad=PAD, per_step=True)

    @abstractmethod
    def labels(self, inputs: torch.Tensor) -> torch.Tensor:
        """(batch, seq): the token that comes next, -1 where it is part of the prompt."""

    def prompt_of(self, inputs: torch.Tensor) -> torch.Tensor:
        """Sequences up to their mark >, and padding after it: (batch, seq)."""
        after = (inputs == self.go).long().cumsum(1) - (inputs == self.go).long()
        return inputs.masked_fill(after > 0, PAD)

    def batch(self, inputs: torch.Tensor) -> Batch:
        """Inputs with their answers; the mask is True where one is asked for."""
        labels = self.labels(inputs)
        return Batch(inputs, labels.clamp(min=0), labels != UNDECIDED)

    def sample(self, n, generator, split="train"):
        """Draw n sequences; a prompt belongs to one split only."""
        checks.whole("n", n, at_least=1)
        kept = self.sample_inputs(0, generator)
        for _ in range(MAX_ROUNDS):
            drawn = self.sample_inputs(2 * n + 16, generator)
            kept = torch.cat([kept, drawn[in_split(self.prompt_of(drawn), split)]])[:n]
            if len(kept) == n:
                return self.batch(kept)
        raise RuntimeError(f"{self.name}: hardly any prompt is {split!r}")


def uniform(low: torch.Tensor, high: torch.Tensor, generator) -> torch.Tensor:
    """A whole number from each low to each high, both counted: (n,)."""
    share = torch.rand(len(low), generator=generator, dtype=torch.float64)
    return low + (share * (high - low + 1)).long()
