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
# # 6. The transformer
#
# **Question.** A sequence of numbers: how often does the sign change from one
# to the next? Say it modulo 3. To answer you look at neighbours, note which of
# them differ, and count the notes. The layer of chapter 5 can look anywhere,
# but only once, and it did not learn this. What must be added so that a model
# can look, decide, and look again at what it decided?

# %% tags=["hide-input"]
from progtx_core import models, tasks
from parts import opening

example = tasks.get("sign_changes_mod_3", seq_len=8)
opening.ask(example, "Four sequences as bars above and below zero, with the "
            "number of sign changes modulo three above three of them, and a "
            "question mark above the last.")

# %% [markdown]
# Above each sequence stands the number of its sign changes modulo 3. What
# belongs above the last?
#
# **Claim.** Put attention and an MLP one after the other, add what each finds
# to its input, do this twice, and a model can look, decide and count in turn.
# Each part can be taken away alone; what is lost says what it is for.

# %% tags=["hide-input", "nbval-ignore-output"]
opening.at_a_glance(
    "06_transformer", built=models.build("transformer", example.spec),
    task="sign_changes_mod_3; sum_mod_10",
    model="a transformer encoder: two layers, four heads, normalisation first",
    prerequisites="chapter 5",
)

# %% [markdown]
# ## What you will be able to do
#
# - write a transformer encoder in three short classes, and say the shape after
#   each line;
# - say what heads, the residual stream, normalisation, the MLP and depth are
#   for, each from a measurement;
# - read what a trained model carries in its residual stream, and switch its
#   parts off one by one;
# - turn a string into tokens and back, and mask padding.
#
# ## Setup

# %% tags=["setup", "hide-input"]
from functools import partial

import numpy as np
import torch
from progtx_core import models, plots, tasks
from progtx_core.models.attention import MultiHeadAttention as CoreAttention
from progtx_core.models.inputs import as_features, padding_mask
from progtx_core.models.pooling import mean_over
from progtx_core.models.self_attention import SelfAttention
from progtx_core.models.transformer import Transformer as CoreModel
from progtx_core.tools import recorded
from progtx_core.tools.checkers import check
from progtx_core.tools.claims import Claims
from progtx_core.tools.page import accuracy_table, glue, say, show
from progtx_core.training import Config, Snapshots, fit, held_out
from torch import nn
from experiments import ablations, depth
from parts import ch06, hand_set_signs, interactive, playgrounds

# %% tags=["parameters"]
seed: int = 0  # first seed; the others follow it
n_seeds: int = 4  # models trained for each row of a table
n_live: int = 2  # models trained to compare with the recorded table
steps: int = 4000  # parameter updates
batch_size: int = 64  # examples an update
learning_rate: float = 0.003  # of Adam, after warm-up
seq_len: int = 8  # positions in a signal
d_model: int = 32  # width of the residual stream
n_layers: int = 2  # blocks
n_heads: int = 4  # heads of each attention
device: str = "cpu"  # where models are trained: cpu, cuda, mps or auto

# %% tags=["setup"]
claims = Claims("06_transformer", globals())
changes = tasks.get("sign_changes_mod_3", seq_len=seq_len)
sums = tasks.get("sum_mod_10")
test_set = held_out(changes, "test", 2000)


def transformer(spec):
    return CoreModel(spec, d_model, n_layers, n_heads)


def train(model, task, n_seeds=n_seeds, steps=steps, **how):
    config = Config(steps, batch_size, learning_rate,
                    warmup_steps=min(100, steps))
    return fit(model, task, config, seed=seed, n_seeds=n_seeds,
               device=device, **how)


# %% [markdown]
# ## Where we stand
#
# One layer of attention with learned positions can attend anywhere, and has
# one ReLU, after which everything is averaged. Chapter 5 ended with this task
# at this length. Here is that layer again, trained longer, and so wide that it
# has as many parameters as a transformer.

# %%
new_size = models.count_parameters(transformer(changes.spec))
# A layer of width d has 4 d^2 + c d + 3 parameters: which d has that size?
c = changes.spec.d_input + seq_len + 8
wide = round((-c + (c**2 + 16 * (new_size - 3)) ** 0.5) / 8)


def one_layer(spec):
    return SelfAttention(spec, wide, positions="learned")


before = train(one_layer, changes)

