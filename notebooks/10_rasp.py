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
# # 10. Programs that a transformer can run
#
# **Question.** So far, weights were learned, and what they compute was found
# out afterwards. Even where all test answers were right, nobody could say that
# the next, longer input would be answered, too. Turn it round: write down the
# steps first, and ask which of them a layer can carry out. Counting, copying,
# sorting, the parity of ones: for which of these is there one program, the
# same for short inputs and for long ones?

# %% tags=["hide-input"]
from progtx_core.tools.page import show
from parts import ch10

show(ch10.question(),
     "Four tasks, each with a short and a long input. The answers to the "
     "short ones are given, those to the long ones are question marks.")

# %% [markdown]
# The steps are the same for short inputs and long ones. Are they steps that a
# transformer has?
#
# **Claim.** A handful of operations, each of which a layer can compute, make a
# programming language. A few lines of it count, copy and sort, the same lines
# for short inputs and long ones. One layer with weights set by hand counts
# without a single error.

# %% tags=["hide-input", "nbval-ignore-output"]
from progtx_core import tasks
from parts import opening
from parts.hand_set import counter

opening.at_a_glance(
    "10_rasp", built=counter(tasks.get("counting"), 205),
    task="count from a to b; copy, sort, most frequent; parity",
    model="programs in RASP-L; a transformer of one layer, set by hand",
    prerequisites="chapters 5 and 6")

# %% [markdown]
# ## What you will be able to do
#
# - read and write programs in RASP-L, and draw what each operation selects;
# - say which attention head computes a primitive, and what an induction head
#   does;
# - tell from a program's source whether it keeps to RASP-L, and why it should;
# - set the weights of a transformer so that it runs a program.
#
# ## Setup

# %% tags=["setup", "hide-input"]
import inspect
from functools import partial

import numpy as np
import torch
from progtx_core import models, rasp, tasks
from progtx_core.evaluation.generation import exact_match, greedy
from progtx_core.models.attention import attend, patterns
from progtx_core.models.transformer import CausalTransformer
from progtx_core.rasp import programs
from progtx_core.rasp.rasp_l import violations
from progtx_core.tasks.state_tracking import StateTracking
from progtx_core.tools.checkers import check
from progtx_core.tools.claims import Claims
from progtx_core.tools.page import glue, say, show, table
from progtx_core.training import Config, fit
from parts import ch10, live_ch10
from parts.compiling import compiled, disagreements
from parts.hand_set import FEATURES, counter, units

# %% tags=["parameters"]
n_numbers: int = 200  # numbers that can be counted: 0 to one less than this
n_ctx: int = 205  # tokens that the hand-set transformer can read and write
steps: int = 200  # updates in training one head
seed: int = 0  # first seed; the others follow it
n_seeds: int = 5  # heads trained

# %% tags=["setup"]
claims = Claims("10_rasp", globals())
counting = tasks.get("counting", n_numbers=n_numbers, max_len=n_numbers + 5)
START, GO, END = programs.START, programs.GO, programs.END


# %% [markdown]
# ## Where we stand
#
# The chapters before have trained transformers and looked at what they
# learned. Turn the question round: what *can* a transformer compute, if
# somebody sets its weights? Nobody wants to write matrices. So write programs
# instead. RASP (Weiss and others, 2021) is a language whose operations are
# those of attention and MLPs; *Tracr* (Lindner and others, 2023) is a compiler
# for it, and turns a program into the weights of a transformer. This chapter
# writes RASP-L (Zhou and others, 2024), its poorer sister: so poor that a line
# of it may hold at every length. Weights are set by hand here, for one
# program.
#
# ## The task
#
# `SoS a b >` asks for all numbers from a to b, and `EoS` after them: marks for
# the start and the end of a sequence, a token each. The rule in plain Python;
# a model has to find it token by token:

# %%
def numbers(a, b):
    return list(range(a, b + 1)) if a <= b else list(range(a, b - 1, -1))


