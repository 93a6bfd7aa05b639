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
# # 3. Attention pooling
#
# **Question.** In a list of entries, find the one with the largest key, and
# read the value beside it. Max pooling finds the largest key and the largest
# values, each wherever it stands, and loses which of them stood together. How
# can a model choose a *position*, and read all that is there? And how can it
# learn to choose by gradients, when a choice is all or nothing?

# %% tags=["hide-input"]
from progtx_core import models, tasks
from parts import lookup_pictures, opening

lookup_pictures.question(
    tasks.get("value_at_max_key", seq_len=5, n_values=3),
    ["key", "value 0", "value 1", "value 2"],
    "Four tables with a column for each of five positions, and rows for the "
    "key and for three numbers of the value. The answers of three tables are "
    "given, 0, 1 or 2; the fourth has a question mark.")

# %% [markdown]
# Each column is a position. Which rule gives the three answers, and what is
# the fourth?
#
# **Claim.** Choose softly: give every position a weight that depends on its
# content, and take the weighted mean. What stands together at a position then
# stays together, and the weights can be learned. A score that is linear in the
# features can only look for more of something; a nonlinear score can look for
# anything that one position contains.

# %% tags=["hide-input", "nbval-ignore-output"]
example = tasks.get("value_at_max_key", seq_len=32, n_values=8)
opening.at_a_glance(
    "03_attention_pooling",
    built=models.build("attention_pooling", example.spec),
    task="value_at_max_key; sign_of_winner",
    model="a learned query, linear keys and values, softmax; additive scores",
    prerequisites="chapter 2")

# %% [markdown]
# ## What you will be able to do
#
# - compute a weighted mean whose weights the input decides, and say what
#   query, key, value, score and pattern are;
# - say why scores are divided by the root of the width, and what happens
#   without;
# - say how attention is related to max pooling and to kernel averages;
# - write weights that look a value up exactly, and state the margin;
# - read a learned pattern: where it attends, how sharply, and when it errs;
# - tell when linear scores are not enough.
#
# ## Setup

# %% tags=["setup", "hide-input"]
import numpy as np
import torch
from progtx_core import models, plots, tasks
from progtx_core.models.attention_pooling import AttentionPooling as CoreModel
from progtx_core.models.pooling import TemporalPooling
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
steps: int = 1500  # parameter updates
batch_size: int = 64  # examples an update
learning_rate: float = 0.05  # of Adam; falls linearly to zero
seq_len: int = 32  # positions in a sequence
n_values: int = 8  # numbers in a value, and classes
d_model: int = 32  # width of keys and values
device: str = "cpu"  # where models are trained: cpu, cuda, mps or auto

# %% tags=["setup"]
claims = Claims("03_attention_pooling", globals())
config = Config(steps, batch_size, learning_rate)
task = tasks.get("value_at_max_key", seq_len=seq_len, n_values=n_values)
test_set = held_out(task, "test", 2000)
chance = 1 / n_values


def train(model, task):
    return fit(model, task, config, seed=seed, n_seeds=n_seeds,
               device=device)


# %% [markdown]
# ## Where we stand
#
# Temporal pooling computes features at each position and pools every feature
# alone. Chapter 2 ended with a task on which that loses what belongs together.
# Here it is again, longer and with more classes, and with max pooling at the
# size that the new model will have.

# %%
def max_pooling(spec):
    return TemporalPooling(spec, d_model=52, pool="max")


before = train(max_pooling, task)

# %% tags=["hide-input", "nbval-ignore-output"]
say(f"Max pooling with {before.n_parameters} parameters: median accuracy "
    f"**{np.median(before.test['accuracy']):.2f}**, best of {n_seeds} seeds "
    f"{before.test['accuracy'].max():.2f}.")


# %% [markdown]
# ## The task
#
# Every position carries a *key*, one number, and a *value*, several numbers.
# Find the position with the largest key; the answer is the class of the
# largest number in its value. All other positions are noise.

# %%
def value_at_max_key(sequence):
    key, *value = max(sequence, key=lambda vector: vector[0])
    return value.index(max(value))


