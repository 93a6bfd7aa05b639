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
# **Question.** Put the same ten values in another order, and self-attention
# answers as before: it sees a set. But whether the first and the last value
# differ in sign is a question about order, and on such questions the last
# chapter's model guesses. How can a model be told where each value stands?
# And does it matter how it is told?

# %% tags=["hide-input"]
import torch
from progtx_core import models, tasks
from parts import opening

xor = tasks.get("xor_of_endpoints")
ten = torch.tensor([3.0, -1, 2, -3, 1, -2, 1.5, -1.5, 2.5, -2.5]) / 2
orders = torch.stack([ten, ten[[0, 1, 3, 4, 5, 6, 7, 8, 9, 2]],
                      ten[[1, 0, 2, 3, 4, 5, 6, 7, 9, 8]], ten.flip(0)])
opening.ask(
    xor, "Four times the same ten bars in different orders. Do the first and "
    "the last bar differ in sign? The answers of three are given, the fourth "
    "has a question mark.", orders.unsqueeze(-1).expand(-1, -1, 2),
    names=("they agree", "they differ"))

# %% [markdown]
# The same ten bars each time. Only the order can tell the answers apart.
#
# **Claim.** Add to every embedding a vector for its position, and the same
# attention layer answers questions of order. How the position is told decides
# which questions: some schemes know positions, some only distances, and one
# does not know left from right.

# %% tags=["hide-input", "nbval-ignore-output"]
opening.at_a_glance(
    "05_positions",
    built=models.build("self_attention_with_positions", xor.spec, d_model=64),
    task="xor_of_endpoints; argmax_position; last_gt_first",
    model="self-attention with positions: eight schemes",
    prerequisites="chapter 4")

# %% [markdown]
# ## What you will be able to do
#
# - say why a model without positions sees a set;
# - give a model positions in three ways: in the embeddings, in queries and
#   keys, or in the scores;
# - write weights that compute the XOR of two signs, and prove them exact;
# - derive why rotary positions see distances only;
# - say what a scheme cannot tell apart, predict from it where it fails, and
#   test the reason that you gave.
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
from progtx_core.tools.checkers import check
from progtx_core.tools.claims import Claims
from progtx_core.tools.page import accuracy_table, glue, say, show
from progtx_core.training import Config, fit, held_out
from torch import nn
from experiments import positions
from parts import landmarks, playgrounds, position_pictures, rotary_dial

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


# %% tags=["setup"]
def gap(model, one, other):  # the largest difference of two answers
    with torch.no_grad():
        return (model(one) - model(other)).abs().max().item()


def accuracy(model):  # on the test set of XOR
    with torch.no_grad():
        right = model(test_set.inputs).argmax(-1) == test_set.targets
    return right.float().mean().item()


# %% [markdown]
# ## Where we stand
#
# Why does self-attention see a set? What position $t$ finds is a sum over all
# positions,
#
# $$\text{found}_t = W_O \sum_s \frac{e^{q_t \cdot k_s / \sqrt d}}
#   {\sum_r e^{q_t \cdot k_r / \sqrt d}} \, v_s ,$$
#
# where $k_s$ and $v_s$ are made from what stands at $s$, and from nothing
# else. Exchange two positions, and two terms of the sum change places; the sum
# stays. Then the mean over $t$ is taken, and that is a sum, too. So every
# order of the same values gets the same answer: the model is blind to order,
# whatever its weights are.
#
# On `last_gt_first` that left it at chance, where rung 1 had no trouble. But
# rung 1 failed on a question that joins two positions: `xor_of_endpoints`.
# Neither can do this one. Self-attention gets the size of the model to come.

# %%
def no_positions(spec):
    return CoreModel(spec, d_model + 1)  # about the size of the new model


on_xor = {"logistic regression": train("logistic_regression", xor),
          "no positions": train(no_positions, xor)}
turned_round = gap(on_xor["no positions"].models[0], test_set.inputs,
                   test_set.inputs[:, torch.randperm(seq_len)])
print("another order, the same answer:", turned_round < 1e-4)

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
# The idea: if a key and a value are made from what stands at a position and
# from nothing else, let the position stand there, too. Each position gets a
# vector of its own, and it is added to the embedding.
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


# %% [markdown]
# The package has the same model: from one seed it starts with the same
# weights, and it gives the same logits.

