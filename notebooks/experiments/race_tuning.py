"""As many settings of each method, on seeds used for nothing else (chapter 9)."""

from progtx_core.tools.recorded.cell import Experiment

from experiments.race import METHODS, grid_cells, measure

# Called otherwise than EXPERIMENT until its table is recorded: what is called so has one.
TUNING = Experiment(
    "race_tuning",
    [one for name in METHODS for one in grid_cells(name)],
    measure=measure,
    n_seeds=2,
)
