"""What is recorded of the ladder: scoreboard, positions, ablations (chapters 5 to 7)."""

from progtx_core import models
from progtx_core.models import ablations
from progtx_core.models.positions import SCHEMES
from progtx_core.tools.tables.entry import Entry

SIGNAL = {"seq_len": 8}
# The tasks of the scoreboard in the order of difficulty, with their sizes: first those
# that ask what, then those that ask where, then strings.
CONTENT = {
    "any_positive": SIGNAL,
    "majority_positive": SIGNAL,
    "sign_of_winner": SIGNAL,
    "has_pos_and_neg": SIGNAL,
    "value_at_max_key": {},
    "value_at_query": {},
}
ORDER = {
    "last_gt_first": SIGNAL,
    "trend_sign": SIGNAL,
    "argmax_position": SIGNAL,
    "argmin_position": SIGNAL,
    "xor_of_endpoints": SIGNAL,
    "mixed_rule": SIGNAL,
    "sign_changes_mod_3": SIGNAL,
}
STRINGS = {"sum_mod_10": {}, "equation_is_true": {}}

# The transformer is trained until it stops improving: longer where the task is harder.
SHORT = {"steps": 800}
STEPS = {
    **dict.fromkeys([*CONTENT, *ORDER], SHORT),
    "value_at_max_key": {"steps": 5000},
    "value_at_query": {"steps": 4000},
    "mixed_rule": {"steps": 5000},
    "sign_changes_mod_3": {"steps": 5000},
    "sum_mod_10": {"steps": 3500, "weight_decay": 0.1},
    "equation_is_true": {"steps": 4500, "batch_size": 128, "weight_decay": 0.3},
}
# An equation has more to compare than the others: two places and what is carried.
LARGER = {"equation_is_true": {"n_layers": 3, "n_heads": 8}}


def scoreboard_entries() -> list[Entry]:
    """Every model of the ladder on every task."""
    of_tasks = {**CONTENT, **ORDER, **STRINGS}
    return [scoreboard_entry(m, t) for t in of_tasks for m in models.names()]


def scoreboard_entry(model: str, task: str) -> Entry:
    """One cell of the scoreboard."""
    is_transformer = model == "transformer"
    return Entry(
        row=model,
        task=task,
        model=model,
        sizes=LARGER.get(task, {}) if is_transformer else {},
        of_task={**CONTENT, **ORDER, **STRINGS}[task],
        settings=STEPS[task] if is_transformer else {},
    )


def position_entries() -> list[Entry]:
    """One layer of self-attention under every positional scheme, on three tasks."""
    # A random offset needs a table longer than the input.
    sizes = {scheme: {"positions": scheme} for scheme in SCHEMES}
    sizes["random_offset"]["n_ctx"] = 20
    return [
        Entry(scheme, task, "self_attention", sizes[scheme], {}, {"learning_rate": 0.01})
        for scheme in SCHEMES
        for task in ("last_gt_first", "xor_of_endpoints", "argmax_position")
    ]


# The parts of the transformer, each taken away or changed alone.
ABLATIONS: dict[str, dict] = {
    "all parts": {},
    "one head": {"n_heads": 1},
    "one layer": {"n_layers": 1},
    "no MLP": {"block": ablations.NoMlp},
    "no residual sums": {"block": ablations.NoResidual},
    "no normalisation": {"block": ablations.NoNorm},
    "normalisation after": {"block": ablations.NormAfter},
}


def ablation_entries() -> list[Entry]:
    """The transformer with one part changed, on two tasks that need all of it."""
    settings = {"steps": 2500, "warmup_steps": 100}
    return [
        Entry(row, task, "transformer", sizes, of_task, settings)
        for row, sizes in ABLATIONS.items()
        for task, of_task in (("sign_changes_mod_3", {"seq_len": 6}), ("sum_mod_10", {}))
    ]