# %%
torch.manual_seed(seed)
ours = SelfAttention(xor.spec, d_model)
torch.manual_seed(seed)
core = with_positions("learned")(xor.spec)
assert (ours(test_set.inputs) - core(test_set.inputs)).abs().max() < 1e-5
print("the package has the same model; parameters:",
      models.count_parameters(ours))

# %% [markdown]
# ## Train

# %%
on_xor["learned positions"] = train(with_positions("learned"), xor)
show(plots.learning_curves(on_xor),
     "Validation loss and accuracy on xor_of_endpoints against steps, a line "
     "and a band for each of three models: logistic regression, "
     "self-attention without positions, and with learned ones.")

# %% [markdown]
# *Median and range over the seeds. Look at where the third line leaves the
# other two, and how long that takes.*
#
# ## Evidence over seeds

# %% tags=["hide-input"]
show(plots.seed_accuracies(on_xor, 1 / 2),
     "Test accuracy on xor_of_endpoints of three models, a dot a seed, with a "
     "dashed line at chance.")

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
# $$\begin{gathered} |a - b| - |a + b| = \pm 2 \min(|a|, |b|), \\
#   + \text{ if the signs differ, } - \text{ if they agree.} \end{gathered}$$
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
hand_accuracy = accuracy(by_hand)
print("accuracy of the hand-set weights:", hand_accuracy)

# %%
trained = on_xor["learned positions"].models


def mean_pattern(model):
    return patterns(model, test_set.inputs)["attention"].mean((0, 1))


# Weight on the two endpoints, in the row with most of it.
ends = [mean_pattern(model)[:, [0, -1]].sum(1).max().item()
        for model in trained]

# %% tags=["hide-input"]
figure, axes = plots.panels(2, width=3.2, height=2.8)
shown = zip(axes, (by_hand, trained[0]), ("by hand", "learned"))
for ax, model, title in shown:
    plots.heat(ax, mean_pattern(model), vmin=0, vmax=1, cbar=ax is axes[1])
    ax.set(title=title, xlabel="key: position attended to")
axes[0].set_ylabel("query: position that asks")
show(figure, "Mean pattern over the test set, by hand and learned; a row a "
     "query, a column a key, with a colour bar from zero to one.")

# %% [markdown]
# *By hand only the first row matters, and it is sharp. Look for the columns
# that take most of the weight in the learned pattern.*
#
# ## Eight ways to tell a position
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
show(position_pictures.scores(seq_len, d_model),
     "Scores from positions alone under four schemes: learned, sinusoidal, "
     "rotary, alibi; a row a query, a column a key, each with a colour bar.")

# %% [markdown]
# *Follow a diagonal from the upper left to the lower right: there the distance
# stays the same. In three of the panels the colour stays the same, too.*
#
# Of the three, sinusoidal positions are a case of their own. Their raw
# products know distances only; but they are vectors added to the embeddings,
# and $W_Q$ and $W_K$ may learn to read $t$ itself from them, as from a table.
#
# ## Rotary positions: why only the distance counts
#
# Most language models of today use rotary positions. Take a query $q$ and a
# key $k$ of two numbers each: arrows in a plane. To turn an arrow by the angle
# $\alpha$ is to multiply it by
#
# $$R(\alpha) = \begin{pmatrix} \cos \alpha & -\sin \alpha \\
#   \sin \alpha & \cos \alpha \end{pmatrix}.$$
#
# Turn the query by its position times an angle $\omega$, and the key by its
# own position times the same angle. What is their dot product now?
#
# $$\begin{aligned} & (R(\omega t)\,q) \cdot (R(\omega s)\,k) \\
#   &= q^\top R(\omega t)^\top R(\omega s)\,k \\
#   &= q^\top R(\omega (s - t))\,k \\
#   &= |q|\,|k| \cos(\varphi + \omega (s - t)) \end{aligned}$$
#
# The transpose of a turn is the turn back; to turn back by $\omega t$ and on
# by $\omega s$ is to turn by the difference. With $\varphi$, the angle from
# $q$ to $k$, that is a cosine. The positions themselves are gone: **only
# $s - t$ is left.** Try it.

# %% tags=["hide-input"]
rotary_dial.show()