# %% tags=["hide-input", "nbval-ignore-output"]
say(f"One layer of attention of width {wide}, with {before.n_parameters} "
    f"parameters (a transformer has {new_size}): median accuracy "
    f"**{np.median(before.test['accuracy']):.2f}**, best of {n_seeds} seeds "
    f"{before.test['accuracy'].max():.2f}; chance is {1 / 3:.2f}.")


# %% [markdown]
# ## The tasks
#
# How often does the sign change between neighbours, modulo 3? And a task in
# tokens: the last digit of a sum of digits, written as a string.

# %%
def sign_changes_mod_3(signal):
    pairs = zip(signal, signal[1:])
    return sum((a > 0) != (b > 0) for a, b in pairs) % 3


def sum_mod_10(text):
    return sum(int(term) for term in text.split("+")) % 10


answers = [sign_changes_mod_3(signal)
           for signal in test_set.inputs.sum(-1).tolist()]
assert answers == test_set.targets.tolist()
strings, read = held_out(sums, "test", 1000), sums.tokenizer.decode
answers = [sum_mod_10(read(ids)) for ids in strings.inputs.tolist()]
assert answers == strings.targets.tolist()
for ids, target in zip(strings.inputs[:4].tolist(), strings.targets):
    print(sums.tokenizer.show(ids), "->", target.item())

# %% [markdown]
# Left the string, right its token ids. Shorter strings are filled up with the
# token 0, *padding*. No position may attend to it, and the mean leaves it out:
# what stands beside a string must not change its answer.
#
# ## Predict before you run
#
# To count sign changes, a position must attend to its neighbour, say whether
# they differ, then learn what all the others say, and answer by the sum. Which
# of this can one block do? What is the least number of blocks? And what
# happens if a block's output *replaces* what was there, instead of being
# added?
#
# ## Build it
#
# ### The residual stream
#
# The layer of chapter 5 had one vector a position, used once. A transformer
# keeps it: a vector of `d_model` numbers runs past all parts, from the
# embedding to the logits. A part never replaces it. It reads the vector, finds
# something, and *adds* what it found. This vector is the **residual stream**,
# named after the residual sums of deep image networks. What one block writes
# there, each later block can read.

# %% tags=["hide-input"]
show(ch06.block_diagram(),
     "A thick arrow, the residual stream. Attention and an MLP each read it "
     "through a norm, and add their output to it at a plus sign.")


# %% [markdown]
# One block: two parts beside the stream. The arrow itself is touched by
# nothing but two sums.
#
# | symbol | meaning | shape |
# | --- | --- | --- |
# | $r$ | residual stream: goes past the parts | (seq_len, d_model) |
# | $h$ | number of heads, $d_{head} = d_{model} / h$ | |
# | $\text{norm}(r)$ | brings each position to mean 0, size 1 | the same |
# | $\text{MLP}$ | wider, rectified, back; each position alone | the same |
#
# $$\begin{aligned} u &= \text{norm}(r) \\
#   r &\leftarrow r + W_O \, [\text{head}_1(u), \dots, \text{head}_h(u)] \\
#   r &\leftarrow r + \text{MLP}(\text{norm}(r)) \end{aligned}$$
#
# ### Heads
#
# A position may need two things at once: the number before it, and a view of
# all positions. One softmax gives one weighted mean; it cannot hold both
# apart. So the queries, keys and values are split into $h$ parts of $d_{head}$
# numbers each. Every **head** makes a pattern of its own from its parts, as
# the self-attention of chapter 4 does, and takes its own mean with it. All
# heads read the *whole* normalised vector, since each row of $W_Q$, $W_K$ and
# $W_V$ does; only their queries, keys and values are short. $W_O$ mixes what
# they bring. Four heads cost no more parameters than one. The price is
# another: a pattern comes from products of $d_{head}$ numbers, no longer of
# $d_{model}$, and a head can bring no more than $d_{head}$ numbers from where
# it looks.

# %%
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.n_heads = n_heads
        self.W_Q = nn.Linear(d_model, d_model)
        self.W_K = nn.Linear(d_model, d_model)
        self.W_V = nn.Linear(d_model, d_model)
        self.W_O = nn.Linear(d_model, d_model)  # as before; it mixes the heads

    def forward(self, x, mask=None):  # (batch, seq, d_model)
        q, k, v = [W(x).unflatten(-1, (self.n_heads, -1)).transpose(1, 2)
                   for W in (self.W_Q, self.W_K, self.W_V)]  # New: heads
        # Each is (batch, head, seq, d_head); scores: (batch, head, seq, seq).
        scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
        if mask is not None:  # New: no weight on padding
            scores = scores.masked_fill(~mask[:, None, None, :], -torch.inf)
        mixed = scores.softmax(-1) @ v  # (batch, head, seq, d_head)
        return self.W_O(mixed.transpose(1, 2).flatten(2))


