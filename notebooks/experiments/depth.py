"""What residual sums and normalisation are for: deep transformers, an easy task."""

from progtx_core.tools.recorded.cell import Cell, Experiment

from experiments.ablations import CHANGES

TASK = "last_gt_first"  # one layer is enough: depth is only in the way
KINDS = ("all parts", "no normalisation", "normalisation after", "no residual sums")
SLOWER = "normalisation after, lr 0.001"
ROWS = (*KINDS, SLOWER)
DEPTHS = (2, 8, 16)
SETTINGS = {"steps": 200, "warmup_steps": 20, "learning_rate": 0.01, "n_eval": 500}


def cell(row: str, n_layers: int) -> Cell:
    """One change, at one depth."""
    kind, _, slower = row.partition(", lr ")
    settings = SETTINGS | ({"learning_rate": float(slower)} if slower else {})
    model, sizes = CHANGES[kind]
    name = f"{row}, {n_layers} layers"
    return Cell(name, TASK, model, sizes | {"n_layers": n_layers}, {}, settings)


EXPERIMENT = Experiment("depth", [cell(row, n) for row in ROWS for n in DEPTHS])
