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
# # 4. Self-attention
#
# **Question.** Attention pooling has one query, learned once and the same for
# every input. But what is to be looked up may stand in the input itself: one
# position asks for a key, another position has it, and the value there is
# wanted. A fixed query cannot know what is asked. Who should ask instead?

# %% tags=["hide-input"]
from progtx_core import models, tasks
from parts import lookup_pictures, opening

lookup_pictures.question(
    tasks.get("value_at_query", seq_len=5, d_key=2, n_values=3),
    ["question", "key 0", "key 1", "value 0", "value 1", "value 2"],
    "Four tables with a column for each of five positions. A row says which "
    "position is the question, two rows hold the key, three rows the value. "
    "The answers of three tables are given; the fourth has a question mark.")

# %% [markdown]
# In each table one column is the question: it is marked with a 1 and has no
# value. Which other column does it ask for, and what is the fourth answer?
#
# **Claim.** Let every position make a query of its own from what it contains,
# and one layer can follow a question in its input, which no pool with a fixed
# query can. It does so without knowing any position: shuffle the input, and
# the answer stays.

# %% tags=["hide-input", "nbval-ignore-output"]
opening.at_a_glance(
    "04_self_attention",
    built=models.build("self_attention", tasks.get("value_at_query").spec),
    task="value_at_query; last_gt_first",
    model="one head of self-attention, residual sum, rectifier, mean",
    prerequisites="chapter 3")

# %% [markdown]
# ## What you will be able to do
#
# - compute self-attention line by line and say what each of its two axes of
#   positions is;
# - say what a causal mask hides, and who needs one;
# - write weights that answer a question in the input exactly, and state the
#   margin;
# - read a learned pattern row by row, and compare its scores with those set by
#   hand;
# - show that self-attention does not see order, and say what follows from it.
#
# ## Setup

# %% tags=["setup", "hide-input"]
from functools import partial

import numpy as np
import torch
from progtx_core import models, plots, tasks
from progtx_core.models.attention import patterns
from progtx_core.models.attention_pooling import AttentionPooling
from progtx_core.models.self_attention import SelfAttention as CoreModel
from progtx_core.tools.checkers import check
from progtx_core.tools.claims import Claims
from progtx_core.tools.page import accuracy_table, glue, say, show
from progtx_core.training import Config, fit, held_out
from torch import nn
from torch.nn import functional as F
from parts import lookup_pictures, playgrounds

# %% tags=["parameters"]
seed: int = 0  # first seed; the others follow it
n_seeds: int = 5  # models trained for each row of a table
steps: int = 2000  # parameter updates
batch_size: int = 64  # examples an update
learning_rate: float = 0.005  # of Adam; falls linearly to zero
seq_len: int = 8  # positions in a sequence
d_key: int = 4  # numbers in a key
n_values: int = 4  # numbers in a value, and classes
d_model: int = 32  # width of embeddings, queries, keys and values
device: str = "cpu"  # where models are trained: cpu, cuda, mps or auto

# %% tags=["setup"]
claims = Claims("04_self_attention", globals())
config = Config(steps, batch_size, learning_rate)
task = tasks.get("value_at_query", seq_len=seq_len, d_key=d_key,
                 n_values=n_values)
test_set = held_out(task, "test", 2000)
chance = 1 / n_values


def train(model, task=task):
    return fit(model, task, config, seed=seed, n_seeds=n_seeds,
               device=device)


# %% [markdown]
# ## Where we stand
#
# Attention pooling weights the positions by a query that is the same for all
# inputs. Chapter 3 ended with a task where the question stands in the input
# itself. Here it is again; attention pooling now gets as many parameters as
# the model of this chapter will have.

# %%
new_size = models.count_parameters(CoreModel(task.spec, d_model))
# Additive attention pooling: 2 (d_input + 1) d for keys and values, d for the
# query, (d + 1) n_values for the logits head.
same_size = round((new_size - n_values)
                  / (2 * task.spec.d_input + 3 + n_values))


def attention_pooling(spec):
    return AttentionPooling(spec, same_size, scores="additive")


before = train(attention_pooling)

# %% tags=["hide-input", "nbval-ignore-output"]
say(f"Additive attention pooling, {before.n_parameters} parameters: median "
    f"accuracy **{np.median(before.test['accuracy']):.2f}**, best of {n_seeds}"
    f" seeds {before.test['accuracy'].max():.2f}; chance is {chance:.2f}.")