# %% [markdown]
# The second challenge shows what is wrong with a single angle. It comes round:
# after $2 \pi / \omega$ positions the product is the same again. A smaller
# angle comes round later, but then neighbours are hardly told apart. So a head
# of width $d$ has $d / 2$ pairs of numbers, and each pair has an angle of its
# own, from quick to slow.

# %%
angles = 10_000.0 ** -(torch.arange(16) / 16)  # of a head of width 32
distances = torch.arange(-24, 24.5, 0.5)
one_pair = {f"angle {angle:.2g}": (angle * distances).cos()
            for angle in angles[[0, 3, 6]]}
# A query that is the key, turned back by `at` positions, fits best there.
all_pairs = {f"asks for {at}": (angles.outer(distances - at)).cos().mean(0)
             for at in (0, -4)}
rotate = SCHEMES["rotary"](30, 32, 1).rotate
queries, keys = torch.randn(2, 32).view(2, 1, 1, 1, 32).expand(2, 1, 1, 30, 32)
products = (rotate(queries) @ rotate(keys).transpose(2, 3))[0, 0]
moved = (products[:20, :20] - products[10:, 10:]).abs().max().item()
print("all positions ten later, the same products:", moved < 1e-4)

# %% tags=["hide-input"]
show(position_pictures.waves(one_pair, all_pairs, distances),
     "Dot product of a query and a key against their distance. Above, three "
     "single pairs: waves of different length. Below, the mean over sixteen "
     "pairs, for a query that asks for distance zero and one that asks for "
     "four to the left.")

# %% tags=["hide-input", "nbval-ignore-output"]
say(f"The quickest of these {len(angles)} pairs comes round after "
    f"{2 * np.pi / angles[0]:.0f} positions, the slowest after "
    f"{2 * np.pi / angles[-1]:,.0f}. Over the {seq_len} positions of this "
    f"chapter {(angles * (seq_len - 1) < 0.1).sum()} of them "
    "turn by less than a tenth of a radian: they hardly know positions.")

# %% [markdown]
# *Above, every wave comes back to its greatest value. Below there is one peak,
# and the query chooses where.*
#
# **Why 10000?** The slowest pair should not come round within any input, or
# two distances look alike to all pairs at once. With the base 10000 it takes
# tens of thousands of positions, far more than the texts of its time had. From
# pair to pair the wavelength grows by the same factor, so that every scale of
# distance has its pairs. Nothing else is special about the number: models for
# longer texts take larger ones.
#
# **What a head does with it.** The lengths of a query in its pairs say which
# angles count, and its direction in each says for which distance it asks. "One
# to the left" is the same query at every position.
#
# ## Eight schemes, three tasks
#
# Now each scheme on three tasks, in models of width 32. This takes longer than
# a chapter should; the table is recorded, and below a part of it is trained
# anew on fewer seeds.

# %% tags=["hide-input"]
record = recorded.read("positions")
show(plots.staircase(record[record.model.isin(list(SCHEMES))]),
     "Recorded accuracies, a row for each of eight schemes, a column for each "
     "of three tasks: the median, and beneath it the worst seed.")

# %% tags=["hide-input", "nbval-ignore-output"]
say(recorded.origin("positions"))

# %% [markdown]
# *Median over five seeds, worst seed beneath; colour from chance to one. All
# schemes share one learning rate, chosen for none of them: read the large
# differences only. Which rows fail where?*

# %%
LIVE = [("alibi", "last_gt_first"), ("learned", "argmax_position"),
        ("rotary", "argmax_position"),
        ("rotary, marked start", "argmax_position")]  # the last: see below


live = {}
for place in LIVE:
    cell = positions.cell(*place)
    cell = cell.with_settings(steps=min(steps, cell.config().steps))
    live[place] = cell.train(n_live).test["accuracy"]
then = {place: recorded.values(record, *place) for place in LIVE}
largest_gap = max(np.abs(live[place] - then[place][:n_live]).max()
                  for place in LIVE[:3])

# %% tags=["hide-input", "nbval-ignore-output"]
landmarks.now_and_then(live, then)

# %% [markdown]
# Touch it: the layer without positions beside the scheme that you choose, one
# seed each, of width 16, trained for XOR. Exchange two bars: which of the two
# notices? Exchange the first and the last: who notices that?

# %% tags=["hide-input", "nbval-ignore-output"]
playgrounds.ch05(xor, {
    scheme: train(with_positions(scheme, 16), xor, 1).models[0]
    for scheme in SCHEMES})

