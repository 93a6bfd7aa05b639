# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 7. The scoreboard
#
# **Claim.** Put every model on every task, and two staircases appear: one of
# content, where each rung solves what the rung below cannot, and one of order,
# closed to every model that sees a sequence as a set. The last rung solves
# every task.

# %% tags=["hide-input", "nbval-ignore-output"]
from progtx_core.tools import recorded
from progtx_core.tools.page import chapter_header

table = recorded.read("scoreboard")
chapter_header(
    "07_scoreboard",
    task=f"{table.task.nunique()} tasks",
    model=f"{table.model.nunique()} models, the ladder so far",
    prerequisites="chapters 1 to 6",
)

# %% [markdown]
# ## What you will be able to do
#
# - read a table of models and tasks: where a rung fails, and where it should;
# - tell a recorded number from one made before your eyes, and remake either;
# - put a model of your own on the board, and a task of your own;
# - watch a training in a file, a terminal or a browser.
#
# ## Setup

# %% tags=["setup", "hide-input"]
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pandas as pd
import torch
from progtx_core import plots, tasks
from progtx_core.tasks import SignalTask
from progtx_core.tools import paths, recorded
from progtx_core.tools.claims import Claims
from progtx_core.tools.page import glue, say, show
from progtx_core.tools.recorded import Cell, scoreboard
from progtx_core.tools.trackers import JsonLines
from torch import nn

# %% tags=["parameters"]
seed: int = 0  # first seed of the models trained here
n_live: int = 2  # models trained for each cell that is trained here
share: float = 1.0  # of the recorded number of updates

# %% tags=["setup"]
claims = Claims("07_scoreboard", globals())
board = recorded.read("scoreboard")
panels = {"what: content": list(scoreboard.CONTENT),
          "where: order": list(scoreboard.ORDER),
          "strings": list(scoreboard.STRINGS)}


def accuracies(model, task):
    """What is recorded of a cell, a value a seed."""
    return recorded.values(board, model, task)


def chance(task):
    """The accuracy of a blind guess."""
    return 1 / board[board.task == task].classes.iloc[0]


def shorter(cell):
    """The cell with fewer updates, where the parameter says so."""
    return cell.with_settings(steps=max(1, round(share * cell.config().steps)))


# %% [markdown]
# ## Where we stand
#
# Six chapters have each shown one failure and one success. Which model solves
# what, all told?
#
# ## The tasks
#
# A task of *content* asks what stands in a sequence; shuffle it, and the
# answer stays. A task of *order* asks where things stand, or both. Strings of
# digits ask for both in tokens. Within each group the tasks stand about in the
# order of difficulty, by how far down the ladder they are first solved.

# %% tags=["hide-input"]
say("\n".join(
    ["| task | rule | chance |", "| --- | --- | --- |"]
    + [f"| `{name}` | {tasks.get(name).rule} | {chance(name):.2f} |"
       for names in panels.values() for name in names]))

# %% [markdown]
# ## Predict before you run
#
# Draw the board by hand: eight models, from logistic regression to the
# transformer, against the tasks. Mark the cells you expect to be solved. Where
# will logistic regression beat self-attention? Which tasks will only the last
# rung solve?
#
# ## Build it
#
# A cell of the board is a model, a task, their sizes and settings of the
# training. One function makes it; its `train` trains it over seeds, as every
# chapter does with `fit`.

# %%
print(scoreboard.cell("transformer", "mixed_rule"))
print(scoreboard.cell("max_pooling", "mixed_rule"))

# %% [markdown]
# Every model is trained in its own default configuration, the same on all
# tasks. Only the transformer is trained longer where a task is harder; on
# strings it also gets weight decay, and on `equation_is_true` it is larger,
# with larger batches: the board asks what the last rung *can* do. The
# exceptions stand in one file, `progtx_core/tools/recorded/scoreboard.py`.
#
# ## Train: along the stairs, now
#
# The whole board is recorded by one command, as it takes longer than a chapter
# should. Cells along the stairs are trained here, as they are recorded but on
# fewer seeds: two rungs on each of eight tasks, one that solves it or comes
# near, and one that does not.