answers = [value_at_max_key(s) for s in test_set.inputs.tolist()]
assert answers == test_set.targets.tolist()
share = test_set.targets.bincount().max().item() / len(test_set)
print(f"sampler and plain rule agree; majority baseline {share:.2f}")

# %% tags=["hide-input"]
one = test_set.inputs[0].T.numpy()  # (d_input, seq)
names = ["key", *[f"value {i}" for i in range(n_values)]]
show(lookup_pictures.framed(one, names, {int(one[0].argmax()): "-"},
                            test_set.targets[0].item()),
     "One example as a heat map: a row for the key, a row for each number of "
     "the value, a column a position. The position with the largest key is "
     "framed.")


# %% [markdown]
# The frame is at the largest key. The answer is the row of the largest number
# below it, not of the largest number of the picture.
#
# ## Predict before you run
#
# The new model gives each position a weight, at least zero and one in all, and
# takes the weighted mean over the positions. Before you read on: which weights
# would you like it to give in the example above? What must a score look like,
# as a function of the key, so that the softmax of the scores gives about these
# weights? And what happens where the two largest keys are nearly equal?
#
# ## Build it
#
# To look something up takes three things:
#
# - a *query* says what is wanted;
# - every position has a *key*, under which it can be found;
# - every position has a *value*, which it hands over when it is chosen.
#
# How well a key fits the query is the position's *score*, one number. A
# softmax over the positions turns the scores into weights, the *pattern*. In
# this chapter the query is one vector, which is learned and then the same for
# all inputs; keys and values are linear maps of the features. (The task speaks
# of a key and a value as well. Those are numbers of the input; the model's are
# vectors that it makes of them.)
#
# | symbol | meaning | shape |
# | --- | --- | --- |
# | $x_t$ | features at position $t$ | (d_input,) |
# | $k_t = W_K x_t + b_K$ | key at position $t$ | (d_model,) |
# | $v_t = W_V x_t + b_V$ | value at position $t$ | (d_model,) |
# | $q$ | the query, learned | (d_model,) |
# | $a_t$ | weight of position $t$; all are the *pattern* | (seq_len,) |
# | $U$ | weights of the logits head | (n_values, d_model) |
# | $c$ | biases of the logits head | (n_values,) |
#
# $$\begin{gathered} \text{score}_t = \frac{q \cdot k_t}{\sqrt{d_{model}}},
#   \qquad a_t = \frac{e^{\text{score}_t}}{\sum_r e^{\text{score}_r}}, \\
#   z = U \sum_t a_t v_t + c \end{gathered}$$
#
# The softmax runs over *positions*, not over classes. A weight is never zero,
# so every position has a gradient: this is how a choice can be learned.

# %%
class AttentionPooling(nn.Module):
    def __init__(self, spec, d_model):
        super().__init__()
        # New: a query and keys decide the weights of the positions.
        self.W_K = nn.Linear(spec.d_input, d_model)
        self.W_V = nn.Linear(spec.d_input, d_model)
        self.query = nn.Parameter(torch.randn(d_model) / d_model**0.5)
        self.logits_head = nn.Linear(d_model, spec.n_classes)

    def pattern(self, inputs):
        keys = self.W_K(inputs)  # (batch, seq, d_model)
        scores = keys @ self.query / keys.shape[-1] ** 0.5  # (batch, seq)
        return scores.softmax(-1)  # (batch, seq)

    def forward(self, inputs):  # (batch, seq, d_input)
        weights = self.pattern(inputs).unsqueeze(-1)  # (batch, seq, 1)
        # New: a weighted mean, instead of a mean or a maximum a feature.
        pooled = (weights * self.W_V(inputs)).sum(1)  # (batch, d_model)
        return self.logits_head(pooled)  # (batch, n_classes)


# %%
torch.manual_seed(seed)
ours = AttentionPooling(task.spec, d_model)
torch.manual_seed(seed)
core = CoreModel(task.spec, d_model, scores="linear")
assert torch.equal(ours(test_set.inputs), core(test_set.inputs))
print("the package has the same model, first weights included")


