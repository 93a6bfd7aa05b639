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
# # 5. Positions
#
# **Claim.** Add to every embedding a vector for its position, and the same
# attention layer answers questions of order. How the position is told decides
# which questions: some schemes know positions, some only distances, and one
# does not know left from right.

# %% tags=["hide-input", "nbval-ignore-output"]
from progtx_core import models, tasks
from progtx_core.tools.page import chapter_header

example = tasks.get("xor_of_endpoints")
chapter_header(
    "05_positions",
    task="xor_of_endpoints; argmax_position; last_gt_first",
    model="self-attention with positions: eight schemes",
    parameters=models.count_parameters(
        models.build("self_attention_with_positions", example.spec,
                     d_model=64)),
    prerequisites="chapter 4",
)

# %% [markdown]
# ## What you will be able to do
#
# - give a model positions in three ways: in the embeddings, in queries and
#   keys, or in the scores;
# - write weights that compute the XOR of two signs, and prove them exact;
# - say what a scheme cannot tell apart, and predict from it where it fails;
# - read a recorded table and rerun a cell of it.
#
# ## Setup

# %% tags=["setup", "hide-input"]
import numpy as np
import torch
from progtx_core import models, plots, tasks
from progtx_core.models.attention import patterns
from progtx_core.models.positions import SCHEMES
from progtx_core.models.self_attention import SelfAttention as CoreModel
from progtx_core.tools import recorded
from progtx_core.tools.claims import Claims
from progtx_core.tools.page import accuracy_table, glue, say, show
from progtx_core.training import Config, fit, held_out
from torch import nn
from torch.nn import functional as F
from experiments import positions
from parts import playgrounds

# %% tags=["parameters"]
seed: int = 0  # first seed; the others follow it
n_seeds: int = 5  # models trained for each row of a table
n_live: int = 2  # models trained to compare with the recorded table
steps: int = 2000  # parameter updates
batch_size: int = 64  # examples an update
learning_rate: float = 0.005  # of Adam; falls linearly to zero
seq_len: int = 10  # positions in a sequence
d_model: int = 64  # width of embeddings, queries, keys, values
device: str = "cpu"  # where models are trained: cpu, cuda, mps or auto

# %% tags=["setup"]
claims = Claims("05_positions", globals())
config = Config(steps, batch_size, learning_rate)
xor, argmax, last = (tasks.get(name, seq_len=seq_len) for name in (
    "xor_of_endpoints", "argmax_position", "last_gt_first"))
test_set = held_out(xor, "test", 2000)


def with_positions(scheme, width=d_model):
    def build(spec):
        return CoreModel(spec, width, positions=scheme)
    return build


def train(model, task, n_seeds=n_seeds):
    return fit(model, task, config, seed=seed, n_seeds=n_seeds,
               device=device)


# %% [markdown]
# ## Where we stand
#
# Self-attention treats its input as a set. On `last_gt_first` that left it at
# chance, where rung 1 had no trouble. But rung 1 failed on a question that
# joins two positions: `xor_of_endpoints`. Neither can do this one.
# Self-attention gets the size of the model to come.

# %%
def no_positions(spec):
    return CoreModel(spec, d_model + 1)  # about the size of the new model


on_xor = {"logistic regression": train("logistic_regression", xor),
          "no positions": train(no_positions, xor)}

# %% tags=["hide-input", "nbval-ignore-output"]
say("Best seed on `xor_of_endpoints`: logistic regression "
    f"{on_xor['logistic regression'].test['accuracy'].max():.2f}, "
    "self-attention without positions "
    f"**{on_xor['no positions'].test['accuracy'].max():.2f}**; chance is "
    "0.50.")


# %% [markdown]
# A little more than a coin toss on XOR is no mistake: a set shows how many
# values are positive, and half and half makes different signs likelier than
# equal ones (exercise 3 of chapter 4).
#
# ## The tasks
#
# Two questions of order. `xor_of_endpoints`: do the first and the last value
# differ in sign? `argmax_position`: at which position is the signal greatest?

# %%
def xor_of_endpoints(signal):
    return int((signal[0] > 0) != (signal[-1] > 0))


def argmax_position(signal):
    return signal.index(max(signal))


for task, rule in ((xor, xor_of_endpoints), (argmax, argmax_position)):
    drawn = held_out(task, "test", 2000)
    answers = [rule(signal) for signal in drawn.inputs.sum(-1).tolist()]
    assert answers == drawn.targets.tolist()
    share = drawn.targets.bincount().max().item() / len(drawn)
    print(f"{task.name}: sampler and plain rule agree; majority {share:.2f}")