def prompt(a, b):
    return [START, a, b, GO]


for a, b in ((5, 9), (24, 18), (15, 15)):
    print(rasp.to_text(prompt(a, b)), rasp.to_text([*numbers(a, b), END]))

# %% [markdown]
# ## Predict before you run
#
# Which of these can be written as a fixed number of operations that never
# calculate with positions: counting from a to b, sorting, finding the most
# frequent number, the parity of ones?
#
# ## Build it
#
# ### Position by position
#
# A value of RASP-L is a sequence, one number a position. Some operations read
# one position only, as an MLP does:

# %%
x = np.array([3, 1, 4, 1, 5])
print(rasp.indices(x), rasp.full(x, 7))
print(rasp.tok_map(x, lambda v: v + 1))
print(rasp.seq_map(x, rasp.indices(x), lambda v, i: v > i))
print(rasp.where(rasp.tok_map(x, lambda v: v > 2), x, rasp.full(x, 0)))

# %% [markdown]
# ### Between positions
#
# `select` compares every key with every query, and gives the pattern of one
# attention head: hard, and causal. With $p(k_j, q_i)$ true or false,
#
# $$\begin{gathered}
# A_{ij} = \big[\,p(k_j, q_i) \;\text{and}\; j \le i\,\big], \\
# \mathrm{kqv}_i = \operatorname{mean,\ max\ or\ min\ of}\;
# \{v_j : A_{ij}\}. \end{gathered}$$
#
# A mean is truncated to a whole number. Where nothing is selected, the result
# is a `default`.

# %%
with rasp.record_selections() as seen:
    print(rasp.kqv(x, x, rasp.indices(x), rasp.equals))  # mean position
    print(rasp.sel_width(rasp.select(x, x, lambda k, q: k < q)))
show(ch10.draw(seen, ["positions of the same number",
                      "positions of smaller numbers"]),
     "Two square patterns below the diagonal, marked where the key's position "
     "is selected: the same number, or a smaller one.")

# %% [markdown]
# A row is a query, a column a key; light cells are selected. Nothing above the
# diagonal ever is: no position reads what comes after it.
#
# ### A few words more
#
# What is needed often has a name, and is written with the above, most of it in
# one line: `shift_right cumsum maximum minimum argmax argmin num_prev has_seen
# firsts lasts first_true index_select induct mode`. Three of them; `lasts` is
# the last position of what is asked for, or minus one:

# %%
with rasp.record_selections() as seen:
    print(rasp.shift_right(x, 1, default=-9))
    print(rasp.lasts(x, rasp.full(x, 1)))
    print(rasp.index_select(x, rasp.full(x, 2), default=-9))
show(ch10.draw(seen),
     "Three patterns: the position before each, all positions of the number "
     "that is asked for, and one fixed position.")

# %% [markdown]
# `induct` takes two selections, the second of which needs what the first has
# found: *where did this number stand before, and what came after it?* Trained
# language models have heads that do this, in two layers: one head writes the
# number before into each position, another looks for the position whose number
# before is the one at hand. They are called *induction heads*, and carry much
# of what such models learn from a prompt (Olsson and others, 2022).

# %%
song = np.array([3, 1, 4, 3, 1, 4, 3])
with rasp.record_selections() as seen:
    print(rasp.induct(song, song, default=-9))
show(ch10.draw(seen, ["the number before", "first position after the same",
                      "what stands there"]),
     "Three patterns: the position before each, the positions whose number "
     "before is the one at hand, and the first of these.")

# %% [markdown]
# Where a number stands for the first time, no position comes after it, and the
# result is the default.
#
# ### Try it
#
# Edit the program or the sequence: all selections are drawn anew. A line is
# `name = …`, the last line is the answer; `START`, `GO` and `END` stand for
# `SoS`, `>` and `EoS`. What must a program compare, to mark every number that
# is repeated? And how do you find what came after the *last* such number?

# %%
live_ch10.show(
    x, "Two patterns: the position before each, and the positions of the same "
    "number; where scripts run, a program that can be edited.")


