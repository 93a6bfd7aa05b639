"""Candidates of a direct search: what is moved, and in which order."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Moves:
    """Some candidates: each changes `group_size` numbers of all parameters, flattened."""

    coordinates: Tensor  # (n_moves, group_size), places in all parameters on end
    change: Tensor  # (n_moves, group_size), what is added there

    def __len__(self) -> int:
        return len(self.coordinates)

    def by_parameter(self, ends: Tensor) -> Iterator[tuple[int, Tensor, Tensor, Tensor]]:
        """For each parameter that is changed: its number; moves, places in it, changes.

        ends: where each parameter ends, when all are flattened one after another
        """
        places, change = self.coordinates.flatten(), self.change.flatten()
        move = torch.arange(len(self)).repeat_interleave(self.coordinates.shape[1])
        owner = torch.searchsorted(ends, places, right=True)
        for number in owner.unique().tolist():
            here, start = owner == number, ends[number - 1] if number else 0
            yield number, move[here], places[here] - start, change[here]

    def joined(self, numbers: list[int]) -> "Moves":
        """One move that makes all of those at once."""
        coordinates, change = self.coordinates[numbers], self.change[numbers]
        return Moves(coordinates.view(1, -1), change.view(1, -1))

    def apart(self, numbers: list[int]) -> list[int]:
        """Of those, in order, each that has no coordinate in common with one before.

        >>> Moves(torch.tensor([[0], [0], [2]]), torch.ones(3, 1)).apart([2, 1, 0])
        [2, 1]
        """
        taken, kept = set(), []
        for number in numbers:
            places = self.coordinates[number].tolist()
            if taken.isdisjoint(places):
                taken.update(places)
                kept.append(number)
        return kept


class CandidateOrder:
    """The candidates of one sweep: twice each group of coordinates, there and back.

    >>> order = CandidateOrder(torch.tensor([0.5, 2.0, 2.0]), group_size=1, seed=0)
    >>> len(order), order[:2].coordinates.tolist(), order[:2].change.tolist()
    (6, [[2], [2]], [[2.0], [-2.0]])
    """

    def __init__(self, radius: Tensor, group_size: int, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        order = torch.randperm(len(radius), generator=generator)
        signs = torch.randint(2, (len(radius),), generator=generator) * 2 - 1
        # Where groups do not come out even, the first coordinates fill up the last group.
        order = torch.cat([order, order[: -len(radius) % group_size]])
        self.coordinates = order.view(-1, group_size)
        self.change = (signs * radius)[order].view(-1, group_size)

    def __len__(self) -> int:
        return 2 * len(self.coordinates)

    def __getitem__(self, part: slice) -> Moves:
        number = torch.arange(len(self))[part]
        groups, there = number // 2, 1 - 2 * (number % 2)
        return Moves(self.coordinates[groups], self.change[groups] * there[:, None])