# %% [markdown]
# ## Predict before you run
#
# You may add one learned vector at each position, the same for all inputs.
# What should the vectors of the first and the last position say to queries and
# keys, for XOR? And what to the logits head, for the position of the maximum?
# One scheme below adds to the scores a penalty that grows with the distance of
# two positions, the same to the left and to the right: which of the tasks can
# it never learn?
#
# ## Build it
#
# | symbol | meaning | shape |
# | --- | --- | --- |
# | $x_t$ | features at position $t$, embedded | (d_model,) |
# | $p_t$ | vector of position $t$, learned: row $t$ of a table | (d_model,) |
#
# $$x_t' = x_t + p_t$$
#
# All else is as in chapter 4. What a query or a key is made of now contains
# its position.

# %%
class SelfAttention(nn.Module):
    def __init__(self, spec, d_model):
        super().__init__()
        self.embed = nn.Linear(spec.d_input, d_model)
        # New: a vector for every position.
        self.table = nn.Parameter(0.5 * torch.randn(spec.seq_len, d_model))
        self.W_Q = nn.Linear(d_model, d_model)
        self.W_K = nn.Linear(d_model, d_model)
        self.W_V = nn.Linear(d_model, d_model)
        self.W_O = nn.Linear(d_model, d_model)
        self.logits_head = nn.Linear(d_model, spec.n_classes)

    def forward(self, inputs):  # (batch, seq, d_input)
        x = self.embed(inputs) + self.table  # New: what it is, and where
        scores = self.W_Q(x) @ self.W_K(x).transpose(1, 2)
        pattern = (scores / x.shape[-1] ** 0.5).softmax(-1)
        found = self.W_O(pattern @ self.W_V(x))  # (batch, seq, d_model)
        hidden = (x + found).relu()
        return self.logits_head(hidden.mean(1))  # (batch, n_classes)


# %%
ours, core = SelfAttention(xor.spec, d_model), with_positions("learned")(
    xor.spec)
core.load_state_dict({
    name.replace("W_", "attention.W_").replace("table", "positions.table"):
    value for name, value in ours.state_dict().items()})
difference = (ours(test_set.inputs) - core(test_set.inputs)).abs().max().item()
assert difference < 1e-5
print("the package has the same model; parameters:",
      models.count_parameters(ours))

# %% [markdown]
# ## Train

# %%
on_xor["learned positions"] = train(with_positions("learned"), xor)
show(plots.learning_curves(on_xor),
     "Validation loss and accuracy on xor_of_endpoints. Learned positions "
     "rise near one; logistic regression and self-attention without "
     "positions stay near chance.")

# %% [markdown]
# ## Evidence over seeds

# %% tags=["hide-input"]
show(plots.seed_accuracies(on_xor, 1 / 2),
     "Test accuracy on xor_of_endpoints, a dot a seed: learned positions near "
     "one on every seed, the others near chance.")

# %% tags=["hide-input", "nbval-ignore-output"]
accuracy_table(on_xor, head="model on xor_of_endpoints")


# %% [markdown]
# ## Look inside
#
# Which position attends to which? The mean pattern over the test set, for the
# first trained model and for weights set by hand.
#
# **Weights by hand.** For two numbers $a$ and $b$,
#
# $$|a - b| - |a + b| = \begin{cases}
#   +2 \min(|a|, |b|) & \text{if the signs differ,} \\
#   -2 \min(|a|, |b|) & \text{if they agree.}
# \end{cases}$$
#
# And $|u| = \text{relu}(u) + \text{relu}(-u)$. So four rectified numbers at
# the first position are enough, once attention has brought the last value
# there. The table marks the first position and the last one; the first one's
# query fits the last mark. At all other positions a vector of `-1000` keeps
# the rectified numbers at 0. The answer is exact wherever both endpoints
# differ from 0.

