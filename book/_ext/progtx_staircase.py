"""Sphinx extension: the staircase of the first page, from the recorded scoreboard.

`{staircase}` is a table of models by questions. Each cell is coloured by the median
accuracy over the seeds and leads to the chapter that builds the model; a script tells the
question, an example and every seed of the cell that is pointed at.
"""

# ruff: noqa: E501  # lines of HTML

import json
from html import escape

import numpy as np
import torch
from docutils import nodes
from docutils.parsers.rst import Directive
from experiments import scoreboard

from progtx_core import tasks
from progtx_core.tools import recorded

# Lowest rung first: what a reader calls it, and the chapter that builds it.
RUNGS = {
    "logistic_regression": ("logistic regression", "01_logistic_regression"),
    "mean_pooling": ("mean pooling", "02_temporal_pooling"),
    "max_pooling": ("max pooling", "02_temporal_pooling"),
    "attention_pooling": ("attention pooling", "03_attention_pooling"),
    "additive_attention_pooling": ("… with bent scores", "03_attention_pooling"),
    "self_attention": ("self-attention", "04_self_attention"),
    "self_attention_with_positions": ("… with positions", "05_positions"),
    "transformer": ("transformer", "06_transformer"),
}
# The tasks as one would ask them.
QUESTIONS = {
    "any_positive": "any above zero?",
    "majority_positive": "more above than below?",
    "sign_of_winner": "sign of the largest",
    "has_pos_and_neg": "both signs there?",
    "value_at_max_key": "value beside the top key",
    "value_at_query": "value of the key asked for",
    "last_gt_first": "last above first?",
    "trend_sign": "rising or falling?",
    "argmax_position": "where is the highest?",
    "argmin_position": "where is the lowest?",
    "xor_of_endpoints": "do the ends differ in sign?",
    "mixed_rule": "two of three rules?",
    "sign_changes_mod_3": "how many sign changes?",
    "sum_mod_10": "last digit of a sum",
    "equation_is_true": "is the equation true?",
}
GROUPS = {
    "what is there?": scoreboard.CONTENT,
    "where is it?": scoreboard.ORDER,
    "strings": scoreboard.STRINGS,
}
GREY = 0.179  # black and white have the same contrast to a colour of this luminance
# Dark blue to yellow, as all heat maps of the book.
STOPS = np.array(
    [[0, 34, 78], [65, 78, 107], [124, 123, 120], [187, 175, 113], [254, 232, 56]]
)


class Staircase(Directive):
    """The table, with its script."""

    def run(self):
        return [nodes.raw("", html(recorded.read("scoreboard")), format="html")]


def html(board) -> str:
    """The whole figure: every model of RUNGS on every task of GROUPS."""
    heads = "".join(
        f'<th colspan="{len(names)}" scope="colgroup">{escape(group)}</th>'
        for group, names in GROUPS.items()
    )
    names = [name for group in GROUPS.values() for name in group]
    columns = "".join(
        f'<th scope="col"><span>{escape(QUESTIONS[name])}</span></th>' for name in names
    )
    rows = "".join(
        f'<tr><th scope="row"><a href="chapters/{chapter}.html">{escape(called)}</a></th>'
        + "".join(cell(board, model, name) for name in names)
        + "</tr>"
        for model, (called, chapter) in RUNGS.items()
    )
    about = {name: {"rule": rule(name), "example": example(name)} for name in names}
    return f"""<figure class="progtx-live staircase" data-about="{escape(json.dumps(about))}">
<div class="wide" tabindex="0" role="region" aria-label="the staircase; it scrolls sideways">
<table><thead><tr><td></td>{heads}</tr><tr><td></td>{columns}</tr></thead>
<tbody>{rows}</tbody></table></div>
<figcaption role="status">Every model on every question: the share of right answers, the
median over {board.seed.nunique()} seeds. Dark: no better than a blind guess. Yellow: always
right. Point at a cell to see the question, an example and every seed; its chapter is a click
away.</figcaption></figure><script src="live/staircase.js"></script>"""


def cell(board, model: str, name: str) -> str:
    """A cell: its number, its colour, and all seeds for the script."""
    seeds = recorded.values(board, model, name)
    guess = 1 / board[board.task == name].classes.iloc[0]
    share = float(np.clip((np.median(seeds) - guess) / (1 - guess), 0, 1))
    at = share * (len(STOPS) - 1)
    low = min(int(at), len(STOPS) - 2)
    colour = np.round(STOPS[low] + (at - low) * (STOPS[low + 1] - STOPS[low])).astype(int)
    linear = (colour / 255) ** 2.2  # near enough to WCAG 2's curve
    ink = "#000" if linear @ (0.2126, 0.7152, 0.0722) > GREY else "#fff"
    called, chapter = RUNGS[model]
    told = f"{called}, {QUESTIONS[name]}: {np.median(seeds):.2f}"
    return (
        f'<td style="background: rgb({",".join(map(str, colour))})">'
        f'<a href="chapters/{chapter}.html" style="color: {ink}" aria-label="{escape(told)}" '
        f'data-task="{name}" data-model="{escape(called)}" data-guess="{guess:.2f}" '
        f'data-seeds="{" ".join(f"{s:.2f}" for s in sorted(seeds))}">'
        f"{np.median(seeds):.2f}</a></td>"
    )


def rule(name: str) -> str:
    """The rule of a task in words."""
    return tasks.get(name, **scoreboard.TASKS[name]).rule


def example(name: str) -> str:
    """An input of a task and its answer, as one line."""
    task = tasks.get(name, **scoreboard.TASKS[name])
    batch = task.sample(1, torch.Generator().manual_seed(2), "test")
    answer = str(batch.targets[0].item())
    if task.spec.n_classes == 2:
        answer = ("no", "yes")[batch.targets[0]]
    if task.spec.d_vocab is not None:
        return f"{task.tokenizer.decode(batch.inputs[0].tolist())} → {answer}"
    if name.startswith("value_at"):
        return f"{task.spec.seq_len} positions, each with a key and a value → {answer}"
    signal = batch.inputs[0].sum(-1).tolist()
    return f"{'  '.join(f'{value:.1f}' for value in signal)} → {answer}"


def setup(app):
    app.add_directive("staircase", Staircase)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