# %% [markdown]
# ## The task
#
# Every position but one has a *key*, a vector of length 1, and a *value*,
# several numbers. One position is the *question*: it is marked, has no value,
# and carries the key of one of the others. Find that other position; the
# answer is the class of the largest number in its value. All keys but the one
# asked for differ from it clearly: the product of the asked key with the right
# one exceeds that with any other by at least `0.2`.

# %%
def value_at_query(sequence):
    question = next(vector for vector in sequence if vector[0] == 1)
    asked = question[1:1 + d_key]
    others = [vector for vector in sequence if vector[0] == 0]
    best = max(others, key=lambda vector: sum(
        a * k for a, k in zip(asked, vector[1:1 + d_key])))
    value = best[1 + d_key:]
    return value.index(max(value))


answers = [value_at_query(s) for s in test_set.inputs.tolist()]
assert answers == test_set.targets.tolist()
share = test_set.targets.bincount().max().item() / len(test_set)
print(f"sampler and plain rule agree; majority baseline {share:.2f}")

# %%
keys = test_set.inputs[..., 1:1 + d_key]  # (batch, seq, d_key)
asks = test_set.inputs[..., 0].argmax(1)  # (batch,)
rows = torch.arange(len(test_set))
match = (keys @ keys[rows, asks].unsqueeze(-1))[..., 0]  # (batch, seq)
match[rows, asks] = -9.0  # the question is no answer to itself
wanted = match.argmax(1)  # (batch,)

# %% tags=["hide-input"]
names = ["question", *[f"key {i}" for i in range(d_key)],
         *[f"value {i}" for i in range(n_values)]]
frames = {int(asks[0]): "--", int(wanted[0]): "-"}
show(lookup_pictures.framed(test_set.inputs[0].T.numpy(), names, frames,
                            test_set.targets[0].item()),
     "One example as a heat map, a column a position. The question is framed "
     "with dashes; the position that carries the same key is framed with "
     "lines.")


# %% [markdown]
# Dashes: the question. Solid lines: the position with the same key, whose
# largest number is the answer.
#
# ## Predict before you run
#
# Self-attention makes a weighted mean for *every* position, with weights of
# its own for each of them. In the example above: which row of weights matters
# for the answer? What should its query be made of, and what the keys? The
# question carries the very key it asks for: what keeps it from finding itself?
#
# ## Build it
#
# Every position is embedded as a vector, and makes three vectors of it: a
# *query*, what it asks for; a *key*, under which it can be found; a *value*,
# what it hands over. So there is a score for each *pair* of positions, and the
# pattern is a square: a row for each position that asks, a column for each
# that is asked. Two indices keep them apart: $t$ asks, $s$ is asked.
#
# | symbol | meaning | shape |
# | --- | --- | --- |
# | $f_t$ | features at position $t$ | (d_input,) |
# | $x_t = W_E f_t + b_E$ | the same, embedded | (d_model,) |
# | $q_t = W_Q x_t + b_Q$ | what position $t$ asks for | (d_model,) |
# | $k_s = W_K x_s + b_K$ | what $s$ can be found under | (d_model,) |
# | $v_s = W_V x_s + b_V$ | what $s$ hands over | (d_model,) |
# | $a_{ts}$ | the pattern: what $t$ takes from $s$ | (seq_len, seq_len) |
# | $W_O$, $b_O$ | map what was found into the embedding | (d_model, d_model) |
# | $h_t$ | what $t$ held plus what it found, rectified | (d_model,) |
# | $U$, $c$ | logits head, on the mean of $T$ vectors | (n_values, d_model) |
#
# $$\begin{gathered} a_{ts} = \frac{e^{q_t \cdot k_s / \sqrt{d_{model}}}}
#                 {\sum_r e^{q_t \cdot k_r / \sqrt{d_{model}}}}, \\
#   h_t = \text{relu}\Big(x_t + W_O \sum_s a_{ts} v_s + b_O\Big), \\
#   z = U \, \frac{1}{T} \sum_t h_t + c \end{gathered}$$
#
# The softmax runs over the *keys*, along a row: each row of the pattern adds
# up to 1. The sum $x_t + \dots$ keeps what the position held beside what it
# found; it is called the *residual* sum. Without the attention term this is
# mean pooling, rung 2. The division by $\sqrt{d_{model}}$ is that of chapter
# 3: now both sides of the product are made from the input.

