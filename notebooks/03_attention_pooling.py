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
# **Claim.** Give every position a weight that depends on its content, and take
# the weighted mean: what stands together at a position stays together, which
# no maximum or mean achieves. Scores that are linear in the features can only
# look for "more of something"; a bend in the score lets the model look for
# anything.

# %% tags=["hide-input", "nbval-ignore-output"]
from progtx_core import models, tasks
from progtx_core.tools.page import chapter_header

example = tasks.get("value_at_max_key", seq_len=32, n_values=8)
chapter_header(
    "03_attention_pooling",
    task="value_at_max_key; sign_of_winner",
    model="a learned query, linear keys and values, softmax; additive scores",
    parameters=models.count_parameters(
        models.build("attention_pooling", example.spec)),
    prerequisites="chapter 2",
)

# %% [markdown]
# ## What you will be able to do
#
# - compute a weighted mean whose weights the input decides, and say what
#   query, key, value, score and pattern are;
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
from progtx_core.tools.claims import Claims
from progtx_core.tools.page import accuracy_table, glue, say, show
from progtx_core.training import Config, fit, held_out
from torch import nn
from torch.nn import functional as F
from parts import playgrounds, weight_pictures

# %% tags=["parameters"]
seed: int = 0  # first seed; the others follow it
n_seeds: int = 5  # models trained for each row of a table
steps: int = 1500  # parameter updates
batch_size: int = 64  # examples an update
learning_rate: float = 0.05  # of Adam, falling to zero in a straight line
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
# Temporal pooling asks questions at each position and pools every answer
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
figure, (ax,) = plots.panels(width=6.2, height=2.2)
one = test_set.inputs[0].T.numpy()  # (d_input, seq)
names = ["key", *[f"value {i}" for i in range(n_values)]]
plots.heat(ax, one, vmin=-3, vmax=3, yticklabels=names)
best = int(one[0].argmax())
ax.axvline(best, color="black", lw=1.5)
ax.axvline(best + 1, color="black", lw=1.5)
ax.set(xlabel="position", title=f"answer: {test_set.targets[0].item()}")
show(figure, "One example as a heat map: a row for the key, a row for each "
     "number of the value, a column a position. The position with the "
     "largest key is framed.")


# %% [markdown]
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
# | symbol | meaning | shape |
# | --- | --- | --- |
# | $x_t$ | features at position $t$ | (d_input,) |
# | $k_t = W_K x_t + b_K$ | key at position $t$ | (d_model,) |
# | $v_t = W_V x_t + b_V$ | value at position $t$ | (d_model,) |
# | $q$ | the query, learned, the same for all inputs | (d_model,) |
# | $a_t$ | weight of position $t$; all are the *pattern* | (seq_len,) |
# | $U$ | weights of the logits head | (n_values, d_model) |
# | $c$ | biases of the logits head | (n_values,) |
#
# $$\text{score}_t = \frac{q \cdot k_t}{\sqrt{d_{model}}}, \qquad
#   a_t = \frac{e^{\text{score}_t}}{\sum_r e^{\text{score}_r}}, \qquad
#   z = U \sum_t a_t v_t + c$$
#
# The weights are a softmax over *positions*, not over classes. (The model's
# keys are vectors that it makes itself; the task's key is one of the numbers
# they are made from.)

# %%
class AttentionPooling(nn.Module):
    def __init__(self, spec, d_model):
        super().__init__()
        # New: a query and keys decide the weights of the positions.
        self.query = nn.Parameter(torch.randn(d_model) / d_model**0.5)
        self.W_K = nn.Linear(spec.d_input, d_model)
        self.W_V = nn.Linear(spec.d_input, d_model)
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
ours = AttentionPooling(task.spec, d_model)
core = CoreModel(task.spec, d_model, scores="linear")
core.load_state_dict(ours.state_dict())
assert torch.equal(ours(test_set.inputs), core(test_set.inputs))
print("the package has the same model; parameters:",
      models.count_parameters(ours))


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
show(plots.learning_curves(runs),
     "Validation loss and accuracy on value_at_max_key. Attention pooling "
     "ends highest, then max pooling, then mean pooling.")

# %% [markdown]
# ## Evidence over seeds

# %% tags=["hide-input"]
show(plots.seed_accuracies(runs, chance, low=0.1),
     "Test accuracy on value_at_max_key, a dot a seed: attention pooling near "
     "one, max pooling clearly below, mean pooling far below.")

# %% tags=["hide-input", "nbval-ignore-output"]
accuracy_table(runs, head="model on value_at_max_key")

