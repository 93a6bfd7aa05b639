"""Candidates of a direct search: what is moved, and in which order."""

from dataclasses import dataclass

import torch


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