# %%
class SelfAttention(nn.Module):
    def __init__(self, spec, d_model):
        super().__init__()
        self.embed = nn.Linear(spec.d_input, d_model)
        # New: a query for every position, where there was one for all.
        self.W_Q = nn.Linear(d_model, d_model)
        self.W_K = nn.Linear(d_model, d_model)
        self.W_V = nn.Linear(d_model, d_model)
        self.W_O = nn.Linear(d_model, d_model)
        self.logits_head = nn.Linear(d_model, spec.n_classes)

    def forward(self, inputs):  # (batch, seq, d_input)
        x = self.embed(inputs)  # (batch, seq, d_model)
        scores = self.W_Q(x) @ self.W_K(x).transpose(1, 2)
        pattern = (scores / x.shape[-1] ** 0.5).softmax(-1)
        found = self.W_O(pattern @ self.W_V(x))  # (batch, seq, d_model)
        hidden = (x + found).relu()  # New: what it held, and what it found
        return self.logits_head(hidden.mean(1))  # (batch, n_classes)


# %%
torch.manual_seed(seed)
ours = SelfAttention(task.spec, d_model)
torch.manual_seed(seed)
core = CoreModel(task.spec, d_model)
difference = (ours(test_set.inputs) - core(test_set.inputs)).abs().max().item()
assert difference < 1e-5
print("the package has the same model, first weights included; parameters:",
      models.count_parameters(ours))


# %% [markdown]
# The package calls a fused function for the three lines that make the pattern
# and apply it. The sums come in another order, so the two agree to the
# precision of the numbers, not to the last bit.
#
# **Is the division needed here?** Chapter 3 measured queries and keys of
# variance 1. How large are the scores of this model before its first update?

# %%
def undivided(model):
    x, attention = model.embed(test_set.inputs), model.attention
    return attention.W_Q(x) @ attention.W_K(x).transpose(1, 2)


with torch.no_grad():
    start_size = undivided(core).std().item()

# %% tags=["hide-input", "nbval-ignore-output"]
say("Before training, *undivided* scores have a standard deviation of "
    f"{start_size:.2f} at width {d_model}; with queries and keys of variance "
    f"1 it would be {d_model**0.5:.1f}.")


# %% [markdown]
# PyTorch draws small first weights, so at this width the softmax would not be
# saturated even without the division. But undivided scores grow with the root
# of the width, as chapter 3 has derived; the division takes that growth away,
# and one setting of the training then serves narrow and wide models. *Break
# it* makes the scores large on purpose.
#
# **What is left out.** Two words will come up later.
#
# - This is attention with one *head*: one pattern for all numbers of the
#   value. Chapter 6 divides the width among several heads, each with queries,
#   keys and a pattern of its own.
# - A *causal mask* sets the scores of all later positions, $s > t$, to
#   $-\infty$ before the softmax, so that a position attends to itself and to
#   what stands before it, and to nothing else. Models that write a sequence
#   one token after another need it (chapters 9 to 11): what they are asked to
#   predict must not be in view. Here the whole input is given, and every
#   position may attend to all. A model without the mask is called an
#   *encoder*, one with it a *decoder*.
#
# ## Train

# %%
def self_attention(spec):
    return CoreModel(spec, d_model)


runs = {"attention pooling": before, "self-attention": train(self_attention)}

# %% tags=["hide-input"]
show(plots.learning_curves(runs),
     "Validation loss and accuracy on value_at_query. Self-attention rises "
     "near one after a plateau; attention pooling stays low.")

# %% [markdown]
# The curve has a plateau before it rises. The mean of all values, which equal
# weights already give, is soon learned. What a better match of keys would gain
# is small until queries and keys agree in part, so it takes time to begin.
# (Lines are medians over the seeds, shaded areas reach from the worst to the
# best.)
#
# ## Evidence over seeds

# %% tags=["hide-input"]
show(plots.seed_accuracies(runs, chance, low=0.15),
     "Test accuracy on value_at_query, a dot a seed: self-attention near one "
     "on every seed, attention pooling far below.")

# %% tags=["hide-input", "nbval-ignore-output"]
accuracy_table(runs, head="model on value_at_query")

