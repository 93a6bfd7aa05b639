"""One layer of self-attention under every positional scheme, on three tasks (chapter 5)."""

from progtx_core.models.positions import SCHEMES
from progtx_core.tools.recorded.cell import Cell, Experiment

TASKS = ("last_gt_first", "xor_of_endpoints", "argmax_position")


def cell(scheme: str, task: str) -> Cell:
    """One scheme on one task."""
    sizes = {"positions": scheme}
    if scheme == "random_offset":  # needs a table longer than the input
        sizes |= {"n_ctx": 20}
    return Cell(scheme, task, "self_attention", sizes, {}, {"learning_rate": 0.01})


EXPERIMENT = Experiment("positions", [cell(s, t) for s in SCHEMES for t in TASKS])