# %% [markdown]
# Is this the attention of the package? With the same weights both must agree.
# (That PyTorch's own layer agrees as well shows [the page on
# GPT-2](../book/gpt2.md).)

# %%
x, mine = torch.randn(3, seq_len, d_model), MultiHeadAttention(d_model, 4)
core = CoreAttention(d_model, 4)
core.load_state_dict(mine.state_dict())
assert (core(x) - mine(x)).abs().max() < 1e-5


# %% [markdown]
# ### Normalisation
#
# Every part adds to the stream, so its numbers grow from block to block, and
# a part that was trained for small numbers would meet large ones. The
# **norm** in front of each part takes that away. At each position alone it
# subtracts the mean of the `d_model` numbers and divides by their standard
# deviation; then each number gets a learned factor and shift:
#
# $$\text{norm}(u) = g \odot \frac{u - \bar u}
#   {\sqrt{\frac{1}{d} \sum_i (u_i - \bar u)^2 + \epsilon}} + b$$
#
# Why *before* the part, and not after the sum? After each sum, the norm would
# rescale the stream itself: what the first block wrote would shrink with every
# later one, and so would the gradient on its way back. Before the part,
# nothing but sums lies between the first block and the last norm. "Break it"
# measures what that is worth.
#
# ### The MLP
#
# Attention moves numbers between positions, and takes weighted means of them.
# With given weights a mean is linear: it cannot say "these two differ". Only
# the weights themselves can, as they come from products of queries and keys.
# The **MLP** says so directly. It works at each position alone: to four times
# the width, ReLU, and back.
#
# $$\text{MLP}(u) = W_2 \, \text{relu}(W_1 u + b_1) + b_2$$

