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
# **Claim.** A small transformer learns to pick the first, second, last,
# greatest or least number of a list from ten thousand examples, on every seed,
# and its heads point at the number that is asked for. Ten steps lead from data
# to attention maps; each can be run, looked at and changed alone.

# %% tags=["hide-input", "nbval-ignore-output"]
from progtx_core import models, tasks
from progtx_core.tools.page import chapter_header
from experiments.training import SELECTOR

chapter_header(
    "08_training_step_by_step",
    task="selection: First, Second, Last, Max, Min of a list",
    model="a transformer whose logits head reads the first position",
    parameters=models.count_parameters(models.build(
        "transformer", tasks.get("selection").spec, **SELECTOR)),
    prerequisites="chapter 6",
)

# %% [markdown]
# ## What you will be able to do
#
# - make a data set, split it without a shared example, and pad a batch;
# - count the parameters of a model, layer by layer;
# - say what a checkpoint has to hold so that a stopped training goes on as if
#   nothing had happened;
# - read a test set by operation, and an attention map by its spread;
# - tell a learning rate that is too high from one that is too low, overfitting
#   from a broken mask, by their curves.
#
# ## Setup

# %% tags=["setup", "hide-input"]
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from progtx_core import models, plots, tasks
from progtx_core.evaluation import predict
from progtx_core.models.attention import patterns
from progtx_core.models.inputs import embedding, padding_mask
from progtx_core.models.transformer import Block
from progtx_core.models.transformer import Transformer as CoreModel
from progtx_core.tasks.selection import OPERATIONS
from progtx_core.tools import paths, recorded
from progtx_core.tools.claims import Claims
from progtx_core.tools.page import glue, say, show, table
from progtx_core.training import Checkpoints, Config, KeepBest, Snapshots, fit
from torch import nn
from experiments import training as lists
from parts import ch08, heads, playgrounds
from parts.layers import layers

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
names = list(OPERATIONS)  # First, Second, Last, Max, Min
settings = lists.settings(size)
epochs = epochs or settings["epochs"]
batch_size = batch_size or settings["batch_size"]
learning_rate = learning_rate or settings["learning_rate"]
selector = partial(models.build, "transformer", **lists.SELECTOR)


# %% [markdown]
# ## Where we stand
#
# Seven chapters have asked *which* model solves a task. The training itself
# was one line, `fit(...)`. What happens in it, and how does one see that it
# goes well?
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
# Which operation will be the hardest to learn? Which will have heads that
# attend to a single token, and which heads that attend to all? How much worse
# is a data set of a tenth of the size?
#
# ## Build it: steps 1 to 6
#
# All that has to be there before the first update.
#
# ## Step 1: the data
#
# A data set has a fixed size, and no example twice. Operations take turns, so
# all are equally frequent; lengths and numbers are drawn evenly.

# %% tags=["hide-input"]
data = tasks.FiniteDataset(task, lists.SET_SIZES[size], seed=seed,
                           balance=task.kinds)
everything = torch.cat([split.inputs for split in data.splits.values()])
answers = torch.cat([split.targets for split in data.splits.values()])
show(ch08.counts({
    "operation": (task.kinds(everything), names),
    "numbers in the list": ((everything >= task.zero).sum(1), None),
    "answer": (answers, None)}),
     "Three bar charts of the data: operations are equally frequent, "
     "so are lengths from three to eight; of the answers the least and the "
     "greatest are the most frequent, since Max and Min choose them.")

# %%
colours = {name: plots.COLOURS[i] + "88" for i, name in enumerate(names)}
some = data.splits["train"][:6]
ch08.show_tokens(
    [(task.tokenizer.read(ids), f"answer {target}") for ids, target in
     zip(some.inputs.tolist(), some.targets.tolist())], colours)
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
table(["split", "examples", *names], [
    [name, len(split), *task.kinds(split.inputs).bincount().tolist()]
    for name, split in data.splits.items()])

# %% [markdown]
# What would a blind guess reach? The best single answer for each operation,
# read off the training split:

# %% tags=["hide-input"]
train_set, test_set = data.splits["train"], data.splits["test"]
majority = torch.stack([train_set.targets[task.kinds(train_set.inputs) == k]
                        .mode().values for k in range(5)])
