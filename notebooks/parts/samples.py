"""What a model writes while it is trained: `fit(..., watch=Samples(task))`."""

import torch
from progtx_core.evaluation.generation import exact_match, greedy
from progtx_core.tasks.counting import Counting
from torch import nn


class Samples:
    """Share of held-out prompts that are answered without an error, and some answers.

    n: prompts of the "val" split; ends: numbers a and b of the prompts whose answers are
    written out, by the model itself
    """

    def __init__(
        self,
        task: Counting,
        n: int = 200,
        ends: tuple[tuple[int, int], ...] = ((24, 18), (3, 9)),
    ) -> None:
        self.task = task
        self.batch = task.sample(n, torch.Generator().manual_seed(0), "val")
        self.prompts = task.prompts(torch.tensor(ends))

    def __call__(self, model: nn.Module) -> dict[str, float | str]:
        """The curve "exact_match", and a text for every prompt that is written out."""
        read = self.task.tokenizer.decode
        longest = self.task.max_len - self.prompts.shape[1]
        written = greedy(model, self.prompts, longest, self.task.end)
        return {"exact_match": exact_match(model, self.batch).float().mean().item()} | {
            read(prompt.tolist()): shortened(read(until(answer.tolist(), self.task.end)))
            for prompt, answer in zip(self.prompts, written, strict=True)
        }


def shortened(text: str, n_words: int = 20) -> str:
    """The first words of a text that is longer, as untrained models write them.

    >>> shortened("7 7 7 7 7", n_words=3)
    '7 7 7 …'
    """
    words = text.split(" ")
    return text if len(words) <= n_words else " ".join([*words[:n_words], "…"])


def until(answer: list[int], end: int) -> list[int]:
    """An answer with its end, if it has one, and nothing after it.

    >>> until([4, 5, 9, 9], end=9)
    [4, 5, 9]
    """
    return answer[: answer.index(end) + 1] if end in answer else answer
