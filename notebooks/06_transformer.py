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
# **Claim.** Put attention and an MLP one after the other, add the output of
# each to its input, do this twice, and a model can look, count and decide in
# turn. Each part can be taken away alone; what is lost then says what it is
# for, on that task.

# %% tags=["hide-input", "nbval-ignore-output"]
from progtx_core import models, tasks
from progtx_core.tools.page import chapter_header

example = tasks.get("sign_changes_mod_3", seq_len=6)
chapter_header(
    "06_transformer",
    task="sign_changes_mod_3; sum_mod_10",
    model="a transformer encoder: two layers, four heads, normalisation first",
    parameters=models.count_parameters(
        models.build("transformer", example.spec)),
    prerequisites="chapter 5",
)

# %% [markdown]
# ## What you will be able to do
#
# - write a transformer encoder in two short classes, and say the shape after
#   each line;
# - say what heads, residual sums, normalisation, MLP and depth are for, each
#   from a measurement;
# - turn a string into tokens and back, and mask padding;
# - read what the heads of a trained model attend to.
#
# ## Setup

# %% tags=["setup", "hide-input"]
from functools import partial

import numpy as np
import torch
from progtx_core import models, plots, tasks
from progtx_core.models.attention import MultiHeadAttention, patterns
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
from experiments import ablations
from parts import interactive, playgrounds

# %% tags=["parameters"]
seed: int = 0  # first seed; the others follow it
n_seeds: int = 5  # models trained for each row of a table
n_live: int = 2  # models trained to compare with the recorded table
steps: int = 2000  # parameter updates
batch_size: int = 64  # examples an update
learning_rate: float = 0.003  # of Adam, after warm-up
seq_len: int = 6  # positions in a signal
d_model: int = 32  # width of the residual stream
n_layers: int = 2  # blocks
n_heads: int = 4  # heads of each attention
device: str = "cpu"  # where models are trained: cpu, cuda, mps or auto

# %% tags=["setup"]
claims = Claims("06_transformer", globals())
config = Config(steps, batch_size, learning_rate,
                warmup_steps=min(100, steps))
changes = tasks.get("sign_changes_mod_3", seq_len=seq_len)
sums = tasks.get("sum_mod_10")
test_set = held_out(changes, "test", 2000)


def transformer(spec):
    return CoreModel(spec, d_model, n_layers, n_heads)


def train(model, task, n_seeds=n_seeds, **how):
    return fit(model, task, config, seed=seed, n_seeds=n_seeds,
               device=device, **how)


# %% [markdown]
# ## Where we stand
#
# One layer of attention with learned positions can attend anywhere, and has
# one ReLU, after which everything is averaged. Chapter 5 ended with a task for
# which that is not enough. Here is the same model again, made wide enough to
# have as many parameters as a transformer.

# %%
new_size = models.count_parameters(transformer(changes.spec))
# A layer of width d has 4 d^2 + c d + 3 parameters: which d has that size?
c = changes.spec.d_input + seq_len + 8
wide = round((-c + (c**2 + 16 * (new_size - 3)) ** 0.5) / 8)


def one_layer(spec):
    return SelfAttention(spec, wide, positions="learned")


before = train(one_layer, changes)