# %% [markdown]
# ### A program
#
# Counting upwards. Where does the sequence start? What stands one and two
# positions after that? Then: at `>` write a, at b stop, else one more:

# %%
def my_count_up(x):
    start = rasp.lasts(x, rasp.full(x, START))
    one = rasp.tok_map(start, lambda i: i + 1)
    two = rasp.tok_map(one, lambda i: i + 1)
    a, b = rasp.index_select(x, one), rasp.index_select(x, two)
    at_b = rasp.seq_map(x, b, lambda v, last: v == last)
    more = rasp.tok_map(x, lambda v: v + 1)
    later = rasp.where(at_b, rasp.full(x, END), more)
    return rasp.where(rasp.tok_map(x, lambda v: v == GO), a, later)


print(rasp.to_text(rasp.decode(my_count_up, prompt(3, 6))))

# %%
line = [*prompt(3, 6), *numbers(3, 6)]
with rasp.record_selections() as seen:
    print(rasp.to_text(my_count_up(line)))
show(ch10.draw(seen, ["where is SoS?", "what comes after it?",
                      "and after that?"], rasp.to_text(line).split()),
     "Three patterns with one column each: all positions select the start "
     "mark, a, and b.")

# %% [markdown]
# Each selection is one column, whatever the length: every position from there
# on fetches the same token.
#
# ### What it may not do
#
# A transformer that has seen thirty positions knows nothing of the number
# thirty-one. So RASP-L does not calculate with positions, nor with counts of
# them: it compares them, and takes the next or the one before. `violations`
# reads a program's source and says where it does more:

# %%
written = {
    "count": (programs.count, [24, 18]),
    "copy": (programs.copy_unique, [7, 2, 9]),
    "sort": (programs.sort_unique, [7, 2, 9]),
    "most frequent": (programs.most_frequent, [7, 2, 7]),
    "parity": (programs.parity, [1, 0, 1, 1]),
    "parity with scratchpad": (programs.parity_steps, [2, 1, 3, 0, 4, 1])}
found = {name: violations(program)
         for name, (program, _) in written.items()}
table(["program", "prompt", "answer", "RASP-L?"], [
    [name, rasp.to_text([START, *given, GO]),
     rasp.to_text(rasp.decode(program, [START, *given, GO])),
     "yes" if not found[name] else f"no: {found[name][0].code}"]
    for name, (program, given) in written.items()])

# %% [markdown]
# *This* program for parity takes a count modulo two, which no comparison of
# positions does. Parity *with scratchpad* writes down the parity after each
# bit. In its prompt every bit stands after a hint, a number from 2 on that
# occurs only once; so each parity is found from one bit and one parity, by
# looking them up. What a program cannot do in one go, it may do on a
# scratchpad. Here are two of them:

# %%
for program in (programs.sort_unique, programs.parity):
    source = inspect.getsource(program)
    start, _, rest = source.split('"""')
    print(start.rstrip() + rest)

# %% [markdown]
# Do the programs hold where inputs are long? On random prompts of forty
# numbers or bits:

# %%
draw = np.random.default_rng(seed)
rules = {
    "count": lambda given: numbers(*given[:2]),
    "copy": list,
    "sort": sorted,
    "parity": lambda given: [sum(v % 2 for v in given) % 2]}
held = dict.fromkeys(rules, 0)
for _ in range(20):
    given = draw.permutation(100)[:40].tolist()
    for name, rule in rules.items():
        line = [v % 2 for v in given] if name == "parity" else given
        line = given[:2] if name == "count" else line
        made = rasp.decode(written[name][0], [START, *line, GO])
        held[name] += made == [*rule(given), END]
print(held)


