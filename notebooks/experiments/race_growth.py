"""How the passes until a loss grow with the number of parameters (chapter 9)."""

from progtx_core.tools.recorded.cell import Experiment

from experiments.race import GOING_ON, LEVELS, WIDTHS, cell, measure

# Called otherwise than EXPERIMENT until its table is recorded: what is called so has one.
GROWTH = Experiment(
    "race_growth",
    [
        cell(
            name,
            row=f"{name}, width {width}",
            model_kwargs=sizes,
            until=LEVELS[-1],
        )
        for name in (*GOING_ON, "Adam")
        for width, sizes in WIDTHS.items()
    ],
    measure=measure,
    n_seeds=3,
)
