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
# # 9. PatternSearch against Adam
#
# **Question.** Eight chapters have trained every model along its gradient. A
# gradient takes a pass back through the model, and a loss that has a slope
# everywhere. Suppose that the loss at a point is all that can be measured. Can
# a transformer still be trained? And what would it cost?

# %% tags=["hide-input"]
from progtx_core.tools.page import show
from parts import ch09

show(ch09.question(),
     "The same level lines twice. Left, an arrow at a point: the gradient is "
     "known. Right, the point and four more around it, with question marks.")

# %% [markdown]
# Left, one arrow says which way is down. Right, each question mark is a
# measurement, and with more parameters there are more of them.
#
# **Claim.** A transformer can be trained without a gradient: try a step, keep
# it if the loss falls. On the parity of eight bits such a search fits its
# strings almost as well as Adam, and answers new ones less surely. Its cost is
# counted in forward passes, and that of one sweep grows with the number of
# parameters.

# %% tags=["hide-input", "nbval-ignore-output"]
from progtx_core import tasks
from progtx_core.models.transformer import CausalTransformer
from experiments.searches import SIZES
from parts import opening

opening.at_a_glance(
    "09_pattern_search_vs_adam",
    built=CausalTransformer(tasks.get("parity").spec, **SIZES["tiny"]),
    task="parity: after each bit, is the number of ones so far odd?",
    model="a causal transformer of two layers",
    prerequisites="chapters 6 and 8")

# %% [markdown]
# ## What you will be able to do
#
# - write a search that needs nothing but a loss, and say when it stops;
# - count the cost of a method in forward passes, and of a gradient too;
# - say why measuring many candidates together is fast, and what a block of
#   small moves has to do with a gradient;
# - read a radius over time, and a path on a loss surface;
# - name what a search does that is fooled by a batch.
#
# ## Setup

# %% tags=["setup", "hide-input"]
from copy import deepcopy
from functools import partial

import numpy as np
import torch
from progtx_core import models, tasks
from progtx_core.models.transformer import CausalTransformer
from progtx_core.optim import PatternSearch
from progtx_core.tools import recorded
from progtx_core.tools.checkers import check
from progtx_core.tools.claims import Claims
from progtx_core.tools.page import glue, say, show, table
from progtx_core.training import Config, Snapshots, fit, masked_cross_entropy
from torch.nn.utils import parameters_to_vector
from experiments import searches as methods
from parts import ch09, live_ch09, loss_map, timing
from parts.fast_losses import FastLosses
from parts.landscape import landscape
from parts.layers import layers

# %% tags=["parameters"]
task: str = "parity"  # or first_bit, running_majority, word_problem …
output: str = "per_token"  # or scratchpad: bits, a separator, the states
model_size: str = "tiny"  # or small, medium, large
data_size: str = "all"  # all strings of eight bits; or small, medium, large
d_model: int = 0  # width; 0, here and below: as the size has it
n_layers: int = 0  # blocks
n_heads: int = 0  # heads in each
d_mlp: int = 0  # width of the MLPs
n_samples: int = 0  # strings in all, before they are split
seq_len: int = 0  # symbols in a string
batch_size: int = 0  # strings an update of Adam; 0: as recorded
limit_batches: int = 0  # updates at most, for a short run; 0: no limit
radius: float = 0.1  # length of the search's steps at its start
budget: int = 220_000  # forward passes of the search
seed: int = 0  # first seed; the others follow it
n_seeds: int = 2  # models trained here; five are recorded

# %% tags=["setup"]
claims = Claims("09_pattern_search_vs_adam", globals())
sizes = methods.SIZES[model_size] | {
    name: value for name, value in (
        ("d_model", d_model), ("n_layers", n_layers), ("n_heads", n_heads),
        ("d_mlp", d_mlp)) if value}
preset = methods.STRING_SETS[data_size]
n_samples = n_samples or preset["n_samples"]
tracking = tasks.get(task, seq_len=seq_len or preset["seq_len"], output=output)
data = tasks.StringSet(tracking, n_samples)
train_set, test_set = data.splits["train"], data.splits["test"]
make_model = partial(CausalTransformer, **sizes)