# %% [markdown]
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
figure, (left, right) = plots.panels(2)
plots.heat(left, by_rank[:12].numpy(), vmin=0, vmax=1, xticklabels=4)
left.set(xlabel="rank of the position's key", ylabel="test example",
         title="weight: dark 0, light 1")
right.plot(gap, by_rank[:, 0], ".", ms=2, color="C0")
right.set(xlabel="gap between the two largest keys",
          ylabel="weight of the largest", ylim=(0, 1.02))
show(figure, "Left: patterns of twelve examples, positions sorted by key; "
     "nearly all weight lies on the largest key. Right: the weight of the "
     "largest key against its lead; it is near one except at small leads.")

# %% [markdown]
# The pattern picks the position with the largest key, and blurs where two keys
# are nearly equal: then the mean mixes two values. A softmax picks sharply
# only beyond a margin, and training decides how wide it is.

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
    shown = {"score, set by hand": hand / hand.abs().max(),
             "score, learned": (learned / learned.abs().amax(1, True)
                                ).median(0).values}
    values = torch.stack([through_values(m)
                          for m in runs["attention pooling"].models])
    values = (values / values.abs().amax((1, 2), True)).median(0).values

# %% tags=["hide-input"]
maps = {name: w.unsqueeze(0).numpy() for name, w in shown.items()}
show(weight_pictures.weight_maps(maps, "feature: 0 is the key", "score"),
     "Weight of each feature in the score: the key has all of it, by hand and "
     "learned.")
figure, (ax,) = plots.panels(width=4.2, height=2.8)
plots.heat(ax, values.numpy(), vmin=-1, vmax=1,
           annot=True, fmt="z.1f")
ax.set(xlabel="feature: 0 is the key", ylabel="class",
       title="values and logits head, learned")
show(figure, "Learned product of logits head and values: each class is raised "
     "by its own number of the value and lowered by the others; the key "
     "plays no part.")

# %% tags=["hide-input", "nbval-ignore-output"]
say(f"A learned score rises by about {sharpness:.0f} for each unit of the key "
    f"(median over seeds); by hand it is {50 * grid:,}.")

# %% [markdown]
# Touch it, on six positions: neither model cares how many there are. Move a
# key, and watch the weights follow it.

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
# signal looks for large positive signals and overlooks large negative ones.
# The remedy is older than the transformer: a score with a bend, $q \cdot
# \tanh(W_K x_t + b_K)$, called *additive*.

# %%
def additive(spec):
    return CoreModel(spec, d_model, scores="additive")


winner = tasks.get("sign_of_winner")
bend = {"linear scores": train(linear, winner),
        "additive scores": train(additive, winner)}
show(plots.seed_accuracies(bend, 1 / 2),
     "Test accuracy on sign_of_winner, a dot a seed: additive scores near "
     "one, linear scores far below.")


# %%
def scores_of(model, s):
    vectors = (s / 2).view(-1, 1).expand(-1, 2)  # two features, alike
    keys = model.W_K(vectors)
    if model.scores == "additive":
        return keys.tanh() @ model.query
    return keys @ model.query / keys.shape[-1] ** 0.5


s = torch.linspace(-4, 4, 81)
figure, axes = plots.panels(2)
for ax, (name, run) in zip(axes, bend.items()):
    with torch.no_grad():
        lines = torch.stack([scores_of(m, s) for m in run.models])
    lines = lines - lines[:, 40:41]  # the softmax sees differences only
    ax.plot(s, lines.T, **plots.line(name), lw=1)
    ax.set(title=name, xlabel="signal at a position")
axes[0].set_ylabel("score, less that of signal 0")
show(figure, "Score against the signal at a position, a line a seed. Linear: "
     "straight lines. Additive: valleys, low at zero and high on both sides.")

# %% [markdown]
# The additive score is a valley: it looks for size and does not mind the sign.
#
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
    f"{np.median(bend['linear scores'].test['accuracy']):.2f}; additive "
    f"{np.median(bend['additive scores'].test['accuracy']):.2f}.")
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
# numbers has its own bend.
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

# %% tags=["checker"]
def check_scores(scores):
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(200, seq_len, 1 + n_values, generator=generator)
    for row in x:  # distinct keys, 0.01 apart, in random order
        row[:, 0] = torch.randperm(seq_len, generator=generator) / 100
    made = scores(x)
    if made is None or tuple(made.shape) != (200, seq_len):
        return f"not yet: scores must be of shape (batch, {seq_len})"
    weight = made.softmax(-1).gather(1, x[..., :1].argmin(1))
    low = weight.min().item()
    return "correct" if low >= 0.99 else f"not yet: least weight {low:.2f}"