guessed = majority[task.kinds(test_set.inputs)] == test_set.targets
say(f"Accuracy on the test split: **{guessed.float().mean():.2f}**.")

# %% [markdown]
# ## Step 3: batches, padding, masks
#
# A batch is a rectangle, and texts differ in length. Padding fills it up; the
# mask says where the text ends, so that no head attends to padding.

# %%
batch = data.splits["train"][:8]
mask = padding_mask(batch.inputs, task.spec)  # (batch, seq), False: padding
tokens = [task.tokenizer.read(ids) for ids in batch.inputs.tolist()]
show(ch08.padded_batch(tokens, mask.numpy()),
     "Eight padded texts as rows of tokens, and beside them the mask: "
     "ones where there is text, zeros where there is padding.")
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
layers(ours)

# %% [markdown]
# ## Step 5: a forward pass before training
#
# The model can answer at once. It has learned nothing, so its answers have to
# be noise; if they are not, something is wrong already. The loss of an answer
# is $-\ln p$, where $p$ is the probability of the right one.

# %% tags=["hide-input"]
shown = data.splits["val"][:5]
texts = [task.tokenizer.decode(ids) for ids in shown.inputs.tolist()]
untrained, targets = predict(ours, shown)
show(ch08.top_bars(untrained, texts, targets.tolist()),
     "The five likeliest answers of an untrained model to five questions: "
     "all bars are short, and hardly any answer is right.")

# %% tags=["hide-input", "nbval-ignore-output"]
nats = -np.log(untrained[np.arange(len(targets)), targets]).mean()
say(f"Its loss on these is **{nats:.2f}** nats; even odds for all answers "
    f"would give {np.log(task.spec.n_classes):.2f}.")

# %% [markdown]
# ## Step 6: optimizer, rate, updates
#
# Adam moves every parameter by about the learning rate, against its smoothed
# gradient. The learning rate rises for some updates, then falls to zero. How
# many updates there are follows from data, batch and epochs.

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
     "The learning rate rises in a short line, falls to zero in a long one.")

# %% [markdown]
# ## Train
#
# ## Step 7: training
#
# Every so many updates the model is evaluated on the validation split, and a
# checkpoint is written: parameters, optimizer, generators, curves. If the
# notebook is stopped, run it again with `resume_from` set to the folder that
# is printed here: it goes on from the last evaluation, and ends with the very
# numbers that it would have had.

# %% tags=["nbval-ignore-output"]
kept_in = resume_from or (f"build/checkpoints/{size}-{epochs}-{batch_size}-"
                          f"{learning_rate:g}-seed{seed}")
folder = paths.scratch() / kept_in
print(f"checkpoints: {kept_in}")
callbacks = [Snapshots(), KeepBest(),
             Checkpoints(folder, resume=bool(resume_from))]
run = fit(selector, data, config, seed=seed, n_seeds=n_seeds,
          callbacks=callbacks, device=device)

# %% tags=["hide-input"]
show(ch08.plot_training_curves(folder / f"seed_{seed}.pt"),
     "Loss falls and accuracy rises to one, in training and validation "
     "together, over the updates of the first seed.")

# %% [markdown]
# The picture is drawn from a checkpoint's file alone. What did the model
# answer as it learned?

# %% tags=["hide-input", "nbval-ignore-output"]
evals = run.history.steps("val/accuracy")
chosen = [0, *evals[[1, 2, 4, 8]], evals[-1]] if len(evals) > 8 else evals
answered = {s: predict(run.models_at(s)[0], shown)[0].argmax(1)
            for s in chosen}
table(["question", *(f"update {s}" for s in answered), "right answer"],
      [[text, *(a[i] for a in answered.values()), int(shown.targets[i])]
       for i, text in enumerate(texts)])
say("The best evaluation, by validation, was after update "
    + ", ".join(map(str, run.best_steps())) + f" of {steps} (one a seed); "
    "these parameters are used from here on.")

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
     "Bars of test accuracy by operation and seed, all close to one; and a "
     "map of answers against right answers, nearly all on the diagonal.")

