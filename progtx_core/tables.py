"""What the recorded tables hold: which models, on which tasks, trained how."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from torch import nn

from progtx_core import models, tasks
from progtx_core.contract import Spec
from progtx_core.models.positions import SCHEMES
from progtx_core.training import Config, Run, fit

SIGNAL = {"seq_len": 8}
# The tasks of the scoreboard in the order of difficulty, with their sizes: first those
# that ask what, then those that ask where, then strings.
CONTENT = {
    "majority_positive": SIGNAL,
    "has_pos_and_neg": SIGNAL,
    "any_positive": SIGNAL,
    "sign_of_winner": SIGNAL,
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
STRINGS = {"sum_mod_10": {}, "equation_is_true": {"highest": 49}}


@dataclass(frozen=True)
class Entry:
    """One cell of a table: a model trained on a task, over several seeds.

    row: what the model is called in the table; task: the task's name
    model: a name from `models.names()`, or a class that takes a spec
    sizes: of the model; of_task: of the task; settings: what differs from the recipe
    """

    row: str
    task: str
    model: str | Callable[[Spec], nn.Module]
    sizes: dict = field(default_factory=dict)
    of_task: dict = field(default_factory=dict)
    settings: dict = field(default_factory=dict)

    def train(self, n_seeds: int, seed: int = 0, progress: bool = True) -> Run:
        """Train it as it is recorded."""
        make, recipe = self.model, getattr(self.model, "recipe", {})
        if isinstance(self.model, str):
            make, recipe = partial(models.build, self.model), models.recipe(self.model)
        config = Config(**recipe | self.settings)
        task = tasks.get(self.task, **self.of_task)
        make = partial(make, **self.sizes)
        return fit(make, task, config, seed=seed, n_seeds=n_seeds, progress=progress)


# The transformer is trained until it stops improving: longer where the task is harder.
LONGER = {
    "value_at_max_key": {"steps": 4000},
    "value_at_query": {"steps": 4000},
    "mixed_rule": {"steps": 5000},
    "sign_changes_mod_3": {"steps": 5000},
    "sum_mod_10": {"steps": 4000},
    "equation_is_true": {"steps": 5000, "batch_size": 128, "weight_decay": 0.3},
}
LARGER = {"equation_is_true": {"n_layers": 3}}


def scoreboard() -> list[Entry]:
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
        settings=LONGER.get(task, {}) if is_transformer else {},
    )


def positions() -> list[Entry]:
    """One layer of self-attention under every positional scheme, on three tasks."""
    # A random offset needs a table longer than the input.
    sizes = {scheme: {"positions": scheme} for scheme in SCHEMES}
    sizes["random_offset"]["n_ctx"] = 20
    return [
        Entry(scheme, task, "self_attention", sizes[scheme], {}, {"learning_rate": 0.01})
        for scheme in SCHEMES
        for task in ("last_gt_first", "xor_of_endpoints", "argmax_position")
    ]


TABLES: dict[str, Callable[[], list[Entry]]] = {
    "scoreboard": scoreboard,
    "positions": positions,
}