# %% [markdown]
# A dot is a seed, a bar the median.
#
# ## Look inside
#
# One function of the package, `patterns`, returns every pattern of a model: a
# dictionary from the name of a layer to a tensor of shape (batch, head, query,
# key). A row is a position that attends; a column is a position that is
# attended to.

# %%
trained = runs["self-attention"].models
of_seeds = torch.stack([patterns(m, test_set.inputs)["attention"][:, 0]
                        for m in trained])  # (seed, batch, query, key)
question_row = of_seeds[:, rows, asks]  # (seed, batch, key)
on_itself = question_row[:, rows, asks]  # (seed, batch)
on_wanted = question_row[:, rows, wanted] / (1 - on_itself)

# %% tags=["hide-input"]
show(lookup_pictures.question_patterns(
    of_seeds[0, :2].numpy(), asks[:2].tolist(), wanted[:2].tolist()),
     "Patterns of two examples: a row a query, a column a key. A ring marks "
     "the question's row and the wanted position's column; much of the weight "
     "of that row lies there.")

# %% [markdown]
# Read the row with the ring: it is the question's. The ring is in the column
# of the position whose key is asked for.

# %% tags=["hide-input", "nbval-ignore-output"]
middle, own = (w.mean(1).median().item() for w in (on_wanted, on_itself))
say(f"In the question's row {own:.2f} of the weight lies on the question "
    f"itself, and of the rest **{middle:.2f}** on the wanted position (means "
    "over the test set, median over seeds). With equal weights these would be "
    f"{1 / seq_len:.2f} and {1 / (seq_len - 1):.2f}.")


# %% [markdown]
# Why both? The question finds itself as well as the position it asks for: it
# carries the very key. That does no harm, as the value part of the question is
# zero, so all that it mixes in is the same for every example, and nothing in
# the loss forbids it. For the same reason the other rows of these patterns
# have their weight on the diagonal: a key fits itself best.
#
# **Weights by hand.** The question must find the position with its own key,
# and not itself. All other positions must say nothing. Embed a position as its
# features and, in addition, one number for each class: `-10` at an ordinary
# position, `+10` at the question. Then:
#
# - the query is the key part of a position, times a large factor $\beta$; the
#   keys are the key part too. Every query has $\beta$ in the entry of the
#   mark, and the question's key has `-3` there: its score falls by $3 \beta$,
#   so that it does not find itself;
# - the value is the value part, handed over into the additional numbers;
# - at an ordinary position the sum `-10` plus what it finds stays negative,
#   and the rectifier makes it 0; the question keeps `10` plus the wanted
#   value.
#
# The lead of the wanted position is at least `0.2` in the product of keys.
# With $\beta = 500$ all other positions together get less than $7 e^{-100}$ of
# the weight: exact for every example of the task.

# %%
def set_by_hand(beta=500.0):
    width = 1 + d_key + n_values
    flag, key = 0, slice(1, 1 + d_key)
    value, out = slice(1 + d_key, width), slice(width, width + n_values)
    model = CoreModel(task.spec, d_model=width + n_values)
    for parameter in model.parameters():
        parameter.data.zero_()
    model.embed.weight.data[:width] = torch.eye(width)
    model.embed.bias.data[out] = -10
    model.embed.weight.data[out, flag] = 20
    attention, eye = model.attention, torch.eye(d_key)
    scale = len(model.embed.weight) ** 0.5  # undoes the division of scores
    attention.W_Q.weight.data[key, key] = beta * scale * eye
    attention.W_Q.bias.data[flag] = beta * scale
    attention.W_K.weight.data[key, key] = eye
    attention.W_K.weight.data[flag, flag] = -3  # more than any product of keys
    attention.W_V.weight.data[out, value] = torch.eye(n_values)
    attention.W_O.weight.data[out, out] = torch.eye(n_values)
    model.logits_head.weight.data[:, out] = torch.eye(n_values)
    return model


# %%
by_hand = set_by_hand()
with torch.no_grad():
    right = by_hand(test_set.inputs).argmax(-1) == test_set.targets
hand_accuracy = right.float().mean().item()
print(f"hand-set weights are right on {right.sum()} of {len(right)}")


# %% [markdown]
# What did training find? The score of position $t$ for position $s$ is, up to
# the division, a product of features: $f_t^\top W_E^\top W_Q^\top W_K W_E
# f_s$, and terms with biases. The block of this matrix that joins the key part
# of the question with the key part of the other positions says what is
# compared with what. By hand it is a multiple of the identity: number 0 with
# number 0, number 1 with number 1.

