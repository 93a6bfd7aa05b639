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
# # 2. Temporal pooling
#
# **Claim.** Ask the same questions at every position, then pool the answers
# over time. A maximum can tell whether *any* position says yes, which no
# weighted sum can; a mean can count votes, which no maximum can; and neither
# knows the order.

# %% tags=["hide-input", "nbval-ignore-output"]
from progtx_core import models, tasks
from progtx_core.tools.page import chapter_header

example = models.build("max_pooling", tasks.get("has_pos_and_neg").spec)
chapter_header(
    "02_temporal_pooling",
    task="has_pos_and_neg, sign_of_winner, any_positive, majority_positive",
    model="a linear layer per position, rectified, then mean or maximum",
    parameters=models.count_parameters(example),
    prerequisites="chapter 1",
)

# %% [markdown]
# ## What you will be able to do
#
# - say why a model with shared weights at every position and a pool over time
#   can answer what a linear model cannot;
# - prove in three lines that mean pooling cannot solve `has_pos_and_neg`, at
#   any width;
# - write weights that solve it exactly with a maximum;
# - tell a model that cannot represent a rule from one that sometimes fails to
#   find it.
#
# ## Setup

# %% tags=["setup", "hide-input"]
import numpy as np
import torch
from progtx_core import models, plots, tasks
from progtx_core.models.pooling import TemporalPooling as CoreModel
from progtx_core.tools.claims import Claims
from progtx_core.tools.page import accuracy_table, glue, say, show
from progtx_core.training import Config, fit, held_out
from torch import nn
from parts import playgrounds

# %% tags=["parameters"]
seed: int = 0  # first seed; the others follow it
n_seeds: int = 5  # models trained for each row of a table
steps: int = 1000  # parameter updates
batch_size: int = 64  # examples an update
learning_rate: float = 0.02  # of Adam, falling to zero in a straight line
seq_len: int = 10  # positions in a sequence
d_input: int = 2  # features at every position
d_model: int = 64  # questions asked at every position
device: str = "cpu"  # where models are trained: cpu, cuda, mps or auto

# %% tags=["setup"]
claims = Claims("02_temporal_pooling", globals())
config = Config(steps, batch_size, learning_rate)
chance = 1 / 2


def signal_task(name):
    return tasks.get(name, seq_len=seq_len, d_input=d_input)


def train(model, task):
    return fit(model, task, config, seed=seed, n_seeds=n_seeds,
               device=device)


# %% [markdown]
# ## Where we stand
#
# Logistic regression gives every position its own weight and adds up. Chapter
# 1 ended with what it cannot do: on `has_pos_and_neg` training stays at a coin
# toss, and even the best linear rule is far from exact.

# %% tags=["nbval-ignore-output"]
before = train("logistic_regression", signal_task("has_pos_and_neg"))
say("Logistic regression on `has_pos_and_neg`: median accuracy "
    f"**{np.median(before.test['accuracy']):.2f}**, best of {n_seeds} seeds "
    f"{before.test['accuracy'].max():.2f}.")


# %% [markdown]
# ## The tasks
#
# All four rules read the signal, the sum of the features at every position,
# and none of them asks *where*: shuffle the positions and the answer stays.

# %%
def has_pos_and_neg(signal):
    return int(max(signal) > 0 and min(signal) < 0)


def sign_of_winner(signal):
    return int(max(signal, key=abs) > 0)


def any_positive(signal):
    return int(any(s > 0 for s in signal))


def majority_positive(signal):
    return int(sum(s > 0 for s in signal) > sum(s < 0 for s in signal))


# %%
rules = [has_pos_and_neg, sign_of_winner, any_positive, majority_positive]
for rule in rules:
    batch = held_out(signal_task(rule.__name__), "test", 500)
    answers = [rule(s) for s in batch.inputs.sum(-1).tolist()]
    assert answers == batch.targets.tolist(), rule.__name__
    shuffled = batch.inputs[:, torch.randperm(seq_len)].sum(-1).tolist()
    assert answers == [rule(s) for s in shuffled]
print("sampler and plain rules agree; the order of the values is irrelevant")


