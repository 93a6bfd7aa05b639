"""A model on another device, for a training loop that knows none."""

from collections.abc import Callable
from contextlib import nullcontext
from functools import wraps

import torch
from torch import Tensor, nn

from progtx_core import checks
from progtx_core.types import Spec


def device(name: str = "auto") -> torch.device:
    """The device of that name, if this machine has it; "auto": the fastest that it has."""
    checks.one_of("device", name, ("auto", "cpu", "cuda", "mps"))
    has = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    there = [kind for kind in has if has[kind]] + ["cpu"]
    if name not in ("auto", *there):
        raise ValueError(f"device {name!r} is not there; this machine has {there}")
    return torch.device(there[0] if name == "auto" else name)


class OnDevice(nn.Module):
    """A model whose parameters are on a device: inputs go there, logits come back."""

    def __init__(self, model: nn.Module, name: str = "auto", bf16: bool | None = None):
        super().__init__()
        self.device = device(name)
        # Matrices are multiplied in 16 bits, by default on CUDA only.
        self.bf16 = self.device.type == "cuda" if bf16 is None else bf16
        self.model = model.to(self.device)
        self.spec = getattr(model, "spec", None)  # of a model of this package

    def forward(self, inputs: Tensor) -> Tensor:
        kind = self.device.type
        autocast = torch.autocast(kind, torch.bfloat16) if self.bf16 else nullcontext()
        with self.device, autocast:  # masks that the model makes are made there too
            logits = self.model(inputs.to(self.device))
        return logits.float().to(inputs.device)

    # The state is that of the model inside, so one trained here can be read anywhere.
    def state_dict(self, *args, **kwargs) -> dict:
        return self.model.state_dict(*args, **kwargs)

    def load_state_dict(self, *args, **kwargs):
        return self.model.load_state_dict(*args, **kwargs)

    def extras(self) -> dict[str, float]:
        """What the model says of itself at an evaluation, if anything."""
        return getattr(self.model, "extras", dict)()


def on_device(
    make_model: Callable, name: str = "auto", bf16: bool | None = None
) -> Callable:
    """What makes the same models on that device; `make_model` itself for a plain CPU."""
    if device(name).type == "cpu" and not bf16:
        return make_model

    @wraps(make_model, updated=())
    def made(spec: Spec, **sizes) -> OnDevice:
        return OnDevice(make_model(spec, **sizes), name, bf16)

    return made
