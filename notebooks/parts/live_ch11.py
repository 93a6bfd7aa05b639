"""Counting token by token in the page, by the model that the chapter has trained.

The weights travel with the page, rounded to 9 bits: three letters of base64 for two.
`book/live/counting.js` reads one token after another.
"""

import base64
import copy
import json
from typing import Any
from zlib import crc32

import numpy as np
import torch
from jinja2 import Environment
from progtx_core import models, plots
from progtx_core.evaluation.generation import exact_match
from progtx_core.models.transformer import Transformer
from progtx_core.tasks.counting import PROMPT, Counting
from progtx_core.tools.page import pictured
from progtx_core.types import Batch

from parts import playground

LARGEST = 200_000  # parameters that a page may carry
STEPS = 255  # of each sign, in 9 bits
GOALS = (
    {"say": "Find a pair that it gets wrong.", "is": "wrong"},
    {"say": "Make it count past the training length, to a right end.", "is": "past"},
    {"say": "Make it count down over more than a hundred tokens.", "is": "down"},
)


def show(model: Transformer, task: Counting, ends: tuple[int, int], trained: int, alt: str):
    """Let a reader step through an answer of the model, from `SoS a b >` on.

    task: whose max_len is the longest sequence that is written; ends: a and b at first;
    trained: tokens of the longest sequence in training; alt: of the picture that stays
    where no script runs, and of a model that is too large for a page
    """
    from IPython.display import display

    bundle, metadata = pictured(still(model, task, ends, trained), alt)
    if models.count_parameters(model) <= LARGEST:
        data = {
            "model": exported(model),
            "symbols": task.tokenizer.symbols,
            "n_numbers": task.n_numbers,
            "start": task.start,
            "go": task.go,
            "end": task.end,
            "ends": ends,
            "trained": trained,
            "longest": task.n_numbers + 10,  # an answer may be too long by a few
            "goals": GOALS,
        }
        bundle["text/html"] = page(json.dumps(data), bundle["image/png"], alt)
    display(bundle, raw=True, metadata=metadata)


def page(text: str, picture: str, alt: str) -> str:
    """The HTML of the widget, with its script."""
    template = (playground.SCRIPTS / "page.html").read_text("utf-8")
    return (
        Environment(autoescape=True)
        .from_string(template)
        .render(
            id=f"live-{crc32(text.encode()):08x}",
            data=text,
            picture=picture,
            alt=alt,
            script=script(),
        )
    )


def script() -> str:
    """The forward pass and the widget, as one text."""
    names = ("forward.js", "counting.js")
    return "".join((playground.SCRIPTS / name).read_text("utf-8") for name in names)


def exported(model: Transformer) -> dict[str, Any]:
    """A model's sizes and rounded weights, as `counting.unpack` reads them."""
    found = playground.exported(model)
    return found | {"weights": {n: packed(p) for n, p in model.state_dict().items()}}


def packed(tensor: torch.Tensor) -> dict[str, Any]:
    """A tensor as whole numbers from -255 to 255 and a scale; nine bits for each."""
    numbers = tensor.detach().cpu().double().numpy()
    scale = float(np.float32(np.abs(numbers).max() / STEPS)) or 1.0
    whole = np.clip(np.rint(numbers / scale), -STEPS, STEPS).astype(int).ravel() + STEPS + 1
    whole = np.append(whole, np.zeros(len(whole) % 2, int))  # two take three letters
    bits = (whole[:, None] >> np.arange(9)[::-1] & 1).astype(np.uint8).ravel()
    letters = base64.b64encode(np.packbits(bits)).decode()[: len(whole) * 3 // 2]
    return {"shape": list(tensor.shape), "scale": scale, "letters": letters}


def rounded(model: Transformer) -> Transformer:
    """A copy of the model with the weights that the page has."""
    made = copy.deepcopy(model).cpu()
    with torch.no_grad():
        for value in made.state_dict().values():
            scale = packed(value)["scale"]
            whole = (value.double() / scale).round().clamp(-STEPS, STEPS)
            value.copy_(whole * scale)
    return made


def agreement(model: Transformer, batches: list[Batch]) -> float:
    """Share of answers that are right, or wrong, with rounded weights as without."""
    made = rounded(model)
    same = [exact_match(made, batch) == exact_match(model, batch) for batch in batches]
    return torch.cat(same).double().mean().item()


def still(model: Transformer, task: Counting, ends: tuple[int, int], trained: int):
    """A picture of the probability of every right token of one answer."""
    line = task.write(torch.tensor([ends]))[0]
    line = line[line != task.spec.pad]
    with torch.no_grad():
        shares = model.cpu().eval()(line[None])[0].softmax(-1)
    right = shares[torch.arange(PROMPT - 1, len(line) - 1), line[PROMPT:]]
    figure, (ax,) = plots.panels(width=4.4, height=1.9)
    ax.axvspan(0, trained, color="#999999", alpha=0.15, linewidth=0)
    ax.plot(range(PROMPT + 1, len(line) + 1), right.numpy(), linewidth=1)
    ax.set(ylim=(-0.03, 1.05), xlim=(0, None), xlabel="token of the sequence")
    ax.set(ylabel="probability", title=f"SoS {ends[0]} {ends[1]} >: the right next token")
    return figure