# %%
STAIRS = {
    "last_gt_first": ("logistic_regression", "mean_pooling"),
    "majority_positive": ("logistic_regression", "mean_pooling"),
    "has_pos_and_neg": ("mean_pooling", "max_pooling"),
    "value_at_max_key": ("max_pooling", "attention_pooling"),
    "value_at_query": ("additive_attention_pooling", "self_attention"),
    "argmax_position": ("self_attention", "self_attention_with_positions"),
    "xor_of_endpoints": ("self_attention", "self_attention_with_positions"),
    "sum_mod_10": ("self_attention_with_positions", "transformer"),
}
live = {}
for task, pair in STAIRS.items():
    for model in pair:
        trained = shorter(scoreboard.cell(model, task)).train(n_live, seed)
        live[model, task] = trained.test["accuracy"]

# %% tags=["hide-input", "nbval-ignore-output"]
off = {}  # how far the seeds trained now lie outside the recorded range
for cell, now in live.items():
    of_seeds = accuracies(*cell)
    off[cell] = max(0, of_seeds.min() - now.min(), now.max() - of_seeds.max())
say("\n".join(
    ["| task | model | now | recorded, worst to best seed |",
     "| --- | --- | --- | --- |"]
    + [f"| {task} | {model.replace('_', ' ')} | {np.median(now):.3f} | "
       f"{of_seeds.min():.3f} to {of_seeds.max():.3f} |"
       for (model, task), now in live.items()
       for of_seeds in [accuracies(model, task)]]))

# %% [markdown]
# ## Evidence over seeds: the staircase
#
# Each cell has the median accuracy over all seeds and, beneath it, the worst
# seed. The lighter a cell, the further from chance towards one. The ladder
# goes down the page.

# %% tags=["hide-input"]
show(plots.staircase(board, panels),
     "The staircase: a heat map of models by tasks in three panels. Among "
     "content tasks light cells reach further right from row to row, with "
     "gaps in the two attention pools. Among order tasks the rows without "
     "positions are dark, or grey on the mixed rule, but for logistic "
     "regression on the first four. The last row, the transformer, is light "
     "throughout.")

# %% tags=["hide-input", "nbval-ignore-output"]
say(recorded.origin("scoreboard"))


# %% [markdown]
# The same as a table: median, and the worst seed in brackets.

# %% tags=["hide-input", "nbval-ignore-output"]
def cell(model, task):
    of_seeds = accuracies(model, task)
    return f"{np.median(of_seeds):.2f} ({of_seeds.min():.2f})"


ladder = list(board.model.unique())
say("\n".join(
    ["| task | " + " | ".join(m.replace("_", " ") for m in ladder) + " |",
     "| --- " * (len(ladder) + 1) + "|"]
    + [f"| {task} | " + " | ".join(cell(m, task) for m in ladder) + " |"
       for names in panels.values() for task in names]))

# %% [markdown]
# ## Look inside: what the board says
#
# - **Two axes.** Logistic regression solves four tasks of order on which every
#   pool and every set model fails: it has a weight for each position. What it
#   lacks is content.
# - **A rung is not lost.** What a rung solves, the transformer solves too. In
#   between, not every model contains the one before: a weighted mean in place
#   of the maximum loses `has_pos_and_neg`.
# - **No positions, no order.** On `last_gt_first`, `trend_sign` and the
#   positions of the extremes, every answer is equally likely for a given set
#   of values. A model without positions gives them one answer in whatever
#   order they come, $f(x_{\pi(1)}, \dots, x_{\pi(n)}) = f(x_1, \dots, x_n)$
#   for every permutation $\pi$. So it stands at chance there, and not by bad
#   luck.
# - **A set still knows something.** On `xor_of_endpoints` and
#   `sign_changes_mod_3` the number of positive values makes some answers
#   likelier, so a set can be a little off chance. In `mixed_rule` one vote of
#   three, the winner's sign, is content alone; it carries them further.
# - **Below chance.** On `sum_mod_10` logistic regression, mean and attention
#   pooling are right less often than a blind guess. There are few short
#   strings, and as many of them for each answer. Those held out for the test
#   leave their own answer with fewer training examples of their tokens. A
#   model that learns which tokens go with which answer is so led away from the
#   right one.