# %% tags=["exercise"]
def my_scores(inputs):
    return None


print(check_scores(my_scores))


# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_scores(inputs):
#     return -1000 * inputs[..., 0]  # a lead of 0.01 becomes 10
#
#
# print(check_scores(my_scores))
# ```
#
# </details>
#
# ### Exercise 2: how sharp is a softmax? (medium, 15 minutes)
#
# One of `n` positions leads all others by a score difference `d`; the others
# are equal. Write `weight(n, d)`, the weight of the leader, and `lead(n, w)`,
# the difference that gives it the weight `w`. Hint: write the softmax down and
# divide by its numerator.

# %% tags=["checker"]
def check_sharpness(functions):
    if functions is None:
        return "not yet: give the two functions as a pair"
    weight, lead = functions
    for n, d in ((2, 0.0), (2, 1.0), (24, 5.0), (1000, 10.0)):
        scores = torch.zeros(n, dtype=torch.float64)
        scores[0] = d
        want = scores.softmax(0)[0].item()
        if abs(weight(n, d) - want) > 1e-9:
            return f"not yet: weight({n}, {d}) should be {want:.4f}"
        if abs(lead(n, want) - d) > 1e-6:
            return f"not yet: lead({n}, {want:.4f}) should be {d}"
    return "correct"


# %% tags=["exercise"]
my_functions = None
print(check_sharpness(my_functions))


# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# The lead grows with the logarithm of the number of positions: longer
# sequences need sharper scores.
#
# ```python
# my_functions = (
#     lambda n, d: 1 / (1 + (n - 1) * np.exp(-d)),
#     lambda n, w: np.log((n - 1) * w / (1 - w)),
# )
# print(check_sharpness(my_functions))
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

# %% tags=["checker"]
def check_valley(valley):
    s = torch.linspace(0, 3, 61, dtype=torch.float64)
    up, down = valley(s), valley(-s)
    if up is None or up.shape != s.shape:
        return "not yet: return one score for each signal"
    if not torch.allclose(up, down):
        return "not yet: the scores of s and -s differ"
    if not (up.diff() > 0).all():
        return "not yet: the score does not grow with the size everywhere"
    return "correct"


# %% tags=["exercise"]
def my_valley(s):
    return None


print(check_valley(my_valley))

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_valley(s):
#     return (s - 2).tanh() - (s + 2).tanh()
#
#
# print(check_valley(my_valley))
# ```
#
# </details>
#
# ### Exercise 4: longer sequences (open, 30 minutes)
#
# Rerun the chapter with `-p seq_len=96`. Exercise 2 predicts that a longer
# sequence needs sharper scores. Does the learned factor of the key grow, and
# does the accuracy hold? Hint: the least lead among more keys is smaller as
# well.
#
# <details><summary>What to look for</summary>
#
# Compare the sentence about the learned score, and the accuracy with and
# without a clear lead. If accuracy falls only among close leads, the pattern
# is not sharp enough yet, and more steps should help; if it falls everywhere,
# look at the values.
#
# </details>
#
# ## Takeaways
#
# - Attention pooling is a weighted mean whose weights the input decides: query
#   and key make scores, the softmax makes a pattern, the pattern weights the
#   values.
# - A softmax picks sharply beyond a margin, and mixes within it.
# - A linear score looks for more of something; a bent one can look for
#   anything a position contains. Neither can look for what *another* position
#   asks.
#
# **Where this differs from the sources.** Bahdanau and others (2015) made the
# additive score with a query that changes as a translation proceeds; here the
# query is fixed after training, as in Yang and others (2016), who apply the
# tanh to the key and share key and value. The division by the root of d_model
# is that of the transformer (Vaswani and others, 2017).
#
# **References.** D. Bahdanau, K. Cho and Y. Bengio, *Neural machine
# translation by jointly learning to align and translate* (2015). Z. Yang and
# others, *Hierarchical attention networks for document classification* (2016).
# A. Vaswani and others, *Attention is all you need* (2017).
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
             bend["additive scores"].test["accuracy"].min(), at_least=0.97)
claims.check("linear scores do not, best seed",
             bend["linear scores"].test["accuracy"].max(), at_most=0.85)
claims.check("neither follows a question in the input, best seed on "
             "value_at_query", best, at_most=0.60)
print(claims.summary())