# %%
class Block(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm_1 = nn.LayerNorm(d_model)  # New: numbers keep their size
        self.attention = MultiHeadAttention(d_model, n_heads)
        self.norm_2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(  # New: a ReLU at each position
            nn.Linear(d_model, 4 * d_model), nn.ReLU(),
            nn.Linear(4 * d_model, d_model))

    def forward(self, resid, mask=None):  # (batch, seq, d_model)
        resid = resid + self.attention(self.norm_1(resid), mask)
        return resid + self.mlp(self.norm_2(resid))  # the same shape


# %% [markdown]
# The whole model: embedding and positions start the stream, blocks add to it,
# a last norm brings it to size, and the logits are read from its mean. A token
# enters as a one-hot vector, so its embedding is a column of a matrix. Its
# entries start with size 1, as large as those of the positions: with the small
# default of `nn.Linear` positions would drown it, and training on strings
# would hardly begin.

# %%
class Transformer(nn.Module):
    def __init__(self, spec, d_model, n_layers, n_heads):
        super().__init__()
        self.spec = spec
        self.embed = nn.Linear(spec.d_features, d_model)
        if spec.d_vocab is not None:
            nn.init.normal_(self.embed.weight)
        self.table = nn.Parameter(0.5 * torch.randn(spec.seq_len, d_model))
        self.blocks = nn.ModuleList(  # New: one after another
            Block(d_model, n_heads) for _ in range(n_layers))
        self.norm = nn.LayerNorm(d_model)
        self.logits_head = nn.Linear(d_model, spec.n_classes)

    def forward(self, inputs):  # (batch, seq, d_input), or tokens (batch, seq)
        mask = padding_mask(inputs, self.spec)  # (batch, seq): not padding
        features = as_features(inputs, self.spec)  # a token becomes one-hot
        resid = self.embed(features) + self.table  # (batch, seq, d_model)
        for block in self.blocks:
            resid = block(resid, mask)
        pooled = mean_over(self.norm(resid), mask)  # (batch, d_model)
        return self.logits_head(pooled)  # (batch, n_classes)


# %% [markdown]
# The same model as the package's must also *start* the same: from one seed
# both draw the same weights, and a short training gives the same losses.

# %%
def ours(spec):
    return Transformer(spec, d_model, n_layers, n_heads)


short = Config(20, batch_size, learning_rate, n_eval=50)
for task in (changes, sums):
    losses = [fit(make, task, short, seed=seed).history["train/loss"]
              for make in (ours, transformer)]
    assert np.abs(losses[0] - losses[1]).max() < 1e-4
    print("same curve; parameters:", models.count_parameters(ours(task.spec)))


# %% [markdown]
# ## Train

# %%
def one_block(spec):  # so wide that it has as many parameters as two blocks
    return CoreModel(spec, **ablations.CHANGES["one wider layer"][1])


runs = {"attention alone": before,
        "one block": train(one_block, changes),
        "two blocks": train(transformer, changes,
                                         callbacks=[Snapshots()])}

# %% tags=["hide-input"]
show(plots.learning_curves(runs),
     "Validation loss and accuracy on sign_changes_mod_3 against updates, a "
     "line for each of the three models.")

# %% [markdown]
# Three models of one size. Attention alone, one block, two blocks: each step
# adds something that the one before did not have.
#
# ## Evidence over seeds

# %% tags=["hide-input"]
show(plots.seed_accuracies(runs, 1 / 3, low=0.3),
     "Test accuracy on sign_changes_mod_3, a dot a seed, for the three "
     "models of one size.")

# %%
strings_run = train(transformer, sums, n_live, steps // 2)
string_before = train(one_layer, sums, n_live, steps // 2)

# %% tags=["hide-input", "nbval-ignore-output"]
accuracy_table({**runs, "two blocks, sum_mod_10": strings_run,
                "attention alone, sum_mod_10": string_before},
               head="model on sign_changes_mod_3")

# %% [markdown]
# ## Look inside
#
# ### What the stream carries
#
# The stream is the model's memory. What stands in it, after which part? Ask it
# by a *probe*: a linear model that reads the stream of one position, and is
# fitted to answer a question about the input. Two questions: is this
# position's own number positive? And: is its sign another than that of the
# position before?

# %%
trained = runs["two blocks"].models
signs = test_set.inputs.sum(-1) > 0  # (batch, seq)
differs = signs[:, 1:] != signs[:, :-1]  # from the one before
carried = {name: (ch06.readable(resid, signs),
                  ch06.readable(resid[:, 1:], differs))
           for name, resid in ch06.stream(trained[0],
                                          test_set.inputs).items()}

# %% tags=["hide-input", "nbval-ignore-output"]
say(ch06.carried_table(carried))

# %% [markdown]
# The embedding knows the own sign and nothing of neighbours: a coin toss. Then
# the comparison comes in, and the own sign is never lost, because nothing ever
# replaces the stream. We expected *attention* to fetch and the *MLP* to
# compare. The table says otherwise: much of the comparison is in the stream
# before an MLP has seen it. A pattern depends on the query and on the key, so
# where a position looks can say whether the two signs differ.
#
# ### What the heads attend to
#
# One test example, and all heads of the first trained model; the marks on the
# axes are the signs of the values.

# %% tags=["hide-input"]
one = int((signs.sum(1) == seq_len // 2).nonzero()[0])  # half are positive
marks = ["+" if positive else "−" for positive in signs[one]]
show(ch06.head_maps(trained[0], test_set.inputs[[one]], marks),
     "Patterns of all heads on one example, a row of panels a layer; in each "
     "a row a query, a column a key, marked with signs, dark where the weight "
     "is small.")

# %% [markdown]
# And when did they come to look like this? Move the slider through the
# training, one layer after the other; point at a cell to read its weight.

# %% tags=["hide-input", "nbval-ignore-output"]
interactive.attention(
    ch06.over_time(runs["two blocks"], test_set.inputs[[one]]),
    marks,
    "Patterns of all heads of the last layer after the training; where "
    "scripts run, each layer at every fourth evaluation can be chosen.")

# %% [markdown]
# We expected a head that attends to the position before. Is there one? And do
# heads tell the other sign from their own? Measure both: the weight that a
# position gives to its predecessor, and the factor by which a head prefers
# one sign.

# %%
sign_factor, on_last = np.array(
    [ch06.prefers(model, test_set.inputs) for model in trained]).T

# %% tags=["hide-input", "nbval-ignore-output"]
say("In every seed there is a head that prefers one sign to the other, by a "
    f"factor of at least {sign_factor.min():.1f}. The most that any head "
    "gives to the position before is, by seed, "
    f"{', '.join(f'{w:.2f}' for w in sorted(on_last))} on average; equal "
    f"weights would be {1 / seq_len:.2f}.")

# %% [markdown]
# A story about what heads should do is a guess until it is measured.
#
# ### Which parts it needs
#
# A pattern says where a head looks, not whether it matters. So *intervene*:
# switch one part off, let the others run as they are, and count the answers.

# %%
off = {f"seed {seed + k}": ch06.without(model, test_set.inputs,
                                        test_set.targets)
       for k, model in enumerate(trained)}
least, most = (np.array([f(v.values()) for v in off.values()])
               for f in (min, max))

# %% tags=["hide-input"]
show(ch06.accuracies_without(off),
     "Accuracy of each seed with one head or MLP switched off, a column a "
     "part. In every row some cells are dark and others pale.")

# %% [markdown]
# Read along a row. Some heads can be spared, others hold the whole answer; in
# another seed they are others. Training shares out the work anew each time.
#
# ### Set by hand
#
# What would an exact solution look like? Three layers, one head, no
# normalisation: the first fetches the number before and compares, the second
# turns the comparison into 0 or 1, the third takes the mean of these over all
# positions and looks the count up. Here it is, in
# `parts/hand_set_signs.py`.

# %%
machine = hand_set_signs.sign_counter(changes.spec)
sizes = test_set.inputs.sum(-1).abs().min(1).values  # the least of each
beyond = sizes > 1 / hand_set_signs.STEEP
right = machine(test_set.inputs).argmax(-1) == test_set.targets
n_set = sum(int((p != 0).sum()) for p in machine.parameters())

# %% tags=["hide-input", "nbval-ignore-output"]
say(f"With {n_set} numbers that are not zero it answers "
    f"**{right[beyond].float().mean():.3f}** of the examples right in which "
    f"no signal is nearer to zero than {1 / hand_set_signs.STEEP} "
    f"({beyond.float().mean():.0%} of the test set), and "
    f"{right.float().mean():.3f} of all. Training found something else in two "
    "layers: less exact, with no margin.")

# %% [markdown]
# Touch it: type a sum of digits, and switch heads and MLPs off. Which of them
# can be spared for your sum, and which for none?

# %% tags=["hide-input", "nbval-ignore-output"]
playgrounds.ch06(sums, {"attention alone": string_before.models[0],
                        "transformer": strings_run.models[0]})

# %% [markdown]
# ## Break it
#
# ### One part at a time
#
# Take one part away *before* training, with all else equal. The table is
# recorded over five seeds; one of its rows is trained again here.

# %% tags=["hide-input"]
record = recorded.read("ablations")
show(plots.staircase(record),
     "Recorded accuracies, a row for each part taken away, a column a task, "
     "coloured from chance to one.")

# %% tags=["hide-input", "nbval-ignore-output"]
say(recorded.origin("ablations"))

# %%
shallow = partial(CoreModel, n_layers=1)
now = train(shallow, changes, n_live).test["accuracy"]
then = recorded.values(record, "one layer", changes.name)[:n_live]
gap = np.abs(now - then).max()


def median_of(row, task="sign_changes_mod_3"):
    return np.median(recorded.values(record, row, task))


# %% tags=["hide-input", "nbval-ignore-output"]
say("Largest distance between one layer as trained now and as recorded: "
    f"{gap:.3f}.")

# %% [markdown]
# What the parts are for depends on the task:
#
# - **Residual sums.** Without them each part must hand on all that later parts
#   need. On sign changes this loses most: the model hardly learns. On sums
#   nothing is lost: a position that has mixed in the others need not remember
#   its own digit.
# - **Depth.** On sign changes one layer loses next to most. It is also half
#   the model; as large as two, and wider, it loses less, but it still loses:
#   what must be compared *before* it is counted takes two looks. Sums of
#   digits take one look and a count; there a wider layer does as well as two.
# - **Heads.** One head of the full width has as many parameters as four, but
#   one pattern a layer. On sign changes that is too little; on sums of digits
#   it is enough.
# - **MLP.** Sign changes lose less without it than without any of these:
#   patterns can compare, as the probes have shown. Sums of digits lose as much
#   as with one layer less.
# - **Normalisation.** In a model as shallow as this neither its absence nor
#   where it stands matters much.
#
# A part that one task can do without is not useless; an ablation speaks of a
# part *and* a task.
#
# ### Deeper
#
# Two layers are few. What residual sums and normalisation are for shows when
# there are many: how large is the gradient that reaches the *first* block of a
# model that has not been trained yet?

# %%
sizes_of = ch06.first_gradients(test_set[:256], changes.spec, seed)

# %% tags=["hide-input"]
show(ch06.gradients(sizes_of),
     "Size of the first block's gradient against depth, both on logarithmic "
     "axes, a line for each way to build a block.")

# %% [markdown]
# With residual sums and the norm before each part the first block gets about
# the same gradient at every depth. Without the sums it vanishes in the end;
# without a norm it explodes; with the norm after each sum it shrinks. Does
# that matter? An easy task, the same model 2, 8 and 16 layers deep, recorded
# over five seeds:

# %% tags=["hide-input", "nbval-ignore-output"]
deep = recorded.read("depth")


def at_depth(kind, n, of=np.median):
    return of(recorded.values(deep, f"{kind}, {n} layers", depth.TASK))


say(ch06.depth_table(deep))
say(recorded.origin("depth"))

# %% [markdown]
# Without residual sums, and with the norm after each sum, a deep model does
# not learn at all what a shallow one learns in seconds. The missing norm,
# which the picture makes look dangerous, has not hurt yet: gradients explode
# only beyond the depths of this table. Now compare with the picture at eight
# layers. Neither of the two that fail has a small gradient there: one has
# nearly that of all parts, the other more. So a gradient that vanishes is not
# the reason. What else is lost on the way? Ask the untrained models: can a
# probe read the *answer* from what reaches the logits head?

# %%
kept = ch06.answers_kept(seed)

# %% tags=["hide-input", "nbval-ignore-output"]
say(ch06.kept_table(kept))

# %% [markdown]
# *Residual sums keep what came in.* Without them each layer passes on means of
# means, and after eight of them all examples look alike: a gradient of any
# size has nothing left to tell apart. (Dong and others, 2021, prove that
# attention alone makes all positions equal, the faster the deeper.) The other
# model that fails, with the norm after each sum, has kept everything. But the
# last row of the first table, trained at a tenth of the learning rate, learns:
# its first updates were too large. Xiong and others (2020) trace this to the
# gradients of the last layers, and it is why such models need a long warm-up.
# With the norm first, a deep model forgives the larger rate.
#
# ## What comes next
#
# All rungs are built. This transformer is an *encoder*: every position sees
# all others, and there is one answer. Chapters 9 to 11 hide from each position
# what comes after it (a *causal mask*), and ask for the next token at every
# position: a *decoder*. First the whole ladder: which model solves what, and
# on how many seeds? Chapter 7 puts every model on every task.

# %% tags=["hide-input", "nbval-ignore-output"]
new = runs["two blocks"].test["accuracy"]
block = runs["one block"].test["accuracy"]
in_strings = strings_run.test["accuracy"]
glue("ladder-06", "**Rung 6, the transformer** looks, decides and counts in "
     f"turn: {100 * np.median(new):.0f} % on the number of sign changes "
     f"modulo 3, where one block of its size reaches "
     f"{100 * np.median(block):.0f} % and one layer of attention "
     f"{100 * np.median(before.test['accuracy']):.0f} %; and "
     f"{100 * np.median(in_strings):.0f} % on sums of digits in strings.")

# %% [markdown]
# ## Check yourself
#
# 1. Four heads on a width of 32, or one: which has more parameters?
#
# <details><summary>Answer</summary>
#
# Neither. The matrices have the same shape; heads only divide their rows. Four
# heads make four patterns, each from a quarter of the numbers.
#
# </details>
#
# 2. Why does the norm come *before* each part here, and why is there one more
#    at the end?
#
# <details><summary>Answer</summary>
#
# So that the residual stream itself is only added to: what an early block
# wrote is not shrunk by later ones, and between the last norm and the first
# block gradients pass through sums alone. In "Break it" the norm after each
# sum needed a tenth of the learning rate at sixteen layers. As nothing
# normalises the stream, a last norm brings it to size before the logits head.
#
# </details>
#
# 3. What can an MLP do that attention cannot, and what can attention do that
#    an MLP cannot?
#
# <details><summary>Answer</summary>
#
# Attention carries numbers from one position to another; what is not a
# weighted mean it can say by its weights only, by where it looks. The MLP
# computes what is not a weighted sum, such as whether two numbers differ in
# sign, but sees one position only. So they take turns.
#
# </details>
#
# 4. An attention pattern gives a padded position the weight 0. Is that enough
#    to make padding harmless?
#
# <details><summary>Answer</summary>
#
# No. The padded position still has an output of its own, and a mean over all
# positions would count it. The mean must leave it out as well.
#
# </details>
#
# ## Exercises
#
# Each exercise needs the setup cells only. Change the stub, run the cell, and
# the checker answers.
#
# ### Exercise 1: count parameters (medium, 15 minutes)
#
# Write `size(d_model, n_layers, d_input, seq_len, n_classes)`: the number of
# parameters of the transformer above, with an MLP of four times the width.
# Hint: an affine map from `a` to `b` has `(a + 1) * b`, a norm `2 * d_model`.
# (The checker asks for other sizes than this page's, too.)

# %% tags=["exercise"]
my_size = None
check("6.1", my_size)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_size(d, n_layers, d_input, seq_len, n_classes):
#     attention = 4 * (d + 1) * d
#     mlp = (d + 1) * 4 * d + (4 * d + 1) * d
#     block = attention + mlp + 2 * 2 * d
#     ends = (d_input + 1) * d + seq_len * d + 2 * d + (d + 1) * n_classes
#     return n_layers * block + ends
#
#
# check("6.1", my_size)
# ```
#
# </details>
#
# ### Exercise 2: heads by hand (medium, 20 minutes)
#
# Write `split(x, n_heads)`, from (batch, seq, d_model) to (batch, head, seq,
# d_head), and `join(heads)`, its inverse. Head 0 takes the first numbers, head
# 1 the next ones. Give them as a pair. Hint: each takes a reshape and a
# transpose, and `join` undoes the last step of `split` first.

# %% tags=["exercise"]
my_heads = None
check("6.2", my_heads)


# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# my_heads = (
#     lambda x, n: x.view(*x.shape[:2], n, -1).transpose(1, 2),
#     lambda heads: heads.transpose(1, 2).flatten(2),
# )
# check("6.2", my_heads)
# ```
#
# </details>
#
# ### Exercise 3: a mean without padding (easy, 10 minutes)
#
# Write `mean(x, mask)`: the mean over the positions of `x`, (batch, seq,
# width), where `mask`, (batch, seq) of True and False, is True. What stands at
# the others must not matter, even if it is infinite. Hint: zero times
# infinity is not a number.

# %% tags=["exercise"]
def my_mean(x, mask):
    return x.mean(1)


check("6.3", my_mean)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_mean(x, mask):
#     kept = x.masked_fill(~mask.unsqueeze(-1), 0.0)
#     return kept.sum(1) / mask.sum(1, keepdim=True)
#
#
# check("6.3", my_mean)
# ```
#
# </details>
#
# ### Exercise 4: predict, then measure (easy, 5 minutes)
#
# This one needs a trained model: run the chapter first. Write two numbers down
# before you run anything. What is the accuracy when the attention of layer 0
# finds, instead of its own, what it finds for *another* example of the test
# set? And what if it is switched off?
#
# ```python
# from progtx_core.models.attention import activation, intervene
#
# part, (x, y) = "blocks.0.attention", (test_set.inputs, test_set.targets)
# other = activation(trained[0], part, x.flip(0))
# for change in (lambda made: made, lambda made: other, torch.zeros_like):
#     with intervene(trained[0], part, change):
#         print((trained[0](x).argmax(-1) == y).float().mean().item())
# ```
#
# <details><summary>What to look for</summary>
#
# The first number is that of the model as it is. Both others are far below it,
# because both changes take away what the position must know of its
# neighbours. Which falls further? A wrong message is believed; a missing one
# may at least be noticed.
#
# </details>
#
# ### Exercise 5: deeper or wider? (open, 40 minutes)
#
# Rerun the chapter with `-p n_layers=1 -p d_model=48`, and with
# `-p n_layers=4 -p d_model=24`. The sizes are near each other. Which does
# better on `sign_changes_mod_3`? Then give the one layer twice the updates,
# `-p steps=8000`: does it catch up?
#
# <details><summary>What to look for</summary>
#
# One block can compare what attention brought, but its count of the
# comparisons must come from one mean, after which there is only a linear map.
# It makes up for a part of this by learning combinations of signs one by one,
# the better the longer it trains and the fewer positions there are.
#
# </details>
#
# ## Takeaways
#
# - A transformer is attention and an MLP in turn. Each reads the residual
#   stream and adds to it; nothing replaces it, so what was found stays.
# - Attention moves numbers between positions, and compares by where it looks;
#   the MLP computes at each position. What must be decided before it is
#   counted needs two blocks.
# - Heads give one layer several patterns at no cost in parameters.
# - The sums keep what came in, and the gradient, alive at any depth; the norm
#   before each part keeps numbers and gradients from growing, and forgives a
#   larger learning rate than the norm after each sum.
# - Take a part away and measure: what is lost depends on the task, and on a
#   small one some parts are hardly missed.
#
# **Where this differs from the paper.** Vaswani and others (2017) put the
# normalisation after each sum; with it before, training needs less care (Xiong
# and others, 2020), and a last norm is added. Scores are divided by the root
# of $d_{head}$, as there. Our queries, keys and values have biases. There is
# no dropout, no decoder, and the answer is read from a mean over all
# positions. Embeddings of tokens start with entries of size 1.
#
# **References.** A. Vaswani and others, *Attention is all you need* (2017). R.
# Xiong and others, *On layer normalization in the transformer architecture*
# (2020). J. L. Ba and others, *Layer normalization* (2016). K. He and others,
# *Deep residual learning* (2016). Y. Dong and others, *Attention is not
# all you need* (2021). G. Alain and Y. Bengio, *Understanding
# intermediate layers using linear classifier probes* (2016), for probes. K.
# Wang and others, *Interpretability in the wild* (2023), for interventions.
#
# ## Claims
#
# The statements of this chapter, checked against bounds.

# %% tags=["hide-input"]
claims.check("two layers solve sign_changes_mod_3 on every seed", new.min(),
             at_least=0.95)
claims.check("one block of the same size is below the worst of them, by",
             new.min() - block.max(), at_least=0.05)
claims.check("one layer of attention is below one block, worst to best, by",
             block.min() - before.test["accuracy"].max(), at_least=0.05)
claims.check("the sizes agree, largest ratio of parameters",
             max(run.n_parameters for run in runs.values())
             / min(run.n_parameters for run in runs.values()), at_most=1.05)
claims.check("two layers learn sums of digits in strings, worst seed",
             in_strings.min(), at_least=0.90)
claims.check("one wide layer of attention does not, best seed",
             string_before.test["accuracy"].max(), at_most=0.80)
claims.check("the stream tells a difference after the embedding, as a coin",
             carried["embedding"][1], at_most=0.55)
claims.check("and after the first attention, before any MLP, share",
             carried["layer 0, attention"][1], at_least=0.62)
claims.check("the own sign stays readable after every part, least share",
             min(own for own, _ in carried.values()), at_least=0.95)
claims.check("in every seed some part off costs much, accuracy left",
             least.max(), at_most=0.75)
claims.check("and some part can nearly be spared, accuracy left",
             most.min(), at_least=0.80)
claims.check("the machine set by hand is exact beyond its margin",
             right[beyond].float().mean().item(), at_least=1.0)


# %% tags=["hide-input"]
def worst(row, task="sign_changes_mod_3"):
    return recorded.values(record, row, task).min()


claims.check("recorded: all parts solve sign_changes_mod_3, worst seed",
             worst("all parts"), at_least=0.95)
for row in [*ablations.CHANGES][1:6]:  # from one head to no residual sums
    claims.check(f"recorded: {row} loses sign changes, medians, by",
                 median_of("all parts") - median_of(row), at_least=0.05)
claims.check("recorded: no residual sums, sign changes hardly learned, median",
             median_of("no residual sums"), at_most=0.65)
claims.check("recorded: sums of digits need no second layer, medians, by",
             median_of("all parts", "sum_mod_10")
             - median_of("one wider layer", "sum_mod_10"), at_most=0.03)
claims.check("recorded: sums need no residual sums, worst seed",
             worst("no residual sums", "sum_mod_10"), at_least=0.97)
claims.check("recorded: without normalisation sign changes are learned, worst",
             worst("no normalisation"), at_least=0.90)
claims.check("the row trained again agrees with the record, largest distance",
             gap, at_most=0.08)

# %% tags=["hide-input"]
for kind, bound in (("all parts", {"at_least": 0.3, "at_most": 3.0}),
                    ("no residual sums", {"at_most": 0.01}),
                    ("no normalisation", {"at_least": 100.0})):
    claims.check(f"{kind}: gradient at 64 layers to that at 2, ratio",
                 sizes_of[kind][64] / sizes_of[kind][2], **bound)
for kind in ("all parts", "no normalisation", depth.SLOWER):
    claims.check(f"recorded: {kind}, 16 layers learn, median",
                 at_depth(kind, 16), at_least=0.95)
for kind in ("no residual sums", "normalisation after"):
    claims.check(f"recorded: {kind}, 16 layers do not, best seed",
                 at_depth(kind, 16, np.max), at_most=0.60)
claims.check("untrained, 8 layers: what is kept, without residual sums",
             kept["no residual sums"][8], at_most=0.62)
print(claims.summary())