# %% [markdown]
# ## Why schemes fail
#
# Four findings, each with its reason. The last reason took two attempts.
#
# - **One feature would do for XOR, and training does not find it.** A constant
#   query against keys that grow with $t$ picks the last position, and a large
#   multiple of $t$ silences all positions but the first. In the recorded runs
#   no seed came near these weights.
# - **Random offset gives up positions on purpose.** In training a position is
#   known only up to a shift, another one for each sequence. That costs
#   accuracy here; it pays where inputs grow longer than those of training,
#   which a later chapter measures.
# - **ALiBi does not know left from right.** Its penalty is the same on both
#   sides. Read a sequence backwards, and every position finds what it found
#   before; so the model gives `last_gt_first` and its opposite the same
#   answer. Of the position of the maximum and its mirror image it can name
#   only one. That alone would leave it one half; it stays at chance, so this
#   is not all. The next finding is the rest.
# - **Relative, rotary and ALiBi know distances, and distances from what?** The
#   weights of a softmax add up to 1. Where all positions hold the same value,
#   each finds that value, whatever its weights are: nothing says "here it
#   begins". A position can learn where it stands only from what the others
#   hold.
#
# Both statements about all weights can be tested on weights that nobody has
# trained: read a sequence backwards; and compare one value, repeated ten
# times, with the same value alone.

# %%
some = test_set.inputs[:500]
once, ten_times = some[:, :1], some[:, :1].expand(-1, seq_len, -1)
fresh = {s: with_positions(s)(last.spec).eval() for s in SCHEMES}
blind = [s for s in SCHEMES if gap(fresh[s], some, some.flip(1)) < 1e-5]
lost = [s for s in SCHEMES if gap(fresh[s], once, ten_times) < 1e-5]
print("the same logits for a sequence read backwards:", ", ".join(blind))
print("the same for one value, ten times or once:", ", ".join(lost))

# %% [markdown]
# If that is the reason, a **landmark** must help: something that every
# position finds, always at the same place. Language models have one, a token
# that begins every text. Let us do the same: one more position in front, which
# has a feature of its own.
#
# For ALiBi we had another reason in mind. A single head has the gentlest
# slope, $1/256$, so over ten positions its scores hardly differ. Then a slope
# of $1/4$ must help. Here are both, alone and together.

# %% tags=["hide-input", "nbval-ignore-output"]
landmarks.show(record)

# %% [markdown]
# Recorded accuracies on `argmax_position`; chance is one in ten. The slope
# alone does nothing: our first reason was wrong, or only half of one. The
# landmark alone does nothing for ALiBi either. Together they take it most of
# the way: distances must differ, *and* be distances from something. Relative
# and rotary positions gain from the landmark alone, if not enough to reach
# added vectors in so short a training. Without any positions a landmark is one
# more member of the set.
#
# **So nothing here says that rotary positions are bad.** We asked for
# positions by their number, of one layer with one head that ends in a mean:
# the home ground of added vectors. A question about distances, such as "what
# stands one to the left?", a rotary query asks in the same way everywhere, and
# at positions beyond those of training. In a language model, texts have a
# beginning token, many layers can find out in turn where they are, and a
# *causal mask* lets a position attend only to those before it, so that left
# and right differ for every scheme.
#
# ## Break it
#
# First, shuffle the table of a trained model: the vectors are there, and say
# the wrong position. Second, the question that one layer does not answer: how
# often does the sign change, modulo 3, among eight values? Every position must
# attend to its neighbour; then the changes must be *counted*; and then the
# count, not each change, must go through a nonlinearity. One layer has one
# ReLU, before the mean.

# %%
order = torch.randperm(
    seq_len, generator=torch.Generator().manual_seed(seed + 1))
shuffled = []
for model in trained:
    other = with_positions("learned")(xor.spec)
    rows = model.positions.table.data[order]
    other.load_state_dict(model.state_dict() | {"positions.table": rows})
    shuffled.append(accuracy(other))
changes = tasks.get("sign_changes_mod_3", seq_len=8)
too_hard = train(with_positions("learned"), changes, n_live)