# %% [markdown]
# Two of them are drawn with care, so that the answer does not leak into cheap
# statistics. In `any_positive` one small value decides, just above or just
# below zero, and the others are scaled so that the sum of the whole sequence
# tells nothing. In `majority_positive` the sizes are scaled so that the sum
# stays near zero whoever wins. The classes are equally frequent, so the
# majority baseline is one half throughout.
#
# ## Predict before you run
#
# The model below computes some numbers from each vector, *with the same
# weights at every position*, sets negative ones to zero, and then takes either
# their mean or their maximum over time. Which of the two pools will solve
# which task? Fill in yes or no:
#
# | task | mean | maximum |
# | --- | --- | --- |
# | has_pos_and_neg | | |
# | sign_of_winner | | |
# | any_positive | | |
# | majority_positive | | |
#
# ## Build it
#
# | symbol | meaning | shape |
# | --- | --- | --- |
# | $x_t$ | the features at position $t$ | (d_input,) |
# | $W$ | weights, the same at every position | (d_model, d_input) |
# | $b$ | biases, the same at every position | (d_model,) |
# | $h_t$ | answers at position $t$ to d_model questions | (d_model,) |
# | $\bar h$ | the pooled answers | (d_model,) |
# | $U, c$ | weights and biases of the logits head | (2, d_model), (2,) |
# | $z$ | the logits | (2,) |
#
# $$h_t = \max(0,\; W x_t + b), \qquad
#   \bar h = \frac1T \sum_t h_t \;\text{ or }\; \max_t h_t, \qquad
#   z = U \bar h + c$$
#
# The *rectifier* $\max(0, \cdot)$ bends the line: a question can stay silent
# below a threshold. The maximum over $t$ is taken for each question alone.

# %%
class TemporalPooling(nn.Module):
    def __init__(self, spec, d_model, pool):
        super().__init__()
        self.pool = pool
        # New: one projection for all positions, not a weight for each.
        self.project = nn.Linear(spec.d_input, d_model)
        self.logits_head = nn.Linear(d_model, spec.n_classes)

    def forward(self, inputs):  # (batch, seq, d_input)
        hidden = self.project(inputs).relu()  # (batch, seq, d_model)
        if self.pool == "mean":
            pooled = hidden.mean(dim=1)  # (batch, d_model)
        else:
            pooled = hidden.amax(dim=1)  # (batch, d_model)
        return self.logits_head(pooled)  # (batch, n_classes)


# %%
task = signal_task("has_pos_and_neg")
test_set = held_out(task, "test", 2000)
for pool in ("mean", "max"):
    ours = TemporalPooling(task.spec, d_model, pool)
    core = CoreModel(task.spec, d_model, pool)
    core.load_state_dict(ours.state_dict())
    assert torch.equal(ours(test_set.inputs), core(test_set.inputs))
print("the package has the same model; parameters:",
      models.count_parameters(ours))


# %% [markdown]
# ## Train
#
# First the task that logistic regression left open, with both pools at the
# same size.

# %%
def pooling(pool, width):
    def make(spec):
        return CoreModel(spec, width, pool)

    return make


runs = {"logistic regression": before,
        "mean pooling": train(pooling("mean", d_model), task),
        "max pooling": train(pooling("max", d_model), task)}
show(plots.learning_curves(runs),
     "Validation loss and accuracy on has_pos_and_neg. Max pooling goes to "
     "accuracy one; mean pooling stays near logistic regression.")

# %% [markdown]
# ## Evidence over seeds

# %% tags=["hide-input"]
show(plots.seed_accuracies(runs, chance),
     "Test accuracy on has_pos_and_neg, a dot a seed: max pooling near one, "
     "logistic regression at chance, mean pooling little better.")

# %% tags=["hide-input", "nbval-ignore-output"]
accuracy_table(runs, head="model on has_pos_and_neg")

# %% [markdown]
# Is it the number of parameters? Mean and maximum have the same. For logistic
# regression the comparison can be made exact: with 8 questions in place of 64,
# max pooling has as many parameters as logistic regression, at the default
# sizes.

# %% tags=["nbval-ignore-output"]
small = train(pooling("max", 8), task)
accuracy_table({"logistic regression": before, "max pooling, 8 wide": small,
                f"max pooling, {d_model} wide": runs["max pooling"]},
               head="model on has_pos_and_neg")

# %% [markdown]
# The small one *can* solve the task, and on some seeds it comes close. On
# others it is stuck well below. That is another kind of failure than that of
# mean pooling: width fixes it. "Break it" will show what a stuck model
# computes.
#
# Now the three other tasks.

# %%
others = {}
for name in ("sign_of_winner", "any_positive", "majority_positive"):
    for pool in ("mean", "max"):
        others[f"{name}, {pool}"] = train(pooling(pool, d_model),
                                          signal_task(name))