# %% [markdown]
# ## Where we stand
#
# Chapter 8 went through a training step by step, and each step began with a
# gradient. What does the gradient buy? Take it away, and see what is left. The
# search that Chiang and others (2023) used to ask the same question needs no
# more than the loss.
#
# ## The task
#
# A string of bits is read from left to right; after each bit the model says
# whether the number of ones so far is odd. One wrong count, and all answers
# after it are wrong. The rule, in plain Python:

# %%
def follow(bits):
    states, odd = [], 0
    for bit in bits:
        odd = (odd + bit) % 2
        states.append(odd)
    return states


print({name: len(part) for name, part in data.splits.items()}, "strings")
assert tasks.get("parity").follow([0, 1, 1, 1]) == follow([0, 1, 1, 1])

# %% [markdown]
# All strings are split, none is drawn twice. The states can also be written on
# a *scratchpad*: bits, a separator, then the states one by one. Where is each
# state asked for? At the position before its own. One position later, and the
# answer would be the input, which the model only has to copy:

# %%
on_scratchpad = tasks.get("parity", output="scratchpad")
inputs = tasks.StringSet(on_scratchpad).splits["test"].inputs
asked = on_scratchpad.labels(inputs)
leaked = asked.roll(1, dims=1)  # each answer one position later
leaked[:, 0] = -1
names = on_scratchpad.tokenizer.read(inputs[0].tolist())
table(["position", *map(str, range(len(names)))], [["input", *names], *(
    [row, *("" if state == -1 else str(state) for state in states.tolist())]
    for row, states in (("asked for", asked[0]), ("leaked", leaked[0])))])


# %% tags=["nbval-ignore-output"]
def share_copied(answers):  # inputs - 1 is what a copying model answers
    states = (answers >= 0) & (torch.arange(len(names)) > 8)
    return (inputs - 1 == answers)[states].float().mean().item()


say("A model that copies its input is right in "
    f"**{share_copied(asked):.2f}** of the states as they are asked for "
    f"here, and in {share_copied(leaked):.2f} of them one position later.")


# %% [markdown]
# ## Predict before you run
#
# A search tries one parameter at a time: a little more, a little less. How
# many forward passes will it need for every one of Adam's: ten, a hundred, ten
# thousand? What happens to the cost of one sweep through all parameters when
# the model is ten times as large?
#
# ## Build it
#
# ### The search, on two parameters
#
# Try a step of length $r$ along one coordinate, forwards and backwards. Keep
# the first that lowers $f$. After a sweep through all coordinates without a
# gain, halve $r$:
#
# $$\begin{aligned}
# x &\leftarrow x \pm r\,e_i &&\text{if } f(x \pm r\,e_i) < f(x), \\
# r &\leftarrow r / 2 &&\text{if no } i \text{ helps.} \end{aligned}$$

# %%
def valley(x):  # its floor is a slanted line; lowest at (1, 1)
    return (x[0] - 1) ** 2 + 20 * (x[1] - x[0]) ** 2


def my_search(f, x, r, n_sweeps):
    path = [x]
    for _ in range(n_sweeps):
        n_before = len(path)
        for e in np.eye(len(x)):  # along one coordinate
            for trial in (path[-1] + r * e, path[-1] - r * e):
                if f(trial) < f(path[-1]):
                    path.append(trial)
                    break
        r = r if len(path) > n_before else r / 2
    return np.array(path)


start = np.array([-2.0, 1.5])
by_hand = my_search(valley, start, 1.0, 60)
print("ends at", by_hand[-1].round(2), "after", len(by_hand) - 1, "kept steps")

# %% [markdown]
# The core's `PatternSearch` is an optimizer as torch has them. It *polls* the
# coordinates, that is, measures both steps along each, in random order; $r$ is
# its *radius*. It is finished when the radius is below a bound, or when its
# budget of passes is used up. Here it and Adam go over the valley. Press
# *Step* or *Run*; tap the map for another start:

# %%
live_ch09.show(
    valley, start, "Level lines of a slanted valley with the paths of "
    "PatternSearch and of Adam; where scripts run, both can be followed step "
    "by step from any start.")

# %% [markdown]
# A step of Adam is counted as two evaluations, a pass forward and one back; a
# step of the search is as many as it needed to find a gain. Crosses are what
# it has just tried in vain. It falls down the slope in long steps. On the
# floor no long step along an axis helps, only short ones do; in the *straight
# valley*, which lies along an axis, long ones do. With two parameters a sweep
# is four evaluations, and the search can well be first. What if there are
# thousands?
#
# ### What a pass costs
#
# A sweep over $P$ parameters takes up to $2P$ forward passes. A gradient takes
# one pass forward and one backward, whatever $P$ is. How much is that?

# %% tags=["nbval-ignore-output"]
torch.manual_seed(seed)
untrained = make_model(tracking.spec)
n_parameters = models.count_parameters(untrained)
layers(untrained)

# %% [markdown]
# A *candidate* is the model with one parameter changed. Of all that it
# computes, most is as before: what comes before the changed parameter, and the
# prefixes that strings share. `FastLosses` keeps both, and measures many
# candidates in one pass. The search may use it as a hint only: before a move
# is kept, its loss is measured by the model itself.

# %%
fast = FastLosses(untrained, train_set)
a_pass, a_candidate = (
    timing.candidate_seconds(untrained, train_set, losses_of, n=256)
    for losses_of in (None, fast))

# %% tags=["hide-input", "nbval-ignore-output"]
say(f"A candidate takes {1000 * a_pass:.2f} ms by itself and "
    f"{1000 * a_candidate:.3f} ms among many: the search polls "
    f"**{a_pass / a_candidate:.0f}** times as many a second.")


# %% [markdown]
# ### Many moves at once
#
# Candidates that are measured together are all measured from the same point;
# such a group is called a *block* from here on. The best of a block could be
# kept, and the rest thrown away. But those that help one by one may help
# *together* too. If they do not, try the better half of them, and so on down
# to the best alone. (Hooke and Jeeves, 1961, repeat in one move what a sweep
# has found: a near relation.) What does the first step gain either way, from
# the same block of candidates?

# %% tags=["nbval-ignore-output"]
def loss_of(model):
    return masked_cross_entropy(model(train_set.inputs), train_set)


gradient = parameters_to_vector(torch.autograd.grad(
    loss_of(untrained), list(untrained.parameters())))


def first_step(poll):
    model = deepcopy(untrained)
    search = PatternSearch(
        model.parameters(), radius, poll=poll, block_size=256,
        losses_of=FastLosses(model, train_set))
    before = search.step(lambda: loss_of(model))
    move = (parameters_to_vector(model.parameters())
            - parameters_to_vector(untrained.parameters()))
    return (int((move != 0).sum()), before - search.now["best_loss"],
            int((move * gradient < 0).sum()))


first = {poll: first_step(poll) for poll in ("best", "together")}
table(["kept", "parameters changed", "loss falls by", "of them downhill"],
      [[poll, *values] for poll, values in first.items()])

# %% [markdown]
# The last column counts the parameters that were changed against the sign of
# the gradient, downhill. By two measurements for each of some parameters, the
# search has mostly found that sign. A gradient gives it for all parameters at
# once, and how steep each is besides.
#
# ## Train
#
# The same model, the same strings, the same start. The search takes all
# strings at every step, since losses on different strings do not compare. Adam
# may take fewer at a time. One rule more for the search: a move must gain more
# than a small multiple of $r^2$ (*forcing*; Kolda and others, 2003). Long
# steps that gain next to nothing would otherwise keep $r$ from being halved.
# All settings were found by trying; those of the other methods too.

# %%
how = {"task": task, "output": output, "strings": n_samples,
       "model_kwargs": sizes, "task_kwargs": {"seq_len": tracking.seq_len}}
cells = {
    "PatternSearch": methods.cell("PatternSearch", **how, arguments={
        "radius": radius, "budget": budget}),
    "Adam": methods.cell("Adam", **how, settings={
        "batch_size": batch_size} if batch_size else {})}
