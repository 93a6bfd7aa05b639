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
# # 8. Training, step by step
#
# **Question.** Two models are alike, see the same examples, and are updated
# equally often. One makes hardly a mistake in the end, the other is little
# better than a guess. What happens in an update, and how can one see early
# that a training goes wrong, and why?

# %% tags=["hide-input"]
from progtx_core import models, tasks
from progtx_core.tools.page import show
from experiments.training import SELECTOR
from parts import ch08, opening

show(ch08.question(),
     "Training loss of two models, A and B, over equally many updates.")

# %% [markdown]
# **Claim.** A training is ten steps from data to attention maps, and an update
# in it is a few lines that can be written in the open. So made, a small
# transformer learns from ten thousand examples to pick the first, second,
# last, greatest or least number of a list, on every seed. Some faults show in
# the curves. The others show in small tests, of which the first is to overfit
# one batch.

# %% tags=["hide-input", "nbval-ignore-output"]
opening.at_a_glance(
    "08_training_step_by_step",
    built=models.build("transformer", tasks.get("selection").spec, **SELECTOR),
    task="selection: First, Second, Last, Max, Min of a list",
    model="a transformer whose logits head reads the first position",
    prerequisites="chapter 6",
)

# %% [markdown]
# ## What you will be able to do
#
# - make a data set, split it without a shared example, and pad a batch;
# - count the parameters of a model, layer by layer;
# - write the training loop and Adam by yourself, and say what warm-up, weight
#   decay and the gradient norm are for;
# - say what a checkpoint has to hold so that a stopped training goes on as if
#   nothing had happened;
# - read a test set by operation, an attention map by its spread, and find out
#   whether a head is needed;
# - say what to do first when nothing is learned, and tell a bad learning rate,
#   too few examples, a leak and a broken mask from each other.
#
# ## Setup

# %% tags=["setup", "hide-input"]
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from progtx_core import models, tasks
from progtx_core.evaluation import predict
from progtx_core.models.attention import intervene
from progtx_core.models.inputs import embedding, padding_mask
from progtx_core.models.transformer import Block
from progtx_core.tools import paths, recorded
from progtx_core.tools.checkers import check
from progtx_core.tools.claims import Claims
from progtx_core.tools.page import glue, say, show, table
from progtx_core.training import Checkpoints, Config, KeepBest, Snapshots, fit
from progtx_core.types import Batch
from torch import nn
from experiments import training as lists
from parts import ch08, ch08_tables, layers, playgrounds

# %% tags=["parameters"]
size: str = "medium"  # of the data: small, medium or large
epochs: int = 0  # passes through the training split; 0: as the size has it
batch_size: int = 0  # examples an update; 0: as the size has it
learning_rate: float = 0.0  # of Adam, at its highest; 0: as the size has it
seed: int = 0  # first seed; the others follow it
n_seeds: int = 2  # models trained here; five are recorded
resume_from: str = ""  # a folder of checkpoints to go on from; "" to begin
device: str = "cpu"  # where models are trained: cpu, cuda, mps or auto

# %% tags=["setup"]
claims = Claims("08_training_step_by_step", globals())
task = tasks.get("selection")
names = ["First", "Second", "Last", "Max", "Min"]
settings = lists.settings(size)
epochs = epochs or settings["epochs"]
batch_size = batch_size or settings["batch_size"]
learning_rate = learning_rate or settings["learning_rate"]
selector = partial(models.build, "transformer", **lists.SELECTOR)


# %% [markdown]
# ## Where we stand
#
# Seven chapters have asked *which* model solves a task. The training itself
# was one line, `fit(...)`, and wherever a model failed we had to trust that
# this line was not to blame. This chapter opens it.
#
# ## The task
#
# A text such as `Max(2, 5, 8)` asks for one number of a list. The rule, in
# plain Python:

# %%
def answer(text):
    operation, rest = text.rstrip(")").split("(")
    numbers = [int(number) for number in rest.split(",")]
    if operation in ("Max", "Min"):
        return max(numbers) if operation == "Max" else min(numbers)
    return numbers[{"First": 0, "Second": 1, "Last": -1}[operation]]


for text in ("Max(2, 5, 8)", "Second(7, 3, 3, 19)", "Last(0, 4, 11)"):
    assert answer(text) == task.label_text(text)
    print(text, "=", answer(text))

# %% [markdown]
# Three of the five ask *where* a number stands, two ask *what* it is: content
# and order, in one model.
#
# ## Predict before you run
#
# Which operation will be the hardest to learn? A head can attend to one token
# or to all alike: which of the two do you expect for First, which for Max? If
# one of the eight heads is switched off after training, which questions does
# that cost? And the two models at the top differ in a single number: which?
#
# ## Build it: steps 1 to 6
#
# All that has to be there before the first update.
#
# ## Step 1: the data
#
# A data set has a fixed size, and no example twice. Operations take turns, so
# all are equally frequent; lengths and numbers are drawn evenly. Three sizes
# are prepared, each with settings that suit it; `size` above says which one is
# used here.