show(plots.seed_accuracies(others, chance),
     "Test accuracy of mean and max pooling on three tasks. Both solve "
     "any_positive; only max solves sign_of_winner, only mean solves "
     "majority_positive.")

# %% tags=["hide-input", "nbval-ignore-output"]
accuracy_table(others, head="task, pool")

# %% [markdown]
# Each pool has its blind spot. A maximum cannot count, so it misjudges the
# majority. A mean must weigh a large value against many small ones, so it
# misjudges the winner.
#
# That the mean solves `any_positive` may surprise you: a rectified value is
# zero unless it is positive, so the mean of rectified values is zero unless
# *some* value is. Logistic regression lacks the rectifier, and is at a loss.
#
# ## Look inside
#
# Why can no mean solve `has_pos_and_neg`, however many questions it asks? Its
# logit difference is $z = c + \frac1T \sum_t g(x_t)$: every position adds its
# own amount $g$. Take a vector $p$ with a positive signal and a vector $n$
# with a negative one.
#
# 1. A sequence of $p$ alone gets $c + g(p)$, one of $n$ alone gets $c + g(n)$.
# 2. A mixture of the two gets a value *between* these.
# 3. If both pure sequences are answered "no", both values are negative, and so
#    is every value between them: the mixture is answered "no" as well.
#
# Below, sequences of $k$ positive values of size 1 and the rest negative of
# size 1 are shown to the trained models. Right would be: "no" at both ends,
# "yes" everywhere between.

# %%
k = torch.arange(seq_len + 1)
is_positive = torch.arange(seq_len) < k.unsqueeze(1)  # (k, seq)
mixture = torch.where(is_positive, 1.0, -1.0) / d_input
mixture = mixture.unsqueeze(-1).expand(-1, -1, d_input)  # (k, seq, d_input)
profiles = {}
with torch.no_grad():
    for name in ("mean pooling", "max pooling"):
        logits = torch.stack([m(mixture) for m in runs[name].models])
        profiles[name] = (logits[..., 1] - logits[..., 0]).numpy()

# %% tags=["hide-input"]
figure, axes = plots.panels(2)
for ax, (name, lines) in zip(axes, profiles.items()):
    ax.plot(k, lines.T, **plots.line(name), lw=1)
    ax.axhline(0, color="black", lw=0.8)
    ax.set(title=name, xlabel="positive values in the sequence")
axes[0].set_ylabel("logit difference; above 0 is yes")
show(figure, "Logit difference against the number of positive values, a line "
     "a seed. Mean pooling: straight lines. Max pooling: low at both ends, "
     "high and flat between.")

# %% [markdown]
# Straight lines cannot be low at both ends and high between. The maximum is
# flat between, as it should be: one positive and one negative value are
# enough, and more change nothing.
#
# **Weights by hand.** Four questions suffice for the maximum. With $s$ the
# signal at a position and a large factor $K$, ask $K s$, $K s - 1$, $-K s$ and
# $-K s - 1$. The first minus the second, each rectified and maximised, is 0 if
# no value is positive and 1 if one is at least $1/K$; the other two do the
# same for negative values. "Yes" is a sum of 2. This is exact beyond a margin
# of $1/K$ around zero, and all signals of our tasks are multiples of
# `1 / grid`, so $K$ = `grid` is exact throughout.

# %%
grid = 1024  # all values of a task are multiples of 1 / grid
by_hand = CoreModel(task.spec, d_model=4, pool="max")
with torch.no_grad():
    sign = torch.tensor([1.0, 1.0, -1.0, -1.0])
    by_hand.project.weight[:] = grid * sign.unsqueeze(1)
    by_hand.project.bias[:] = torch.tensor([0.0, -1.0, 0.0, -1.0])
    by_hand.logits_head.weight[:] = torch.tensor([[0.0] * 4, [1, -1, 1, -1]])
    by_hand.logits_head.bias[:] = torch.tensor([0.0, -1.5])
    right = by_hand(test_set.inputs).argmax(-1) == test_set.targets
hand_accuracy = right.float().mean().item()
print(f"hand-set weights are right on {right.sum()} of {len(right)}")


# %% [markdown]
# What did training find? Sort the questions of a trained model by whether they
# grow or fall with the signal. The growing ones, pooled, depend on the
# greatest value only, the falling ones on the least. So two curves tell what
# the model does: what the greatest value adds to the logit difference, and
# what the least value adds.