# %%
def key_block(model):
    attention, W_E = model.attention, model.embed.weight
    joined = (attention.W_Q.weight @ W_E).T @ attention.W_K.weight @ W_E
    scores = joined / len(W_E) ** 0.5  # (feature of query, feature of key)
    return scores[1:1 + d_key, 1:1 + d_key].detach()


learned = torch.stack([key_block(m) for m in trained])
identity = torch.eye(d_key).flatten()
cosine = F.cosine_similarity(learned.flatten(1), identity, dim=1).min().item()

# %% tags=["hide-input"]
blocks = {"by hand": key_block(by_hand), "learned": learned[0]}
blocks = {name: (block / block.abs().max()).numpy()
          for name, block in blocks.items()}
show(lookup_pictures.by_feature(
    blocks, "number of the other's key, number of the asked key"),
     "Two square matrices, set by hand and learned: both have their largest "
     "entries on the diagonal and entries near zero elsewhere.")

# %% [markdown]
# Both are scaled to a largest entry of 1. On the diagonal a number of one key
# meets the same number of the other.

# %%
with torch.no_grad():
    hits = torch.stack([m(test_set.inputs).argmax(-1) == test_set.targets
                        for m in trained])  # (seed, batch)
value = test_set.inputs[rows, wanted, 1 + d_key:]  # (batch, n_values)
value_lead = value.topk(2).values.diff(dim=1).neg()[:, 0]  # (batch,)
missed_lead = value_lead.expand_as(hits)[~hits].median().item()

# %% tags=["hide-input", "nbval-ignore-output"]
say(f"Learned and hand-set blocks point the same way: least cosine over the "
    f"seeds {cosine:.4f}. Their size differs: the largest learned entry is "
    f"{learned.amax((1, 2)).median():.0f} (median over seeds), by hand it is "
    "500. So the learned pattern still mixes in a little of the other "
    "positions, and errs where the answer is close: in the wrong answers the "
    f"two largest numbers of the wanted value differ by {missed_lead:.2f} "
    f"(median), over all by {value_lead.median():.2f}.")

# %% [markdown]
# Now you. If you give the question (the position whose feature *question* is
# 1) the key of another position, what should each of the two models answer?
# And which of them changes its answer at all? Say what you expect, then move
# the sliders, and watch the question's row of the pattern.

# %% tags=["hide-input", "nbval-ignore-output"]
playgrounds.ch04(task, {name: run.models[0] for name, run in runs.items()})


# %% [markdown]
# ## Break it
#
# Equal weights for all positions: the sum $x_t + \dots$ stays, the choice
# goes.

# %%
class EqualWeights(CoreModel):
    def __init__(self, spec):
        super().__init__(spec, d_model)
        self.attention.W_Q.requires_grad_(False).weight.zero_()
        self.attention.W_Q.bias.zero_()  # all scores 0: no preference


ablated = train(EqualWeights)


# %% [markdown]
# **Large scores at the start.** Make queries and keys longer before the first
# update, so that the divided scores start with a standard deviation of 1, as
# numbers of variance 1 would give, or of $\sqrt{d_{model}}$, as they would
# give without the division. What does it cost?

# %%
class Started(CoreModel):
    def __init__(self, spec, size):
        super().__init__(spec, d_model)
        with torch.no_grad():
            now = undivided(self).std() / d_model**0.5
            for layer in (self.attention.W_Q, self.attention.W_K):
                for parameter in layer.parameters():
                    parameter *= (size / now) ** 0.5


starts = {"starts at 1": train(partial(Started, size=1.0)),
          "starts at root of d": train(partial(Started, size=d_model**0.5))}

# %% tags=["hide-input"]
show(plots.seed_accuracies({"starts small": runs["self-attention"], **starts},
                           chance, low=0.15),
     "Test accuracy on value_at_query for three sizes of the scores at the "
     "start, a dot a seed: the smallest start is best.")

# %% tags=["hide-input", "nbval-ignore-output"]
attention = runs["self-attention"].test["accuracy"]
one_start, root_start = (run.test["accuracy"] for run in starts.values())
say("After the same number of updates the median accuracy is "
    f"{np.median(attention):.2f} from small scores, "
    f"{np.median(one_start):.2f} from a standard deviation of 1, "
    f"{np.median(root_start):.2f} from the root of the width.")

