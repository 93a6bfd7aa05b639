"""Lower rungs of the scoreboard with the transformer's training and size (chapter 7)."""

from itertools import count

from progtx_core import models, tasks
from progtx_core.tools.recorded.cell import Cell, Experiment

from experiments import scoreboard

LAYER = "self_attention_with_positions"
LONGER, WIDER = "one layer, longer", "one layer, longer and wider"
STEPS = {"xor_of_endpoints": 4000}  # the transformer needs 800
# On these the last rung is above the one before it, on those the pools are below theirs.
LAST = "sum_mod_10", "sign_changes_mod_3", "mixed_rule", "xor_of_endpoints"
POOLED = "majority_positive", "has_pos_and_neg"
POOLS = {f"{name}, longer": name for name in scoreboard.POOLING[2:]}


def n_parameters(name: str, task: str, **sizes) -> int:
    """Of a model on a task of the scoreboard."""
    spec = tasks.get(task, **scoreboard.TASKS[task]).spec
    return models.count_parameters(models.build(name, spec, **sizes))


def width(task: str) -> int:
    """The least width at which one layer is as large as that task's transformer."""
    of_transformer = scoreboard.LARGER.get(task, {})
    size = n_parameters("transformer", task, **of_transformer)
    return next(d for d in count(32) if n_parameters(LAYER, task, d_model=d) >= size)


def cell(row: str, task: str) -> Cell:
    """One row of the table, on one task."""
    sizes = scoreboard.TASKS[task]
    if row in POOLS:
        return Cell(row, task, POOLS[row], {}, sizes, {"steps": 5000})
    how = scoreboard.SETTINGS[task] | {"warmup_steps": 100}
    how = how | {"steps": STEPS.get(task, how["steps"])}
    wider = {"d_model": width(task)} if row == WIDER else {}
    max_seeds = 3 if row == WIDER else None  # the dearest
    return Cell(row, task, LAYER, wider, sizes, how, max_seeds)


EXPERIMENT = Experiment(
    "budgets",
    [cell(row, task) for task in POOLED for row in POOLS]
    + [cell(WIDER, task) for task in LAST]
    + [cell(LONGER, task) for task in LAST if task in scoreboard.ORDER],
)