# %% [markdown]
# ### Why divide by the root of the width?
#
# A score is a sum of $d$ products, $q \cdot k = q_1 k_1 + \dots + q_d k_d$.
# Let all these numbers be independent, with mean 0 and variance 1. Then each
# product has mean 0 and variance 1, and variances of independent terms add up:
# the score has variance $d$ and standard deviation $\sqrt{d}$. A model four
# times as wide has scores twice as large, although nothing was learned.
#
# A softmax sees differences of scores, and exponentiates them. Where they are
# large, one weight is nearly 1 and the others nearly 0: the softmax is
# *saturated*. Its derivatives are
#
# $$\begin{gathered}
#   \frac{\partial a_t}{\partial \, \text{score}_t} = a_t (1 - a_t), \\
#   \frac{\partial a_t}{\partial \, \text{score}_s} = -a_t a_s
#   \quad (s \neq t). \end{gathered}$$
#
# They vanish as well, and with them what queries and keys could learn from.
# Let us measure it: random queries, 32 random keys each, and as the slope of
# the softmax the sum of $a_t (1 - a_t)$ over the positions.

# %%
def random_scores(d, divide, n=500, n_keys=32):
    generator = torch.Generator().manual_seed(0)
    q = torch.randn(n, 1, d, generator=generator)
    k = torch.randn(n, n_keys, d, generator=generator)
    scores = (q * k).sum(-1)  # (n, n_keys)
    if divide:
        scores = scores / d**0.5
    weights = scores.softmax(-1)
    slope = (weights * (1 - weights)).sum(-1)
    return torch.stack([
        scores.std(), weights.amax(-1).mean(), slope.median()])


widths = [1, 4, 16, 64, 256, 1024]
sizes = {name: torch.stack([random_scores(d, divide) for d in widths])
         for name, divide in (("not divided", False), ("divided", True))}

# %% tags=["hide-input"]
show(lookup_pictures.division(widths, sizes),
     "Three panels over the width, from 1 to 1024: the standard deviation of "
     "a score, the largest weight, and the slope of the softmax. The divided "
     "scores give level lines in all three; without division the first two "
     "rise and the slope falls to zero.")

# %% [markdown]
# From top to bottom: undivided scores grow with the width, so the largest of
# 32 weights goes to 1, and the slope to 0. With the division, the width does
# not matter.

# %% tags=["hide-input", "nbval-ignore-output"]
raw, divided = sizes["not divided"], sizes["divided"]
say(f"At width {widths[-1]} an undivided score has a standard deviation of "
    f"{raw[-1, 0]:.1f} ($\\sqrt{{{widths[-1]}}}$ is {widths[-1]**0.5:.0f}), "
    f"the largest weight is {raw[-1, 1]:.2f} on average, and the median slope "
    f"is {raw[-1, 2]:.5f}. Divided, they are {divided[-1, 0]:.2f}, "
    f"{divided[-1, 1]:.2f} and {divided[-1, 2]:.2f}.")


# %% [markdown]
# The division does not forbid sharp weights: training can make queries and
# keys longer. It takes care that training *starts* where the softmax has a
# slope, whatever the width. In this chapter the one query starts with a length
# of about 1, so the scores start small in any case. From chapter 4 on queries
# are made as keys are, and the argument applies.
#
# ### Max pooling and kernel averages
#
# What is new in this weighted mean? Multiply all scores by a factor $\beta$.
# With $\beta = 0$ all weights are equal, which is mean pooling. As $\beta$
# grows, all weight goes to the largest score. If the score is the value
# itself, $\sum_t a_t v_t$ then becomes $\max_t v_t$: **max pooling is
# attention in the limit of a large scale, with a pattern of its own for each
# feature**. Attention pooling has one pattern for all features, so what it
# reads comes from one position.

# %%
def between_mean_and_max(values, beta):  # (batch, seq)
    return ((beta * values).softmax(-1) * values).sum(-1)


values = test_set.inputs[..., 0]
from_mean = between_mean_and_max(values, 0) - values.mean(-1)
from_max = between_mean_and_max(values, 50_000) - values.amax(-1)
print("0 is the mean:", from_mean.abs().max().item() < 1e-5)