# %% tags=["hide-input", "nbval-ignore-output"]
say(f"One layer of width {wide}, with {before.n_parameters} parameters (a "
    f"transformer has {new_size}): median accuracy "
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
# | symbol | meaning | shape |
# | --- | --- | --- |
# | $r$ | residual stream: goes past the parts | (seq_len, d_model) |
# | $h$ | number of heads, $d_{head} = d_{model} / h$ | |
# | $\text{norm}(r)$ | less its mean, over standard deviation | (d_model,) |
# | $\text{MLP}$ | wider, rectified, back; each position alone | (d_model,) |
#
# $$r \leftarrow r + W_O \, [\text{head}_1(\text{norm}(r)), \dots,
#   \text{head}_h(\text{norm}(r))], \qquad
#   r \leftarrow r + \text{MLP}(\text{norm}(r))$$
#
# $$z = U \, \frac{1}{T} \sum_t \text{norm}(r_t) + c, \qquad
#   \text{MLP}(u) = W_2 \, \text{relu}(W_1 u + b_1) + b_2$$
#
# Each head is the self-attention of chapter 4 on a width of $d_{head}$, with a
# pattern of its own. The norm ends with a learned factor and shift for each
# number. A token enters as a one-hot vector, so the embedding is a table with
# a row for each token. Padding is masked in attention and in the mean.

# %%
class Block(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm_1 = nn.LayerNorm(d_model)  # New: numbers keep their size
        self.attention = MultiHeadAttention(d_model, n_heads)  # New: heads
        self.norm_2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(  # New: a ReLU at each position
            nn.Linear(d_model, 4 * d_model), nn.ReLU(),
            nn.Linear(4 * d_model, d_model))

    def forward(self, resid, mask=None):  # (batch, seq, d_model)
        resid = resid + self.attention(self.norm_1(resid), mask)
        return resid + self.mlp(self.norm_2(resid))  # the same shape


# %%
class Transformer(nn.Module):
    def __init__(self, spec, d_model, n_layers, n_heads):
        super().__init__()
        self.spec = spec
        self.embed = nn.Linear(spec.d_features, d_model)
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


# %%
for task, inputs in ((changes, test_set.inputs), (sums, strings.inputs)):
    ours = Transformer(task.spec, d_model, n_layers, n_heads)
    core = transformer(task.spec)
    core.load_state_dict({name.replace("table", "positions.table"): value
                          for name, value in ours.state_dict().items()})
    assert (ours(inputs) - core(inputs)).abs().max() < 1e-5
    print("the same model; parameters:", models.count_parameters(ours))

# %% [markdown]
# ## Train

# %%
runs = {"one wide layer": before,
        "transformer": train(transformer, changes, callbacks=[Snapshots()])}
show(plots.learning_curves(runs),
     "Validation loss and accuracy on sign_changes_mod_3. The transformer "
     "rises near one; one wide layer stays far below.")

# %% [markdown]
# ## Evidence over seeds

# %% tags=["hide-input"]
show(plots.seed_accuracies(runs, 1 / 3, low=0.3),
     "Test accuracy on sign_changes_mod_3, a dot a seed: the transformer near "
     "one on every seed, one wide layer far below.")

# %%
strings_run = train(transformer, sums, n_live)
string_before = train(one_layer, sums, n_live)

# %% tags=["hide-input", "nbval-ignore-output"]
accuracy_table({**runs, "transformer, sum_mod_10": strings_run,
                "one wide layer, sum_mod_10": string_before},
               head="model on sign_changes_mod_3")

# %% [markdown]
# ## Look inside
#
# What does each head attend to? One test example, and all heads of the first
# trained model; the marks on the axes are the signs of the values.

# %%
trained = runs["transformer"].models
signs = test_set.inputs.sum(-1) > 0  # (batch, seq)
one = int((signs.sum(1) == seq_len // 2).nonzero()[0])  # half are positive
marks = ["+" if positive else "−" for positive in signs[one]]

# %% tags=["hide-input"]
figure, axes = plots.panels(n_heads, n_layers, width=1.7, height=1.8)
for row, pattern in enumerate(patterns(trained[0], test_set.inputs).values()):
    for head in range(n_heads):
        ax = axes[row * n_heads + head]
        plots.attention_map(ax, pattern[one, head].numpy(), marks,
                            f"layer {row}, head {head}")
show(figure, "Patterns of all heads on one example, a row of panels a layer; "
     "in each a row a query, a column a key, marked with signs. In several "
     "heads the rows of positive values differ from those of negative ones.")

# %% [markdown]
# And when did they come to look like this? Move the slider through the
# training, one layer after the other; point at a cell to read its weight.

# %% tags=["nbval-ignore-output"]
run = runs["transformer"]
evals = run.history.steps("val/loss")
over_time = {step: patterns(run.models_at(step)[0], test_set.inputs[[one]])
             for step in evals[::4]}
interactive.attention(
    {f"layer {layer}, update {step}": list(found.values())[layer][0]
     .numpy() for layer in range(n_layers)
     for step, found in over_time.items()}, marks,
    "Patterns of all heads of the last layer after the training; where "
    "scripts run, a slider shows each layer at every fourth evaluation.")


# %% [markdown]
# We expected heads that attend to a neighbour. There is no such head here. Let
# us measure what the signs say instead: the mean weight that a position gives
# to positions of the other sign, and to others of its own.

# %%
def by_sign(model):
    differ = signs.unsqueeze(2) != signs.unsqueeze(1)  # (batch, query, key)
    alike = ~differ & ~torch.eye(seq_len, dtype=torch.bool)
    return np.array([[pattern[:, head][pairs].mean().item()
                      for pairs in (differ, alike)]
                     for pattern in patterns(model, test_set.inputs).values()
                     for head in range(n_heads)])  # (heads of all layers, 2)


contrasts = []  # of the head that tells the two kinds apart best
for model in trained:
    weights = by_sign(model)
    contrasts.append((weights.max(1) / weights.min(1)).max())

# %% tags=["hide-input", "nbval-ignore-output"]
first = by_sign(trained[0])
sharpest = first[(first.max(1) / first.min(1)).argmax()]
say("The head of the first model that tells them apart best gives "
    f"**{sharpest[0]:.2f}** to a position of the other sign and "
    f"**{sharpest[1]:.2f}** to one of the same; equal weights would be "
    f"{1 / seq_len:.2f}. In every seed there is such a head; it prefers one "
    f"kind by a factor of at least {min(contrasts):.0f}.")

# %% [markdown]
# Training found comparison: a query that fits the keys of the other sign,
# wherever they stand (or, in other seeds, of the same). From which positions
# differ from which the later parts make the count; how they do it we have not
# shown. With six positions this way is open. A story about what heads should
# do is a guess until it is measured.

# %% [markdown]
# Touch it: type a sum of digits, and switch heads and MLPs off. Which of them
# can be spared for your sum, and which for none?

# %% tags=["hide-input", "nbval-ignore-output"]
playgrounds.ch06(sums, {"one wide layer": string_before.models[0],
                        "transformer": strings_run.models[0]})

# %% [markdown]
# ## Break it
#
# Take one part away at a time, with all else equal. The table is recorded over
# five seeds; one of its rows is trained again here.

# %% tags=["hide-input"]
record = recorded.read("ablations")
show(plots.staircase(record),
     "Recorded accuracies, a row for each part taken away, a column a task. "
     "On sign changes one layer and no residual sums lose most; on sums of "
     "digits one layer and no MLP.")

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
rows = "\n".join(
    f"| {row} | {median_of(row):.2f} | {median_of(row, 'sum_mod_10'):.2f} |"
    for row in ablations.CHANGES)
say("| what is left | sign_changes_mod_3 | sum_mod_10 |\n| --- | --- | --- |\n"
    + rows)

# %% [markdown]
# What the parts are for depends on the task:
#
# - **Depth.** One layer loses on both tasks, and most on strings. That it does
#   as well as it does on sign changes has a reason: six signs have few
#   combinations, and an MLP can learn many of them one by one.
# - **MLP.** The strings need it. The sign changes do not: the softmaxes of two
#   layers are nonlinear enough.
# - **Heads.** One head of the full width has as many parameters as four, and
#   loses a little on both.
# - **Residual sums.** Without them every part must hand on all that later
#   parts need. On sign changes a seed can fail for it. On strings nothing is
#   lost: a position that has mixed in the others need not remember which digit
#   it was.
# - **Normalisation.** In a model as shallow as this neither its absence nor
#   where it stands matters much. It is there for deep ones.
#
# A part that one task can do without is not useless; an ablation speaks of a
# part *and* a task.
#
# ## What comes next
#
# All rungs are built. Which of them solves what, and on how many seeds?
# Chapter 7 puts every model on every task.

# %% tags=["hide-input", "nbval-ignore-output"]
new = runs["transformer"].test["accuracy"]
in_strings = strings_run.test["accuracy"]
glue("ladder-06", "**Rung 6, the transformer** looks, counts and decides in "
     f"turn: {100 * np.median(new):.0f} % on the number of sign changes "
     "modulo 3, where one layer with as many parameters reaches "
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
# So that the residual stream itself is only added to, and gradients pass it
# unchanged. As nothing normalises the stream, a last norm brings it to size
# before the logits head.
#
# </details>
#
# 3. An attention pattern gives a padded position the weight 0. Is that enough
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
# ### Exercise 1: count parameters (easy, 15 minutes)
#
# Write `size(d_model, n_layers, d_input, seq_len, n_classes)`: the number of
# parameters of the transformer above, with an MLP of four times the width.
# Hint: an affine map from `a` to `b` has `(a + 1) * b`, a norm `2 * d_model`.

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
# 1 the next ones. Give them as a pair. Hint: a reshape and a transpose each;
# which comes first?

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
# ### Exercise 4: deeper or wider? (open, 40 minutes)
#
# Rerun the chapter with `-p n_layers=1 -p d_model=48`, and with
# `-p n_layers=4 -p d_model=24`. The sizes are near each other. Which does
# better on `sign_changes_mod_3`, and what do the patterns of the layers look
# like?
#
# <details><summary>What to look for</summary>
#
# One layer cannot count after it has attended, however wide it is. With
# four, look for the layer in which the patterns begin to spread.
#
# </details>
#
# ## Takeaways
#
# - A transformer is attention and an MLP in turn, each added to the residual
#   stream.
# - Attention moves numbers between positions; the MLP transforms them at each
#   position. A task that needs one after the other needs layers.
# - Take a part away and measure: what is lost depends on the task, and on a
#   small one some parts are hardly missed.
#
# **Where this differs from the paper.** Vaswani and others (2017) put the
# normalisation after each sum; with it before, training needs less care (Xiong
# and others, 2020), and a last norm is added. Scores are divided by the root
# of $d_{head}$, as there. Our queries, keys and values have biases. There is
# no dropout, no decoder, and the answer is read from a mean over all
# positions. Embeddings of tokens start with entries of size 1, of the size of
# the positions; with the much smaller default of `nn.Linear` training on
# strings hardly begins.
#
# **References.** A. Vaswani and others, *Attention is all you need* (2017). R.
# Xiong and others, *On layer normalization in the transformer architecture*
# (2020). J. L. Ba and others, *Layer normalization* (2016). K. He and others,
# *Deep residual learning* (2016).
#
# ## Claims
#
# The statements of this chapter, checked against bounds.

# %% tags=["hide-input"]
claims.check("the transformer solves sign_changes_mod_3 on every seed",
             new.min(), at_least=0.97)
claims.check("one layer of the same size is below its worst seed, by",
             new.min() - before.test["accuracy"].max(), at_least=0.10)
claims.check("the two sizes agree, ratio of parameters",
             before.n_parameters / runs["transformer"].n_parameters,
             at_least=0.95, at_most=1.05)
claims.check("the transformer learns sums of digits in strings, worst seed",
             in_strings.min(), at_least=0.90)
claims.check("one wide layer does not, best seed",
             string_before.test["accuracy"].max(), at_most=0.80)
claims.check("in every seed some head tells other signs from its own, least "
             "factor", min(contrasts), at_least=3.0)


# %% tags=["hide-input"]
def worst(row, task="sign_changes_mod_3"):
    return recorded.values(record, row, task).min()


claims.check("recorded: all parts solve sign_changes_mod_3, worst seed",
             worst("all parts"), at_least=0.97)
claims.check("recorded: one layer is below that on sign changes, medians, by",
             median_of("all parts") - median_of("one layer"), at_least=0.02)
for row in ("one layer", "no MLP"):
    claims.check(f"recorded: {row} loses sums of digits, medians, by",
                 median_of("all parts", "sum_mod_10")
                 - median_of(row, "sum_mod_10"), at_least=0.05)
claims.check("recorded: sign changes do not need the MLP, medians, by",
             median_of("all parts") - median_of("no MLP"), at_most=0.02)
claims.check("recorded: without residual sums a seed fails on sign changes, "
             "worst below worst, by",
             worst("all parts") - worst("no residual sums"), at_least=0.10)
claims.check("recorded: without normalisation sign changes are learned, worst",
             worst("no normalisation"), at_least=0.97)
claims.check("the row trained again agrees with the record, largest distance",
             gap, at_most=0.08)
print(claims.summary())