# %%
blind = ["mean_pooling", "max_pooling", "attention_pooling",
         "additive_attention_pooling", "self_attention"]
at_chance = ["last_gt_first", "trend_sign", "argmax_position",
             "argmin_position"]
off_chance = max(np.abs(accuracies(m, t) - chance(t)).max()
                 for m in blind for t in at_chance)
worst = {t: accuracies("transformer", t).min()
         for names in panels.values() for t in names}
hardest = min(worst, key=worst.get)

# %% tags=["hide-input", "nbval-ignore-output"]
say(f"Models without positions on {', '.join(at_chance)}: never further than "
    f"**{off_chance:.3f}** from chance. The transformer's worst seed of all: "
    f"**{worst[hardest]:.3f}**, on {hardest}.")
glue("ladder-07", "**The scoreboard**: the transformer's worst seed on any of "
     f"{len(worst)} tasks is {100 * worst[hardest]:.0f} %; no other model "
     "solves them all.")

# %% [markdown]
# ### Other windows on a training
#
# A row of the board is the end of a training. To watch one on its way, hand it
# a tracker, which is told what every evaluation measures. This one writes a
# line of JSON an evaluation:

# %% tags=["nbval-ignore-output"]
watched = shorter(scoreboard.cell("attention_pooling", "value_at_max_key"))
log = Path(mkdtemp(), "log.jsonl")
watched.train(1, seed, callbacks=[JsonLines(log)])
print(*log.read_text("utf-8").splitlines()[-2:], sep="\n")

# %% [markdown]
# Others are Weights & Biases and TensorBoard. `compare` trains models side by
# side and logs to as many as are named:
#
# ```bash
# python -m progtx_core compare value_at_max_key max_pooling \
#     attention_pooling --seeds 1 --tracker wandb --tracker tensorboard
# wandb leet run runs/wandb                    # in a terminal, no account
# tensorboard --logdir runs/tensorboard        # in a browser
# ```
#
# Weights & Biases writes to disk unless it is told to go online (`--wandb-mode
# online`, with an account; then its own pages show the run, with tables of
# examples, ROC curves and histograms). What is on disk, its terminal viewer
# shows: every model has its own prefix and its own steps.

# %% tags=["hide-input"]
show(paths.NOTEBOOKS / "pictures" / "wandb.png",
     "Four charts drawn in a terminal: validation accuracy and loss of "
     "attention pooling and of max pooling, each over its own steps.")

# %% [markdown]
# The same run in TensorBoard, a folder for each model:

# %% tags=["hide-input"]
show(paths.NOTEBOOKS / "pictures" / "tensorboard.png",
     "TensorBoard with two charts, validation accuracy and loss, and a line "
     "for each of the two models: attention pooling ends higher.")


# %% [markdown]
# `compare` also keeps every result and writes a page for every model, with its
# weights and what it gets wrong. `python -m progtx_core dashboard` puts all
# results on one page that sorts and filters, the recorded ones included: see
# [the dashboard of this board](../book/dashboard.md).

# %% [markdown]
# ## Break it: put your own on the board
#
# A model is a class that takes a spec (the sizes of a task) and returns
# logits. This one pools the mean and the maximum, both at once. Change it, run
# the cell, and its row appears beneath the board's.

# %%
class MyModel(nn.Module):
    default_config = {"steps": 1000, "batch_size": 64, "learning_rate": 0.02}

    def __init__(self, spec):
        super().__init__()
        self.project = nn.Linear(spec.d_features, 64)
        self.logits_head = nn.Linear(128, spec.n_classes)

    def forward(self, inputs):  # (batch, seq, d_input)
        hidden = self.project(inputs).relu()  # (batch, seq, 64)
        both = torch.cat([hidden.mean(1), hidden.amax(1)], -1)
        return self.logits_head(both)  # (batch, n_classes)


rows = [board]
for task in ("majority_positive", "has_pos_and_neg", "last_gt_first"):
    mine = shorter(Cell("my model", task, MyModel,
                        task_kwargs=scoreboard.SIGNAL))
    rows.append(mine.rows(mine.train(n_live, seed)))