# %% [markdown]
# Parity holds as well, though it is no RASP-L program: an interpreter runs it
# at any length. The language is meant to say what training will find, and that
# is another question. (Count writes long answers to prompts of two numbers, so
# it is given two.)
#
# ### The head of a primitive
#
# A head's weights are $\mathrm{softmax}(q \cdot k / \sqrt{d})$. Make the keys
# one-hot and the scores large, and the softmax selects. Here are six heads,
# made of nothing but queries and keys, beside the selections of programs:

# %%
def head(queries, keys):
    """The pattern of a causal head with these queries and keys, (seq, d)."""
    queries, keys = (torch.tensor(np.array(v), dtype=torch.float)[None, None]
                     for v in (queries, keys))
    n = queries.shape[-2]
    later = torch.ones(n, n).triu(1) * -1e9
    return attend(queries, keys, keys, later)[1][0, 0].numpy()


# %%
one_hot, position, sharp = np.eye(8), np.eye(len(x)), 100
everywhere = np.ones((len(x), 1))
asked = np.repeat(one_hot[[1]], len(x), axis=0)  # everyone asks for a 1
slope = np.arange(len(x))[:, None] / len(x)  # later positions score more
pairs = {
    "the same number": (
        rasp.select(x, x, rasp.equals), head(sharp * one_hot[x], one_hot[x])),
    "smaller numbers": (
        rasp.select(x, x, lambda k, q: k < q),
        head(sharp * np.tri(8, k=-1)[x], one_hot[x])),
    "previous position": (
        rasp.select(rasp.indices(x) + 1, rasp.indices(x), rasp.equals),
        head(sharp * position, np.roll(position, 1, axis=1))),
    "position 2": (
        rasp.select(rasp.indices(x), rasp.full(x, 2), rasp.equals),
        head(sharp * position[[2] * len(x)], position)),
    "the last 1": (
        rasp.select(rasp.indices(x), rasp.lasts(x, rasp.full(x, 1)),
                    rasp.equals),
        head(sharp * np.hstack([9 * asked, everywhere]),
             np.hstack([one_hot[x], slope]))),
    "the largest": (
        rasp.select(x, rasp.maximum(x), rasp.equals),
        head(sharp * everywhere, x[:, None]))}

# %% tags=["hide-input"]
show(ch10.beside(pairs, list(map(str, x))),
     "Six pairs of patterns: what the program selects, and beside it the "
     "softmax of a head.")

# %% [markdown]
# Compare each pair row by row: dark is 0, light is 1. A row of a head adds up
# to one, so that several selected positions share it. In some rows the program
# selects nothing. What does the head do there?
#
# Two things a head cannot do. It always attends somewhere: where nothing is
# selected, it needs a position to rest on. And it takes means: the last and
# the largest have to come from the scores, as here, where later positions or
# larger numbers score more. How then does a head count, as `sel_width` does?
# By the position to rest on. Give it the same score as what is counted, and
# its share of the attention is $1 / (1 + \text{count})$:

# %%
x = np.array([7, 3, 1, 4, 1, 1])  # 7 stands for a start mark here
either = one_hot[[1] * len(x)] + one_hot[[7] * len(x)]
share = head(sharp * either, one_hot[x])[:, 0]
print("share of the start:", share.round(2))
print("1 / share - 1:     ", (1 / share - 1).round().astype(int))
print("num_prev:          ", rasp.num_prev(x, rasp.full(x, 1)))


# %% [markdown]
# ## Train: does a head learn what a program selects?
#
# `shift_right` is the simplest program that needs positions. One layer with
# one head, trained to answer with the number before:

# %%
class NumberBefore(StateTracking):
    name, rule = "number_before", "at every position the number before it"
    symbols = list("01234567")

    def follow(self, string):
        return [0, *string[:-1]]

    def states(self, strings):
        return torch.cat([0 * strings[:, :1], strings[:, :-1]], 1)


before = NumberBefore(seq_len=12)
run = fit(partial(CausalTransformer, d_model=16, n_layers=1, n_heads=1),
          before, Config(steps, 64, 0.01, n_eval=500), seed=seed,
          n_seeds=n_seeds)

