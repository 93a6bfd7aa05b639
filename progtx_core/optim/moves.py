"""Candidates of a direct search: what is moved, and in which order."""

from dataclasses import dataclass

import torch

from progtx_core import checks


@dataclass(frozen=True)
class Moves:
    """Some candidates: each changes the flattened parameters in `group_size` places.

    coordinates: (n_moves, group_size) places in all parameters, flattened one after
        another; change: (n_moves, group_size), what is added there
    """

    coordinates: torch.Tensor
    change: torch.Tensor

    def __len__(self) -> int:
        return len(self.coordinates)

    def pieces(self, parameters: list[torch.Tensor]) -> list[tuple]:
        """What the first move changes, parameter by parameter.

        Returns for each: its number, it flattened, places in it, by how much.
        """
        ends = torch.tensor([p.numel() for p in parameters]).cumsum(0)
        owner = torch.searchsorted(ends, self.coordinates[0], right=True)
        found = []
        for number in owner.unique().tolist():
            parameter, here = parameters[number], owner == number
            places = self.coordinates[0][here] - (ends[number] - parameter.numel())
            change = self.change[0][here].to(parameter.dtype)
            found.append((number, parameter.view(-1), places, change))
        return found

    def joined(self, numbers: list[int]) -> "Moves":
        """One move that makes all of those at once."""
        return Moves(
            self.coordinates[numbers].view(1, -1), self.change[numbers].view(1, -1)
        )

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


class Sweep:
    """The candidates of one sweep: twice each group of coordinates, there and back.

    radius: (n_coordinates,); group_size: coordinates moved together; seed: of the order

    Where groups of that size do not come out even, the first coordinates fill up the
    last group.

    >>> sweep = Sweep(torch.tensor([0.5, 2.0, 2.0]), group_size=1, seed=0)
    >>> len(sweep), sweep[:2].coordinates.tolist(), sweep[:2].change.tolist()
    (6, [[2], [2]], [[2.0], [-2.0]])
    """

    def __init__(self, radius: torch.Tensor, group_size: int, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        order = torch.randperm(len(radius), generator=generator)
        signs = torch.randint(2, (len(radius),), generator=generator) * 2 - 1
        missing = -len(radius) % group_size
        order = torch.cat([order, order[:missing]])
        self.coordinates = order.view(-1, group_size)
        self.change = (signs * radius)[order].view(-1, group_size)

    def __len__(self) -> int:
        return 2 * len(self.coordinates)

    def __getitem__(self, part: slice) -> Moves:
        number = torch.arange(len(self))[part]
        there = 1 - 2 * (number % 2)
        groups = number // 2
        return Moves(self.coordinates[groups], self.change[groups] * there[:, None])


def trained(param_groups: list[dict]) -> list[tuple[torch.Tensor, dict]]:
    """Parameters that are searched, each once, with their group.

    Raises ValueError if there is none, or for one that cannot be flattened in place.
    """
    found = [(p, g) for g in param_groups for p in g["params"] if p.requires_grad]
    if not found:
        raise ValueError("a search needs a parameter with requires_grad=True, got none")
    for parameter, _ in found:
        if not parameter.is_contiguous() or not parameter.is_floating_point():
            raise ValueError(
                "a search needs contiguous parameters of floating point, got "
                f"{parameter.dtype} with strides {parameter.stride()}"
            )
    return found


def shrinking(contraction: float) -> float:
    """What a radius is multiplied by, if that makes it smaller; else ValueError."""
    checks.number("contraction", contraction, above=0)
    if contraction >= 1:
        raise ValueError(f"contraction must be below 1, got {contraction}")
    return contraction