# %% tags=["hide-input", "nbval-ignore-output"]
best = too_hard.test["accuracy"].max()
new = on_xor["learned positions"].test["accuracy"]
say(f"With a shuffled table XOR falls to {np.median(shuffled):.2f}.")
say("**What opens the next chapter.** On `sign_changes_mod_3` with eight "
    "positions one layer with learned positions reaches "
    f"**{best:.2f}** at best; chance is {1 / 3:.2f}. Attending, counting and "
    "deciding must come one after another. Chapter 6 takes the same task with "
    "the same eight positions, and trains longer, this layer too.")
glue("ladder-05", "**Rung 5, positions** tells attention where things stand: "
     f"{100 * np.median(new):.0f} % on whether the ends differ in sign, "
     "where the same model without them reaches "
     f"{100 * np.median(on_xor['no positions'].test['accuracy']):.0f} %. One "
     "layer cannot attend, count and decide in turn: at best "
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
# 4. A rotary head has one pair, with the angle $\pi$. Which distances can it
#    tell apart?
#
# <details><summary>Answer</summary>
#
# Odd ones from even ones. After two positions the pair has come round.
#
# </details>
#
# ## Exercises
#
# Each exercise needs the setup cells only. Change the stub, run the cell, and
# the checker answers.
#
# ### Exercise 1: how long until it comes round? (easy, 5 minutes)
#
# Write `wavelengths(width)`: for each pair of a rotary head of that width,
# after how many positions it has made a whole turn. Pair $i$ turns by
# $10000^{-2i/\text{width}}$ radians at each position.

# %% tags=["exercise"]
my_wavelengths = None
check("5.1", my_wavelengths)


# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_wavelengths(width):
#     i = torch.arange(width // 2)
#     return 2 * np.pi * 10_000 ** (2 * i / width)
#
#
# check("5.1", my_wavelengths)
# ```
#
# </details>
#
# ### Exercise 2: attend one to the left (easy, 10 minutes)
#
# Write a bias (query, key) for sequences of `seq` positions whose softmax
# makes every position attend to the one *before* it, with a weight of at least
# `0.99`. The first position, which has none before it, may do as it likes.

# %% tags=["exercise"]
def my_bias(seq):
    return None


check("5.2", my_bias)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_bias(seq):
#     return torch.diag(torch.full((seq - 1,), 10.0), -1)
#
#
# check("5.2", my_bias)
# ```
#
# </details>
#
# ### Exercise 3: rotate by hand (medium, 20 minutes)
#
# Write `rotate(pair, t, angle)`: a pair of numbers, rotated by `t` times
# `angle` radians. Either way round will do: the product of a rotated query and
# a rotated key then depends on the distance of their positions only.

# %% tags=["exercise"]
my_turn = None
check("5.3", my_turn)


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
# check("5.3", my_turn)
# ```
#
# </details>
#
# ### Exercise 4: which is larger in size? (medium, 15 minutes)
#
# Write `larger(a, b)`, made of `relu` and sums only: positive where
# $|a| > |b|$, negative where $|a| < |b|$, for tensors of any shape. Hint: four
# rectified numbers.

# %% tags=["exercise"]
def my_larger(a, b):
    return a - b


check("5.4", my_larger)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_larger(a, b):
#     return a.relu() + (-a).relu() - b.relu() - (-b).relu()
#
#
# check("5.4", my_larger)
# ```
#
# </details>
#
# ### Exercise 5: predict, then measure: more positions (medium, 10 minutes)
#
# A model with sinusoidal positions learns XOR on ten positions. Sines and
# cosines can be computed for any position, so the model takes twelve or twenty
# without an error. Write down the accuracy that you expect at 10, 12 and 20
# positions, for sinusoidal and for rotary positions. Then run this cell.
#
# ```python
# for scheme in ("sinusoidal", "rotary"):
#     model = train(with_positions(scheme, 32), xor, 1).models[0]
#     for n in (10, 12, 20):
#         longer = held_out(tasks.get("xor_of_endpoints", seq_len=n),
#                           "test", 2000)
#         with torch.no_grad():
#             right = model(longer.inputs).argmax(-1) == longer.targets
#         print(scheme, n, right.float().mean().item())
# ```
#
# <details><summary>What to look for</summary>
#
# The sinusoidal model has learned where the *tenth* position is, not where the
# last one is. With twelve, the tenth value says nothing about the answer. Is a
# scheme that knows distances only any better off, when the ends were always
# nine apart in training? (At ten positions rotary does better here than in the
# recorded table. All rows of the table have the double learning rate and half
# of the width, chosen for none of them.) That a scheme *can be computed* at a
# new position is not yet that a model has learned anything about it.
#
# </details>
#
# ### Exercise 6: another rule of two positions (open, 30 minutes)
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
# - Without positions attention sees a set: exchanging two positions exchanges
#   two terms of a sum.
# - A learned vector added to each embedding is enough to tell positions.
# - Where the scheme speaks decides what can be told apart: added vectors know
#   positions; biases and rotations know distances, and need a landmark to know
#   more; a symmetric bias does not know direction.
# - Two turned vectors have a dot product that depends on the difference of
#   their turns only; many angles, from quick to slow, tell near and far
#   distances apart.
# - Two rectified differences and two rectified sums compute an XOR.
#
# **Where this differs from the papers.** Vaswani and others (2017) add
# sinusoids and found learned tables as good. The relative bias is that of T5
# (Raffel and others, 2020) without its buckets; rotary positions are those of
# Su and others (2021), pairing number $i$ with number $i + d/2$ as many
# programs do; ALiBi (Press and others, 2022) is meant for causal attention
# with many heads, each with a slope of its own. All here stand in one layer
# that ends in a mean, where some of them have less to work with than in a deep
# model.
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
claims.check("without positions another order has the same logits, up to",
             turned_round, at_most=1e-4)
claims.check("learned positions solve xor_of_endpoints on every seed",
             new.min(), at_least=0.97)
claims.check("without positions the same layer is below its worst seed, by",
             new.min() - none.max(), at_least=0.10)
claims.check("logistic regression on xor_of_endpoints, best seed",
             on_xor["logistic regression"].test["accuracy"].max(),
             at_most=0.55)
claims.check("the sizes agree, ratio of parameters",
             on_xor["no positions"].n_parameters
             / on_xor["learned positions"].n_parameters,
             at_least=0.95, at_most=1.05)
claims.check("hand-set weights solve xor_of_endpoints exactly",
             hand_accuracy, at_least=1.0)
claims.check("some row attends to the endpoints, least weight over seeds",
             min(ends), at_least=0.5)
claims.check("rotary products depend on the distance only, up to", moved,
             at_most=1e-4)

# %% tags=["hide-input"]
of = recorded.values
claims.check("recorded: learned positions solve argmax_position, worst seed",
             of(record, "learned", "argmax_position").min(), at_least=0.97)
claims.check("recorded: without positions argmax_position is at chance, best",
             of(record, "none", "argmax_position").max(), at_most=0.13)
claims.check("recorded: one feature does not find XOR, best seed",
             of(record, "absolute", "xor_of_endpoints").max(), at_most=0.90)
claims.check("recorded: relative and rotary fail on argmax_position, best",
             max(of(record, s, "argmax_position").max()
                 for s in ("relative", "rotary")), at_most=0.6)
for row in ("alibi, slope 1/4", "alibi, marked start", "none, marked start"):
    claims.check(f"recorded: {row}: argmax_position at chance, best seed",
                 of(record, row, "argmax_position").max(), at_most=0.15)
both = of(record, "alibi, slope 1/4, marked start", "argmax_position")
claims.check("recorded: alibi with both reads positions, worst seed",
             both.min(), at_least=0.5)
claims.check("recorded: a marked start helps rotary, worst above best, by",
             of(record, "rotary, marked start", "argmax_position").min()
             - of(record, "rotary", "argmax_position").max(), at_least=0.05)

# %% tags=["hide-input"]
claims.check("schemes that cannot tell a sequence from its reverse",
             len(blind), at_least=2, at_most=2)
claims.check("schemes to which one value ten times is that value once",
             len(lost), at_least=4, at_most=4)
claims.check("alibi on last_gt_first is at chance, largest distance",
             np.abs(live["alibi", "last_gt_first"] - 0.5).max(),
             at_most=0.03)
claims.check("the trained part agrees with the recorded table, largest gap",
             largest_gap, at_most=0.06)
claims.check("a marked start helps rotary now as well, worst above best, by",
             live[LIVE[3]].min() - live[LIVE[2]].max(), at_least=0.05)
claims.check("a shuffled table loses xor_of_endpoints, best seed",
             max(shuffled), at_most=0.75)
claims.check("one layer does not solve sign_changes_mod_3, best seed", best,
             at_most=0.70)
print(claims.summary())