# %%
def set_by_hand():
    first_mark, last_mark, signal = 0, 1, 2
    sums = slice(3, 7)  # the four numbers to be rectified
    model = CoreModel(xor.spec, d_model=7, positions="learned")
    for parameter in model.parameters():
        parameter.data.zero_()
    own = torch.tensor([1.0, -1.0, 1.0, -1.0])  # a-b, b-a, a+b, -a-b: of a
    other = torch.tensor([-1.0, 1.0, 1.0, -1.0])  # and of b
    model.embed.weight.data[signal] = 1
    model.embed.weight.data[sums] = own.unsqueeze(1)
    table = model.positions.table.data
    table[0, first_mark] = table[-1, last_mark] = 1
    table[1:, sums] = -1000
    attention = model.attention
    attention.W_Q.weight.data[last_mark, first_mark] = 100 * 7**0.5
    attention.W_K.weight.data[last_mark, last_mark] = 1
    attention.W_V.weight.data[signal, signal] = 1
    attention.W_O.weight.data[sums, signal] = other
    model.logits_head.weight.data[1, sums] = torch.tensor([1.0, 1, -1, -1])
    return model


# %%
by_hand = set_by_hand()
with torch.no_grad():
    hits = by_hand(test_set.inputs).argmax(-1) == test_set.targets
hand_accuracy = hits.float().mean().item()
print(f"hand-set weights are right on {hits.sum()} of {len(hits)}")

# %%
trained = on_xor["learned positions"].models
mean_pattern = {
    "by hand": patterns(by_hand, test_set.inputs)["attention"].mean((0, 1)),
    "learned": patterns(trained[0], test_set.inputs)["attention"].mean((0, 1))}
ends = []  # weight on the two endpoints, in the row with most of it
for model in trained:
    rows = patterns(model, test_set.inputs)["attention"].mean((0, 1))
    ends.append((rows[:, 0] + rows[:, -1]).max().item())

# %% tags=["hide-input"]
figure, axes = plots.panels(2, width=3.0, height=2.8)
for ax, (title, pattern) in zip(axes, mean_pattern.items()):
    plots.heat(ax, pattern.numpy(), vmin=0, vmax=1)
    ax.set(title=title, xlabel="key: position attended to")
axes[0].set_ylabel("query: position that asks")
show(figure, "Mean pattern over the test set, by hand and learned. By hand "
     "only the first row is sharp, on the last position. Learned: the columns "
     "of the first and the last position take most of the weight.")

# %% [markdown]
# Touch it: the same layer without positions and with them. Exchange two bars
# and see which of the two notices.

# %% tags=["hide-input", "nbval-ignore-output"]
playgrounds.ch05(xor, {name: on_xor[name].models[0]
                       for name in ("no positions", "learned positions")})

# %% [markdown]
# ## Eight ways to tell a place
#
# | scheme | where it speaks | what it says |
# | --- | --- | --- |
# | none | nowhere | nothing |
# | absolute | in the embeddings | feature $t / T$, times learned weights |
# | learned | in the embeddings | a learned vector for each position |
# | sinusoidal | in the embeddings | sines and cosines of $t$, fixed |
# | random offset | in the embeddings | learned; training starts anywhere |
# | relative | in the scores | a learned bias for each distance $s - t$ |
# | rotary | in queries and keys | a rotation by an angle proportional to $t$ |
# | alibi | in the scores | a fixed penalty, $\propto \lvert s - t \rvert$ |
#
# As equations, for a query at $t$ and a key at $s$, with frequencies
# $\omega_i = 10000^{-2i/d}$: sinusoidal positions are $\sin \omega_i t$ and
# $\cos \omega_i t$, for each $i$; the relative bias is a learned $b_{s - t}$;
# ALiBi adds $-m\,|s - t|$ with a fixed $m$ for each head; rotary positions
# rotate pair $i$ of a query by the angle $\omega_i t$ and that of a key by
# $\omega_i s$.
#
# What do the scores say if all positions have the same content? (For rotary
# positions a query and a key must be chosen; here they differ.)