show(plots.staircase(pd.concat(rows), {"three tasks": [
    "majority_positive", "has_pos_and_neg", "last_gt_first"]}),
     "Three columns of the board with a new row at the bottom: the model that "
     "pools both ways solves the two content tasks and not the order task.")


# %% [markdown]
# A task is a class as well: a name, a rule in one line, the rule for one
# signal in plain Python, and the same for many at once. `None` means no
# answer: such a signal is drawn again; `decided(yes, undecided)` says the same
# for many. Everything else, balance, splits, features, comes with it.

# %%
class SecondGtThird(SignalTask):
    name = "second_gt_third"
    rule = "the second value is greater than the third"
    min_seq_len = 3

    def label_signal(self, signal):
        second, third = signal[1], signal[2]
        return None if second == third else int(second > third)

    def label_signals(self, signals):
        second, third = signals[:, 1], signals[:, 2]
        return tasks.decided(second > third, second == third)


column = []
for model in ("logistic_regression", "max_pooling",
              "self_attention_with_positions"):
    mine = shorter(Cell(model, "second_gt_third", model))
    column.append(mine.rows(mine.train(n_live, seed)))
show(plots.staircase(pd.concat(column)),
     "One column, the new task, with three rows: logistic regression and "
     "self-attention with positions solve it, max pooling is at chance.")


# %% [markdown]
# ## Check yourself
#
# 1. Why is the board coloured by the way from chance to one, and not by
# accuracy?
#
# <details><summary>Answer</summary>
#
# Half of the answers right is nothing where there are two classes, and much
# where there are ten. The colour says how much was learned.
#
# </details>
#
# 2. Mean pooling nearly solves `sign_of_winner`, though the value of greatest
# size decides. Why?
#
# <details><summary>Answer</summary>
#
# Here a sum suffices. Let a value count $\pm e^{\beta |s|}$, with its own
# sign: for a large $\beta$ the value of greatest size outweighs all others
# together, and a sum of rectified features can come near this curve. Not every
# rule without order is such a sum: chapter 2 shows that `has_pos_and_neg` is
# none.
#
# </details>
#
# 3. A cell says `0.97` with `0.62` beneath. What would you report?
#
# <details><summary>Answer</summary>
#
# Both. The median says what usually happens, the worst seed that it sometimes
# does not. Then find out what happened to that seed.
#
# </details>
#
# ## Exercises
#
# Each exercise needs the setup cells only. Change the stub, run the cell, and
# the checker answers.
#
# ### Exercise 1: read the board (easy, 10 minutes)
#
# Write `first_to_solve(task)`: the name of the first model, from logistic
# regression on, whose *worst* seed reaches `0.95` on that task, or `None`.
# Hint: `board.model.unique()` is in the order of the ladder;
# `accuracies(model, task)` has all seeds.

# %% tags=["checker"]
def check_first(first_to_solve):
    for task in board.task.unique():
        want = None
        for model in reversed(board.model.unique()):
            if accuracies(model, task).min() >= 0.95:
                want = model
        if first_to_solve(task) != want:
            return f"not yet: on {task} it is {want}"
    return "correct"


# %% tags=["exercise"]
def my_first(task):
    return "transformer"


print(check_first(my_first))


# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_first(task):
#     for model in board.model.unique():
#         if accuracies(model, task).min() >= 0.95:
#             return model
#     return None
#
#
# print(check_first(my_first))
# ```
#
# </details>
#
# ### Exercise 2: a task of your own (medium, 20 minutes)
#
# Write a class of a signal task, `PositiveMiddle`, with the name
# `positive_middle`: is the value in the middle (index `seq_len // 2`)
# positive? A value of zero is undecided. The checker compares the two forms of
# the rule and draws balanced examples.

