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
# **Question.** Is there *any* negative number among ten? One small number
# decides, wherever it stands. A weighted sum hardly feels it beside nine large
# ones: chapter 1 ended at a coin toss. What must a model do to each number
# before it joins them, and how must it join them, so that one can decide?

# %% tags=["hide-input"]
import torch
from progtx_core import models, tasks
from parts import opening

asked = torch.tensor([2, 1.5, 1, 2.5, 2, 1, 0.3, 1.5, 2, 1])  # all positive
one_negative = asked * (1 - 2 * (asked == 0.3))  # the small one turned over
four = torch.stack([asked, one_negative, -asked, -one_negative])
opening.ask(tasks.get("has_pos_and_neg", d_input=1), "Bars of four signals of "
            "ten values, nine of which are large. The first two differ in the "
            "sign of the small one: no and yes. The others are these two with "
            "all signs flipped: no, and a question mark.",
            four.unsqueeze(-1), ("no", "yes"))

# %% [markdown]
# Does the signal have values of both signs? The first two differ in one small
# bar, and their sums are nearly equal.
#
# **Claim.** Ask the same questions at every position, then pool the answers
# over time. A maximum can tell whether *any* position says yes, which no
# weighted sum can; a mean can count votes, which no maximum can; and neither
# knows the order.

