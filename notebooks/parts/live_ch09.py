"""Two parameters in the page: Adam and a pattern search go over one map, step by step.

`book/live/two_parameters.js` computes both methods; the random orders of the package's
search travel with the page, so that its steps are those of `PatternSearch`.
"""

import json
from collections.abc import Callable

import numpy as np
import torch
from progtx_core.optim import PatternSearch
from progtx_core.optim.moves import CandidateOrder
from progtx_core.tools.page import pictured
from torch import nn

from parts import ch09, live_page

TARGET = 0.01  # a loss that is low
MOST = 1000  # evaluations of a race
N_SWEEPS = MOST // 4  # each takes four evaluations
SLANTED = "slanted valley"
GOALS = (
    {
        "say": "In the slanted valley, change the radius alone: bring the search below "
        "the goal with fewer evaluations than Adam.",
        "winner": "pattern search",
        "loss": SLANTED,
        "times": 1,
    },
    {
        "say": "Set the radius to 1. Now change the learning rate alone: Adam is to win, "
        "in the same valley from a start with a loss above 1.",
        "winner": "Adam",
        "loss": SLANTED,
        "times": 1,
        "radius": 1,
    },
    {
        "say": "Leave Adam a learning rate of 3. Find a start in the slanted valley, its "
        "loss above 1, from which the search wins all the same.",
        "winner": "pattern search",
        "loss": SLANTED,
        "times": 1,
        "lr": 3,
    },
)


def show(f: Callable, start: np.ndarray, alt: str) -> None:
    """Let a reader race both methods; f and start: of the picture without scripts."""
    from IPython.display import display

    paths = {"PatternSearch": searched(f, start), "Adam": adam(f, start)}
    bundle, metadata = pictured(ch09.paths_on(f, paths), alt)
    data = {"sweeps": sweeps(), "goals": GOALS, "most": MOST, "target": TARGET}
    text = json.dumps(data)
    bundle["text/html"] = live_page.page(text, bundle["image/png"], alt, script())
    display(bundle, raw=True, metadata=metadata)


def script() -> str:
    """The race and its map, in JavaScript."""
    return live_page.script("two_parameters.js")


def sweeps(n: int = N_SWEEPS) -> str:
    """The orders of the first sweeps of a `PatternSearch` over two numbers, a digit each.

    4 if the second number comes first, and 2 and 1 if the first and the second are tried
    backwards before forwards.
    """
    seed = PatternSearch([nn.Parameter(torch.zeros(2))]).now["seed"]
    found = []
    for sweep in range(n):
        order = CandidateOrder(torch.ones(2), 1, seed + sweep)
        axes, signs = order.coordinates.flatten().tolist(), order.change.flatten().tolist()
        back = {axis: sign < 0 for axis, sign in zip(axes, signs, strict=True)}
        found.append(4 * (axes[0] == 1) + 2 * back[0] + back[1])
    return "".join(map(str, found))


def searched(f: Callable, start: np.ndarray, radius: float = 1.0) -> np.ndarray:
    """Where a `PatternSearch` stands after each of its steps, (steps, 2)."""
    x = nn.Parameter(torch.tensor(start))
    search, path = PatternSearch([x], radius), [start]
    while not search.finished and search.now["evaluations"] < MOST:
        search.step(lambda: f(x))
        path.append(x.detach().numpy().copy())
    return np.array(path)


def adam(f: Callable, start: np.ndarray, lr: float = 0.3, n_steps: int = 200) -> np.ndarray:
    """Where Adam stands after each of its steps, (steps, 2)."""
    x = nn.Parameter(torch.tensor(start))
    optimizer, path = torch.optim.Adam([x], lr), [start]
    for _ in range(n_steps):
        optimizer.zero_grad()
        f(x).backward()
        optimizer.step()
        path.append(x.detach().numpy().copy())
    return np.array(path)