runs = {}
for name, cell in cells.items():
    steps = min(limit_batches or cell.config().steps, cell.config().steps)
    runs[name] = cell.with_settings(steps=steps).train(n_seeds, seed)

# %% [markdown]
# What is one of Adam's steps worth in forward passes over all strings? It
# takes a batch, and goes through it forwards and backwards. Its cost is
# measured in time, with all that belongs to a step: counted in strings alone
# it would be lower, since a small batch is not much faster than a large one.

# %% tags=["hide-input", "nbval-ignore-output"]
cost = methods.passes_a_step(cells["Adam"], runs["Adam"])
curves = {name: methods.progress(run, train_set, cost)
          for name, run in runs.items()}
say(f"A step of Adam, with a batch of {runs['Adam'].config.batch_size}, costs "
    f"as much as **{cost:.1f}** forward passes over all strings.")

# %% tags=["hide-input"]
show(ch09.race(curves, runs),
     "Loss over forward passes and over seconds, both logarithmic, a line for "
     "each seed of Adam and of the search.")

# %% tags=["nbval-ignore-output"]
reached = {name: curve[2][:, -1] for name, curve in curves.items()}
spent = {name: np.median([  # passes until 99 of 100 answers are right
    np.append(passes, np.inf)[np.append(right >= 0.99, True).argmax()]
    for passes, _, right in zip(*curve)]) for name, curve in curves.items()}
new = ch09.unseen(train_set, test_set)  # (strings, symbols)
fresh = {name: min((model(test_set.inputs).argmax(-1) == test_set.targets)
                   [new].float().mean().item() for model in run.models)
         for name, run in runs.items()}
table(["trained now, worst seed", "train", "test", "test, new answers",
       "passes to 99 of 100", "seconds a seed"], [
    [name, reached[name].min(), run.test["accuracy"].min(), fresh[name],
     f"{spent[name]:,.0f}", f"{run.seconds / n_seeds:.0f}"]
    for name, run in runs.items()])

# %% tags=["hide-input", "nbval-ignore-output"]
n_answers = int((test_set.targets >= 0).sum())
say(f"Of the {n_answers} answers to the test strings, "
    f"**{n_answers - int(new.sum())}** follow a prefix that some training "
    f"string has, too; {int(new.sum())} are new.")

# %% [markdown]
# An answer depends on nothing that comes later, so one whose prefix occurs in
# training is no new question. *Test* therefore says little more than *train*;
# the new answers have a column of their own, and there the search is weaker.
# They are few: an answer more or less moves that column by several hundredths.
#
# ## Evidence over seeds
#
# Recorded: five seeds of every method on parity, and of the search and Adam on
# easier rules (after each bit: what was the first, what was the last, were
# there more ones so far?) and on the scratchpad. Greedy random search moves
# all parameters at random and keeps what helps; SPSA measures the slope along
# one random direction at a time and steps down it; SGD and Adam use the
# gradient. On the right, kinds of the search: *one at a time* keeps the first
# move that helps; the others take moves together. *Without forcing* keeps
# every gain, however small. *With expansion* doubles the radius after a sweep
# that gained; a candidate of *groups of four* changes four parameters. A
# method stops where its budget of passes or steps ended; lines that end early
# were given less.

# %% tags=["hide-input"]
record = recorded.read("searches")
show(ch09.recorded_race(record.query("task == 'parity'"), methods.SEARCHES,
                        methods.BASELINES),
     "Median loss, a band for the seeds: methods over forward passes and over "
     "seconds and, on the right, kinds of the search over forward passes.")


# %% tags=["nbval-ignore-output"]
def measured(column, row, rule="parity"):
    return recorded.values(record, row, rule, column)


rows = dict.fromkeys(zip(record.model, record.task))
table(["method", "task", "worst seed: train", "test", "passes",
       "seconds a seed"],
      [[*row, *(measured(c, *row).min() for c in ("train", "accuracy")),
        *(f"{np.median(measured(c, *row)):,.0f}"
          for c in ("passes", "seconds"))] for row in rows])