# %% [markdown]
# ## Evidence over seeds
#
# How much of its attention does each trained head give to the position that
# the program selects?

# %%
batch = before.sample(200, torch.Generator().manual_seed(seed), "test")
selected = rasp.select(np.arange(12) + 1, np.arange(12), rasp.equals)
learned = [patterns(model, batch.inputs)["blocks.0.attention"][:, 0].numpy()
           for model in run.models]
shares = np.array([(pattern * selected).sum(2)[:, 1:].mean()
                   for pattern in learned])

# %% tags=["hide-input", "nbval-ignore-output"]
table(["seed", "test accuracy", "attention on the selected position"],
      [[str(number), accuracy, share] for number, accuracy, share
       in zip(run.seeds, run.test["accuracy"], shares, strict=True)])

# %% tags=["hide-input"]
line = before.tokenizer.read(batch.inputs[0].tolist())
show(ch10.beside({"shift_right": (selected, learned[0][0])}, line),
     "The selection of the program, a line below the diagonal, and the "
     "pattern of a trained head.")

# %% [markdown]
# What was trained (right) attends where the program selects (left), one
# position before its own. The table says how exactly, for every seed.
#
# ## Look inside: one layer that counts
#
# Now the other way: take the program for counting, up and down, and set the
# weights. `SoS` always comes first here, so the operation that finds it falls
# away: a and b stand at positions 1 and 2. Two heads fetch them. Weights of
# the heads that are not zero:

# %%
machine = counter(counting, n_ctx)
features = [*FEATURES, *("-" + name for name in FEATURES)]
heads = machine.blocks[0].attention
slots = [f"head {h}, slot {s}" for h in range(2) for s in range(len(FEATURES))]
rows = []
for name, of, to in (("W_Q", features, slots), ("W_K", features, slots),
                     ("W_V", features, slots), ("W_O", slots, features)):
    weight = getattr(heads, name).weight.detach()
    rows += [[name, of[i], to[o], f"{weight[o, i]:g}"]
             for o, i in weight.nonzero().tolist() if to[o][0] != "-"]
table(["weight", "reads", "writes to", "value"], rows)

# %% [markdown]
# Then the seven units of the MLP. Each is a sum of features and a constant,
# zero if that is negative, and is added to a feature. At `>`, where *go* is 1,
# a large constant switches units off or on. The last three are a hill of
# height one where the number is b, and zero elsewhere:

# %% tags=["hide-input"]
table(["reads", "constant", "adds"], [
    [" ".join(f"{weight:+d} {name}" for name, weight in reads.items()),
     f"{constant:+d}",
     " ".join(f"{weight:+d} {name}" for name, weight in gives.items())]
    for reads, constant, gives in units(2 * n_numbers)])

# %% [markdown]
# What is to be written is $y$ = *number* + *step*. Which token is that? The
# one whose logit is largest:
#
# $$\text{logit}_m = 2 m y - m^2 = y^2 - (m - y)^2.$$
#
# `EoS` has a logit above all of these where *ends* is 1, and below elsewhere.
# No norm stands before attention or MLP here. The last norm only scales, since
# every feature has a twin of the other sign.

# %%
asked = torch.tensor([[24, 18], [5, 16], [15, 15], [0, 9]])
answers = greedy(machine, counting.prompts(asked), n_ctx - 4, counting.end)
for row in answers.tolist():
    kept = row[:row.index(counting.end) + 1]
    print(counting.tokenizer.decode(kept))

# %% [markdown]
# Does it do so for every a and b? There are few enough to try them all, each
# to its last token:

# %% tags=["hide-input", "nbval-ignore-output"]
every = torch.cartesian_prod(*[torch.arange(n_numbers)] * 2)
apart = (every[:, 0] - every[:, 1]).abs()
exact = torch.cat([
    exact_match(machine, counting.batch(
        counting.write(every[apart == far])[:, :far + 6]))
    for far in range(n_numbers)])
