"""Every model of the ladder on every task (chapter 7)."""

from progtx_core import checks
from progtx_core.tools.recorded.cell import Cell, Experiment

# The board's own list: a new model joins it only when it is written here and recorded.
POOLING = "mean_pooling", "max_pooling", "attention_pooling", "additive_attention_pooling"
ATTENTION = "self_attention", "self_attention_with_positions", "transformer"
MODELS = ("logistic_regression", *POOLING, *ATTENTION)
# The tasks in the order of difficulty, with their sizes: first those that ask what, then
# those that ask where, then strings.
SIGNAL = {"seq_len": 8}
SIGNS = "any_positive", "majority_positive", "sign_of_winner", "has_pos_and_neg"
CONTENT = dict.fromkeys(SIGNS, SIGNAL) | {"value_at_max_key": {}, "value_at_query": {}}
ENDS = "last_gt_first", "trend_sign", "argmax_position", "argmin_position"
RULES = "xor_of_endpoints", "mixed_rule", "sign_changes_mod_3"
ORDER = dict.fromkeys((*ENDS, *RULES), SIGNAL)
STRINGS: dict[str, dict] = {"sum_mod_10": {}, "equation_is_true": {}}
TASKS = CONTENT | ORDER | STRINGS
# The transformer is trained until it stops improving: longer where the task is harder.
SETTINGS: dict[str, dict] = {task: {"steps": 800} for task in TASKS} | {
    "value_at_max_key": {"steps": 5000},
    "value_at_query": {"steps": 4000},
    "mixed_rule": {"steps": 5000},
    "sign_changes_mod_3": {"steps": 5000},
    "sum_mod_10": {"steps": 3500, "weight_decay": 0.1},
    "equation_is_true": {"steps": 4500, "batch_size": 128, "weight_decay": 0.3},
}
# An equation has more to compare than the others: two places and what is carried.
LARGER = {"equation_is_true": {"n_layers": 3, "n_heads": 8}}


def cell(model: str, task: str) -> Cell:
    """One cell of the scoreboard."""
    of_task = TASKS[checks.one_of("task of the scoreboard", task, TASKS)]
    if model != "transformer":
        return Cell(model, task, model, {}, of_task)
    return Cell(model, task, model, LARGER.get(task, {}), of_task, SETTINGS[task])


EXPERIMENT = Experiment("scoreboard", [cell(m, t) for t in TASKS for m in MODELS])