# %% tags=["hide-input"]
ch08_tables.sizes_of_data()

# %% tags=["hide-input"]
data = tasks.FiniteDataset(task, lists.SET_SIZES[size], seed=seed,
                           balance=task.kinds)
ch08_tables.counts(data, names)

# %% [markdown]
# Why are answers near both ends more frequent, although numbers are drawn
# evenly? Max and Min choose them.

# %%
some = data.splits["train"][:6]
ch08_tables.questions(some, task, names)
print(task.tokenizer.show(some.inputs[0].tolist()))

# %% [markdown]
# Each box is a token, a symbol that the model knows by a number, its id; the
# last line shows tokens and ids side by side. The underscore is padding: short
# texts are filled up with token 0.
#
# ## Step 2: the split
#
# *Train* is for updates. *Val* is for the evaluations during training; they
# decide which parameters are kept. *Test* is for one evaluation, at the end.
# As no example occurs twice in the data, no split shares one with another.

# %%
rows = {name: {tuple(ids) for ids in split.inputs.tolist()}
        for name, split in data.splits.items()}
assert len(set.union(*rows.values())) == sum(map(len, data.splits.values()))
ch08_tables.splits(data, names)

# %% [markdown]
# What would a blind guess reach? The best single answer for each operation,
# read off the training split:

# %% tags=["hide-input", "nbval-ignore-output"]
train_set, test_set = data.splits["train"], data.splits["test"]
guessed = ch08_tables.majority(task, train_set, test_set)
say(f"Accuracy on the test split: **{guessed:.2f}**.")

# %% [markdown]
# ## Step 3: batches, padding, masks
#
# A batch is a rectangle, and texts differ in length. Padding fills it up; the
# mask says where the text ends, so that no head attends to padding.

# %%
batch = data.splits["train"][:5]
mask = padding_mask(batch.inputs, task.spec)  # (batch, seq), False: padding
ch08_tables.padded(task, batch, mask)
print(*(tuple(x.shape) for x in (batch.inputs, batch.targets, mask)))


# %% [markdown]
# ## Step 4: the architecture
#
# Chapter 6's transformer averages all positions before its logits head. Here
# one number has to be *copied*, and the first position, the operation's, is a
# good one to copy it to: it knows what is asked. So the logits head reads that
# position only.

# %%
class Selector(nn.Module):
    def __init__(self, spec, d_model=32, n_layers=2, n_heads=4):
        super().__init__()
        self.spec = spec
        self.embed = embedding(spec, d_model)
        self.table = nn.Parameter(0.5 * torch.randn(spec.seq_len, d_model))
        self.blocks = nn.ModuleList(
            Block(d_model, n_heads, 4 * d_model) for _ in range(n_layers))
        self.norm = nn.LayerNorm(d_model)
        self.logits_head = nn.Linear(d_model, spec.n_classes)

    def forward(self, inputs):  # (batch, seq)
        mask = padding_mask(inputs, self.spec)
        one_hot = nn.functional.one_hot(inputs, self.spec.d_vocab).float()
        resid = self.embed(one_hot) + self.table  # (batch, seq, d_model)
        for block in self.blocks:
            resid = block(resid, mask)
        first = self.norm(resid)[:, 0]  # CHANGED: was a mean
        return self.logits_head(first)  # (batch, n_classes)


# %%
torch.manual_seed(seed)
core, ours = selector(task.spec), Selector(task.spec)
ours.load_state_dict({name.replace("positions.table", "table"): value
                      for name, value in core.state_dict().items()})
assert torch.equal(ours(batch.inputs), core(batch.inputs))
layers.layers(ours)

# %% [markdown]
# ## Step 5: a forward pass before training
#
# The model can answer at once. It has learned nothing, so its answers have to
# be noise; if they are not, something is wrong already. The loss of an answer
# is $-\ln p$, where $p$ is the probability of the right one.

# %% tags=["hide-input", "nbval-ignore-output"]
shown = data.splits["val"][:5]
ch08_tables.untrained(ours, task, shown)