# %% tags=["hide-input"]
zeros = torch.zeros(1, seq_len, d_model)
scheme = {name: make(seq_len, d_model, 1) for name, make in SCHEMES.items()}
waves = scheme["sinusoidal"].add_to_embeddings(zeros)[0]
key = torch.ones(1, 1, seq_len, d_model)
query = key * (torch.arange(d_model) < d_model // 2)
rotate = scheme["rotary"].rotate
of_positions = {
    "sinusoidal": waves @ waves.T,
    "rotary": (rotate(query) @ rotate(key).transpose(2, 3))[0, 0],
    "alibi": scheme["alibi"].attention_bias(seq_len)[0]}
figure, axes = plots.panels(3, width=2.6, height=2.6)
for ax, (name, scores) in zip(axes, of_positions.items()):
    plots.heat(ax, scores.numpy())
    ax.set(title=name, xlabel="key")
axes[0].set_ylabel("query")
show(figure, "Scores from positions alone under three schemes. Sinusoidal "
     "and alibi: largest on the diagonal, alike on both sides. Rotary, with a "
     "query unlike the key: larger on one side of the diagonal.")

# %% [markdown]
# Now each scheme on three tasks, in models of width 32. This takes longer than
# a chapter should; the table is recorded, and below a part of it is trained
# anew on fewer seeds.

# %% tags=["hide-input"]
record = recorded.read("positions")
show(plots.staircase(record),
     "Recorded accuracies, a row a scheme, a column a task. Learned and "
     "sinusoidal do well on all; none and alibi are near chance everywhere; "
     "relative and rotary fail on argmax_position, absolute on XOR.")

# %% tags=["hide-input", "nbval-ignore-output"]
say(recorded.origin("positions"))

# %%
LIVE = [("alibi", "last_gt_first"), ("none", "argmax_position"),
        ("learned", "argmax_position"), ("rotary", "argmax_position")]
live = {}
for place in LIVE:
    cell = positions.cell(*place)
    cell = cell.with_settings(steps=min(steps, cell.config().steps))
    live[place] = cell.train(n_live).test["accuracy"]
then = {place: recorded.values(record, *place) for place in LIVE}
largest_gap = max(np.abs(now - then[place][:n_live]).max()
                  for place, now in live.items())

# %% tags=["hide-input", "nbval-ignore-output"]
say("\n".join(
    ["| scheme | task | now | recorded |", "| --- | --- | --- | --- |"]
    + [f"| {scheme} | {task} | {now.min():.3f} to {now.max():.3f} | "
       f"{then[scheme, task].min():.3f} to {then[scheme, task].max():.3f} |"
       for (scheme, task), now in live.items()]))


# %% [markdown]
# Four findings, each with its reason.
#
# - **ALiBi hardly helps here.** Its penalty is the same to the left and to the
#   right. Read a sequence backwards, and every position finds what it found
#   before; so the model gives `last_gt_first` and its opposite the same
#   answer. On the other two tasks symmetry forbids less; there the reason is
#   that a single head has the gentlest slope, and over ten positions its
#   scores hardly differ. In the paper ALiBi stands with a causal mask, which
#   breaks the symmetry, and with many heads.
# - **Relative and rotary know distances, not positions.** They tell left from
#   right, and can find an end: it has neighbours on one side only. But the
#   mean over positions forgets which position said what, and no vector says
#   "I am number three".
# - **One feature would do for XOR, and training does not find it.** A constant
#   query against keys that grow with $t$ picks the last position, and a large
#   multiple of $t$ silences all positions but the first. In the recorded runs
#   no seed came near these weights.
# - **Random offset gives up positions on purpose.** In training a position is
#   known only up to a shift, another one for each sequence. That costs
#   accuracy here; it pays where inputs grow longer than those of training,
#   which a later chapter measures.

# %%
def mirror_gap(model, inputs):
    with torch.no_grad():
        return (model(inputs.flip(1)) - model(inputs)).abs().max().item()


mirrored = {scheme: mirror_gap(with_positions(scheme)(last.spec).eval(),
                               held_out(last, "test", 500).inputs)
            for scheme in SCHEMES}
blind = sorted(s for s, gap in mirrored.items() if gap < 1e-5)
print("the same logits for a sequence read backwards:", ", ".join(blind))

# %% [markdown]
# ## Break it
#
# First, shuffle the table of a trained model: the vectors are there, and say
# the wrong position. Second, the question that one layer does not answer: how
# often does the sign change, modulo 3? Every position must attend to its
# neighbour; then the changes must be *counted*; and then the count, not each
# change, must go through a nonlinearity. One layer has one ReLU, before the
# mean.

# %%
order = torch.randperm(
    seq_len, generator=torch.Generator().manual_seed(seed + 1))
shuffled = []
for model in trained:
    table = model.positions.table.data
    kept = table.clone()
    table.copy_(kept[order])
    with torch.no_grad():
        hits = model(test_set.inputs).argmax(-1) == test_set.targets
    shuffled.append(hits.float().mean().item())
    table.copy_(kept)
changes = tasks.get("sign_changes_mod_3", seq_len=8)
too_hard = train(with_positions("learned"), changes, n_live)

# %% tags=["hide-input", "nbval-ignore-output"]
best = too_hard.test["accuracy"].max()
new = on_xor["learned positions"].test["accuracy"]
say(f"With a shuffled table XOR falls to {np.median(shuffled):.2f}.")
say("**What opens the next chapter.** On `sign_changes_mod_3` one layer with "
    f"learned positions reaches {best:.2f} at best; chance is "
    f"{1 / 3:.2f}. Looking, counting and deciding must come one after "
    "another.")
glue("ladder-05", "**Rung 5, positions** tells attention where things stand: "
     f"{100 * np.median(new):.0f} % on whether the ends differ in sign, "
     "where the same model without them reaches "
     f"{100 * np.median(on_xor['no positions'].test['accuracy']):.0f} %. One "
     "layer cannot look, count and decide in turn: at best "
     f"{100 * best:.0f} % on the number of sign changes modulo 3.")


# %% [markdown]
# ## Check yourself
#
# 1. Add the same vector to all rows of a learned table. Does the model still
#    know the positions?
#
# <details><summary>Answer</summary>
#
# Yes. Only differences between the rows tell positions apart. (The logits
# change, as every embedding now contains one vector more; training would
# absorb it.)
#
# </details>
#
# 2. A model with a learned table was trained on ten positions. What happens
#    with eleven?
#
# <details><summary>Answer</summary>
#
# There is no eleventh row: the package refuses with a `ValueError`. Sinusoidal
# and rotary positions can be computed for any position, but what a model does
# with positions it has never seen is another matter.
#
# </details>
#
# 3. Rotary positions rotate queries and keys, not values. Why does the output
#    still depend on order?
#
# <details><summary>Answer</summary>
#
# The rotation changes products of queries and keys, so it changes the pattern:
# from which positions how much is taken. What is taken does not say where it
# stood.
#
# </details>
#
# ## Exercises
#
# Each exercise needs the setup cells only. Change the stub, run the cell, and
# the checker answers.
#
# ### Exercise 1: attend one to the left (easy, 10 minutes)
#
# Write a bias (query, key) for sequences of `seq` positions whose softmax
# makes every position attend to the one *before* it, with a weight of at least
# `0.99`. The first position, which has none before it, may do as it likes.

# %% tags=["checker"]
def check_bias(bias):
    for seq in (3, 10):
        made = bias(seq)
        if made is None or tuple(made.shape) != (seq, seq):
            return "not yet: return a bias of shape (seq, seq)"
        weights = made.softmax(-1).diagonal(-1)
        if weights.min() < 0.99:
            return f"not yet: least weight {weights.min().item():.2f}"
    return "correct"


# %% tags=["exercise"]
def my_bias(seq):
    return None


print(check_bias(my_bias))


# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_bias(seq):
#     return torch.diag(torch.full((seq - 1,), 10.0), -1)
#
#
# print(check_bias(my_bias))
# ```
#
# </details>
#
# ### Exercise 2: rotate by hand (medium, 20 minutes)
#
# Write `rotate(pair, t, angle)`: a pair of numbers, rotated by `t` times
# `angle`. The checker wants the product of a rotated query and a rotated key
# to depend on the distance of their positions only, and lengths to stay.

# %% tags=["checker"]
def check_rotation(rotate):
    if rotate is None:
        return "not yet: give a function of pair, t and angle"
    q, k = torch.tensor([1.0, 2.0]), torch.tensor([-0.5, 1.5])
    for angle in (0.3, 1.1):
        products = [(rotate(q, t, angle) * rotate(k, t + 2, angle)).sum()
                    for t in (0, 5)]
        if not torch.allclose(rotate(q, 3, angle).norm(), q.norm(), atol=1e-5):
            return "not yet: the length changes"
        if not torch.allclose(*products, atol=1e-5):
            return "not yet: the product depends on more than the distance"
        cosine = F.cosine_similarity(rotate(q, 1, angle), q, dim=0).item()
        if abs(cosine - np.cos(angle)) > 1e-5:
            return f"not yet: position 1 is not rotated by {angle}"
    return "correct"


# %% tags=["exercise"]
my_turn = None
print(check_rotation(my_turn))


# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_turn(pair, t, angle):
#     a = torch.tensor(t * angle)
#     first, second = pair
#     return torch.stack([first * a.cos() - second * a.sin(),
#                         first * a.sin() + second * a.cos()])
#
#
# print(check_rotation(my_turn))
# ```
#
# </details>
#
# ### Exercise 3: which is larger in size? (medium, 15 minutes)
#
# Write `larger(a, b)`, made of `relu` and sums only: positive where
# $|a| > |b|$, negative where $|a| < |b|$, for tensors of any shape. Hint: four
# rectified numbers.

# %% tags=["checker"]
def check_larger(larger):
    generator = torch.Generator().manual_seed(6)
    a, b = torch.randn(2, 500, generator=generator)
    made = larger(a, b)
    if made is None or made.shape != a.shape:
        return "not yet: return one number for each pair"
    right = made.sign() == (a.abs() - b.abs()).sign()
    return "correct" if right.all() else f"not yet: {right.sum()} of 500 right"


# %% tags=["exercise"]
def my_larger(a, b):
    return a - b


print(check_larger(my_larger))

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_larger(a, b):
#     return a.relu() + (-a).relu() - b.relu() - (-b).relu()
#
#
# print(check_larger(my_larger))
# ```
#
# </details>
#
# ### Exercise 4: another rule of two positions (open, 30 minutes)
#
# Change the hand-set weights so that the model answers whether the *second*
# and the *last* value differ in sign. Which rows of the table change? Hint:
# which position carries the four numbers? Compare with a plain rule on the
# test set.
#
# <details><summary>What to look for</summary>
#
# The mark of the first position moves to row 1, and so does the row without
# `-1000`. Nothing else changes: queries and keys know marks, not numbers.
#
# </details>
#
# ## Takeaways
#
# - Attention needs to be told positions. A learned vector added to each
#   embedding is enough.
# - Where the scheme speaks decides what can be told apart: added vectors know
#   positions; biases and rotations know distances; a symmetric bias does not
#   know direction.
# - Two rectified differences and two rectified sums compute an XOR.
#
# **Where this differs from the papers.** Vaswani and others (2017) add
# sinusoids and found learned tables as good. The relative bias is that of T5
# (Raffel and others, 2020) without its buckets; rotary positions are those of
# Su and others (2021), pairing number $i$ with number $i + d/2$ as many
# programs do; ALiBi (Press and others, 2022) is meant for causal attention.
# All here stand in one layer that ends in a mean, where some of them have less
# to work with than in a deep model.
#
# **References.** A. Vaswani and others, *Attention is all you need* (2017). C.
# Raffel and others, *Exploring the limits of transfer learning* (2020). J. Su
# and others, *RoFormer* (2021). O. Press and others, *Train short, test long*
# (2022). A. Ruoss and others, *Randomized positional encodings* (2023).
#
# ## Claims
#
# The statements of this chapter, checked against bounds.

# %% tags=["hide-input"]
none = on_xor["no positions"].test["accuracy"]
claims.check("learned positions solve xor_of_endpoints on every seed",
             new.min(), at_least=0.97)
claims.check("without positions the same layer is below its worst seed, by",
             new.min() - none.max(), at_least=0.10)
claims.check("logistic regression on xor_of_endpoints, best seed",
             on_xor["logistic regression"].test["accuracy"].max(),
             at_most=0.55)
claims.check("recorded: learned positions solve argmax_position, worst seed",
             recorded.values(record, "learned", "argmax_position").min(),
             at_least=0.97)
claims.check("recorded: without positions argmax_position is at chance, best",
             recorded.values(record, "none", "argmax_position").max(),
             at_most=0.13)
claims.check("the sizes agree, ratio of parameters",
             on_xor["no positions"].n_parameters
             / on_xor["learned positions"].n_parameters,
             at_least=0.95, at_most=1.05)
claims.check("hand-set weights solve xor_of_endpoints exactly",
             hand_accuracy, at_least=1.0)
claims.check("some row attends to the endpoints, least weight over seeds",
             min(ends), at_least=0.5)

# %% tags=["hide-input"]
claims.check("schemes that cannot tell a sequence from its reverse",
             len(blind), at_least=2, at_most=2)
claims.check("recorded: one feature does not find XOR, best seed",
             recorded.values(record, "absolute", "xor_of_endpoints").max(),
             at_most=0.90)
claims.check("alibi on last_gt_first is at chance, largest distance",
             np.abs(live["alibi", "last_gt_first"] - 0.5).max(),
             at_most=0.03)
claims.check("the trained part agrees with the recorded table, largest gap",
             largest_gap, at_most=0.06)
claims.check("recorded: relative and rotary fail on argmax_position, best",
             max(recorded.values(record, s, "argmax_position").max()
                 for s in ("relative", "rotary")), at_most=0.6)
claims.check("a shuffled table loses xor_of_endpoints, best seed",
             max(shuffled), at_most=0.75)
claims.check("one layer does not solve sign_changes_mod_3, best seed", best,
             at_most=0.70)
print(claims.summary())