# %% [markdown]
# ### The same, recorded
#
# How much does the size of the data matter, and how much do learning rate and
# batch size? Each point is one of five seeds; the bar is their median. Each
# size has its own settings, found by trials on these data, so small
# differences mean little; to *choose* a learning rate, one would use the
# validation split.

# %% tags=["hide-input"]
record = recorded.read("training")
show(ch08.recorded_groups(record, {
    "data": {name: name for name in lists.SET_SIZES},
    "learning rate (medium)": lists.RATES,
    "batch size (medium)": lists.BATCHES}),
     "Test accuracy of five seeds by size of the data, learning rate and "
     "batch size: higher with more data, lower at extreme learning rates.")

# %% tags=["nbval-ignore-output"]


def cell(column, row):  # a value a seed
    return recorded.values(record, row, "selection", column)


table(["recorded", "train, median", "test, median", "test, worst seed",
       *(f"{name}, worst" for name in names)],
      [[row, np.median(cell("train", row)), np.median(cell("accuracy", row)),
        *(cell(column, row).min() for column in ("accuracy", *names))]
       for row in record.model.unique()])
say(recorded.origin("training"))

# %% [markdown]
# Batch size hardly matters here. Between training and test split lies the gap
# that more data closes, and on the small set weight decay: with and without it
# every training example is answered, without it Last is often wrong on new
# ones. (The small test split has twenty examples an operation: one mistake is
# a twentieth.) Are Max and Min harder than First and Last?

# %% tags=["hide-input", "nbval-ignore-output"]
rows = "small, no decay", "small", "medium"
medians = {row: [np.median(cell(name, row)) for name in names] for row in rows}
say("Hardest operation, by the median of five seeds: " + ", ".join(
    f"{names[np.argmin(medians[row])]} ({row})" for row in rows))

# %% [markdown]
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
sure = probabilities[np.arange(len(targets)), targets]
rows = [int(np.flatnonzero(test_kinds == kind)[0]) for kind in range(5)]
rows += np.argsort(sure)[:5].tolist()
texts = [task.tokenizer.decode(test_set.inputs[row].tolist()) for row in rows]
show(ch08.top_bars(probabilities[rows], texts, targets[rows].tolist()),
     "Top five answers to ten questions. For one of each operation a single "
     "long bar stands at the right number; for the five others a second "
     "number has a part of the probability, and may be the likeliest.")

# %% [markdown]
# Look at which lists the five are: small numbers for Max, large ones for Min.
# Numbers are drawn evenly, so a list without a large number is rare, and what
# is rare is learned last.

# %% [markdown]
# ## Step 10: attention
#
# What does the operation's token attend to? A row of a map is a query, a
# column a key; dark is 0, yellow is 1. The first row is that of the position
# that the logits head reads.

# %% tags=["hide-input"]
model = run.models[0]
inputs = task.encode(["First(4, 17, 9, 12)", "Last(4, 17, 9, 12)",
                      "Max(4, 17, 9, 12)"])
found = list(patterns(model, inputs).values())[-1].numpy()  # last layer
tokens = [task.tokenizer.read(row[row != 0].tolist()) for row in inputs]
show(ch08.attention_maps(found, tokens),
     "Attention maps of all heads of the last layer for First, Last and Max "
     "of the same numbers. In the first row some head picks the right one.")

# %% [markdown]
# Touch it: ask for the first, second, last, greatest or least of some numbers.
# What does it say to two numbers only, or to a list of equal ones?

# %% tags=["hide-input", "nbval-ignore-output"]
playgrounds.ch08(task, model)

# %% [markdown]
# A terminal can show it as well, here the mean of the heads: the denser a
# sign, the more attention.

# %% tags=["nbval-ignore-output"]
print(ch08.text_map(found[0].mean(0), tokens[0]))

# %% [markdown]
# How far is the first row of a head spread? Entropy says so: 0 for a row that
# attends to one token, 1 for one that attends to all of them alike. For
# weights $p_k$ on $n$ tokens the spread is $-\sum_k p_k \ln p_k \,/\, \ln n$.
# Up to a third it is called focused here, from two thirds on distributed.