# %% tags=["hide-input", "nbval-ignore-output"]
opening.at_a_glance(
    "02_temporal_pooling",
    built=models.build("max_pooling", tasks.get("has_pos_and_neg").spec),
    task="has_pos_and_neg, sign_of_winner, any_positive, majority_positive",
    model="a linear layer per position, rectified, then mean or maximum",
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
# - say in which sense a maximum is attention, and what it lacks;
# - tell a model that cannot represent a rule from one that sometimes fails to
#   find it.
#
# ## Setup

# %% tags=["setup", "hide-input"]
import numpy as np
import torch
from progtx_core import models, plots, tasks
from progtx_core.models.pooling import TemporalPooling as CoreModel
from progtx_core.tools.checkers import check
from progtx_core.tools.claims import Claims
from progtx_core.tools.page import accuracy_table, glue, say, show
from progtx_core.training import Config, fit, held_out
from torch import nn
from torch.nn import functional as F
from parts import ch02, playgrounds

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

# %%
before = train("logistic_regression", signal_task("has_pos_and_neg"))

# %% tags=["hide-input", "nbval-ignore-output"]
say("Logistic regression on `has_pos_and_neg`: median accuracy "
    f"**{np.median(before.test['accuracy']):.2f}**, best of {n_seeds} seeds "
    f"{before.test['accuracy'].max():.2f}.")


# %% [markdown]
# ## The tasks
#
# All four rules read the signal, the sum of the features at every position.
# None of them asks *where*: shuffle the positions, and the answer stays.

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
# Could a model answer by something easier than the rule? Two of the tasks are
# drawn with care, so that the answer does not leak into cheap statistics. In
# `any_positive` one small value decides, just above or just below zero, and
# the others are scaled so that the sum of the whole sequence tells nothing. In
# `majority_positive` the sizes are scaled so that the sum stays near zero
# whoever wins. The classes are equally frequent, so the majority baseline is
# one half throughout.
#
# ## Predict before you run
#
# The model below computes some numbers from the features of each position,
# *with the same weights at every position*, and sets negative ones to zero.
# Then it takes either their mean or their maximum over time: this is the
# *pool*. Which of the two pools will solve which task? Fill in yes or no:
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
# $$\begin{gathered} h_t = \max(0,\; W x_t + b), \qquad z = U \bar h + c, \\
#   \bar h = \frac1T \sum_t h_t \;\text{ or }\; \max_t h_t \end{gathered}$$
#
# Think of each row of $W$, with its bias, as a *question* that is put to every
# position; a number of $h_t$ is how loudly position $t$ says yes. One such
# number, followed through all positions, is called a *channel*. The
# *rectifier* $\max(0, \cdot)$ bends the line: a question can stay silent below
# a threshold. The maximum over $t$ is taken for each channel alone.
#
# **A maximum is hard attention.** For each channel it picks one position, that
# which says yes most loudly, and passes on what it says. Written out, the pool
# is a weighted sum over positions,
#
# $$\begin{gathered} \bar h_i = \sum_t a_{it} \, h_{ti}, \\ a_{it} = 1
#   \text{ where } h_{ti} \text{ is greatest, else } 0 . \end{gathered}$$
#
# A weighted sum over positions, with weights that the input itself decides, is
# what is called *attention*. Three words come with it, and chapter 3 builds on
# them: the *query* is what is asked for, the *key* is what a position offers
# to be compared with it, and the *value* is what a chosen position passes on.
# Here each channel has one query, its row of $W$, which training sets, and no
# input changes; the key is $x_t$. The attention is *hard*, as it
# goes to a single position. And it is poor: the value is the same number that
# decided who is heard. The mean has $a_{it} = 1/T$ for all
# positions, whatever the input. Chapter 3 keeps the sum, and lets position $t$
# pass on something else than its score.

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
    torch.manual_seed(seed)
    ours = TemporalPooling(task.spec, d_model, pool)
    torch.manual_seed(seed)
    core = CoreModel(task.spec, d_model, pool)
    assert torch.equal(ours(test_set.inputs), core(test_set.inputs))
print("the package's model starts alike and gives the same; parameters:",
      models.count_parameters(ours))


# %% [markdown]
# And is the maximum a weighted sum with the weights $a$? In code they are one
# row of zeros and a single one for each channel.

# %%
def attended(hidden):
    """The weights of the maximum, (batch, channel, seq): one 1 in each row."""
    return F.one_hot(hidden.argmax(1), hidden.shape[1])


hidden = ours.project(test_set.inputs).relu()  # (batch, seq, d_model)
summed = torch.einsum("bct,btc->bc", attended(hidden).float(), hidden)
assert torch.equal(summed, hidden.amax(1))
print("the maximum equals attention with weights 0 and 1")


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

# %% tags=["hide-input"]
show(plots.learning_curves(runs),
     "Validation loss and accuracy on has_pos_and_neg. Max pooling goes to "
     "accuracy one; mean pooling stays near logistic regression.")

# %% [markdown]
# Lines are medians over the seeds, bands reach from the least to the greatest.
#
# ## Evidence over seeds

# %% tags=["hide-input"]
show(plots.seed_accuracies(runs, chance),
     "Test accuracy on has_pos_and_neg, a dot a seed: max pooling near one, "
     "logistic regression at chance, mean pooling little better.")

# %% tags=["hide-input", "nbval-ignore-output"]
accuracy_table(runs, head="model on has_pos_and_neg")

# %% [markdown]
# Where a dot of mean pooling lies apart, its loss is that of a coin toss all
# the same: the logits lie so near to zero that a small shift of them turns
# many answers over at once.
#
# Is it the number of parameters? Mean and maximum have the same. For logistic
# regression the comparison can be made exact: with 8 questions in place of 64,
# max pooling has as many parameters as logistic regression, at the default
# sizes.

# %%
small = train(pooling("max", 8), task)

# %% tags=["hide-input", "nbval-ignore-output"]
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

# %% tags=["hide-input"]
show(plots.seed_accuracies(others, chance),
     "Test accuracy of mean and max pooling on three tasks. Both solve "
     "any_positive; only max solves sign_of_winner, only mean solves "
     "majority_positive.")

# %% tags=["hide-input", "nbval-ignore-output"]
accuracy_table(others, head="task, pool")

# %% [markdown]
# Compare with your table. Each pool has its blind spot. A maximum cannot
# count, so it misjudges the majority. A mean must weigh a large value against
# many small ones, so it misjudges the winner.
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
# What do trained models make of such mixtures? Take $k$ positive values of
# size 1, and let the rest be negative, of size 1. Right would be "no" at both
# ends and "yes" everywhere between.

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
axes[0].set_ylabel("logit difference\n(above 0: yes)")
show(figure, "Logit difference against the number of positive values, a line "
     "a seed. Mean pooling: straight lines. Max pooling: low at both ends, "
     "high and flat between.")

# %% [markdown]
# The scales of the two panels differ. Straight lines cannot be low at both
# ends and high between. The maximum is flat between, as it should be: one
# positive and one negative value are enough, and more change nothing.
#
# **Weights by hand.** How many questions does a maximum need? Four suffice.
# With $s$ the signal at a position and a large factor $K$, ask $K s$, $K s -
# 1$, $-K s$ and $-K s - 1$. The first minus the second, each rectified and
# maximised, is 0 if no value is positive and 1 if one is at least $1/K$; the
# other two do the same for negative values. "Yes" is a sum of 2. This is exact
# beyond a margin of $1/K$ around zero, and all signals of our tasks are
# multiples of `1 / grid`, so $K$ = `grid` is exact throughout.

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
# Which positions do they attend to? Here is one test example, with the
# attention of the four questions, and with that of all questions of a trained
# model, added up for each position.

# %%
one = test_set.inputs[test_set.targets == 1][:1]  # (1, seq, d_input)
trained = runs["max pooling"].models[0]
with torch.no_grad():
    heard = {"four questions, set by hand": by_hand.project(one).relu(),
             f"{d_model} questions, learned": trained.project(one).relu()}
    votes = {name: (attended(h) * (h.amax(1) > 0).unsqueeze(-1))[0].sum(0)
             for name, h in heard.items()}  # without questions of no answer

# %% tags=["hide-input"]
ch02.attention_of_a_maximum(one[0].sum(-1), votes)

# %%
kinds = [ch02.two_kinds(m, test_set) for m in runs["max pooling"].models]
number, on_ends, others_on_ends, kept = np.array(
    [list(kind.values()) for kind in kinds]).T  # of each seed
lost = runs["max pooling"].test["accuracy"] - kept

# %% tags=["hide-input", "nbval-ignore-output"]
say(f"Of {d_model} questions, {np.median(number):.0f} (median over seeds) "
    "weigh the features nearly alike: they read the signal. Where they are "
    f"answered, they attend to the greatest or the least value in "
    f"**{np.median(on_ends):.0%}** of the cases. The other questions weigh "
    "the features against each other, and do so in "
    f"{np.median(others_on_ends):.0%}; a random choice would in "
    f"{2 / seq_len:.0%}. Keep each of these at its mean over all examples, "
    "whatever the input, and the accuracy falls by at most "
    f"{max(0, lost.max()):.3f}: they serve as a bias.")


# %% [markdown]
# Nobody told the model which two positions matter: training found queries that
# pick them, and some that do nothing useful. Now, what is done with what they
# pass on? Sort the questions of a trained model by whether they grow or fall
# with the signal. The growing ones that read it, pooled, depend on the
# greatest value only, the falling ones on the least, and the others add about
# a constant. So two curves tell what the model does: what the greatest value
# adds to the logit difference, and what the least value adds.

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
# **How do you fool a mean, and how a maximum?** Here are the two trained
# models, on a signal that you set. The mean weighs everything, the maximum
# hears the loudest alone. Say which bar you will move, and move it.

# %% tags=["hide-input", "nbval-ignore-output"]
playgrounds.ch02(task, {name: runs[name].models[0]
                        for name in ("mean pooling", "max pooling")})


# %% [markdown]
# ## Break it
#
# Which part does the work, the maximum or the rectifier? Take the rectifier
# away: the maximum of linear questions remains.

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

# %% tags=["hide-input", "nbval-ignore-output"]
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
# 3. In the language of attention: where does the query of a max pooling model
#    come from, what are its keys, and what its values?
#
# <details><summary>Answer</summary>
#
# Each channel has one query, a row of $W$, the same for all inputs. The keys
# are the features of the positions; query times key, plus the bias, rectified,
# is the score. The value is that score itself. So it can say how loud the
# loudest is, and nothing else that stands at that position. That is the next
# chapter.
#
# </details>
#
# 4. How many parameters has the model with `d_model` questions, and why does
#    the number not depend on the length of the sequence?
#
# <details><summary>Answer</summary>
#
# `d_model` · (`d_input` + 1) for the questions and 2 · (`d_model` + 1) for the
# logits head. The questions are the same at every position.
#
# </details>
#
# ## Exercises
#
# Each exercise needs the setup cells only. Change the stub, run the cell, and
# the checker answers.
#
# ### Exercise 1: predict, then measure: two pools (easy, 5 minutes)
#
# Three positions, two questions; before the rectifier their answers are
#
# | position | question 0 | question 1 |
# | --- | --- | --- |
# | 0 | 5 | -1 |
# | 1 | -3 | 2 |
# | 2 | 1 | -4 |
#
# Write down the pooled numbers, two for the mean and two for the maximum. Then
# compute them with torch, and let the checker compare. Hint: first rectify,
# then pool, each question alone.

# %% tags=["exercise"]
my_pools = None  # a pair: (mean, maximum), each of two numbers
check("2.1", my_pools)


# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# rectified = torch.tensor([[5.0, -1.0], [-3.0, 2.0], [1.0, -4.0]]).relu()
# my_pools = (rectified.mean(0), rectified.amax(0))
# check("2.1", my_pools)
# ```
#
# The maximum takes 5 from position 0 and 2 from position 1: what it passes on
# need not stand together anywhere.
#
# </details>
#
# ### Exercise 2: one question is enough (easy, 10 minutes)
#
# Return a `CoreModel` with `d_model=1` and weights that solve `any_positive`
# exactly. Hint: what is the maximum of rectified signals when no value is
# positive? Where must the threshold lie on a grid of 1/1024?

# %% tags=["exercise"]
def one_question():
    return None


check("2.2", one_question, seq_len=seq_len, d_input=d_input)


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
# check("2.2", one_question, seq_len=seq_len, d_input=d_input)
# ```
#
# </details>
#
# ### Exercise 3: the vote (medium, 20 minutes)
#
# Return a `CoreModel` with `pool="mean"` that solves `majority_positive`
# exactly. Hint: the difference of two rectified questions can be a stair from
# 0 to 1, as in the weights by hand above. What do you want each position to
# add?

# %% tags=["exercise"]
def the_vote():
    return None


check("2.3", the_vote, seq_len=seq_len, d_input=d_input)

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
# check("2.3", the_vote, seq_len=seq_len, d_input=d_input)
# ```
#
# </details>
#
# ### Exercise 4: what a maximum cannot see (medium, 15 minutes)
#
# Give two signals of five values each, as lists, that *every* max pooling
# model with one feature per position answers alike, although
# `majority_positive` gives them different answers. Hint: a rectified linear
# question grows or falls with the signal. Which values can win its maximum?

# %% tags=["exercise"]
my_twins = None
check("2.4", my_twins)


# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# Only the greatest and the least value can win a maximum. Keep those two and
# change the rest.
#
# ```python
# my_twins = [[2.0, 1.0, 1.0, 1.0, -2.0], [2.0, -1.0, -1.0, -1.0, -2.0]]
# check("2.4", my_twins)
# ```
#
# </details>
#
# ### Exercise 5: hard attention by hand (hard, 20 minutes)
#
# Write a function from answers `hidden`, (batch, seq, d_model), none negative,
# to the attention of a maximum, (batch, seq, d_model): for each channel 1 at
# the first position where its answer is greatest, and 0 elsewhere. Hint: where
# a question is answered nowhere, all positions are equally loud. What do the
# weights of that channel add up to?

# %% tags=["exercise"]
def my_attention(hidden):
    return None


check("2.5", my_attention)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# `argmax` gives the first position of the greatest answer, and only one.
#
# ```python
# def my_attention(hidden):
#     chosen = hidden.argmax(1, keepdim=True)  # (batch, 1, d_model)
#     return torch.zeros_like(hidden).scatter(1, chosen, 1.0)
#
#
# check("2.5", my_attention)
# ```
#
# </details>
#
# ### Exercise 6: how wide is wide enough? (open, 30 minutes)
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
# - A maximum is hard attention, with one fixed query a channel, that passes on
#   nothing but its score.
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
claims.check("questions that read the signal attend to its greatest or least "
             "value, least share over seeds", min(on_ends), at_least=0.9)
claims.check("the other questions can be kept at their means, most accuracy "
             "lost over seeds", max(lost), at_most=0.02)
claims.check("mean pooling ends at the loss of a coin toss, least over seeds",
             runs["mean pooling"].history["val/loss"][:, -1].min(),
             at_least=0.66)

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