n_set = sum(int((p != 0).sum()) for p in machine.parameters())
say(f"Of {len(every):,} pairs of numbers, the transformer counts "
    f"**{int(exact.sum()):,}** without an error, the longest over "
    f"{n_numbers + 5} tokens. It has "
    f"{models.count_parameters(machine):,} parameters, of which "
    f"{n_set:,} are not zero.")

# %%
line = counting.write(torch.tensor([[6, 3]]))[:, :9]
pattern = patterns(machine, line)["blocks.0.attention"][0].numpy()
words = counting.tokenizer.read(line[0].tolist())
with rasp.record_selections() as seen:
    programs.count([*prompt(6, 3), *numbers(6, 3), END])
show(ch10.beside({"fetch a": (seen[1].matrix, pattern[0]),
                  "fetch b": (seen[2].matrix, pattern[1])}, words),
     "The two selections of the program and the two patterns of the machine: "
     "a column each, at a and at b.")


# %% [markdown]
# The program's selections and the machine's patterns are the same columns,
# from the position on at which there is something to fetch.
#
# ### Any program, compiled
#
# That was a page of work for one program. A *compiler* does it for every one
# (Lindner and others, 2023). A number stands in the residual stream as a block
# of entries, one for each value that it can have: 1 at its own, 0 at the
# others. Then
#
# - a function of one number needs no weights: the entries get other names;
# - a function of two is a row of ANDs: for each pair of values a unit of an
#   MLP, $\mathrm{ReLU}(u + v - 1)$, which is on where both are there;
# - a selection is a table, a row for each value of the query and a column for
#   each of the key; queries times keys of a head are that table, times a large
#   number;
# - where the largest is asked for, a larger number gets a higher score;
# - for a query that selects nothing there is one more token, before the first.
#   Every query may rest there, and finds the default. Where a count $n$ is
#   asked for, it is selected too, and gets $1 / (1 + n)$ of the attention.
#
# Here is the induction head from above, written out. Change the program, and
# see the heads change:

# %%
def my_program(x):
    before = rasp.shift_right(x, 1, default=-9)
    there = rasp.firsts(before, x)
    return rasp.index_select(x, there, default=-9)


own = compiled(my_program, song, n_ctx=len(song))
with rasp.record_selections() as seen:
    print("program:", my_program(song))
print("machine:", own(song))
show(ch10.beside(own.beside(song, seen), song),
     "Selections of the program, and beside each the pattern of the head that "
     "the compiler made of it, one in each of three layers.")

# %% [markdown]
# In the titles stand layer and head. `firsts` selects every position with the
# same number before it, and takes the first; its head does both. Where the
# program selects nothing, the head rests on the token before the first, which
# is not drawn.
#
# And the programs above, on *every* sequence of four out of five tokens (a
# causal model sees all shorter ones on the way):

# %%
short = [START, GO, 0, 1, 2]
made = {name: compiled(program, short, n_ctx=4)
        for name, (program, _) in written.items()}
parted = {name: disagreements(program, made[name], 4)
          for name, (program, _) in written.items()}
table(["program", "layers", "heads", "parameters", "sequences apart"],
      [[name, len(one.model.blocks), len(one.heads),
        f"{models.count_parameters(one.model):,}", parted[name]]
       for name, one in made.items()])

# %% [markdown]
# Sorting is a single head. Parity compiles as well, though it keeps to no
# language: on four positions a count has five values, and its remainder is a
# table of five. But longer sequences need entries that no shorter one has
# used. A program of comparisons asks the same of every entry: whoever learns
# it from short sequences may be right about long ones. Is that so? Chapter 11
# trains one.
#
# ## Break it
#
# Every program holds on a condition. Take it away:

# %%
endless = rasp.decode(programs.count_up, prompt(5, 3), max_new=8)
twice = rasp.decode(programs.copy_unique, [START, 4, 7, 4, 9, GO], max_new=8)
print("up from 5 to 3:    ", rasp.to_text(endless))
print("copy of 4 7 4 9:   ", rasp.to_text(twice))
try:
    counter(counting, 20)(torch.ones(1, 21, dtype=torch.long))