say(recorded.origin("searches"))

# %% [markdown]
# Test accuracy here counts known prefixes, too: new answers alone were not
# recorded. Compare seconds within one table only; recorded runs shared their
# cores with others.
#
# At first one at a time is ahead, for each of its moves begins where the one
# before has ended. Later it falls behind. And it takes several times the
# seconds for the same passes: of a block that was measured, it uses the first
# gain and measures the rest anew. How do kinds of the search compare, seed by
# seed, after as many passes?

# %% tags=["hide-input"]
kinds = ("PatternSearch", "one at a time", "without forcing")
seeds = {kind: np.sort(measured("after_100000", kind)) for kind in kinds}
table(["loss after 100,000 passes", "best seed", "median", "worst seed"], [
    [kind, *(f"{v:.2g}" for v in (of[0], np.median(of), of[-1]))]
    for kind, of in seeds.items()])

# %% [markdown]
# The slow seeds of one at a time go on, but more slowly. Without forcing seeds
# lie further apart: the best end far lower, the worst higher. A long step that
# gains next to nothing is still kept there, and the radius stays long.
#
# Greedy random search is ahead, too, for as long as it was given. But each of
# its candidates changes all parameters, so that nothing can be kept from one
# to the next: see the seconds. The other way round, over seconds the search
# owes its lead over it and over SPSA to `FastLosses`: were each of its
# candidates as slow as a pass by itself, its line would lie to the right by
# the factor that was measured above.
#
# The model is as small as the search needs it, and leaves Adam an answer wrong
# here and there. *Adam, wider* is trained on the same strings with three times
# the width: on no recorded seed is an answer wrong, held-out strings included.
# (Other seeds may miss one: few strings have so many ones as those it misses.)
#
# ## Look inside
#
# ### Where moves are kept, and how long they are
#
# Each time a move is kept, some parameters are changed for good. Which layers
# have most of these changes per parameter? And when is the radius halved?

# %% tags=["hide-input"]
show(ch09.radius_and_layers(runs["PatternSearch"]),
     "The radius, halved now and then over the passes; bars show how often "
     "parameters of each layer were changed for good, in all layers.")

# %% [markdown]
# Left: where a line falls, a whole sweep found no gain that was large enough.
# Right: a bar that reaches one says that the layer's parameters were changed
# once each, on average.
#
# ### Two paths on one surface
#
# Both methods start from the same parameters. A plane goes through the start
# and both ends, here of the first seed; every point of it is a model, whose
# loss can be measured. What lies between start and end is projected onto it.
# Each end lies in a valley narrower than a cell of the whole plane. So there
# are two closer views, and beside the map the loss along each path: of the
# trained model, and of its projection into the plane. The slider goes through
# the training by forward passes; point at the map to read its loss.

# %% tags=["nbval-ignore-output"]
plane = landscape(runs, train_set, curves)
loss_map.show(plane, "Maps of the loss on a plane through the start and both "
              "ends: the whole, and a closer view of each end; and the loss "
              "along both paths, of the models and of their projections.")

# %% [markdown]
# Where the lines of a method part, its path leaves the plane: the projection
# has a higher loss than the model had. They meet at the start and at the end,
# which lie in the plane. Which path is longer? Does a straight line from one
# end to the other lead over high ground? (One plane cannot show whether a low
# path joins the ends outside of it.)
#
# ### The cost of size
#
# A sweep has two passes for every parameter, and each pass costs more in a
# larger model. On the same strings, at some widths and at the sizes *medium*
# and *large*. A pass is measured, and the sweep computed from it; no model
# here is trained:

# %% tags=["hide-input"]
more = [{"d_model": w, "d_mlp": 4 * w} for w in (8, 16, 32, 64)]
more += [methods.SIZES[name] for name in ("medium", "large")]
larger = [CausalTransformer(tracking.spec, **own) for own in more]
counts = [models.count_parameters(model) for model in larger]
a_sweep, a_gradient = np.array([
    timing.sweep_and_gradient(model, train_set) for model in larger]).T
