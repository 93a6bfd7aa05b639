"""One layer of self-attention under every positional scheme, on three tasks (chapter 5).

And what a scheme that tells distances gains from a landmark: a marked start.
"""

from parts import landmarks
from progtx_core.models.positions import SCHEMES
from progtx_core.tools.recorded.cell import Cell, Experiment

TASKS = ("last_gt_first", "xor_of_endpoints", "argmax_position")
SETTINGS = {"learning_rate": 0.01}
# What a row is called, and how its model is built.
STEEP = {"slope": 1 / 4}
LANDMARKS: dict[str, tuple[type, dict]] = {
    "alibi, slope 1/4": (landmarks.Sloped, STEEP),
    "none, marked start": (landmarks.MarkedStart, {}),
    "relative, marked start": (landmarks.MarkedStart, {"positions": "relative"}),
    "rotary, marked start": (landmarks.MarkedStart, {"positions": "rotary"}),
    "alibi, marked start": (landmarks.MarkedStart, {"positions": "alibi"}),
    "alibi, slope 1/4, marked start": (landmarks.MarkedStart, STEEP),
}


def cell(row: str, task: str) -> Cell:
    """One scheme on one task."""
    if row in LANDMARKS:
        model, sizes = LANDMARKS[row]
        return Cell(row, task, model, sizes, {}, SETTINGS, max_seeds=3)
    sizes = {"positions": row}
    if row == "random_offset":  # needs a table longer than the input
        sizes |= {"n_ctx": 20}
    return Cell(row, task, "self_attention", sizes, {}, SETTINGS)


CELLS = [cell(scheme, task) for scheme in SCHEMES for task in TASKS]
CELLS += [cell(row, "argmax_position") for row in LANDMARKS]
EXPERIMENT = Experiment("positions", CELLS)