except ValueError as error:
    print("a table too short: ", error)


# %% [markdown]
# Counting up never meets b, and goes on for ever. Copying looks for the *same*
# number, and finds the wrong one if there are two. And the machine's table of
# positions has an end, as every table has.
#
# ## Check yourself
#
# 1. Why may a program compare two positions, but not subtract them?
# 2. Which primitive can no single head compute at a position where nothing is
#    selected, and what helps?
# 3. The program for sorting does not compare all pairs of numbers in one go.
#    What does it do at each token?
# 4. The program takes two selections one after the other, the machine has one
#    layer of heads. How can that be?
#
# <details><summary>Answers</summary>
#
# 1. Which of two positions comes first can be asked at every length. A
#    difference can be a number that no shorter input has.
# 2. Every one: the weights of a softmax add up to one. A mark on which every
#    query may rest helps, with a value for "nothing".
# 3. It takes the smallest number that is larger than the one just written.
# 4. `SoS` is always first, so the machine need not look for it. What is left
#    can be fetched side by side, by two heads of one layer.
#
# </details>
#
# ## Exercises
#
# Write programs with the words of `rasp` only; yours is run on many sequences,
# and must keep to the language. The predicate of a selection is called once,
# on arrays of keys and queries: combine conditions by `&`, `|` and `~` in
# place of `and`, `or` and `not`. That of `tok_map` and `seq_map` is called on
# numbers. Exercise 4 takes `head` from above, the others the setup cells only.
#
# ### Exercise 1: as large as any (easy, 5 minutes)
#
# `my_record(x)`: true wherever the number is at least as large as all before.

# %% tags=["exercise"]
def my_record(x):
    return rasp.maximum(x)


check("10.1", my_record)


# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_record(x):
#     return rasp.seq_map(x, rasp.maximum(x), lambda v, most: v == most)
#
#
# check("10.1", my_record)
# ```
#
# </details>
#
# ### Exercise 2: seen before (medium, 10 minutes)
#
# `my_repeat(x)`: true wherever the number has occurred at an earlier position.
# Your program of *Try it* is a start; here it must keep to the language, too.

# %% tags=["exercise"]
def my_repeat(x):
    return rasp.has_seen(x, x)


check("10.2", my_repeat)


# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_repeat(x):
#     return rasp.tok_map(rasp.num_prev(x, x), lambda times: times > 1)
#
#
# check("10.2", my_repeat)
# ```
#
# </details>
#
# ### Exercise 3: what came between (medium, 15 minutes)
#
# `my_since(x)`: how many positions come after the last 0, this one counted;
# all of them, if there was none. Subtracting positions is not allowed: count.

# %% tags=["exercise"]
def my_since(x):
    return rasp.lasts(x, rasp.full(x, 0))


check("10.3", my_since)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_since(x):
#     last = rasp.lasts(x, rasp.full(x, 0))
#     later = rasp.select(rasp.indices(x), last, lambda k, q: k > q)
#     return rasp.sel_width(later)
#
#
# check("10.3", my_since)
# ```
#
# </details>
#
# ### Exercise 4: predict, then measure: how sharp is enough? (easy, 5 minutes)
#
# The heads above multiply their queries by `sharp`, a hundred. One of two
# hundred keys is selected, the vectors are one-hot in eight dimensions. What
# is the least whole factor with which that key gets a share of at least `99 /
# 100`? Write your guess down; then find the factor, with `head` or from the
# formula.

# %% tags=["exercise"]
my_factor = 5