show(ch09.costs(counts, {"a sweep of the search": a_sweep,
                         "a gradient": a_gradient}),
     "Seconds of a sweep and of a gradient over the number of "
     "parameters: both lines rise, that of the sweep far steeper.")

# %% tags=["hide-input", "nbval-ignore-output"]
slopes = [np.diff(np.log(seconds)) / np.diff(np.log(counts))
          for seconds in (a_sweep, a_gradient)]
powers = [np.polyfit(np.log(counts), np.log(seconds), 1)[0]
          for seconds in (a_sweep, a_gradient)]
say("Both lines are curved. From one size to the next, the seconds of a sweep "
    f"grow like the parameters to the power {slopes[0][0]:.1f} at first and "
    f"**{slopes[0][-1]:.1f}** at last, those of a gradient to the power "
    f"{slopes[1][0]:.1f} and {slopes[1][-1]:.1f}. One sweep at the size "
    f"*large*, with {counts[-1]:,} parameters, would take "
    f"**{a_sweep[-1] / 3600:.0f}** hours, measured one by one.")


# %% [markdown]
# In a small model most of a pass is the fixed cost of its operations, and
# twice the parameters hardly cost more. In a large one arithmetic is most of
# it. The power of a sweep is larger by one everywhere.
#
# ## Break it
#
# ### A new batch at every step, and a best loss that is kept
#
# A search that compares its candidates on a new batch each time, but
# remembers the best loss that it has ever seen, is fooled by luck: sooner or
# later some batch is easy, and no move on any other batch comes below that.
# Two remedies: measure the current parameters anew on every batch
# (`measure_again`), or do not change the batch.

# %%
def on_batches(measure_again):
    config = Config(150, 16, 1.0, n_train=len(train_set), eval_every=5,
                    n_eval=len(data.splits["val"]))
    run = fit(make_model, data, config, seed=seed, callbacks=[Snapshots()],
              make_optimizer=lambda model, _: PatternSearch(
                  model.parameters(), radius, budget=3000,
                  measure_again=measure_again))
    return (run.history["best_loss"][0],
            methods.progress(run, train_set, 1.0)[1][0])


fooled = {"best loss kept": on_batches(False),
          "measured again": on_batches(True)}
show(ch09.beliefs(fooled),
     "Loss as the search believes it and as it is on all strings, with the "
     "best loss kept and with the loss measured again.")


# %% [markdown]
# Left, belief is below what is true: on no later batch does a move come below
# it, and the search ends there. Right, every step begins with a measurement on
# its own batch. Belief jumps about the true loss, and the search goes on; how
# far it gets with so few strings a step is another question.

# %% [markdown]
# ## Check yourself
#
# 1. A model has `1874` parameters. How many forward passes does a sweep take
#    that finds nothing?
# 2. Why must the search see the same strings at every step, and Adam not?
# 3. Why are moves that help one by one not always a help together?
# 4. The seconds of a sweep and of a gradient grow with powers that differ by
#    about one. Is that a law of nature? And why are the lines curved?
# 5. What does `forcing` do, and what happens without it?
#
# <details><summary>Answers</summary>
#
# 1. Two for each: `3748`.
# 2. The search compares two losses, and their difference has to come from the
#    move alone. Adam needs a direction that is right on average.
# 3. The loss is curved: one move can undo what made the other helpful, or both
#    together go too far. Then the better half is tried.
# 4. It is arithmetic: a sweep has two passes for every parameter, a gradient
#    one pass forward and one backward for all of them. A pass through a small
#    model is mostly overhead, which does not grow with its parameters.
# 5. A step has to gain more the longer it is. Without it, a long step that
#    gains next to nothing is still a gain, and the radius is not halved.
#
# </details>
#
# ## Exercises
#
# ### Exercise 1: the cost of a sweep (easy, 5 minutes)
#
# Write `seconds(n_parameters, a_pass, group_size)`: how long a sweep takes at
# most that moves groups of coordinates forwards and backwards, if a pass takes
# `a_pass` seconds. The last group may be smaller.