# %% [markdown]
# And with $K(q, k) = e^{q \cdot k / \sqrt{d}}$ for the kernel, a
# softmax-weighted mean is the kernel average of Nadaraya (1964) and Watson
# (1964), who estimated a curve at $q$ by the mean of the values measured near
# it:
#
# $$\sum_t a_t v_t = \frac{\sum_t K(q, k_t) \, v_t}{\sum_r K(q, k_r)}.$$
#
# There the keys are given, and the kernel is chosen. Here what counts as near
# is learned.

# %% [markdown]
# ## Train

# %%
def linear(spec):
    return CoreModel(spec, d_model, scores="linear")


def mean_pooling(spec):
    return TemporalPooling(spec, d_model=52, pool="mean")


runs = {"mean pooling": train(mean_pooling, task),
        "max pooling": before,
        "attention pooling": train(linear, task)}

# %% tags=["hide-input"]
show(plots.learning_curves(runs),
     "Validation loss and accuracy on value_at_max_key. Attention pooling "
     "ends highest, then max pooling, then mean pooling.")

# %% [markdown]
# The lines are medians over the seeds, the shaded areas reach from the worst
# to the best.
#
# ## Evidence over seeds

# %% tags=["hide-input"]
show(plots.seed_accuracies(runs, chance, low=0.1),
     "Test accuracy on value_at_max_key, a dot a seed: attention pooling near "
     "one, max pooling clearly below, mean pooling far below.")

# %% tags=["hide-input", "nbval-ignore-output"]
accuracy_table(runs, head="model on value_at_max_key")

# %% [markdown]
# A dot is a seed, a bar the median. The pools have as many parameters as
# attention pooling.
#
# ## Look inside
#
# Where does a trained model attend? Sort the positions of each test example by
# their key, the largest first.

# %%
model = runs["attention pooling"].models[0]
with torch.no_grad():
    pattern = model.pattern(test_set.inputs)  # (batch, seq)
order = test_set.inputs[..., 0].argsort(dim=1, descending=True)
by_rank = pattern.gather(1, order)  # (batch, rank)
gap = -test_set.inputs[..., 0].gather(1, order[:, :2]).diff(dim=1)[:, 0]

# %% tags=["hide-input"]
show(lookup_pictures.ranked(by_rank, gap),
     "Above: patterns of twelve examples, positions sorted by key; nearly all "
     "weight lies on the largest key. Below: the weight of the largest key "
     "against its lead; it is near one except at small leads.")

# %% [markdown]
# Above, a row is an example and the first column the largest key: nearly all
# weight is there. Below, a dot is an example: where the two largest keys are
# nearly equal, weight goes to the second as well, and the mean mixes two
# values. A softmax picks only beyond a margin; training decides how wide it
# is.

# %%
with torch.no_grad():
    right = model(test_set.inputs).argmax(-1) == test_set.targets
clear = gap >= 0.3
clear_accuracy = right[clear].float().mean().item()
close_accuracy = right[~clear].float().mean().item()
top = order[:, :1].unsqueeze(-1).expand(-1, -1, n_values)
chosen = test_set.inputs[..., 1:].gather(1, top)[:, 0]  # (batch, n_values)
value_lead = -chosen.topk(2).values.diff(dim=1)[:, 0]
missed = clear & ~right

# %% tags=["hide-input", "nbval-ignore-output"]
say(f"Of the test examples with a lead of at least 0.3, {clear_accuracy:.1%} "
    f"are right; of the others {close_accuracy:.1%}. In the {missed.sum()} "
    "that are wrong despite a clear lead, the two largest numbers of the "
    f"value differ by {value_lead[missed].median():.2f} (median), over all "
    f"by {value_lead.median():.2f}: there the question is close as well.")

# %% [markdown]
# **Weights by hand.** Let the score be a large factor times the key, and
# nothing else; let the values be the value, unchanged; and let the logits head
# pass them on. With a factor $\beta$ a lead of $m$ leaves the other positions
# at most $e^{-\beta m}$ of the weight each. Keys lie on a grid, so the least
# lead is one grid spacing, and a factor of 50 per spacing leaves $e^{-50}$:
# exact for every example.

