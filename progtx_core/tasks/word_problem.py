"""State tracking in a group: the step beyond parity."""

from itertools import permutations

import torch

from progtx_core import checks
from progtx_core.tasks.state_tracking import StateTracking


class WordProblem(StateTracking):
    """The product of the group elements read so far.

    group: "S3", all orders of three things, or "A5", the even orders of five. An element
    "231" takes the thing in place 2 first, then that in place 3, then that in place 1.
    Parity is the word problem of the group of two elements.

    Source: Barrington, "Bounded-width polynomial-size branching programs recognize
    exactly those languages in NC1", 1989: that of A5 is as hard as any in NC1.

    >>> task = WordProblem(group="S3", seq_len=3)
    >>> [task.symbols[state] for state in task.follow([task.symbols.index("213")] * 3)]
    ['213', '123', '213']
    """

    name = "word_problem"
    rule = "after each element of a group: the product so far"
    groups = {"S3": (3, False), "A5": (5, True)}

    def __init__(
        self,
        seq_len: int = 8,
        min_len: int | None = None,
        reading: str = "direct",
        group: str = "S3",
    ) -> None:
        size, only_even = self.groups[checks.one_of("group", group, self.groups)]
        elements = [p for p in permutations(range(size)) if not only_even or is_even(p)]
        self.symbols = ["".join(str(i + 1) for i in p) for p in elements]
        index = {p: i for i, p in enumerate(elements)}
        self.product = [[index[then(a, b)] for b in elements] for a in elements]
        super().__init__(seq_len, min_len, reading)

    def follow(self, string):
        found = [string[0]]
        for element in string[1:]:
            found.append(self.product[found[-1]][element])
        return found

    def states(self, strings):
        product, found = torch.tensor(self.product), [strings[:, 0]]
        for element in strings.T[1:]:
            found.append(product[found[-1], element])
        return torch.stack(found, 1)


def then(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    """First a, then b: place i holds what a has at place b[i].

    >>> then((1, 0, 2), (0, 2, 1))
    (1, 2, 0)
    """
    return tuple(a[i] for i in b)


def is_even(p: tuple[int, ...]) -> bool:
    """Whether an even number of swaps makes this order."""
    swaps = sum(p[i] > p[j] for j in range(len(p)) for i in range(j))
    return swaps % 2 == 0