# %%
def two_curves(model, s):
    u = model.logits_head.weight[1] - model.logits_head.weight[0]
    vectors = (s / d_input).unsqueeze(1).expand(-1, d_input)  # features alike
    part = model.project(vectors).relu() * u  # (s, d_model)
    grows = model.project.weight.sum(1) > 0
    return part[:, grows].sum(1), part[:, ~grows].sum(1)


s = torch.linspace(-2, 2, 161)
with torch.no_grad():
    curves = {"set by hand": [two_curves(by_hand, s)],
              "learned, a line a seed": [
                  two_curves(m, s) for m in runs["max pooling"].models]}

# %% tags=["hide-input"]
figure, axes = plots.panels(2)
for ax, (name, pairs) in zip(axes, curves.items()):
    for number, (grows, falls) in enumerate(pairs):
        hide = "_" if number else ""  # one entry a curve in the legend
        ax.plot(s, grows, label=hide + "greatest value", **plots.line(0), lw=1)
        ax.plot(s, falls, label=hide + "least value", **plots.line(1), lw=1)
    ax.set(title=name, xlabel="that value of the signal")
axes[0].set_ylabel("added to the logit difference")
plots.legend_below(figure, axes[0])
show(figure, "What the greatest and the least value add to the logit "
     "difference: by hand two sharp stairs at zero, learned two ramps around "
     "zero, mirror images of each other.")

# %% [markdown]
# Training found the same stairs, less steep: ramps around zero, nearly flat
# beyond. How steep a ramp is decides how small a value may be and still be
# seen. So the errors that are left should be sequences whose rarer sign occurs
# in small values only.

# %%
model = runs["max pooling"].models[0]
with torch.no_grad():
    wrong = model(test_set.inputs).argmax(-1) != test_set.targets
both = test_set.targets == 1
signal = test_set.inputs.sum(-1)
decisive = torch.minimum(signal.amax(1), -signal.amin(1))
all_size = decisive[both].median().item()
missed = wrong & both
missed_size = decisive[missed].median().item() if missed.any() else 0.0

# %% tags=["hide-input", "nbval-ignore-output"]
say("In a sequence with both signs, call the smaller of the greatest and the "
    f"least value, in size, decisive. Its median is {all_size:.2f}, and "
    f"{missed_size:.2f} among the {int(missed.sum())} that the model of the "
    f"first seed misses. ({int((wrong & ~both).sum())} of its errors are "
    "sequences of one sign.)")

# %% [markdown]
# Touch it: the two trained models, on a signal that you set. A mean has to
# weigh; a maximum only looks. Use that.

# %% tags=["hide-input", "nbval-ignore-output"]
playgrounds.ch02(task, {name: runs[name].models[0]
                        for name in ("mean pooling", "max pooling")})


# %% [markdown]
# ## Break it
#
# Which part does the work? Take the rectifier away: the maximum of linear
# questions remains.

# %%
class NoRectifier(CoreModel):
    def forward(self, inputs):
        return self.logits_head(self.project(inputs).amax(1))


def without_rectifier(spec):
    return NoRectifier(spec, d_model, "max")


ablated = train(without_rectifier, task)
order = train(pooling("max", d_model), signal_task("last_gt_first"))
lookup = train(pooling("max", d_model), tasks.get("value_at_max_key"))

# %% tags=["hide-input", "nbval-ignore-output"]
say("Without the rectifier, max pooling on `has_pos_and_neg` falls from "
    f"{np.median(runs['max pooling'].test['accuracy']):.2f} to "
    f"{np.median(ablated.test['accuracy']):.2f}. It still sees the greatest "
    "and the least value, but can only add multiples of them. What helps it "
    "above chance is their distance, which tends to be larger where both "
    "signs occur. The worst narrow model above, with "
    f"{small.test['accuracy'].min():.2f}, is no better: it has questions, but "
    "none that bends sharply at zero.")
say("Order is lost. On `last_gt_first`, which logistic regression solves, "
    f"max pooling reaches {np.median(order.test['accuracy']):.2f}.")
say("**What opens the next chapter.** In `value_at_max_key` every position "
    "carries a key and four values; the answer says which value is largest "
    "at the position with the largest key. Max pooling reaches "
    f"{np.median(lookup.test['accuracy']):.2f}, best seed "
    f"{lookup.test['accuracy'].max():.2f}: it pools keys and values apart and "
    "loses which belong together. What is missing is a weight for each "
    "position that depends on its content.")