# %% tags=["exercise"]
def my_seconds(n_parameters, a_pass, group_size):
    return n_parameters * a_pass


check("9.1", my_seconds)


# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_seconds(n_parameters, a_pass, group_size):
#     n_groups = -(-n_parameters // group_size)
#     return 2 * n_groups * a_pass
#
#
# check("9.1", my_seconds)
# ```
#
# </details>
#
# ### Exercise 2: together (medium, 15 minutes)
#
# Write `together(f, x, moves)`: `moves` is a list of arrays, the best first,
# each of which is sure to lower `f` when it is added to `x` alone. Return `x`
# with all of them added if that lowers `f`, else with the better half of them,
# and so on; the last resort is the first move alone. (Half of three is one.)

# %% tags=["exercise"]
def my_together(f, x, moves):
    return x + sum(moves)


check("9.2", my_together)


# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_together(f, x, moves):
#     while len(moves) > 1 and f(x + sum(moves)) >= f(x):
#         moves = moves[:len(moves) // 2]
#     return x + sum(moves)
#
#
# check("9.2", my_together)
# ```
#
# </details>
#
# ### Exercise 3: an exponent (medium, 10 minutes)
#
# Write `exponent(sizes, seconds)`: the power of the size with which the
# seconds grow, from two arrays of measurements, which are a little noisy.

# %% tags=["exercise"]
def my_exponent(sizes, seconds):
    return seconds[-1] / seconds[0]


check("9.3", my_exponent)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_exponent(sizes, seconds):
#     return np.polyfit(np.log(sizes), np.log(seconds), 1)[0]
#
#
# check("9.3", my_exponent)
# ```
#
# </details>
#
# ### Exercise 4: predict, then measure: a steeper valley (easy, 10 minutes)
#
# Make the walls of `valley` four times as steep: 80 in place of 20, then 320.
# How many times as many evaluations will the search need until the loss is
# below a hundredth: the same, two, four, sixteen? Write it down. Then count
# the calls of `f` in `my_search`, with `n_sweeps` large enough to get there.
# And Adam, on the live figure of the valley: what do you expect of it?
#
# <details><summary>What to look for</summary>
#
# The floor has the same slope; but the steeper the walls, the shorter a step
# along an axis has to be to end lower than it began. From a certain steepness
# on, four times as steep means about four times as many steps. Adam divides
# each coordinate by the size of its own gradients; that undoes a stretching of
# an axis, and a slanted valley is none.
#
# </details>
#
# ### Exercise 5: a harder state (open, 40 minutes)
#
# Parity has two states. The word problem of the group S3 has six: the state
# is a product of permutations, and their order matters. Set `task` to
# `word_problem`, `n_samples` to a thousand, and run the chapter again. How far
# does Adam get, and how far the search?
#
# <details><summary>What to look for</summary>
#
# No count of anything gives the answer now, and two layers have to combine
# pieces. There are far more strings than a search can measure at every step:
# `n_samples` decides how many of them it sees, and the new answers of the test
# strings tell whether they were enough.
#
# </details>
#
# ## Takeaways
#
# - A search needs only losses that compare: the same strings, the same start.
# - Its cost is two passes per parameter and sweep. A gradient takes one pass
#   forward and one backward, however many parameters there are.
# - Moves that help one by one, measured from the same point, mostly say which
#   way is downhill. Taken together they gain more than the best of them.
# - Moves taken together save seconds; forcing helps the seeds that are slow.
#
# **Where this differs from the paper.** Chiang and others (2023) ask whether
# the landscape alone, without a gradient, makes small networks generalise.
# They train LeNets on small subsets of images, with a normalised loss, and
# report that pattern search and random methods come close to SGD there. Here
# a transformer learns strings, the loss is plain, and what is shown is
# narrower: at this size a search can fit and generalise, at a far higher cost.
# Their rule, one accepted move a step and a radius that starts at one and is
# halved, is `PatternSearch(restart=True)`; taking moves together and asking a
# long step for a larger gain are added here. Nothing here tests what
# they say about images, width or volume; Peleg and Hein (2024) dispute part
# of it.
#
# **References.** R. Hooke and T. A. Jeeves, *"Direct search" solution of
# numerical and statistical problems* (1961). T. G. Kolda, R. M. Lewis and V.
# Torczon, *Optimization by direct search* (2003). P. Chiang and others, *Loss
# landscapes are all you need* (2023). H. Li and others, *Visualizing the loss
# landscape of neural nets* (2018). A. Peleg and M. Hein, *Bias of
# stochastic gradient descent or the architecture* (2024). J. C. Spall,
# *Multivariate stochastic approximation using a simultaneous perturbation
# gradient approximation* (1992).
#
# ## Claims
#
# The statements of this chapter, checked against bounds.