# %% [markdown]
# ## Step 6: optimizer, learning rate, updates
#
# **Why Adam?** Plain gradient descent moves each parameter by the learning
# rate times its gradient. Then a layer whose gradients are small hardly moves
# at a learning rate that suits the others. How different are they? The table
# under the loop below says so. Adam divides by the size: for each parameter
# it keeps a running mean $m$ of the gradient $g$ and one, $v$, of its square,
#
# $$\begin{aligned} m &\leftarrow \beta_1 m + (1 - \beta_1)\, g \\
#   v &\leftarrow \beta_2 v + (1 - \beta_2)\, g^2 \\
#   \theta &\leftarrow \theta - \eta \, \frac{m / (1 - \beta_1^t)}
#   {\sqrt{v / (1 - \beta_2^t)} + \varepsilon} \end{aligned}$$
#
# at update $t = 1, 2, \dots$ Both start at zero, and the divisors make up for
# that. Where the gradient keeps its sign, the quotient is near one and the
# parameter moves by about the learning rate $\eta$; where the sign changes
# from batch to batch, it moves less.
#
# **Why warm-up?** At $t = 1$ the quotient is $g / |g|$: *every* parameter
# moves by the whole learning rate, on the word of one batch. So the learning
# rate begins small and rises while $m$ and $v$ become means over many batches.
#
# **Why does it fall to zero?** Near the end the gradient is mostly the noise
# of the batches. Smaller and smaller moves average it out.
#
# **Why weight decay?** Each update also shrinks every parameter by the
# $\eta\lambda$-th part, $\theta \leftarrow (1 - \eta\lambda)\,\theta$. What is
# large then has to be asked for again and again, by many examples; what one
# example alone asks for fades. The recorded table below shows what this does
# for the small data set; the medium one goes without.
#
# How many updates there are follows from data, batch and epochs.