# %%
grid = 1024  # all values of a task are multiples of 1 / grid
by_hand = CoreModel(task.spec, d_model=n_values, scores="linear")
with torch.no_grad():
    for parameter in by_hand.parameters():
        parameter.zero_()
    by_hand.query[0] = n_values**0.5  # undoes the scaling of the score
    by_hand.W_K.weight[0, 0] = 50 * grid  # the key
    by_hand.W_V.weight[:, 1:] = torch.eye(n_values)  # the value
    by_hand.logits_head.weight[:] = torch.eye(n_values)
    right = by_hand(test_set.inputs).argmax(-1) == test_set.targets
hand_accuracy = right.float().mean().item()
print(f"hand-set weights are right on {right.sum()} of {len(right)}")


# %% [markdown]
# The score is linear in the features, so all that keys and query do comes down
# to one weight a feature. Here they are, learned beside set by hand, each
# scaled to a largest weight of 1; and the product of logits head and values,
# which says what number of the value speaks for what class.

# %%
def score_weights(model):
    d_model = len(model.query)
    return model.query @ model.W_K.weight / d_model**0.5  # (d_input,)


def through_values(model):
    product = model.logits_head.weight @ model.W_V.weight  # (class, d_input)
    return product - product.mean(0)  # what all classes share does not count


with torch.no_grad():
    learned = torch.stack(
        [score_weights(m) for m in runs["attention pooling"].models])
    hand = score_weights(by_hand)
    cosine = F.cosine_similarity(learned, hand.unsqueeze(0)).min().item()
    sharpness = learned[:, 0].median().item()
    scaled = (learned / learned.abs().amax(1, True)).median(0).values
    weights = torch.stack([hand / hand.abs().max(), scaled]).numpy()
    values = torch.stack([through_values(m)
                          for m in runs["attention pooling"].models])
    values = (values / values.abs().amax((1, 2), True)).median(0).values

# %% tags=["hide-input"]
show(lookup_pictures.by_feature({"score: 0 by hand, 1 learned": weights},
                                "feature: 0 is the key, model", 4.0, 1.2),
     "Weight of each feature in the score, by hand and learned: the key has "
     "all of it.")
values = {"values and logits head, learned": values.numpy()}
show(lookup_pictures.by_feature(values, "feature: 0 is the key, class", 4.0),
     "Learned product of logits head and values: each class is raised "
     "by its own number of the value and lowered by the others; the key "
     "plays no part.")

# %% tags=["hide-input", "nbval-ignore-output"]
say(f"A learned score rises by about {sharpness:.0f} for each unit of the key "
    f"(median over seeds); by hand it is {50 * grid:,}.")

# %% [markdown]
# First the score: learned and set by hand, it reads the key and nothing else.
# Then the values: a class is raised by its own number and lowered by the
# others.
#
# Now you. Which of these two models changes its answer when you raise the key
# of another position, and which when you raise a number of its value? Say what
# you expect, then move the sliders. (There are six positions here; neither
# model depends on their number.)

# %% tags=["hide-input", "nbval-ignore-output"]
playgrounds.ch03(n_values, {
    name: runs[name].models[0]
    for name in ("max pooling", "attention pooling")})


# %% [markdown]
# ## Break it
#
# First, take the query away: equal weights for all positions.

# %%
class EqualWeights(CoreModel):
    def pattern(self, inputs):
        return torch.full(inputs.shape[:2], 1 / inputs.shape[1])


def equal_weights(spec):
    return EqualWeights(spec, d_model, "linear")


ablated = train(equal_weights, task)


# %% [markdown]
# Second, a task where "more of something" is the wrong thing to look for. In
# `sign_of_winner` the position that matters is the one where the signal has
# the largest *size*, positive or negative. A linear score that grows with the
# signal finds large positive signals and misses large negative ones. The
# remedy is older than the transformer: a nonlinear score, $q \cdot \tanh(W_K
# x_t + b_K)$, called *additive*. (Not divided: the query starts with a
# length of about 1, and a hyperbolic tangent stays between -1 and 1.)

# %%
def additive(spec):
    return CoreModel(spec, d_model, scores="additive")


