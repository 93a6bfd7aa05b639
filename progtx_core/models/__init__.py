"""What learns a task: plain `torch.nn.Module`s, one file for each rung of the ladder.

A class is built by name if it says so: `variants` holds its names, each with the sizes it
stands for, `rung` its place among the others, `default_config` how it is trained. A file
with such a class in this folder is all that a new model takes.
"""

import importlib
import inspect
import pkgutil

from torch import nn

from progtx_core import checks
from progtx_core.types import Spec


def _discover() -> dict[str, tuple]:
    """Name to class and sizes, from every module of this folder, lowest rung first."""
    found = []
    for info in pkgutil.iter_modules(__path__, f"{__name__}."):
        module = importlib.import_module(info.name)
        classes = [c for c in vars(module).values() if isinstance(c, type)]
        # Subclasses inherit `variants`, and other modules import the class.
        found += [c for c in classes if c.__module__ == info.name and "variants" in vars(c)]
    ladder: dict[str, tuple] = {}
    for c in sorted(found, key=lambda c: getattr(c, "rung", 99)):
        for name, sizes in c.variants.items():
            if name in ladder:
                both = f"{ladder[name][0].__module__} and {c.__module__}"
                raise ValueError(f"two models are called {name!r}, in {both}; rename one")
            ladder[name] = c, sizes
    return ladder


LADDER = _discover()


def names() -> list[str]:
    """The names of all models, lowest rung first."""
    return list(LADDER)


def build(name: str, spec: Spec, **sizes) -> nn.Module:
    """Make the model of that name for a task's spec.

    Raises ValueError for an unknown name, TypeError for a size the model does not have.

    >>> model = build("logistic_regression", Spec(n_classes=2, seq_len=4, d_input=3))
    >>> count_parameters(model)
    26
    """
    make, preset = LADDER[checks.one_of("model", name, LADDER)]
    checks.instance("spec", spec, Spec)
    known = [p for p in inspect.signature(make).parameters if p != "spec"]
    for size in sizes:
        if size not in known:
            has = ", ".join(known) or "none"
            raise TypeError(f"model {name!r} has no size {size!r}; it has: {has}")
    return make(spec, **preset | sizes)


def default_config(name: str) -> dict:
    """How the model of that name is trained by default: settings of a `Config`."""
    return dict(LADDER[checks.one_of("model", name, LADDER)][0].default_config)


def count_parameters(model: nn.Module) -> int:
    """How many numbers a training may change."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