# %% tags=["nbval-ignore-output"]
n_tokens = (test_set.inputs != 0).sum(1)  # padding does not count
rows = []
for name, pattern in patterns(model, test_set.inputs).items():
    spread = heads.spread(pattern[:, :, 0], n_tokens)  # (batch, head)
    for head, of_head in enumerate(spread.T):
        rows.append([name.split(".")[1], head, *(f"{v:.2f} {heads.kind(v)}"
                     for v in by_operation(of_head.numpy()))])
table(["layer", "head", *names], rows)


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

# %% tags=["nbval-ignore-output"]
def weights_on_source(model, batch):  # best head's mean weight, (operation,)
    source, kinds = task.source(batch.inputs), task.kinds(batch.inputs)
    on = torch.cat([heads.weight_on(pattern[:, :, 0], source) for pattern in
                    patterns(model, batch.inputs).values()], 1)
    return np.array([on[kinds == k].mean(0).max() for k in range(len(names))])


pointing = np.array([weights_on_source(m, test_set) for m in run.models])
forming = np.array([weights_on_source(run.models_at(s)[0], data.splits["val"])
                    for s in evals])
show(ch08.lines(evals, dict(zip(names, forming.T)), "weight on source"),
     "The weight of the best head on the token to be copied, over training, "
     "a line an operation: about even at first, then high, lowest for Min.")
table(["best head's weight, worst seed", *names],
      [["on the source", *pointing.min(0)]])
say(f"**In the end**: {run}; {run.seconds:.0f} s of training.")

# %% [markdown]
# ## Break it: four bad curves
#
# One healthy run, and four short ones with one thing wrong in each. What in
# the shapes of the curves would tell them apart without the titles?

# %%
short = replace(config, steps=min(steps, 600), n_eval=100,
                warmup_steps=min(20, steps))


class BrokenMask(CoreModel):  # attends to padding, which is noise
    def forward(self, inputs):
        noise = torch.randint(1, self.spec.d_vocab, inputs.shape)
        return super().forward(torch.where(inputs == 0, noise, inputs))


def short_run(model=selector, data=data, **how):
    return fit(model, data, replace(short, **how), seed=seed, device=device)


sick = {
    "as it should be": short_run(),
    "learning rate too high": short_run(learning_rate=30 * learning_rate),
    "learning rate too low": short_run(learning_rate=learning_rate / 100),
    "too few examples": short_run(
        data=tasks.FiniteDataset(task, 1000, balance=task.kinds), n_train=800),
    "mask is broken": short_run(partial(BrokenMask, **lists.SELECTOR))}

# %% tags=["hide-input"]
show(ch08.losses_beside(sick),
     "Five panels of training and validation loss: falling together; "
     "flat and unsteady; falling too slowly; training loss falling away from "
     "validation loss; both falling later than the healthy ones.")

# %% [markdown]
# - **Learning rate too high**: the loss falls a little, jumps about, and stays
#   near that of a guess. Divide the learning rate by ten.
# - **Learning rate too low**: both curves hardly fall, steadily and together.
#   Multiply the learning rate by ten until the loss falls early.
# - **Too few examples**: training goes on falling while validation stays
#   behind, or rises. More data, fewer parameters, weight decay, or stop at the
#   best evaluation.
# - **A broken mask**: looks like a harder task: both curves fall together,
#   more slowly and less far. (Here random tokens stand in for padding, so that
#   attending to them does harm.) No curve names this one. Test it: padding
#   must not change the logits.

# %%
with torch.no_grad():
    change = {label: max(
        (model(row[None]) - model(row[row != 0][None])).abs().max().item()
        for row in test_set.inputs[:50])
        for label, result in sick.items() for model in result.models}
print("padding changes the logits:",
      {label: value > 1e-3 for label, value in change.items()})


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
# Each exercise needs the setup cells only. Change the stub, run the cell, and
# the checker answers.
#
# ### Exercise 1: how many updates? (easy, 5 minutes)
#
# Write `updates(n_examples, batch_size, epochs)` where the last batch of an
# epoch is left out if it is not full.