of_max = np.median(runs["max pooling"].test["accuracy"])
of_lookup = np.median(lookup.test["accuracy"])
glue("ladder-02", "**Rung 2, temporal pooling** tells whether both signs "
     f"occur, right in {100 * of_max:.0f} %, where logistic regression tosses "
     "a coin. It cannot keep together what stands at one position: "
     f"{100 * of_lookup:.0f} % where the value beside the greatest key is "
     "asked for.")


# %% [markdown]
# ## Check yourself
#
# 1. A max pooling model is trained on sequences of 10 positions and then shown
#    1,000. Can it run, and what happens on `has_pos_and_neg`?
#
# <details><summary>Answer</summary>
#
# It runs: no weight belongs to a position. More values make tiny ones of the
# rarer sign no harder to see, so the answers stay about as good. A mean would
# be diluted: one positive value among a thousand moves it a thousand times
# less.
#
# </details>
#
# 2. Mean and maximum side by side, as in `pool="both"`: which of the four
#    tasks does that model solve?
#
# <details><summary>Answer</summary>
#
# All four: it can use whichever pool serves. It is still blind to order.
#
# </details>
#
# 3. Is max pooling a kind of attention?
#
# <details><summary>Answer</summary>
#
# Yes, a hard one: each question attends to the single position that answers it
# most strongly. But it passes on only the strength of that answer, not what
# else stands at that position. That is the next chapter.
#
# </details>
#
# ## Exercises
#
# Each exercise needs the setup cells only. Change the stub, run the cell, and
# the checker answers.
#
# ### Exercise 1: one question is enough (easy, 10 minutes)
#
# Return a `CoreModel` with `d_model=1` and weights that solve `any_positive`
# exactly. Hint: what is the maximum of rectified signals when no value is
# positive? Where must the threshold lie on a grid of 1/1024?

# %% tags=["checker"]
def check_model(make, name):
    batch = held_out(signal_task(name), "test", 2000)
    model = make()
    if not isinstance(model, CoreModel):
        return "not yet: return a CoreModel"
    with torch.no_grad():
        right = (model(batch.inputs).argmax(-1) == batch.targets).sum()
    return "correct" if right == 2000 else f"not yet: {right} of 2000 right"


# %% tags=["exercise"]
def one_question():
    return None


print(check_model(one_question, "any_positive"))


# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def one_question():
#     model = CoreModel(signal_task("any_positive").spec, 1, "max")
#     with torch.no_grad():
#         model.project.weight[:] = 1.0
#         model.project.bias[:] = 0.0
#         model.logits_head.weight[:] = torch.tensor([[0.0], [1.0]])
#         model.logits_head.bias[:] = torch.tensor([0.0, -0.5 / 1024])
#     return model
#
#
# print(check_model(one_question, "any_positive"))
# ```
#
# </details>
#
# ### Exercise 2: the vote (medium, 20 minutes)
#
# Return a `CoreModel` with `pool="mean"` that solves `majority_positive`
# exactly. Hint: the difference of two rectified questions can be a stair from
# 0 to 1, as in the weights by hand above. What do you want each position to
# add?

# %% tags=["exercise"]
def the_vote():
    return None


print(check_model(the_vote, "majority_positive"))


# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# Two stairs: plus one vote for a positive value, minus one for a negative one.
# The mean of the votes is positive exactly if the positive values are more.
#
# ```python
# def the_vote():
#     model = CoreModel(signal_task("majority_positive").spec, 4, "mean")
#     with torch.no_grad():
#         sign = torch.tensor([1.0, 1.0, -1.0, -1.0])
#         model.project.weight[:] = 1024 * sign.unsqueeze(1)
#         model.project.bias[:] = torch.tensor([0.0, -1.0, 0.0, -1.0])
#         votes = torch.tensor([[0.0] * 4, [1.0, -1.0, -1.0, 1.0]])
#         model.logits_head.weight[:] = votes
#         model.logits_head.bias[:] = 0.0
#     return model
#
#
# print(check_model(the_vote, "majority_positive"))
# ```
#
# </details>
#
# ### Exercise 3: what a maximum cannot see (medium, 15 minutes)
#
# Give two signals of five values each, as lists, that *every* max pooling
# model with one feature per position answers alike, although
# `majority_positive` gives them different answers. Hint: a rectified linear
# question grows or falls with the signal. Which values can win its maximum?