check("10.4", my_factor)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# The score of the selected key is the factor over the root of eight, all
# others are zero. So $e^{f/\sqrt{8}}$ has to be 99 times as large as 199.
#
# ```python
# my_factor = int(np.ceil(np.sqrt(8) * np.log(99 * 199)))
#
# check("10.4", my_factor)
# ```
#
# Twice as many keys ask for little more, since a logarithm grows slowly. But
# with one and the same factor the share falls with the length: *attention
# dilution*, of which the next chapter has more.
#
# </details>
#
# ### Exercise 5: a program of your own (open, 30 minutes)
#
# Write a program that answers `SoS x ... z >` with the numbers in *falling*
# order. Then one that copies numbers which may occur twice: what would the
# prompt need, for the program to keep to the language?
#
# <details><summary>What to look for</summary>
#
# Falling order needs the other comparison and the largest in place of the
# smallest. Beware of the marks, which are below every number: leave them out
# of the keys, and begin above `maximum(x)`. For the copy, every number needs
# something beside it that occurs only once, as the bits have in *parity with
# scratchpad*.
#
# </details>
#
# ## Takeaways
#
# - A head selects and averages; an MLP works on one position. With no more
#   than that, and comparisons of positions, one can write programs.
# - A program that only compares positions, and never calculates with them, is
#   the same program for short inputs and for long ones.
# - Counting takes one layer: two heads to fetch, seven units to compare.
# - Counting ones modulo two is no such program. With a scratchpad it is.
#
# **Where this differs from the paper.** Zhou and others (2024) count upwards
# only, and their prompt has no `>`. Their language holds small integers; here
# numbers have no bound. What may not be done with a position they say in
# words; `violations` is our reading of it, and takes counts and means to be
# positions too. Transformers with weights for parity at any length exist
# (Chiang and Cholak, 2022), but no short program in RASP-L. RASP (Weiss and
# others, 2021) allows more. Nothing here says that training finds such a
# program: that is the next chapter.
#
# **References.** G. Weiss, Y. Goldberg and E. Yahav, *Thinking like
# transformers* (2021). D. Lindner and others, *Tracr: compiled transformers as
# a laboratory for interpretability* (2023). H. Zhou and others, *What
# algorithms can transformers learn? A study in length generalization* (2024).
# D. Chiang and P. Cholak, *Overcoming a theoretical limitation of
# self-attention* (2022). C. Olsson and others, *In-context learning and
# induction heads* (2022).
#
# ## Claims
#
# The statements of this chapter, checked against bounds.

# %% tags=["hide-input"]
claims.check("the machine counts every pair of numbers without an error",
             exact.float().mean().item(), at_least=1.0)
claims.check("compiled programs part from theirs, of all short sequences",
             sum(parted.values()), at_most=0)
claims.check("the share of a head tells what num_prev counts, difference",
             np.abs(1 / share - 1 - rasp.num_prev(x, rasp.full(x, 1))).max(),
             at_most=0.01)
claims.check("trained heads answer with the number before, worst seed",
             run.test["accuracy"].min(), at_least=0.99)
claims.check("and attend where the program selects, share of attention, worst "
             "seed", shares.min(), at_least=0.8)
for name in ("count", "copy", "sort", "most frequent",
             "parity with scratchpad"):
    claims.check(f"{name} keeps to the language, violations",
                 len(found[name]), at_most=0)

# %% tags=["hide-input"]
for name, times in held.items():
    claims.check(f"{name} is right on forty numbers, of 20 prompts", times,
                 at_least=20)
claims.check("parity by a count modulo two does not, violations",
             len(found["parity"]), at_least=1)
claims.check("my_count_up keeps to the language, violations",
             len(violations(my_count_up)), at_most=0)
claims.check("and counts upwards as Python does, share of pairs up to 11",
             np.mean([rasp.decode(my_count_up, prompt(a, b))
                      == [*numbers(a, b), END]
                      for a in range(12) for b in range(a, 12)]), at_least=1.0)
print(claims.summary())

# %% tags=["hide-input", "nbval-ignore-output"]
glue("ladder-10", "**Programs.** A transformer of one layer, with "
     f"{n_set:,} weights set by hand, counts between all "
     f"{len(every):,} pairs of {n_numbers} numbers without an "
     "error: it runs a program of a few lines.")
