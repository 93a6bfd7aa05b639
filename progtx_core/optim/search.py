"""What all searches share: they keep what a `torch.optim.Optimizer` promises."""

from collections.abc import Callable
from numbers import Real
from typing import Any

import torch
from torch import Tensor

from progtx_core import checks

Closure = Callable[[], Tensor | float]
MOST_SEEDS, SPREAD = 2**31 - 1, 2654435761  # torch takes a seed modulo 2**32, no more


class Search(torch.optim.Optimizer):
    """An optimizer without gradients: its `step` needs a closure that returns the loss.

    Settings that may differ stand in the parameter groups, as `defaults`; all else that
    the next step depends on stands in `now`. So both can be edited, saved and loaded.

    Raises TypeError for what is no list of parameters, ValueError for parameters that
    cannot be searched: given twice, complex, not contiguous, or none to be changed.
    """

    def __init__(self, params: Any, defaults: dict, now: dict) -> None:
        if not hasattr(params, "__iter__"):
            got = checks.shown(params)
            raise TypeError(f"{type(self).__name__} takes parameters in a list, got {got}")
        super().__init__(params, defaults)
        if not self.searched:
            raise ValueError("a search needs a parameter with requires_grad=True, got none")
        self.state[self.param_groups[0]["params"][0]] = now

    @property
    def now(self) -> dict:
        """Where the search stands; part of `state_dict`."""
        return self.state[self.param_groups[0]["params"][0]]

    @property
    def searched(self) -> list[tuple[Tensor, dict]]:
        """The parameters that are searched, each with its group."""
        groups = self.param_groups
        return [(p, group) for group in groups for p in group["params"] if p.requires_grad]

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """As torch does it, for parameters that can be searched."""
        super().add_param_group(param_group)
        added = self.param_groups[-1]["params"]
        try:
            for number, p in enumerate(added):
                if not p.is_contiguous() or not p.is_floating_point():
                    got = f"{p.dtype} with strides {p.stride()}"
                    raise ValueError(f"a search needs contiguous floats, got {got}")
                if any(p is other for other in added[:number]):
                    raise ValueError(f"parameter {number} of a group is in it twice")
            if "radius" in self.defaults:
                checks.number("radius", self.param_groups[-1]["radius"], above=0)
        except BaseException:
            del self.param_groups[-1]  # a refused group is not half added
            raise

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where the search stood that gave this state; ValueError for another's."""
        theirs = state_dict.get("state", {}).get(0, {})
        if set(theirs) != set(self.now):
            raise ValueError(f"this is no state of a {type(self).__name__}: {[*theirs]}")
        super().load_state_dict(state_dict)

    def __getstate__(self) -> dict[str, Any]:
        """What is copied and pickled: torch's own part, and the settings of a subclass."""
        return {name: value for name, value in vars(self).items() if name[0] != "_"}

    def extras(self) -> dict[str, float]:
        """What is logged at every evaluation."""
        return {"evaluations": float(self.now["evaluations"])}

    def checked(self, closure: Closure | None) -> Closure:
        """The closure, if it can be called; else TypeError."""
        if not callable(closure):
            name = type(self).__name__
            raise TypeError(f"{name}.step needs a closure, got {checks.shown(closure)}")
        return closure


def loss_of(closure: Closure) -> float:
    """The loss that a closure returns; TypeError if that is no single number."""
    loss = closure()
    number = loss.item() if isinstance(loss, Tensor) and loss.numel() == 1 else loss
    if isinstance(number, bool) or not isinstance(number, Real):
        got = f"a tensor of {tuple(loss.shape)}" if isinstance(loss, Tensor) else repr(loss)
        raise TypeError(f"a closure must return the loss, a single number, got {got}")
    return float(number)