# %% tags=["checker"]
def check_updates(updates):
    for n, size, passes in ((8000, 64, 20), (800, 7, 5), (10, 10, 1)):
        if updates(n, size, passes) != passes * (n // size):
            return f"not yet: updates({n}, {size}, {passes}) is another number"
    return "correct"


# %% tags=["exercise"]
def my_updates(n_examples, batch_size, epochs):
    return 0


print(check_updates(my_updates))


# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_updates(n_examples, batch_size, epochs):
#     return epochs * (n_examples // batch_size)
#
#
# print(check_updates(my_updates))
# ```
#
# </details>
#
# ### Exercise 2: the spread of a row (medium, 15 minutes)
#
# Write `spread(row)`: the entropy of a row of attention weights (a list that
# adds up to 1), divided by the entropy of a row of that length that attends
# to all alike. A weight of zero adds nothing.

# %% tags=["checker"]
def check_spread(spread):
    for row in ([1.0, 0, 0], [0.25] * 4, [0.5, 0.5, 0, 0], [0.7, 0.2, 0.1]):
        want = heads.spread(torch.tensor([row]), torch.tensor([len(row)]))
        made = spread(row)
        if made is None or abs(made - want.item()) > 1e-4:
            return f"not yet: spread({row}) should be {want.item():.4f}"
    return "correct"


# %% tags=["exercise"]
def my_spread(row):
    return None


print(check_spread(my_spread))


# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_spread(row):
#     entropy = -sum(p * np.log(p) for p in row if p > 0)
#     return entropy / np.log(len(row))
#
#
# print(check_spread(my_spread))
# ```
#
# </details>
#
# ### Exercise 3: the best evaluation (medium, 10 minutes)
#
# Write `best(accuracies, losses)`: the index of the evaluation to keep, by
# accuracy first, by loss where accuracies are equal.

# %% tags=["checker"]
def check_best(best):
    for accuracies, losses, want in (
            ([0.2, 0.9, 0.8], [2.0, 0.5, 0.1], 1),
            ([0.9, 0.9, 0.5], [0.5, 0.3, 0.1], 1),
            ([0.9, 0.7, 0.9], [0.2, 0.1, 0.4], 0)):
        if best(accuracies, losses) != want:
            return f"not yet: of {accuracies} with losses {losses} keep {want}"
    return "correct"


# %% tags=["exercise"]
def my_best(accuracies, losses):
    return len(accuracies) - 1


print(check_best(my_best))

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_best(accuracies, losses):
#     evals = range(len(accuracies))
#     return min(evals, key=lambda i: (-accuracies[i], losses[i]))
#
#
# print(check_best(my_best))
# ```
#
# </details>
#
# ### Exercise 4: longer lists (open, 30 minutes)
#
# Train on lists of three to eight numbers, test on nine and ten. Which
# operations survive, and why? Hint: `tasks.get("selection", max_numbers=10)`
# draws lists of up to ten; keep for training those where `(inputs >=
# task.zero).sum(1) <= 8`. Which rows of the table of positions are then never
# trained?
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
# - A training is ten small decisions, and each leaves something to look at.
# - Choose by validation, report by test, and show all seeds.
# - A checkpoint is whole only if the resumed curve equals the uninterrupted
#   one.
# - Curves tell learning rates and overfitting apart. A broken mask they do not
#   tell.
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
# optimization* (2015). J. Devlin and others, *BERT: pre-training of deep
# bidirectional transformers for language understanding* (2019). S. Jain and B.
# C. Wallace, *Attention is not explanation* (2019).
#
# ## Claims
#
# The statements of this chapter, checked against bounds.

# %% tags=["hide-input"]
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
claims.check("recorded: small without decay, Max is above Last by",
             medians["small, no decay"][3] - medians["small, no decay"][2],
             at_least=0.1)
claims.check("padding moves the logits under a broken mask by",
             change.pop("mask is broken"), at_least=0.1)
claims.check("and under a sound one by", max(change.values()), at_most=1e-3)
glue("ladder-08", f"**Training, step by step**: from {n_train:,} examples a "
     "transformer learns to pick a number of a list, "
     f"{100 * run.test['accuracy'].min():.1f} % right on its worst seed.")
print(claims.summary())