winner = tasks.get("sign_of_winner")
by_score = {"linear scores": train(linear, winner),
            "additive scores": train(additive, winner)}

# %% tags=["hide-input"]
show(plots.seed_accuracies(by_score, 1 / 2),
     "Test accuracy on sign_of_winner, a dot a seed: additive scores near "
     "one, linear scores far below.")

# %% tags=["hide-input"]
trained = {name: run.models for name, run in by_score.items()}
show(lookup_pictures.scores_by_signal(trained),
     "Score against the signal at a position, a line a seed. Linear: "
     "straight lines. Additive: valleys, low at zero and high on both sides.")

# %% [markdown]
# Each line is the score of one seed; mind the two scales. The additive score
# is a valley: it grows with the size of the signal, whatever its sign.

# %% tags=["hide-input", "nbval-ignore-output"]
rise = 4 * max(score_weights(m).mean().abs().item()
               for m in trained["linear scores"])
say("From signal 0 to signal 4 a linear score changes by at most "
    f"{rise:.4f}, so all weights are nearly equal: where neither sign is "
    "worth preferring, training leaves linear scores level, and the model is "
    "mean pooling.")

# %% [markdown]
# Third, what no fixed query can do. In `value_at_query` one position is a
# question: it carries the key of another position, and the value at that other
# position is asked for. Which position matters now depends on *another
# position*.

# %%
relation = {"linear scores": train(linear, tasks.get("value_at_query")),
            "additive scores": train(additive, tasks.get("value_at_query"))}

# %% tags=["hide-input", "nbval-ignore-output"]
best = max(run.test["accuracy"].max() for run in relation.values())
say("Equal weights on `value_at_max_key`: "
    f"{np.median(ablated.test['accuracy']):.2f}. Linear scores on "
    "`sign_of_winner`: "
    f"{np.median(by_score['linear scores'].test['accuracy']):.2f}; additive "
    f"{np.median(by_score['additive scores'].test['accuracy']):.2f}.")
say("**What opens the next chapter.** On `value_at_query` the best seed of "
    f"either kind reaches {best:.2f}, where chance is 0.25. The query is the "
    "same for all inputs, so the model cannot look for what one of the "
    "positions asks for. Every position must be able to ask.")
attention = runs["attention pooling"].test["accuracy"]
glue("ladder-03", "**Rung 3, attention pooling** weights positions by their "
     f"content: {100 * np.median(attention):.0f} % for the value beside "
     "the greatest key, where max pooling of the same size reaches "
     f"{100 * np.median(before.test['accuracy']):.0f} %. Its one fixed query "
     f"cannot follow a question in the input: at best {100 * best:.0f} % "
     "where the key is asked for.")


# %% [markdown]
# ## Check yourself
#
# 1. Add the same number to all scores of an example. What changes?
#
# <details><summary>Answer</summary>
#
# Nothing: the softmax sees differences of scores only. So the bias of linear
# keys has no effect on the pattern.
#
# </details>
#
# 2. Why did max pooling, which solved `sign_of_winner`, not solve
#    `value_at_max_key`?
#
# <details><summary>Answer</summary>
#
# Each of its maxima may come from another position. The largest key and the
# largest number of a value are found separately; nothing says that they stood
# together. It can only ask many questions of the kind "is there a position
# with a large key *and* a large number here?".
#
# </details>
#
# 3. The scores of linear attention pooling are a single weighted sum of the
#    features. Are keys and query of width `d_model` a waste?
#
# <details><summary>Answer</summary>
#
# Here, yes: one weight a feature would do, and the model learns the same
# function with more parameters. They pay in the next chapter, where the query
# comes from a position, and with additive scores, where each of the `d_model`
# numbers has its own nonlinearity.
#
# </details>
#
# ## Exercises
#
# Each exercise needs the setup cells only. Change the stub, run the cell, and
# the checker answers.
#
# ### Exercise 1: the smallest key (easy, 10 minutes)
#
# Write a function from inputs (batch, seq_len, d_input) to scores (batch,
# seq_len), *linear in the features*, whose softmax picks the position with the
# **smallest** key. The checker wants a weight of at least `0.99` on that
# position in every example, keys being at least `0.01` apart. Hint: what
# factor turns a lead of `0.01` into a score difference large enough?