# %% tags=["checker"]
def check_task(make):
    if make is None:
        return "not yet: give the class"
    for seq_len in (7, 10):
        task = make(seq_len=seq_len)
        drawn = task.sample(200, torch.Generator().manual_seed(1))
        signals = drawn.inputs.sum(-1)
        want = (signals[:, seq_len // 2] > 0).long()
        if not torch.equal(drawn.targets, want):
            return "not yet: the fast rule does not ask for the middle value"
        plain = [task.label_signal(signal) for signal in signals.tolist()]
        if plain != want.tolist():
            return "not yet: the plain rule differs from the fast one"
    if make.name != "positive_middle":
        return "not yet: the task has another name"
    return "correct"


# %% tags=["exercise"]
my_task = None
print(check_task(my_task))


# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# class PositiveMiddle(SignalTask):
#     name = "positive_middle"
#     rule = "the value in the middle is positive"
#
#     def label_signal(self, signal):
#         middle = signal[len(signal) // 2]
#         return None if middle == 0 else int(middle > 0)
#
#     def label_signals(self, signals):
#         middle = signals[:, signals.shape[1] // 2]
#         return tasks.decided(middle > 0, middle == 0)
#
#
# my_task = PositiveMiddle
# print(check_task(my_task))
# ```
#
# </details>
#
# ### Exercise 3: the way from chance to one (easy, 5 minutes)
#
# Write `way(accuracy, n_classes)`, the number that colours a cell: 0 at
# chance, 1 where every answer is right, a straight line between.

# %% tags=["checker"]
def check_way(way):
    for n in (2, 3, 10):
        for share in (0.0, 0.25, 1.0):
            accuracy = 1 / n + share * (1 - 1 / n)
            made = way(accuracy, n)
            if made is None or abs(made - share) > 1e-9:
                return f"not yet: way({accuracy:.2f}, {n}) should be {share}"
    return "correct"


# %% tags=["exercise"]
def my_way(accuracy, n_classes):
    return accuracy


print(check_way(my_way))

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_way(accuracy, n_classes):
#     return (accuracy - 1 / n_classes) / (1 - 1 / n_classes)
#
#
# print(check_way(my_way))
# ```
#
# </details>
#
# ### Exercise 4: a cheaper model (open, 40 minutes)
#
# Find a model with fewer parameters than the transformer's whose worst seed
# reaches `0.97` on both `value_at_query` and `xor_of_endpoints`. Take five
# seeds and add its row to the board; `scoreboard.cell(model, task)` has the
# right sizes, `run.n_parameters` counts. Hint: which rung is nearest, and what
# does it lack?
#
# <details><summary>What to look for</summary>
#
# One layer with learned positions has all that both need, and its two cells
# are close. What holds the lower one back: width, updates, or the
# learning rate at the end? Change one of them at a time.
#
# </details>
#
# ## Takeaways
#
# - Content and order are two axes. A model can be strong on one and blind on
#   the other.
# - A failure of a rung is a statement about a model, a size and a training.
#   The record keeps all three beside the number.
# - Medians hide seeds that fail. Look at the worst.
#
# **Where this differs from the sources.** Benchmarks of long sequences (Tay
# and others, 2021) compare large models on hard tasks; the tasks here are
# small, so that each failure has a reason that can be stated.
#
# **References.** Y. Tay and others, *Long range arena: a benchmark for
# efficient transformers* (2021).
#
# ## Claims
#
# The statements of this chapter, checked against bounds.

# %% tags=["hide-input"]
claims.check("recorded: the transformer's worst seed on any task",
             worst[hardest], at_least=0.97)
claims.check("recorded: models without positions are at chance on four "
             "tasks of order, largest distance", off_chance, at_most=0.03)
others = max(min(np.median(accuracies(m, t)) - chance(t)
                 for t in worst) for m in ladder if m != "transformer")
claims.check("recorded: every other model has a task that it hardly learns, "
             "most above chance", others, at_most=0.15)
claims.check("recorded: cells of the board",
             sum(len(accuracies(m, t)) >= 5 for m in ladder
                 for t in worst), at_least=len(ladder) * len(worst))
claims.check("what was trained now lies in the recorded range of its cell, "
             "or outside by", max(off.values()), at_most=0.15)
for task, (lower, upper) in STAIRS.items():
    if task != "last_gt_first":
        claims.check(f"{task}: {upper} is above {lower}, median, by",
                     np.median(live[upper, task])
                     - np.median(live[lower, task]), at_least=0.08)
print(claims.summary())