# %%
n_train = len(data.splits["train"])
steps = epochs * (n_train // batch_size)
config = Config(steps, batch_size, learning_rate, n_train=n_train,
                n_eval=len(data.splits["val"]),
                weight_decay=settings.get("weight_decay", 0.0),
                warmup_steps=min(settings["warmup_steps"], steps))
print(f"{n_train} examples // {batch_size} a batch = {n_train // batch_size} "
      f"updates an epoch; x {epochs} epochs = {steps} updates")
show(ch08.lines(range(steps), {"": [*map(config.lr_at, range(steps))]},
                "learning rate"),
     "The learning rate over the updates: a short line up, a long one down.")


# %% [markdown]
# ## Train
#
# ## Step 7: training
#
# ### Ten updates in the open
#
# Adam, as the equations have it:

# %%
class Adam:
    def __init__(self, parameters, weight_decay=0.0):
        self.parameters, self.decay = list(parameters), weight_decay
        self.m = [torch.zeros_like(p) for p in self.parameters]
        self.v = [torch.zeros_like(p) for p in self.parameters]
        self.t = 0

    @torch.no_grad()
    def step(self, lr, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
        self.t += 1
        for p, m, v in zip(self.parameters, self.m, self.v):
            m += (1 - beta_1) * (p.grad - m)
            v += (1 - beta_2) * (p.grad**2 - v)
            mean, square = m / (1 - beta_1**self.t), v / (1 - beta_2**self.t)
            p *= 1 - lr * self.decay
            p -= lr * mean / (square.sqrt() + epsilon)


# %% [markdown]
# One update is four moves: predict, measure, differentiate, change.

# %%
def update(model, adam, batch, lr, loss_of=nn.functional.cross_entropy):
    logits = model(batch.inputs)  # predict
    loss = loss_of(logits, batch.targets)  # measure
    model.zero_grad()
    loss.backward()  # differentiate
    adam.step(lr)  # change the parameters
    return loss.item()


# %% [markdown]
# And the loop around it goes through the training examples in random order.

# %%
torch.manual_seed(seed)
model = selector(task.spec)
adam = Adam(model.parameters(), config.weight_decay)
shuffle = torch.Generator().manual_seed(seed)
examples = data.sample(n_train, shuffle)
order = torch.randperm(n_train, generator=shuffle)  # of the first epoch
batches = order.split(batch_size)
by_hand = [update(model, adam, examples[rows], config.lr_at(step))
           for step, rows in enumerate(batches[:10])]

# %% [markdown]
# Here is what Adam is for. The gradients of the first batch, matrix by matrix,
# and how far Adam moves the entries of each:

# %% tags=["hide-input", "nbval-ignore-output"]
apart = ch08_tables.first_move(partial(selector, task.spec), seed,
                               examples[batches[0]])

# %% [markdown]
# A mean move below one comes from entries without a gradient: those of tokens
# and positions that do not occur in the batch.
#
# ### And the rest
#
# `fit` runs this very loop to the end. What it adds: every so many updates the
# model is evaluated on the validation split, and a checkpoint is written:
# parameters, optimizer, generators, curves. If the notebook is stopped, run it
# again with `resume_from` set to the folder that is printed here: it goes on
# from the last evaluation, and ends with the very numbers that it would have
# had.

# %% tags=["nbval-ignore-output"]
kept_in = resume_from or (f"build/checkpoints/{size}-{epochs}-{batch_size}-"
                          f"{learning_rate:g}-seed{seed}")
folder = paths.scratch() / kept_in
print(f"checkpoints: {kept_in}")
callbacks = [Snapshots(), KeepBest(),
             Checkpoints(folder, resume=bool(resume_from))]
run = fit(selector, data, config, seed=seed, n_seeds=n_seeds,
          callbacks=callbacks, device=device)

# %% [markdown]
# Is it the same training? The first losses of `fit` must be those by hand.

# %%
by_fit = run.history["train/loss"][0, :len(by_hand)]
distance = np.abs(by_fit - by_hand).max()
assert distance < 1e-4 or device != "cpu"  # other devices round more

# %% tags=["hide-input"]
show(ch08.plot_training_curves(folder / f"seed_{seed}.pt"),
     "Loss and accuracy of the first seed, in training and validation.")

# %% [markdown]
# Do training and validation go together, or does a gap open between them? The
# picture is drawn from a checkpoint's file alone. What did the model answer as
# it learned?

# %% tags=["hide-input", "nbval-ignore-output"]
ch08_tables.answers_over_updates(run, task, shown)

# %% [markdown]
# ### The gradient norm
#
# All gradients together are one long vector. Its length, the *gradient norm*,
# is worth a curve of its own: it tells of trouble before the loss does. It may
# rise at first; once the loss is low, it has to be low as well. A jump says
# that some batch contradicts what was learned, or that the learning rate
# throws the model about. Where it grows without end, the next value is
# infinite. Zero from the start means that nothing reaches the parameters. Adam
# divides it out, so it does not say how far the parameters move.

# %% tags=["hide-input"]
show(ch08.gradient_norms(run.history),
     "Gradient norm over the updates on a logarithmic scale, a line a seed.")

# %% [markdown]
# Do the jumps in the middle belong to jumps of the loss above? (Many trainings
# *clip*: where the norm exceeds a bound, the gradient is scaled down to it. It
# is not needed here.)
#
# ### Is warm-up needed?
#
# The reason above is an argument. The measurement: three hundred updates with
# and without, at two learning rates.

# %%
brief = replace(config, steps=min(steps, 300))
warm_ups = {}
for rate in (learning_rate, 5 * learning_rate):
    for n in (0, 100):
        how = replace(brief, learning_rate=rate, warmup_steps=min(n, steps))
        warm = fit(selector, data, how, seed=seed, n_seeds=2, device=device)
        warm_ups[rate, n] = warm.history["val/loss"][:, -1]

# %% tags=["hide-input", "nbval-ignore-output"]
ch08_tables.warm_ups(warm_ups)

# %% [markdown]
# It hardly matters here, one way or the other: the rows are about as near to
# each other as the seeds of a row. A small model with a norm before each part
# forgives a hundred loud updates. Warm-up is kept as it costs little. In deep
# models whose norms stand *after* the sums, training without it fails (Xiong
# and others, 2020).

# %% [markdown]
# ## Evidence over seeds
#
# ## Step 8: the test set
#
# One evaluation on the split that has steered nothing: in all, by operation,
# and answer by answer.

# %%
answers, test_kinds = test_set.targets.numpy(), task.kinds(
    test_set.inputs).numpy()


def by_operation(of_examples):  # mean of each, (operation,)
    return np.array([of_examples[test_kinds == k].mean() for k in range(5)])


live = np.array([by_operation(predict(model, test_set)[0].argmax(1) == answers)
                 for model in run.models])
probabilities, targets = predict(run.models[0], test_set)
show(ch08.accuracy_bars(live, names, (probabilities, targets)),
     "Test accuracy by operation and seed; answers against right answers.")

# %% [markdown]
# Above, a bar is one operation of one seed. Below, a lighter cell has more
# examples; right answers lie on the diagonal. How far from it are the wrong
# ones?

# %% [markdown]
# ### The same, recorded
#
# How much does the size of the data matter, and how much do learning rate and
# batch size? Each point is one of five seeds; the bar is their median.
# *Small*, *medium* and *large* are the three sizes of step 1, each with its
# own settings, found by trials on these data, so small differences mean
# little; to *choose* a learning rate, one would use the validation split.

# %% tags=["hide-input"]
record = recorded.read("training")
ch08_tables.recorded_groups(record)

# %% tags=["hide-input", "nbval-ignore-output"]
ch08_tables.recorded_rows(record, names)

# %% [markdown]
# Batch size hardly matters here. Between training and test split lies the gap
# that more data closes. On the small set weight decay closes most of it, too.
# With decay or without, the model answers nearly every training example;
# without, it is often wrong about Last on new ones. (The small test split has
# twenty examples an operation: one mistake is a twentieth.) Are Max and Min
# harder than First and Last?
#
# With few examples and no decay it is Last: its position moves with the length
# of the list, and each length is rarely seen. First and Second are easy in
# every row of the table. Which of the other three is the hardest depends on
# data and training; with enough examples hardly a difference is left.

# %% [markdown]
# ## Look inside
#
# ## Step 9: single predictions
#
# What is the model sure of, and where does it hesitate? One question for each
# operation, and the five test questions whose right answer got the least
# probability. The hatched bar is the right answer.

# %% tags=["hide-input"]
ch08_tables.sure_and_unsure(task, test_set, probabilities)

# %% [markdown]
# Look at which lists the five are. Are there Max of small numbers, or Min of
# large ones? Numbers are drawn evenly, so a list without a large number is
# rare, and what is rare is learned last.

# %% [markdown]
# ## Step 10: attention
#
# A map has a row for each query and a column for each key; dark is 0, yellow
# is 1. First come two of the eight heads on one question. The logits head
# reads the first position only, so the first row matters most: what does the
# operation's token attend to? The second picture has the first rows of all
# heads, a head a row, for three questions on the same numbers. A terminal can
# show a map as well, here the mean of the last layer's heads: the denser a
# sign, the more attention.

# %% tags=["hide-input", "nbval-ignore-output"]
ch08_tables.maps(run.models[0], task, [
    "First(4, 17, 9, 12)", "Last(4, 17, 9, 12)", "Max(4, 17, 9, 12)"])

# %% [markdown]
# Touch it: ask for the first, second, last, greatest or least of some numbers.
# What does it say to two numbers only, or to a list of equal ones?

# %% tags=["hide-input", "nbval-ignore-output"]
playgrounds.ch08(task, run.models[0])

# %% [markdown]
# How far is the first row of a head spread? Entropy says so: 0 for a row that
# attends to one token, 1 for one that attends to all of them alike. For
# weights $p_k$ on $n$ tokens the spread is $-\sum_k p_k \ln p_k \,/\, \ln n$.
# Up to a third it is called focused here, from two thirds on distributed.

# %% tags=["nbval-ignore-output"]
ch08_tables.spreads(run.models[0], test_set, by_operation, names)

# %% [markdown]
# A head that compares need not attend to all: where larger numbers have
# larger scores, softmax is focused on the greatest. So a focused head may
# serve Max as well as First, and the spread alone does not say on what it is
# focused.
#
# And the sharpest question: how much of the operation's row falls on the token
# that has to be copied? For Max and Min that is where the answer stands, for
# equal numbers the first of them. The picture is of the first seed on the
# validation split, the table of the worst seed on the test split.

# %% tags=["hide-input", "nbval-ignore-output"]
pointing = np.array([ch08_tables.weights_on_source(model, task, test_set)
                     for model in run.models])
ch08_tables.forming(run, task, data.splits["val"], names)
table(["best head's weight, worst seed", *names],
      [["on the source", *pointing.min(0)]])
say(f"**In the end**: {run}; {run.seconds:.0f} s of training.")

# %% [markdown]
# ### Is a head needed?
#
# A map shows what a head attends to. Whether the answer depends on it is
# another question, and it can be asked: switch the head off, that is, replace
# what it gives by zeros, and count right answers again.

# %%
asked = [names.index(name) for name in ("First", "Last", "Max")]


def lost(i, layer, head=None):  # of the i-th seed, (First, Last, Max)
    with intervene(run.models[i], f"blocks.{layer}.attention",
                   torch.zeros_like, head):
        right = predict(run.models[i], test_set)[0].argmax(1) == answers
    return (live[i] - by_operation(right))[asked]


heads_off = np.array([[lost(i, *divmod(n, 4)) for n in range(8)]
                      for i in range(len(run.models))])
layers_off = np.array([[lost(i, layer) for layer in range(2)]
                       for i in range(len(run.models))])

# %% tags=["hide-input", "nbval-ignore-output"]
ch08_tables.parts_off(["First", "Last", "Max"], heads_off, layers_off)

# %% [markdown]
# So no single head is needed for First, Last or Max, not even one that puts
# most of its weight on the right number: others carry the same. Together they
# are needed, and those of the first layer more than those of the second. An
# attention map says where a head reads. Only an intervention says whether it
# matters.

# %% [markdown]
# ## Break it: six curves without names
#
# Six short trainings. One is as it should be; in each of the others one thing
# is wrong.

# %%
short = replace(config, steps=min(steps, 600), n_eval=100,
                warmup_steps=min(20, steps))


def short_run(model=selector, data=data, **how):
    return fit(model, data, replace(short, **how), seed=seed, device=device)


few = tasks.FiniteDataset(task, 300, balance=task.kinds)
sick = {
    "as it should be": short_run(),
    "learning rate too high": short_run(learning_rate=30 * learning_rate),
    "learning rate too low": short_run(learning_rate=learning_rate / 30),
    "too few examples": short_run(data=few, n_train=240, n_eval=30),
    "mask is broken": short_run(ch08_tables.broken_mask),
    "answers shuffled": short_run(
        data=ch08_tables.with_shuffled_answers(data))}

# %% tags=["hide-input"]
show(ch08.quiz(sick, task.spec.n_classes),
     "Six panels, A to F: training and validation loss over the updates.")

# %% [markdown]
# The letters are in no order. The dotted line is $\ln n$, the loss of even
# odds for all answers.
#
# ### Exercise 1: name the curves (easy, 5 minutes)
#
# Which letter is which? The names are those of the cell above.

# %% tags=["exercise"]
my_names = {"A": None, "B": None, "C": None, "D": None, "E": None, "F": None}
check("8.1", my_names)


# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# my_names = {"A": "too few examples", "B": "learning rate too high",
#             "C": "answers shuffled", "D": "as it should be",
#             "E": "mask is broken", "F": "learning rate too low"}
# check("8.1", my_names)
# ```
#
# </details>
#
# <details><summary>How to tell, and what to do</summary>
#
# - **Learning rate too high**: the loss falls a little, and then jumps about
#   from update to update. Divide the learning rate by ten. (Model A, at
#   the top of this page, differs from B in nothing else.)
# - **Learning rate too low**: both curves fall slowly, steadily and together.
#   Multiply the learning rate by ten until the loss falls early.
# - **Too few examples**: training goes on falling while validation stays
#   behind, or rises. More data, fewer parameters, weight decay, or stop at the
#   best evaluation.
# - **Answers shuffled**: the loss falls to that of a guess and stays there.
#   Questions and answers do not belong together: look at some pairs as they
#   reach the model.
# - **A broken mask**: looks like a harder task: both curves fall together,
#   more slowly and less far. (Here random tokens stand in for padding, so that
#   attending to them does harm.) No curve names this one.
#
# </details>
#
# ### What to do first when nothing is learned
#
# **Overfit one batch.** Thirty-two examples, the same again and again. A model
# that cannot learn these by heart will learn nothing, and finding out takes
# seconds. Here with three faults: which of them does the test find?

# %%
def softmax_before(logits, targets):
    return nn.functional.cross_entropy(logits.softmax(-1), targets)


few_examples, one_batch = examples[:32], {}
swapped = Batch(few_examples.inputs, few_examples.targets.roll(1))
alike = Batch(few_examples.inputs[:1].expand(32, -1), few_examples.targets)
for label, batch, how in (
        ("as it should be", few_examples, {}),
        ("softmax before the loss", few_examples, {"loss_of": softmax_before}),
        ("all inputs alike", alike, {}), ("answers shuffled", swapped, {})):
    torch.manual_seed(seed)
    model = selector(task.spec)
    adam = Adam(model.parameters())
    for _ in range(150):
        one_batch[label] = update(model, adam, batch, 0.003, **how)

# %% tags=["hide-input", "nbval-ignore-output"]
table(["one batch", "loss after 150 updates"], list(one_batch.items()))

# %% [markdown]
# A fault in model, loss or optimizer keeps the loss up. (`cross_entropy` takes
# logits. Given probabilities, which lie between 0 and 1, it cannot go below
# $\ln(1 + (n - 1) / e)$.) Shuffled answers, a fault of the data, pass: any
# answers can be learned by heart.
#
# **A loss stuck at $\ln n$**, or at the entropy of the answers, which is a
# little less where some answers are more frequent: the model has learned how
# often each answer occurs and nothing about the questions. If one batch can be
# overfitted, the questions do not fit the answers, or the model cannot tell
# what decides (chapter 1's XOR ended so). If not, the questions do not reach
# the logits, or the gradient does not reach the parameters: is it zero, or
# `None`, in some layer?

# %% tags=["hide-input", "nbval-ignore-output"]
stuck = ch08_tables.above_a_guess(sick["answers shuffled"], train_set,
                                  task.spec.n_classes)

# %% [markdown]
# **NaN.** The usual origins are a learning rate that is far too high, a
# logarithm of zero, and a softmax over nothing: if every key is masked with
# minus infinity, each weight is zero over zero. `fit` stops at the first loss
# that is not finite and says where; the loss would never come back. To find
# the layer, print `isfinite().all()` of what each module gives: the first
# False is the place.

# %%
print(torch.full((2,), -torch.inf).softmax(-1))  # a mask that hides all keys
try:
    short_run(learning_rate=1e20, warmup_steps=0)
except FloatingPointError as error:
    print(error)

# %% [markdown]
# **A leak.** If test examples occur in training, the test set measures memory.
# No curve shows it; the numbers are merely too good. The test: count the rows
# that two splits share, as in step 2. How much too good? The training on too
# few examples, scored on its own test split, and on one of which half was
# copied from training:

# %% tags=["hide-input", "nbval-ignore-output"]
too_good = ch08_tables.leak(sick["too few examples"].models[0], few.splits)

# %% [markdown]
# **A mask, a causal order, a symmetry**: whatever must not matter, change it,
# and compare the logits. Here, padding: each test question with its padding
# and without.

# %%
with torch.no_grad():
    change = {label: max(
        (model(row[None]) - model(row[row != 0][None])).abs().max().item()
        for row in test_set.inputs[:50])
        for label, result in sick.items() for model in result.models}

# %% tags=["hide-input"]
ch08_tables.changes(change)


# %% [markdown]
# ## What comes next
#
# Adam follows the gradient. What if there were none? Chapter 9 trains a
# transformer by trial alone, and counts what that costs.
#
# ## Check yourself
#
# 1. Validation accuracy is the same at two evaluations. Which checkpoint would
# you keep?
#
# <details><summary>Answer</summary>
#
# The one with the lower loss: it is surer of its right answers, or less sure
# of its wrong ones. That is how the best evaluation is chosen here.
#
# </details>
#
# 2. Why is the test split used once?
#
# <details><summary>Answer</summary>
#
# Whatever is chosen by a number makes that number too good. The validation
# split has chosen the checkpoint; only a split that has chosen nothing can say
# how good it is.
#
# </details>
#
# 3. A checkpoint holds the parameters. Why does it hold the optimizer and the
# generator as well?
#
# <details><summary>Answer</summary>
#
# Adam's next update depends on its smoothed gradients, and the next batch on
# the generator that shuffles the examples. Without them the training would go
# on, but not as it would have.
#
# </details>
#
# ## Exercises
#
# Exercise 1 stands beside the curves above. The others but the fifth need the
# setup cells only. Change the stub, run the cell, and the checker answers.
#
# ### Exercise 2: how many updates? (easy, 5 minutes)
#
# Write `updates(n_examples, batch_size, epochs)` where the last batch of an
# epoch is left out if it is not full.

# %% tags=["exercise"]
def my_updates(n_examples, batch_size, epochs):
    return 0


check("8.2", my_updates)


# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_updates(n_examples, batch_size, epochs):
#     return epochs * (n_examples // batch_size)
#
#
# check("8.2", my_updates)
# ```
#
# </details>
#
# ### Exercise 3: the spread of a row (medium, 15 minutes)
#
# Write `spread(row)`: the entropy of a row of attention weights (a list that
# adds up to 1), divided by the entropy of a row of that length that attends
# to all alike. A weight of zero adds nothing.

# %% tags=["exercise"]
def my_spread(row):
    return None


check("8.3", my_spread)


# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_spread(row):
#     entropy = -sum(p * np.log(p) for p in row if p > 0)
#     return entropy / np.log(len(row))
#
#
# check("8.3", my_spread)
# ```
#
# </details>
#
# ### Exercise 4: the best evaluation (medium, 10 minutes)
#
# Write `best(accuracies, losses)`: the index of the evaluation to keep, by
# accuracy first, by loss where accuracies are equal.

# %% tags=["exercise"]
def my_best(accuracies, losses):
    return len(accuracies) - 1


check("8.4", my_best)


# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_best(accuracies, losses):
#     evals = range(len(accuracies))
#     return min(evals, key=lambda i: (-accuracies[i], losses[i]))
#
#
# check("8.4", my_best)
# ```
#
# </details>
#
# ### Exercise 5: predict, then measure: one part replaced (easy, 10 minutes)
#
# What a part gives on one question can be put into the answer to another. Take
# the greatest of `4, 17, 9, 12`, and give a part what it gives for `4, 3, 9,
# 12`. Will the model say 17 or 12? Predict it for the attention and for the
# MLP of both layers, then run this in a new cell below step 10.
#
# ```python
# from progtx_core.models.attention import activation
#
# asked, other = task.encode(["Max(4, 17, 9, 12)",
#                             "Max(4, 3, 9, 12)"]).split(1)
# for part in ("blocks.0.attention", "blocks.0.mlp",
#              "blocks.1.attention", "blocks.1.mlp"):
#     given = activation(run.models[0], part, other)
#     with intervene(run.models[0], part, lambda made: given):
#         print(part, run.models[0](asked).argmax().item())
# ```
#
# <details><summary>What to look for</summary>
#
# The part that changes the answer is the one in which the numbers are
# compared. Is it the layer whose heads, all switched off, cost Max the most?
# Does the second layer, which still sees the list with 17, object?
#
# </details>
#
# ### Exercise 6: longer lists (open, 30 minutes)
#
# Train on lists of three to eight numbers, test on nine and ten. Which
# operations survive, and why? Hint: `tasks.get("selection", max_numbers=10)`
# draws lists of up to ten. A task that keeps the shorter ones is a class of
# three lines, which `fit` takes as any other. Which rows of the table of
# positions are then never trained?
#
# ```python
# class Short(type(tasks.get("selection"))):
#     def sample_inputs(self, n, generator):
#         rows = super().sample_inputs(4 * n, generator)
#         return rows[(rows >= self.zero).sum(1) <= 8][:n]
#
#
# short = Short(max_numbers=10)
# ```
#
# <details><summary>What to look for</summary>
#
# Positions beyond the eighth number were never trained. First and Second do
# not need them. Max and Min can fail where the number asked for stands there,
# and Last has to find an end that it never saw there. Chapter 11 is about such
# lengths.
#
# </details>
#
# ## Takeaways
#
# - An update is four lines: predict, measure, differentiate, move. All else is
#   about seeing whether it works.
# - When nothing is learned, overfit one batch first.
# - Choose by validation, report by test, and show all seeds.
# - A checkpoint is whole only if the resumed curve equals the uninterrupted
#   one.
# - Curves tell learning rates and overfitting apart. A broken mask, shuffled
#   answers and a leak take a test of their own.
# - A head that points at the answer need not be needed for it.
#
# **Where this differs from the paper.** The transformer of Vaswani and others
# (2017) writes a sequence, token by token; here it answers once, from the
# first position, as Devlin and others (2019) do for classification, with the
# operation instead of their extra token. Attention maps show what a head
# attends to, which is not always why it answers (Jain and Wallace, 2019); the
# weight on the copied token is reported for the best head, and chosen by that
# weight.
#
# **References.** D. P. Kingma and J. Ba, *Adam: a method for stochastic
# optimization* (2015). I. Loshchilov and F. Hutter, *Decoupled weight decay
# regularization* (2019). R. Xiong and others, *On layer normalization in the
# transformer architecture* (2020). J. Devlin and others, *BERT: pre-training
# of deep bidirectional transformers for language understanding* (2019). S.
# Jain and B. C. Wallace, *Attention is not explanation* (2019).
#
# ## Claims
#
# The statements of this chapter, checked against bounds.

# %% tags=["hide-input"]
def cell(column, row="small, no decay"):  # recorded, a value a seed
    return recorded.values(record, row, "selection", column)


claims.check("ten updates by hand and by fit, largest distance of the losses",
             distance, at_most=1e-4)
claims.check("mean gradients of two matrices differ, factor", apart,
             at_least=10)
claims.check("every seed trained now, on the test split",
             run.test["accuracy"].min(), at_least=0.99)
claims.check("the same, every operation", live.min(), at_least=0.97)
claims.check("some head puts most of its weight on the token to copy, First, "
             "Second and Last, every seed", pointing[:, :3].min(),
             at_least=0.5)
for row, bound in (("small", 0.9), ("medium", 0.995), ("large", 0.999)):
    claims.check(f"recorded: {row}, worst of five seeds",
                 cell("accuracy", row).min(), at_least=bound)
claims.check("recorded: medium, worst operation of five seeds",
             min(cell(name, "medium").min() for name in names), at_least=0.99)
claims.check("recorded: small without decay, Max is above Last, medians, by",
             np.median(cell("Max")) - np.median(cell("Last")), at_least=0.1)

# %% tags=["hide-input"]
claims.check("without warm-up the last loss is higher by at most", max(
    np.mean(warm_ups[rate, 0] - warm_ups[rate, 100]) for rate, _ in warm_ups),
    at_most=0.15)
claims.check("one head switched off costs First, Last or Max at most",
             heads_off.max(), at_most=0.2)
claims.check("all heads of the first layer cost more than all of the second, "
             "mean over these, least seed, by",
             (-np.diff(layers_off, axis=1)).mean((1, 2)).min(), at_least=0.03)
for label, bounds in (("as it should be", {"at_most": 0.1}),
                      ("answers shuffled", {"at_most": 0.1}),
                      ("softmax before the loss", {"at_least": 1.9}),
                      ("all inputs alike", {"at_least": 1.9})):
    claims.check(f"one batch, {label}: loss", one_batch[label], **bounds)
claims.check("shuffled answers: validation loss above that of a guess by",
             stuck, at_least=-0.1, at_most=0.3)
claims.check("a leak of one half makes the test accuracy too good by",
             too_good, at_least=0.05)
claims.check("padding moves the logits under a broken mask by",
             change.pop("mask is broken"), at_least=0.1)
claims.check("and under a sound one by", max(change.values()), at_most=1e-3)
print(claims.summary())

# %% tags=["hide-input", "nbval-ignore-output"]
glue("ladder-08", f"**Training, step by step**: from {n_train:,} examples a "
     "transformer learns to pick a number of a list, "
     f"{100 * run.test['accuracy'].min():.1f} % right on its worst seed.")