# %% tags=["exercise"]
def my_scores(inputs):
    return None


check("3.1", my_scores, seq_len=seq_len, n_values=n_values)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_scores(inputs):
#     return -1000 * inputs[..., 0]  # a lead of 0.01 becomes 10
#
#
# check("3.1", my_scores, seq_len=seq_len, n_values=n_values)
# ```
#
# </details>
#
# ### Exercise 2: predict, then measure a softmax (medium, 15 minutes)
#
# One of `n` positions leads all others by a score difference `d`; the others
# are equal. **Predict first**, and write it down: with a lead of 5 among 24
# positions, what weight has the leader? Among 24 times as many positions, what
# lead gives it the same weight: 5, 10, or 5 times 24? Then write `weight(n,
# d)`, the weight of the leader, and `lead(n, w)`, the difference that gives it
# the weight `w`, and compare. Hint: write the softmax down and divide by its
# numerator.

# %% tags=["exercise"]
my_functions = None
check("3.2", my_functions)


# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# The lead grows with the *logarithm* of the number of positions: 24 times as
# many need only about $\ln 24 \approx 3.2$ more. Longer sequences need larger
# scores, but not much larger.
#
# ```python
# my_functions = (
#     lambda n, d: 1 / (1 + (n - 1) * np.exp(-d)),
#     lambda n, w: np.log((n - 1) * w / (1 - w)),
# )
# check("3.2", my_functions)
# ```
#
# </details>
#
# ### Exercise 3: a valley by hand (medium, 20 minutes)
#
# Write additive scores by hand: a function from a signal (a tensor of any
# shape) to scores, made of `tanh` and sums only, that is greater for larger
# *size*: for $|s|$ from 0 to 3, and the same for $s$ and $-s$. Hint: one
# hyperbolic tangent rises, another falls; shift them apart.

# %% tags=["exercise"]
def my_valley(s):
    return None


check("3.3", my_valley)


# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_valley(s):
#     return (s - 2).tanh() - (s + 2).tanh()
#
#
# check("3.3", my_valley)
# ```
#
# </details>
#
# ### Exercise 4: from mean to maximum (medium, 15 minutes)
#
# Write `pooled(values, beta)` from (batch, seq) to (batch,): the mean of the
# values, weighted by the softmax of `beta` times the values. Use `exp` and
# sums, not `softmax`; and let it be right for a `beta` of 10000 and of -10000,
# too. Hint: $e^{1000}$ is more than a computer's number can hold. What may be
# subtracted from all scores without a change of the weights?

# %% tags=["exercise"]
def my_pooled(values, beta):
    weights = (beta * values).exp()
    return (weights * values).sum(-1) / weights.sum(-1)


check("3.4", my_pooled)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_pooled(values, beta):
#     scores = beta * values
#     weights = (scores - scores.amax(-1, keepdim=True)).exp()  # at most 1
#     return (weights * values).sum(-1) / weights.sum(-1)
#
#
# check("3.4", my_pooled)
# ```
#
# </details>
#
# ### Exercise 5: how large is a score? (easy, 5 minutes)
#
# The numbers of a query are independent with mean 0 and variance `u`, those of
# a key with mean 0 and variance `v`. Write `divisor(d, u, v)`: what their
# product, for width `d`, must be divided by to have a standard deviation of 1.
# Hint: the variance of one product $q_i k_i$ is the product of the variances.