# %% [markdown]
# A dot is a seed, a bar the median. A large start costs accuracy, although
# nothing else was changed. And the division is not the whole story: here even
# a standard deviation of 1 is worse than the small scores of PyTorch's first
# weights, which prefer no position before anything was learned. Whether more
# updates would close the gap is a question for exercise 6.
#
# **What self-attention does not see.** Nothing in the equations knows the
# positions: not the query, not the key, not the mean. Shuffle them, and each
# vector finds what it found before. The rows and columns of the pattern are
# shuffled alike; the logits stay.

# %%
order = torch.randperm(
    seq_len, generator=torch.Generator().manual_seed(seed))
shuffled = test_set.inputs[:, order]
with torch.no_grad():
    moved = max((m(shuffled) - m(test_set.inputs)).abs().max().item()
                for m in trained)
pattern = patterns(trained[0], test_set.inputs)["attention"]
pattern_shuffled = patterns(trained[0], shuffled)["attention"]
pattern_moved = (pattern_shuffled - pattern[:, :, order][..., order]).abs()
print("both follow the shuffle:", max(moved, pattern_moved.max()) < 1e-4)

# %% [markdown]
# For `value_at_query` this is a virtue. For a question of order it is fatal.
# Rung 1 solved `last_gt_first`: is the last value greater than the first? Here
# all models get it, after the same number of updates.

# %%
last = tasks.get("last_gt_first")
order_runs = {"logistic regression": train("logistic_regression", last),
              "self-attention": train(self_attention, last)}

# %% tags=["hide-input"]
show(plots.seed_accuracies(order_runs, 1 / 2),
     "Test accuracy on last_gt_first, a dot a seed: logistic regression near "
     "one, self-attention at chance.")

# %% tags=["hide-input", "nbval-ignore-output"]
blind = order_runs["self-attention"].test["accuracy"]
say(f"With equal weights `value_at_query` falls to "
    f"{np.median(ablated.test['accuracy']):.2f}.")
say("**What opens the next chapter.** On `last_gt_first` self-attention "
    f"reaches {blind.min():.3f} to {blind.max():.3f}, a coin toss, where "
    "logistic regression has "
    f"{np.median(order_runs['logistic regression'].test['accuracy']):.3f}. "
    "The model must be told the positions.")
glue("ladder-04", "**Rung 4, self-attention** lets every position ask: "
     f"{100 * np.median(attention):.0f} % for the value whose key is asked "
     "for, where attention pooling of the same size reaches "
     f"{100 * np.median(before.test['accuracy']):.0f} %. It does not see "
     f"order: {100 * np.median(blind):.0f} % on which of the ends is higher.")


# %% [markdown]
# ## Check yourself
#
# 1. The pattern of one example has `seq_len` rows. What would change if the
#    softmax ran along the columns instead?
#
# <details><summary>Answer</summary>
#
# The weights of one *query* would no longer add up to 1; those given to one
# *key* would. Queries would compete for each key, and no key would be left
# out. The shape is the same, so the mistake raises no error.
#
# </details>
#
# 2. Swap $W_Q$ and $W_K$ of a trained model. Does the pattern change?
#
# <details><summary>Answer</summary>
#
# Yes: the matrix of scores is transposed, and the softmax along rows then
# normalises other sets of numbers. Only if $W_Q^\top W_K$ is symmetric (as it
# is in the hand-set model, but for its bias terms) would the scores stay.
#
# </details>
#
# 3. How many products does a pattern cost for a sequence twice as long?
#
# <details><summary>Answer</summary>
#
# Four times as many: every position attends to every position. This square is
# the cost of letting every position ask.
#
# </details>
#
# 4. Could attention pooling do it with a greater width?
#
# <details><summary>Answer</summary>
#
# No. Its logits are linear in a weighted mean, so which of two classes it
# prefers is the sign of a sum over positions, $\sum_t g(x_t)$. Let $A$ and $B$
# be vectors with different keys and the classes 0 and 1, and $Q_A$, $Q_B$ the
# questions for them. With $A, B$ in the input, $Q_A$ must give class 0 and
# $Q_B$ class 1: so $g(Q_A) > g(Q_B)$. Swap the classes of $A$ and $B$, and it
# must be the other way round.
#
# </details>
#
# 5. Why is the answer of a shuffled input *exactly* the same in theory, and
#    not to the last bit in the computer?
#
# <details><summary>Answer</summary>
#
# The sums over positions have the same terms in another order, and
# floating-point addition is not associative.
#
# </details>
#
# ## Exercises
#
# Each exercise needs the setup cells only. Change the stub, run the cell, and
# the checker answers.
#
# ### Exercise 1: find the bug (easy, 10 minutes)
#
# This function should return self-attention of queries, keys and values, each
# of shape (batch, seq, d). It runs, and it is wrong in two places. Fix it.
# Hint: chapter 3 has the reason for what is missing.

