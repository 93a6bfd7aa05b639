"""Candidates of a direct search: what is moved, and in which order."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Move:
    """A candidate: the flattened parameters at `coordinates` change by `change`.

    coordinates: (group_size,) places in all parameters, flattened one after another
    change: (group_size,)
    """

    coordinates: torch.Tensor
    change: torch.Tensor


class Sweep(Sequence):
    """The candidates of one sweep, made when they are asked for.

    radius: (n_coordinates,); group_size: coordinates moved together; seed: of the order

    >>> sweep = Sweep(torch.tensor([0.5, 2.0, 2.0]), group_size=1, seed=0)
    >>> len(sweep), sweep[0].coordinates, sweep[0].change, sweep[1].change
    (6, tensor([2]), tensor([2.]), tensor([-2.]))
    """

    def __init__(self, radius: torch.Tensor, group_size: int, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        self.order = torch.randperm(len(radius), generator=generator)
        signs = torch.randint(2, (len(radius),), generator=generator) * 2 - 1
        self.change, self.size = signs * radius, group_size

    def __len__(self) -> int:
        return 2 * -(-len(self.order) // self.size)

    def __getitem__(self, i: int) -> Move:
        if not 0 <= i < len(self):
            raise IndexError(i)
        places = self.order[self.size * (i // 2) :][: self.size]
        return Move(places, self.change[places] * (1 if i % 2 == 0 else -1))


def trained(param_groups: list[dict]) -> list[tuple[torch.Tensor, dict]]:
    """Parameters that are searched, each once, with their group.

    Raises ValueError if there is none, or for one that cannot be flattened in place.
    """
    found = [(p, g) for g in param_groups for p in g["params"] if p.requires_grad]
    if not found:
        raise ValueError("PatternSearch got no parameter with requires_grad=True")
    for parameter, _ in found:
        if not parameter.is_contiguous() or not parameter.is_floating_point():
            raise ValueError(
                "PatternSearch needs contiguous parameters of floating point, got "
                f"{parameter.dtype} with strides {parameter.stride()}"
            )
    return found