# %% tags=["exercise"]
my_divisor = None
check("3.5", my_divisor)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_divisor(d, u, v):
#     return (d * u * v) ** 0.5
#
#
# check("3.5", my_divisor)
# ```
#
# </details>
#
# ### Exercise 6: longer sequences (open, 30 minutes)
#
# Rerun the chapter with `-p seq_len=96`. Exercise 2 predicts that a longer
# sequence needs sharper scores. Does the learned factor of the key grow, and
# does the accuracy hold? Hint: the least lead among more keys is smaller as
# well.
#
# <details><summary>What to look for</summary>
#
# Compare the sentence about the learned score, and the accuracy with and
# without a clear lead. If accuracy falls only among close leads, the scores
# are not large enough yet, and more steps should help; if it falls everywhere,
# look at the values.
#
# </details>
#
# ## Takeaways
#
# - Attention pooling is a weighted mean whose weights the input decides: query
#   and key make scores, the softmax makes a pattern, the pattern weights the
#   values.
# - A softmax picks one position beyond a margin, and mixes within it.
# - A score of random queries and keys grows as the root of the width; divided
#   by it, the softmax has a slope to learn from at any width.
# - Mean and max pooling are the two ends of one scale.
# - A linear score looks for more of something; a nonlinear one can look for
#   anything a position contains. Neither can look for what *another* position
#   asks.
#
# **Where this differs from the sources.** Bahdanau and others (2015) made the
# additive score with a query that changes as a translation proceeds; here the
# query is fixed after training, as in Yang and others (2016), who apply the
# tanh to the key and share key and value. The division by the root of the
# width, and the reason for it, are those of the transformer (Vaswani and
# others, 2017, section 3.2.1).
#
# **References.** D. Bahdanau, K. Cho and Y. Bengio, *Neural machine
# translation by jointly learning to align and translate* (2015). Z. Yang and
# others, *Hierarchical attention networks for document classification* (2016).
# A. Vaswani and others, *Attention is all you need* (2017). E. A. Nadaraya,
# *On estimating regression* (1964). G. S. Watson, *Smooth regression analysis*
# (1964).
#
# ## Claims
#
# The statements of this chapter, checked against bounds.

# %% tags=["hide-input"]
acc = {name: run.test["accuracy"] for name, run in runs.items()}
claims.check("attention pooling solves value_at_max_key on every seed",
             acc["attention pooling"].min(), at_least=0.97)
claims.check("max pooling of the same size is below its worst seed, by",
             acc["attention pooling"].min() - acc["max pooling"].max(),
             at_least=0.10)
claims.check("mean pooling of the same size is below its worst seed, by",
             acc["attention pooling"].min() - acc["mean pooling"].max(),
             at_least=0.10)
claims.check("the two sizes agree, ratio of parameters",
             before.n_parameters / runs["attention pooling"].n_parameters,
             at_least=0.95, at_most=1.05)
roots = torch.tensor(widths) ** 0.5
claims.check("the standard deviation of random scores, over the root of the "
             "width, largest distance from 1",
             (raw[:, 0] / roots - 1).abs().max(), at_most=0.05)
claims.check("divided scores have a standard deviation of 1 at all widths, "
             "largest distance", (divided[:, 0] - 1).abs().max(), at_most=0.05)
claims.check("at the largest width one of 32 undivided scores takes the "
             "weight", raw[-1, 1], at_least=0.9)
claims.check("the slope of the softmax without division, over that with it",
             raw[-1, 2] / divided[-1, 2], at_most=0.01)
claims.check("a large scale makes attention the maximum, largest distance",
             from_max.abs().max(), at_most=1e-3)

# %% tags=["hide-input"]
claims.check("hand-set weights solve value_at_max_key exactly",
             hand_accuracy, at_least=1.0)
claims.check("learned scores weigh the features as the hand-set ones do, "
             "least cosine", cosine, at_least=0.99)
claims.check("with a clear lead of the largest key, share right",
             clear_accuracy, at_least=0.98)
claims.check("errors despite a clear lead are close in the value, share of "
             "the usual difference",
             value_lead[missed].median() / value_lead.median(), at_most=0.4)

# %% tags=["hide-input"]
claims.check("equal weights lose value_at_max_key, best seed",
             ablated.test["accuracy"].max(), at_most=0.45)
claims.check("additive scores solve sign_of_winner on every seed",
             by_score["additive scores"].test["accuracy"].min(), at_least=0.97)
claims.check("their linear scores end level, largest change from signal 0 "
             "to 4", rise, at_most=0.1)
claims.check("linear scores do not solve it, best seed",
             by_score["linear scores"].test["accuracy"].max(), at_most=0.85)
claims.check("neither follows a question in the input, best seed on "
             "value_at_query", best, at_most=0.60)
print(claims.summary())
