"""The transformer with one part taken away or changed, on two tasks (chapter 6)."""

from parts import ablations
from progtx_core.models.transformer import Transformer
from progtx_core.tools.recorded.cell import Cell, Experiment

# What the rows are called, and how the model is built: each part is changed alone.
CHANGES: dict[str, tuple[type[Transformer], dict]] = {
    "all parts": (Transformer, {}),
    "one head": (Transformer, {"n_heads": 1}),
    "one layer": (Transformer, {"n_layers": 1}),
    # As many parameters as all parts in two layers, within two in a hundred.
    "one wider layer": (Transformer, {"n_layers": 1, "d_model": 45, "n_heads": 5}),
    "no MLP": (ablations.NoMlpTransformer, {}),
    "no residual sums": (ablations.NoResidualTransformer, {}),
    "no normalisation": (ablations.NoNormTransformer, {}),
    "normalisation after": (ablations.NormAfterTransformer, {}),
}
# Both need all of it.
TASKS: dict[str, dict] = {"sign_changes_mod_3": {}, "sum_mod_10": {}}
SETTINGS = {"steps": 4000, "warmup_steps": 100}


def cell(row: str, task: str) -> Cell:
    """One change, on one task."""
    return Cell(row, task, *CHANGES[row], TASKS[task], SETTINGS)


CELLS = [cell(row, task) for row in CHANGES for task in TASKS]
EXPERIMENT = Experiment("ablations", CELLS, version=2)