# %% tags=["exercise"]
def my_attention(q, k, v):
    scores = q @ k.transpose(1, 2)  # (batch, query, key)
    return scores.softmax(1) @ v


check("4.1", my_attention)


# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# The scores were not divided by the root of `d`, and the softmax ran over
# queries.
#
# ```python
# def my_attention(q, k, v):
#     scores = q @ k.transpose(1, 2) / q.shape[-1] ** 0.5
#     return scores.softmax(-1) @ v
#
#
# check("4.1", my_attention)
# ```
#
# </details>
#
# ### Exercise 2: the opposite (medium, 15 minutes)
#
# Write scores by hand for another relation: each position attends to the
# position whose key is most *opposite* to its own. Return scores (batch,
# query, key) from keys (batch, seq, d_key) of length 1. The checker wants a
# weight of at least `0.99` on the most opposite position, wherever it leads by
# `0.1`. Hint: what does the product of two opposite vectors look like?

# %% tags=["exercise"]
def my_opposite(keys):
    return None


check("4.2", my_opposite)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# A lead of `0.1` becomes `10`; seven other positions then get less than
# `7 * exp(-10)`.
#
# ```python
# def my_opposite(keys):
#     return -100 * keys @ keys.transpose(1, 2)
#
#
# check("4.2", my_opposite)
# ```
#
# </details>
#
# ### Exercise 3: what a set can tell (hard, 25 minutes)
#
# `xor_of_endpoints` asks about order, and yet a model that does not see order
# can beat a coin toss on it. Suppose a sequence of `n` values has `p` positive
# ones, at random positions. Write `share(n, p)`: the probability that the
# first and the last value have different signs. Hint: draw two values without
# putting the first back.

# %% tags=["exercise"]
my_share = None
check("4.3", my_share)


# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# The number of positive values does not depend on order. Half and half,
# different signs are likelier than equal ones; all alike, they are impossible.
# So a model may answer by the number of positive values, and does a little
# better than chance.
#
# ```python
# def my_share(n, p):
#     return 2 * p * (n - p) / (n * (n - 1))
#
#
# check("4.3", my_share)
# ```
#
# </details>
#
# ### Exercise 4: a causal mask (easy, 5 minutes)
#
# Write `causal(scores)`: the pattern of scores (batch, query, key), when no
# position may attend to a later one. Each row must still add up to 1. Hint:
# `torch.ones(n, n).triu(1)` is 1 where the key is later; which score has a
# weight of zero? Put it there by `masked_fill`: a product would do 0 times
# infinity.

# %% tags=["exercise"]
def my_causal(scores):
    return scores.softmax(-1)


check("4.4", my_causal)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_causal(scores):
#     n = scores.shape[-1]
#     later = torch.ones(n, n, dtype=torch.bool).triu(1)
#     return scores.masked_fill(later, -torch.inf).softmax(-1)
#
#
# check("4.4", my_causal)
# ```
#
# </details>
#
# ### Exercise 5: predict, then measure the cost (medium, 10 minutes)
#
# A layer multiplies the vectors of all `n` positions with four matrices of
# size `d` times `d`; it makes `n * n` scores of `d` products each; and it
# weights the values, `n * n` times `d` products again. **Predict first**, and
# write it down: which share of the multiplications is spent on the pattern (on
# scores and on weighting) with 8 positions and a width of 32? From how many
# positions on is it more than half? Then write `share(n, d)` and compare.
# Hint: much can be cancelled.