# %% tags=["hide-input"]
for name, least in (("PatternSearch", 0.98), ("Adam", 0.99)):
    claims.check(f"{name} learns its training strings, every seed",
                 reached[name].min(), at_least=least)
for statement, value, least in (
        ("and answers test strings, mostly with known prefixes, "
         "PatternSearch, every seed",
         runs["PatternSearch"].test["accuracy"].min(), 0.93),
        ("the search polls more candidates than one by one, times",
         a_pass / a_candidate, 8),
        ("moves together gain more than the best alone, times",
         first["together"][1] / first["best"][1], 2),
        ("and change parameters downhill, share", first["together"][2]
         / first["together"][0], 0.8),
        ("and answers whose prefix no training string has, PatternSearch",
         fresh["PatternSearch"], 0.55),
        ("it needs more passes than Adam to 99 of 100 answers, times",
         spent["PatternSearch"] / spent["Adam"], 20),
        ("a sweep's seconds grow faster with the parameters than those of a "
         "gradient, difference of the powers over all sizes",
         powers[0] - powers[1], 0.85),
        ("a search that keeps its best batch believes a loss below the true "
         "one, by", -np.subtract(*fooled["best loss kept"])[-1], 0.01)):
    claims.check(statement, value, at_least=least)
claims.check("a model that copies its input is at chance",
             share_copied(asked), at_least=0.4, at_most=0.6)

# %%
for column, row, rule, least in (
        ("train", "PatternSearch", "parity", 0.99),
        ("accuracy", "PatternSearch", "parity", 0.95),
        ("train", "PatternSearch, scratchpad", "parity", 0.99),
        *(("accuracy", "PatternSearch", rule, 0.99)
          for rule in ("first_bit", "last_bit", "running_majority")),
        *((column, row, "parity", 1 - (column + row == "accuracyAdam") / 100)
          for row in ("Adam", "Adam, wider", "Adam, scratchpad")
          for column in ("train", "accuracy"))):
    claims.check(f"recorded: {row}, {rule}, {column}, worst seed",
                 measured(column, row, rule).min(), at_least=least)

# %% tags=["hide-input", "nbval-ignore-output"]
glue("ladder-09", "**Without gradients**, a search over "
     f"{n_parameters:,} parameters learns the parity of eight bits, "
     f"{100 * reached['PatternSearch'].min():.1f} % right on its worst seed: "
     f"{spent['PatternSearch']:,.0f} forward passes to 99 of 100, where Adam "
     f"takes {spent['Adam'] / cost:,.0f} steps.")


# %% tags=["hide-input"]
def worst(row, n):  # of the losses after so many passes
    return measured(f"after_{n}", row).max()


for row, n, sign in (("one at a time", 10_000, -1), ("SPSA", 30_000, 1),
        ("greedy random search", 30_000, -1), ("one at a time", 100_000, 1),
        ("without forcing", 100_000, 1)):
    claims.check(f"recorded: worst loss after {n:,} passes, {row} "
                 f"{'ahead' if sign < 0 else 'behind'} by", at_least=0.03,
                 value=sign * (worst(row, n) - worst("PatternSearch", n)))
seconds = [np.median(measured("seconds", row) / measured("passes", row))
           for row in ("one at a time", "PatternSearch")]
claims.check("recorded: seconds of one at a time for the same passes, times",
             seconds[0] / seconds[1], at_least=2)
print(claims.summary())