# %% tags=["checker"]
def check_twins(twins):
    if twins is None or [len(t) for t in twins] != [5, 5]:
        return "not yet: give two lists of five numbers"
    votes = [sum((s > 0) - (s < 0) for s in twin) for twin in twins]
    if votes[0] * votes[1] >= 0:
        return f"not yet: the votes are {votes[0]:+d} and {votes[1]:+d}"
    spec = tasks.get("majority_positive", seq_len=5, d_input=1).spec
    x = torch.tensor(twins, dtype=torch.float).unsqueeze(-1)
    for number in range(20):
        torch.manual_seed(number)
        first, second = CoreModel(spec, 16, "max")(x)
        if not torch.allclose(first, second, atol=1e-6):
            return "not yet: a random max pooling model tells them apart"
    return "correct"


# %% tags=["exercise"]
my_twins = None
print(check_twins(my_twins))

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# Only the greatest and the least value can win a maximum. Keep those two and
# change the rest.
#
# ```python
# my_twins = [[2.0, 1.0, 1.0, 1.0, -2.0], [2.0, -1.0, -1.0, -1.0, -2.0]]
# print(check_twins(my_twins))
# ```
#
# </details>
#
# ### Exercise 4: how wide is wide enough? (open, 30 minutes)
#
# Rerun the chapter with `-p d_model=16` and `-p d_model=32`, and look at the
# worst seed. What does the two-curves picture look like for a seed that is
# stuck? Hint: look at the slopes left and right of zero.
#
# <details><summary>What to look for</summary>
#
# A stuck model has both curves, but they are ramps without a sharp bend at
# zero: it measures the distance between the greatest and the least value,
# as the model without a rectifier does. With more questions it is more likely
# that some bend where they are needed.
#
# </details>
#
# ## Takeaways
#
# - Shared weights and a pool make a model that takes any length and ignores
#   order.
# - What a model *cannot* represent is worth a proof; what it fails to *find*
#   is worth more seeds. Mean pooling on `has_pos_and_neg` is the first, narrow
#   max pooling the second.
# - The pool is a choice: a maximum finds, a mean counts.
#
# **Where this differs from the source.** Collobert and others (2011) pool over
# windows of several words; here the window is a single position, so that
# nothing but the pool joins positions. Mean pooling of enough rectified
# questions followed by *further* layers can represent any rule that ignores
# order (Zaheer and others, 2017); here a single linear logits head follows,
# and models are compared at equal width.
#
# **References.** R. Collobert and others, *Natural language processing
# (almost) from scratch* (2011), section 3.2.2. M. Zaheer and others, *Deep
# sets* (2017).
#
# ## Claims
#
# The statements of this chapter, checked against bounds.

# %% tags=["hide-input"]
acc = {name: run.test["accuracy"] for name, run in {**runs, **others}.items()}
claims.check("max pooling solves has_pos_and_neg on every seed",
             acc["max pooling"].min(), at_least=0.97)
claims.check("logistic regression, best seed, is far below it",
             acc["logistic regression"].max(), at_most=0.60)
claims.check("mean pooling at the same size, best seed, is far below it",
             acc["mean pooling"].max(), at_most=0.80)
claims.check("hand-set weights solve has_pos_and_neg exactly",
             hand_accuracy, at_least=1.0)
claims.check("mean pooling is a straight line in the number of positive "
             "values, largest bend",
             abs(np.diff(profiles["mean pooling"], n=2)).max(),
             at_most=1e-3)
claims.check("what is missed has small decisive values, as a share of the "
             "usual size", missed_size / all_size, at_most=0.4)

# %% tags=["hide-input"]
for name, pool, rival in (("sign_of_winner", "max", "mean"),
                          ("majority_positive", "mean", "max")):
    claims.check(f"{pool} pooling solves {name} on every seed",
                 acc[f"{name}, {pool}"].min(), at_least=0.97)
    claims.check(f"{rival} pooling does not, on any seed: {name}",
                 acc[f"{name}, {rival}"].max(), at_most=0.96)
claims.check("both pools solve any_positive, on every seed",
             min(acc["any_positive, mean"].min(),
                 acc["any_positive, max"].min()), at_least=0.97)
claims.check("without the rectifier has_pos_and_neg is not solved, best seed",
             ablated.test["accuracy"].max(), at_most=0.87)
claims.check("the worst narrow model is about as good as one without a "
             "rectifier, distance", abs(small.test["accuracy"].min()
             - np.median(ablated.test["accuracy"])), at_most=0.06)
claims.check("max pooling is at chance on last_gt_first, largest distance",
             abs(order.test["accuracy"] - chance).max(), at_most=0.03)
claims.check("max pooling does not solve value_at_max_key, best seed",
             lookup.test["accuracy"].max(), at_most=0.93)
print(claims.summary())
