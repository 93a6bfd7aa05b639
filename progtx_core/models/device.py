"""A model on another device, for a loop that knows none."""

from collections.abc import Callable
from contextlib import nullcontext
from functools import wraps

import torch
from torch import nn

from progtx_core import checks
from progtx_core.types import Spec

DEVICES = ("auto", "cpu", "cuda", "mps")


def device(name: str = "auto") -> torch.device:
    """The device of that name; "auto" is the fastest that this machine has.

    Raises ValueError for a name that is unknown, or a device that is not there.
    """
    checks.one_of("device", name, DEVICES)
    there = [
        kind
        for kind, is_there in (
            ("cuda", torch.cuda.is_available()),
            ("mps", torch.backends.mps.is_available()),
            ("cpu", True),
        )
        if is_there
    ]
    if name == "auto":
        return torch.device(there[0])
    if name not in there:
        raise ValueError(f"device {name!r} is not there; this machine has {there}")
    return torch.device(name)


class OnDevice(nn.Module):
    """A model whose parameters are on a device: inputs go there, logits come back.

    Loss and data stay where they were, so that nothing else has to know a device. What
    the model makes on its way, such as a mask, is made on the device too. Its state is
    that of the model inside, so one trained here can be read anywhere.

    bf16: multiply matrices in 16 bits (autocast); by default where the device is CUDA

    >>> OnDevice(nn.Linear(3, 2), "cpu", bf16=True)(torch.zeros(4, 3)).dtype
    torch.float32
    """

    def __init__(
        self, model: nn.Module, name: str = "auto", bf16: bool | None = None
    ) -> None:
        super().__init__()
        self.device = device(name)
        self.bf16 = self.device.type == "cuda" if bf16 is None else bf16
        self.model = model.to(self.device)
        self.spec = getattr(model, "spec", None)  # of a model of this package

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        autocast = (
            torch.autocast(self.device.type, torch.bfloat16) if self.bf16 else nullcontext()
        )
        with self.device, autocast:
            logits = self.model(inputs.to(self.device))
        return logits.float().to(inputs.device)

    def state_dict(self, *arguments, **options) -> dict:
        return self.model.state_dict(*arguments, **options)

    def load_state_dict(self, *arguments, **options):
        return self.model.load_state_dict(*arguments, **options)

    def extras(self) -> dict[str, float]:
        """What the model says of itself at a look, if anything."""
        return getattr(self.model, "extras", dict)()


def on_device(
    make_model: Callable[..., nn.Module], name: str = "auto", bf16: bool | None = None
) -> Callable[..., nn.Module]:
    """What makes the same models on the device of that name.

    It is `make_model` itself where the device is the CPU, in 32 bits.
    """
    if device(name).type == "cpu" and not bf16:
        return make_model

    @wraps(make_model, updated=())
    def made(spec: Spec, **sizes) -> OnDevice:
        return OnDevice(make_model(spec, **sizes), name, bf16)

    return made