# %% tags=["exercise"]
my_cost = None
check("4.5", my_cost)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# The pattern takes $2 n^2 d$ multiplications, the matrices $4 n d^2$. Half is
# reached at $n = 2d$: with 8 positions and a width of 32 it is one ninth. The
# square is the cost of long sequences only.
#
# ```python
# def my_cost(n, d):
#     return n / (n + 2 * d)
#
#
# check("4.5", my_cost)
# ```
#
# </details>
#
# ### Exercise 6: a large start (open, 30 minutes)
#
# Scores that start large cost accuracy in *Break it*. Are they only slower?
# Train `Started` with `-p steps=8000`, and at widths of 8 and 128. And which
# part of it is the saturated softmax? Hint: chapter 3's slope, the sum of
# $a_t (1 - a_t)$, can be measured before and after the training. Say "only
# slower" if the large start catches up with the small one, and "worse" if both
# are level and still apart.
#
# <details><summary>What to look for</summary>
#
# If the loss still falls at the end, it is slower; if it is level, worse. Look
# at the matrix that joins keys with keys, too: a large start leaves numbers
# beside the diagonal, which training must first undo.
#
# </details>
#
# ### Exercise 7: closer keys (open, 30 minutes)
#
# Rerun the chapter with `-p d_key=2`. On a circle, seven keys lie closer to
# each other than in four dimensions. What happens to the accuracy, and to the
# size of the learned scores? Hint: the task still leaves a lead of at least
# `0.2`.
#
# <details><summary>What to look for</summary>
#
# Compare the size of the largest entry. A small lead needs larger scores; if
# training ends before they have grown, other positions are mixed in and the
# errors reach further from the close values. More steps should then help.
#
# </details>
#
# ## Takeaways
#
# - Self-attention is attention pooling once for every position, with a query
#   that the position itself makes.
# - Queries and keys are compared by a product; what is compared with what is
#   one matrix, $W_Q^\top W_K$, which can be read.
# - A causal mask hides later positions; an encoder, as here, has none.
# - The residual sum keeps what a position held beside what it found.
# - It treats its input as a set. Order has to be told.
#
# **Where this differs from the paper.** Vaswani and others (2017) have no
# biases in queries, keys and values, use several heads, and put a
# normalisation after the residual sum and an MLP behind it. Chapter 6 adds
# heads, MLP and normalisation, and keeps the biases. Lin and others (2017)
# attend within a sequence with a fixed number of learned queries.
#
# **References.** A. Vaswani and others, *Attention is all you need* (2017). Z.
# Lin and others, *A structured self-attentive sentence embedding* (2017). J.
# Lee and others, *Set transformer* (2019), for attention as a function of
# sets.
#
# ## Claims
#
# The statements of this chapter, checked against bounds.

# %% tags=["hide-input"]
claims.check("self-attention solves value_at_query on every seed",
             attention.min(), at_least=0.97)
claims.check("attention pooling of the same size is below its worst seed, by",
             attention.min() - before.test["accuracy"].max(), at_least=0.10)
claims.check("the two sizes agree, ratio of parameters",
             before.n_parameters / runs["self-attention"].n_parameters,
             at_least=0.95, at_most=1.05)
claims.check("undivided scores at the start, standard deviation",
             start_size, at_most=1.0)
claims.check("scores that start at the root of the width lose accuracy, "
             "medians, by", np.median(attention) - np.median(root_start),
             at_least=0.05)
claims.check("scores that start at 1 lose accuracy too, medians, by",
             np.median(attention) - np.median(one_start), at_least=0.02)
claims.check("hand-set weights solve value_at_query exactly",
             hand_accuracy, at_least=1.0)
claims.check("of its weight on others, what the question gives to the wanted "
             "position, least mean", on_wanted.mean(1).min(), at_least=0.95)
claims.check("learned scores compare keys as the hand-set ones do, least "
             "cosine", cosine, at_least=0.98)
claims.check("errors are close in the wanted value, share of the usual "
             "difference", missed_lead / value_lead.median(), at_most=0.4)
claims.check("equal weights lose value_at_query, best seed",
             ablated.test["accuracy"].max(), at_most=0.60)

# %% tags=["hide-input"]
claims.check("a shuffle of the positions does not change the logits, "
             "largest change", moved, at_most=1e-4)
claims.check("a shuffle permutes the pattern alike, largest change",
             pattern_moved.max(), at_most=1e-4)
claims.check("self-attention on last_gt_first is at chance, largest distance",
             np.abs(blind - 0.5).max(), at_most=0.03)
claims.check("logistic regression solves last_gt_first on every seed",
             order_runs["logistic regression"].test["accuracy"].min(),
             at_least=0.97)
print(claims.summary())
