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
# # 13. Reruns: one chapter, many parameters
#
# **Question.** Chapter 1 was run with one learning rate. It solved two tasks
# and failed on two others. Was that the model, or the rate? One run cannot
# say; a dozen can, and a thousand say more. But whatever takes hours is cut
# off some time: by Ctrl-C, a full disk, a cluster's time limit, a crash. What
# is left then, and what has to be done again?

# %% tags=["hide-input"]
from progtx_core.tools.page import show
from parts import ch13, opening

show(ch13.question(),
     "A drawing: bars of twelve runs, one after another on two workers. At a "
     "dotted line everything stops; some bars end before it, two are broken "
     "off there, and after it stands a question mark.")

# %% [markdown]
# Drawn, not measured: runs on two workers, when everything is killed. Further
# down stands the same picture as it was measured.
#
# **Claim.** A sweep that is cut off in the middle, and started again by the
# same line, ends as one that was never disturbed: no finished run is repeated,
# none is lost, and a run that was cut off has the numbers of one that was not.
# With it, a question that one run cannot answer is settled in minutes.

# %% tags=["hide-input", "nbval-ignore-output"]
opening.at_a_glance(
    "13_reruns", task="chapter 1, run with many learning rates and seeds",
    model="logistic regression", prerequisites="chapter 1")

# %% [markdown]
# ## What you will be able to do
#
# - run any chapter with other parameters, once or a thousand times;
# - say why a sweep can be cut off anywhere, and which three rules make it so;
# - read what a run leaves behind, and draw a result over a parameter;
# - know which commands take a sweep to a cluster, and one training to several
#   devices;
# - notice when runs share what they should not.
#
# ## Setup

# %% tags=["setup", "hide-input"]
import hashlib
import itertools
import json
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import numpy as np
import psutil
from progtx_core import tasks
from progtx_core.tools import paths
from progtx_core.tools.checkers import check
from progtx_core.tools.claims import Claims
from progtx_core.tools.experiments import grid
from progtx_core.tools.experiments.runner import Runner
from progtx_core.tools.experiments.store import DONE, INTERRUPTED, RUNNING
from progtx_core.tools.experiments.table import read
from progtx_core.tools.page import glue, say, show, table
from progtx_core.training import Config, fit
from parts import ch13

# %% tags=["parameters"]
rates: str = "0.0002,0.002,0.02,0.2"  # learning rates for chapter 1
n_seeds: int = 3  # runs with each of them
steps: int = 200  # parameter updates in each run
workers: int = 2  # runs at a time
cut_after: int = 3  # runs that are done when everything is killed

# %% tags=["setup"]
claims = Claims("13_reruns", globals())
place = Path(paths.scratch(), "build", "reruns")
task = tasks.get("xor_of_endpoints")


# %% [markdown]
# ## Where we stand
#
# Chapter 1 found that logistic regression solves two tasks and stays at chance
# on two others. It trained with one learning rate, and gave a reason why no
# rate would help with the failures: rules above chance exist, but the loss
# does not lead to them. Does measurement agree? And how far do the two
# successes depend on the rate?
#
# ## The task
#
# Run chapter 1 again, with rates from a hundredth of its own to ten times as
# much, and with several seeds each; with a third of its steps, to save time.
# That is a *sweep*: the same program, once for every combination of some
# values. For lists of lengths $n_1, n_2, \dots$ there are
#
# $$ R = n_1 \cdot n_2 \cdots n_k, \qquad
#    T \approx \left\lceil \frac{R}{w} \right\rceil (t + c) $$
#
# runs and seconds, where $w$ runs go on at a time, one run takes $t$, and
# starting one costs $c$. Multiply before you start: five lists of ten values
# are a hundred thousand runs.
#
# ## Predict before you run
#
# On which of the four tasks does the accuracy depend on the rate? Will the
# highest rate lift one of the two failures above chance? And if everything is
# killed when three of twelve runs are done and two are going on: how many runs
# start when the sweep is started again?
#
# ## Build it
#
# Three rules make a sweep that can be cut off anywhere.
#
# 1. **A run's name follows from its parameters.** Then whoever comes later
#    knows where to look for it, without a list that could be out of date.
# 2. **What is there is not done again.**
# 3. **A result is there whole, or not at all.** It is written under another
#    name and then renamed, which the system does in one piece.

# %%
def name_of(parameters):
    text = json.dumps(parameters, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def run_once(folder, parameters, measure):
    path = folder / f"{name_of(parameters)}.json"  # rule 1
    if path.exists():  # rule 2
        return "skipped"
    result = json.dumps(parameters | measure(**parameters))
    part = path.with_suffix(".part")
    part.write_text(result)
    part.replace(path)  # rule 3
    return "done"


def small_sweep(folder, measure, **lists):
    folder.mkdir(parents=True, exist_ok=True)
    combinations = itertools.product(*lists.values())
    return [run_once(folder, dict(zip(lists, values)), measure)
            for values in combinations]


# %% [markdown]
# Twelve digits of a hash, so that even a hundred thousand names hardly ever
# meet. (The package's own `files.write_atomically` also waits until the disk
# has the text, before it renames.) Try it on one task of chapter 1, with a
# `measure` that is stopped in its fourth run.

# %%
def accuracy(learning_rate, seed):
    config = Config(steps=50, learning_rate=learning_rate, n_eval=500)
    run = fit("logistic_regression", task, config, seed=seed)
    return {"accuracy": float(run.test["accuracy"][0])}


calls = []


def stopped(**parameters):
    calls.append(parameters)
    if len(calls) == 4:
        raise KeyboardInterrupt
    return accuracy(**parameters)


shutil.rmtree(place, ignore_errors=True)  # begin afresh
lists = {"learning_rate": [0.002, 0.02], "seed": [0, 1, 2]}
try:
    small_sweep(place / "small", stopped, **lists)
except KeyboardInterrupt:
    print("cut off; results:", len(list((place / "small").glob("*.json"))))
print(small_sweep(place / "small", accuracy, **lists))

# %% [markdown]
# ## Train
#
# `python -m progtx_core sweep` is the same in earnest. A run is a trial of an
# experiment, here of a notebook: the library papermill puts other values into
# its parameters cell and has a *kernel* execute it. A *driver* hands the
# trials to *workers*, processes that do one at a time. The name of a trial is
# made from the chapter's code too: after a change of it all are run anew,
# unless `--keep` asks for what older code has done. (A changed comment is no
# change.)
#
# Here is the sweep of this chapter, planned first. (Values that are the
# chapter's own, such as seed 0, are left out.)

# %%
values = [f"learning_rate={rates}", f"seed=0:{n_seeds}", f"steps={steps}",
          "n_seeds=1"]
command = [sys.executable, "-m", "progtx_core", "sweep", "01", "--name",
           "rates", "--out", str(place), "--workers", str(workers)]
command += itertools.chain.from_iterable(["-p", one] for one in values)
sweep = Runner(grid.from_assignments("01", values).trials(), place / "rates")
print(len(sweep.trials), "trials; the first:", sweep.trials[0].parameters)


# %% [markdown]
# Now start it, wait until some runs are done, and kill everything: driver,
# workers and kernels get `kill -9`, which none of them can answer.

# %%
def count(state):
    return len(sweep.states().get(state, []))


def kill_all(driver):
    started = []
    with suppress(psutil.NoSuchProcess):  # it has ended by itself
        started = psutil.Process(driver.pid).children(recursive=True)
    for process in [driver, *started]:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    driver.wait()
    psutil.wait_procs(started)


shutil.rmtree(sweep.folder, ignore_errors=True)
driver = subprocess.Popen(command, cwd=paths.ROOT, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL)
while driver.poll() is None and (count(DONE) < cut_after
                                 or not count(RUNNING)):
    time.sleep(0.1)
kill_all(driver)
killed = datetime.now()

# %% tags=["nbval-ignore-output"]
before = sweep.states()
table(["state", "trials"], [[name, len(of)] for name, of in before.items()])


# %% [markdown]
# *Interrupted*: in the folder a note says "running", but nobody holds the
# folder's lock. The note stands there for ever; the lock is taken back by the
# system when its holder dies. So the lock decides. Now the same line again.

# %% tags=["nbval-ignore-output"]
def written(trial):  # when its result was
    return (sweep.place(trial).path / "row.json").stat().st_mtime_ns


finished = {trial.key: written(trial) for trial in before.get(DONE, [])}
started = time.perf_counter()
again = subprocess.run(command, cwd=paths.ROOT, text=True,
                       capture_output=True)
seconds = time.perf_counter() - started
assert again.returncode == 0, again.stderr
print(*again.stdout.splitlines()[2:-3], sep="\n")  # its progress

# %% [markdown]
# What was done is left alone, all others start, those that were cut off among
# them.

# %% [markdown]
# ## Evidence over seeds
#
# All runs are one table now, a row a trial: parameters, and what each claim of
# the chapter measured. A column is named by its claim; what it holds here is
# the test accuracy of the run's one seed. First a failure. Points are runs,
# the line is their median.

# %%
rows = read(sweep.folder)
results = {
    "xor_of_endpoints": "logistic regression ends at chance on "
                        "xor_of_endpoints, every seed",
    "has_pos_and_neg": "logistic regression ends at chance on "
                       "has_pos_and_neg, every seed",
    "last_gt_first": "logistic regression solves last_gt_first on every seed",
    "trend_sign": "logistic regression solves trend_sign on every seed"}
by_rate = {
    name: {rate: of[claim].tolist()
           for rate, of in rows.groupby("learning_rate")}
    for name, claim in results.items()}


def over_rates(name):
    figure = ch13.plot(rows, results[name], "learning_rate")
    (ax,) = figure.axes
    ax.set(ylim=(0.4, 1.02), ylabel=f"test accuracy\n{name}")
    ax.axhline(0.5, color="0.5", ls=":")  # chance
    return figure


show(over_rates("xor_of_endpoints"),
     "Test accuracy on xor_of_endpoints against the learning rate, a point a "
     "run, the median as a line, chance dotted.")

# %% [markdown]
# Near chance (dotted) with every seed, at every rate. Now a success.

# %% tags=["hide-input"]
show(over_rates("last_gt_first"),
     "Test accuracy on last_gt_first against the learning rate, a point a "
     "run, the median as a line, chance dotted.")

# %% tags=["hide-input", "nbval-ignore-output"]
table(["task, worst and best seed", *map(str, by_rate["trend_sign"])],
      [[name, *(f"{min(v):.2f}–{max(v):.2f}" for v in found.values())]
       for name, found in by_rate.items()])


# %% [markdown]
# So the two failures are not due to the rate, as chapter 1 said: even at the
# rates that teach the other two tasks, they do not come near what a linear
# rule can do there. The two successes are due to
# it in part: in these few steps the low rates do not get there. (Would they,
# in more? `-p steps=2000` tells.) With the lowest rate alone, all four tasks
# would have looked like failures.
#
# And the sweep itself: what became of the runs that the cut met? Every log has
# the times at which attempts began, and at which the run was done.

# %%
def moments(trial):
    lines = (sweep.place(trial).path / "log.txt").read_text().splitlines()
    return [datetime.fromisoformat(line[1:20]) for line in lines
            if line.startswith("[20")]


ordered = sorted(map(moments, sweep.trials))
show(ch13.timeline(ordered, killed),
     "A bar for each run over the seconds since the start, in order. Filled "
     "bars are attempts that ended, hatched ones attempts that were cut off "
     "at the dotted line.")

# %% [markdown]
# Filled bars were run to their end, hatched ones were cut off at the dotted
# line. There is one filled bar a run.

# %%
twice = set(rows.trial[rows.attempts > 1])
repeated = [trial.key for trial in before.get(DONE, [])
            if written(trial) != finished[trial.key] or trial.key in twice]
cut = before.get(INTERRUPTED, [])
pairs = rows[["learning_rate", "seed"]].drop_duplicates()
print(f"done before the cut and done again: {len(repeated)}")
print("begun twice are those that were cut off:",
      twice == {trial.key for trial in cut})
print(f"rows: {len(rows)}, with different parameters: {len(pairs)}, "
      f"done: {count(DONE)}")

# %% [markdown]
# Are the numbers of a run that was cut off and begun again those of a run that
# nothing happened to? Take one such run, and run it alone in a new folder.

# %%
trial = (cut or sweep.trials)[0]
alone = [f"{name}={value}" for name, value in trial.parameters.items()]
plain = [*command[:command.index("rates")], "alone", "--out", str(place)]
plain += itertools.chain.from_iterable(["-p", one] for one in alone)
subprocess.run(plain, cwd=paths.ROOT, capture_output=True, check=True)
one, other = rows[rows.trial == trial.key], read(place / "alone")
claimed = [name for name in rows if f"verdict: {name}" in rows]
difference = np.abs(one[claimed].values - other[claimed].values).max()
print("same parameters:", other.trial.tolist() == [trial.key],
      "- largest difference:", difference)

# %% [markdown]
# ## Look inside
#
# A trial's folder holds what it takes to read and to repeat it: the executed
# notebook; the log; the parameters, with the version of the chapter, the git
# commit and the versions of Python and torch; what its claims measured.
# `results.csv` and `index.html`, which links all notebooks, are made from
# these folders, at any time, also of a sweep that is not finished
# (`--collect`).

# %% tags=["nbval-ignore-output"]
folder = sweep.place(trial).path
for path in sorted(folder.iterdir()):
    print(f"{path.name:30} {path.stat().st_size:8} bytes")
print((folder / "trial.json").read_text())
print("\n".join(line for line in (folder / "log.txt").read_text()
                .splitlines() if line.startswith("[20")))

# %% tags=["hide-input", "nbval-ignore-output"]
spent = rows.seconds[~rows.trial.isin(finished)].sum()
left = len(sweep.trials) - len(finished)
say(f"After the cut, {left} runs of {spent:.0f} seconds in all took "
    f"**{seconds:.0f}** seconds, {workers} at a time, each with one thread. "
    "By the formula above, from the mean time of these runs, starting one "
    f"included, it is {-(-left // workers) * spent / left:.0f}, and the "
    "driver's own start.")

# %% [markdown]
# ## Break it
#
# Leave out the third rule. A run is cut off after its file was opened and
# before it was filled:

# %%
broken = place / "broken"
shutil.rmtree(broken, ignore_errors=True)
broken.mkdir()
parameters = {"learning_rate": 0.02, "seed": 0}
(broken / f"{name_of(parameters)}.json").write_text("")  # and it is killed
print(small_sweep(broken, accuracy, learning_rate=[0.02], seed=[0, 1]))
print("empty:", [path.name for path in broken.iterdir()
                 if not path.read_text()])


# %% [markdown]
# The run without a result is skipped, since its file is there. Start the sweep
# as often as you like: it ends without an error, and the hole stays.
#
# Another fault is quieter still. Many chapters train several models themselves
# (`n_seeds`), with seeds that follow the first. Sweep `seed=0:5` with
# `n_seeds=2`, and each model is trained twice: runs next to each other share
# one.

# %%
def trained(first, n_seeds):
    config = Config(steps=50, n_eval=500)
    run = fit("logistic_regression", task, config, seed=first, n_seeds=n_seeds)
    # A model of another seed ends with another loss.
    return [round(loss, 5) for loss in run.test["loss"]]


shared = [loss for first in range(5) for loss in trained(first, 2)]
apart = [loss for first in range(0, 10, 2) for loss in trained(first, 2)]
print(f"seed=0:5, n_seeds=2:    {len(shared)} trainings of {len(set(shared))} "
      f"models\nseed=0:10:2, n_seeds=2: {len(apart)} trainings of "
      f"{len(set(apart))} models")


# %% [markdown]
# An error bar that takes them for ten is too short. `sweep` says so when it
# plans; the table does not. Sweep seeds in steps of `n_seeds`, or with
# `n_seeds=1`, as above.
#
# ## Further than this machine
#
# **From a terminal** the sweep of this chapter is
#
# ```bash
# python -m progtx_core sweep 01 -p learning_rate=0.0002,0.002,0.02,0.2 \
#     -p seed=0:3 -p steps=200 -p n_seeds=1 --name rates
# ```
#
# With `--dry-run` it is only planned, with `--status` counted. Commas divide
# values; a text that holds one is quoted, and both quotes are needed, one for
# the terminal and one for the list: `-p 'regime="up, truncated",both'` are two
# values for chapter 11. Lists taken in step, first with first, and random
# draws stand in a YAML file. Bergstra and Bengio show why draws beat a grid
# where few of many parameters matter: a grid tries the same few values of each
# again and again, every draw a new one. A notebook of your own is swept by its
# path.
#
# **On a cluster** the same runs go to the workers of
# [Dask](https://distributed.dask.org) (Rocklin, 2015): `--scheduler tcp://…`.
# They need the same checkout and see the same folder. A run whose worker died
# is begun again; a worker with other code stops the sweep with a message.
# Where jobs go through SLURM or another queue, `examples/job_queue.py` submits
# the workers; or each job of an array takes its part, by `--shard 3/20`.
#
# **The recorded tables** of this book are made by the same runner, with a seed
# of a model on a task for a trial: `python -m progtx_core record NAME`
# measures what is missing or of an older version, and goes on where it
# stopped.
#
# **One training on several devices** is another matter: there the runs are not
# independent. `device` is a parameter of chapters 2 to 6, 8 and 11. For more
# than one there is an adapter to Lightning: `examples/lightning_training.py`
# takes any model, task and optimizer of this book. It draws the same batch in
# every process and gives each a share, so two processes have the curve of one,
# up to rounding (and but for models that draw numbers as they train). A
# pattern search divides its candidates among them. `examples/lightning_ddp.py`
# is a whole program.
#
# ## Check yourself
#
# 1. Why is the name of a run made from its parameters, and not counted up?
#
# <details><summary>Answer</summary>
#
# A number says nothing about what was run. Insert a value into a list, and
# every number after it means another run, while its folder still holds the old
# result.
#
# </details>
#
# 2. The driver is killed, its workers live on. Why does the sweep, started
# again, not run anything twice at the same time?
#
# <details><summary>Answer</summary>
#
# A worker that lives holds the lock of its run. The new driver cannot take it,
# leaves the run alone, and looks again later: then it is done, or free.
#
# </details>
#
# 3. In the notebooks of these runs all claims say "not judged". Why is that
# right?
#
# <details><summary>Answer</summary>
#
# A bound was set for the chapter's own parameters. With a rate a hundred times
# lower an accuracy near chance is a finding, not a fault. The measured values
# are kept all the same: they are what was drawn above.
#
# </details>
#
# ## Exercises
#
# The first three need the setup cells only. Change the stub, run the cell, and
# the checker answers.
#
# ### Exercise 1: how many runs (easy, 5 minutes)
#
# A plan has lists that are combined (`grid`), lists taken in step (`zipped`,
# equally long), and `n_draws` random draws, zero for none. Every combination
# of the three is a run. A part that is empty changes nothing; an empty plan is
# one run. How many are there?

# %% tags=["exercise"]
def my_runs(grid, zipped, n_draws):
    return sum(len(values) for values in grid.values())


check("13.1", my_runs)


# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_runs(grid, zipped, n_draws):
#     n = max(1, n_draws)
#     for values in grid.values():
#         n *= len(values)
#     return n * max((len(values) for values in zipped.values()), default=1)
#
#
# check("13.1", my_runs)
# ```
#
# </details>
#
# ### Exercise 2: a name for a run (medium, 15 minutes)
#
# Write `name(parameters, defaults)`: a text that can be a folder's name, the
# same for equal parameters in whatever order, in every process, and different
# for different ones. A value that equals its default changes nothing. Hint:
# Python's `hash` of a text changes from process to process.

# %% tags=["exercise"]
def my_name(parameters, defaults):
    return str(parameters)


check("13.2", my_name)


# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_name(parameters, defaults):
#     changed = {name: value for name, value in parameters.items()
#                if name not in defaults or value != defaults[name]}
#     text = json.dumps(changed, sort_keys=True)
#     return hashlib.sha256(text.encode()).hexdigest()[:12]
#
#
# check("13.2", my_name)
# ```
#
# </details>
#
# ### Exercise 3: what is left to do (medium, 10 minutes)
#
# A driver starts. `runs` maps the name of each run to a pair: the state that
# was noted last ("done", "failed", "running", or `None` if nothing was), and
# whether somebody holds its lock. What failed is tried again. Return the names
# of the runs to begin.

# %% tags=["exercise"]
def my_left(runs):
    return [run for run, (state, locked) in runs.items() if state is None]


check("13.3", my_left)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_left(runs):
#     return [run for run, (state, locked) in runs.items()
#             if state != "done" and not locked]
#
#
# check("13.3", my_left)
# ```
#
# The note says what was last known; only the lock says what is the case now.
#
# </details>
#
# ### Exercise 4: predict, then measure: one name or two? (easy, 5 minutes)
#
# Below stand pairs of parameters. For which of them does `name_of` of this
# chapter give one name, so that the second run would be skipped? Write five
# times `True` or `False` first, then run the cell (it takes "Build it").

# %%
my_prediction = [...]
pairs_of_runs = [({"a": 1, "b": 2}, {"b": 2, "a": 1}), ({"a": 2}, {"a": 2.0}),
                 ({"a": 2}, {"a": "2"}), ({"a": 1}, {"a": True}),
                 ({"a": 0.3}, {"a": 0.1 + 0.2})]
if len(my_prediction) == len(pairs_of_runs):
    for (left, right), said in zip(pairs_of_runs, my_prediction):
        same = name_of(left) == name_of(right)
        print(left, right, same, "" if said == same else "<- surprise")

# %% [markdown]
# <details><summary>What to look for</summary>
#
# The name follows from the *text* of the parameters. `2` and `2.0` are equal
# in Python and different as texts, so they would be two runs of the same
# thing; and a number that was calculated differs in its last digit from one
# that was typed. That is why `sweep` brings every value to the type of its
# parameter first, and takes it as it was typed.
#
# </details>
#
# ### Exercise 5: a sweep of your own (open, 20 minutes)
#
# Which chapter's result would you doubt? Choose one, and one parameter. Begin
# with `--dry-run` and `--profile fast`, then run it, draw a column of its
# `results.csv` over the parameter, and say what you had expected. Cut it off
# once, with Ctrl-C.
#
# <details><summary>What to look for</summary>
#
# Sweep a wide range first, by factors of ten, and with two seeds; then a
# narrow one with more. If the ranges of the seeds overlap between two values,
# there is no result yet.
#
# </details>
#
# ## Takeaways
#
# - A sweep that can be cut off needs three rules: names made from parameters,
#   nothing done twice, results whole or not at all.
# - Whether somebody works on a run is a question for a lock, not for a note.
# - A failure at one learning rate says little. One that stays at all rates and
#   seeds is not due to the rate; whether it is due to the model or to the
#   loss, a sweep does not say.
# - Runs that share seeds look steadier than they are.
#
# **Where this differs from its tools.** Papermill runs one notebook with
# other parameters and knows no other runs; Dask hands out work and forgets it
# when its scheduler ends. What was done, here, is known from the folders
# alone.
#
# **References.** J. Bergstra and Y. Bengio, *Random search for hyper-parameter
# optimization*, Journal of Machine Learning Research 13 (2012). M. Rocklin,
# *Dask: parallel computation with blocked algorithms and task scheduling*,
# Proceedings of the 14th Python in Science Conference (2015).
#
# ## Claims
#
# The statements of this chapter, checked against bounds.

# %% tags=["hide-input"]
claims.check("runs that were done before the cut, and begun again",
             len(repeated), at_most=0)
claims.check("runs of the plan that are not done in the end",
             len(sweep.trials) - count(DONE), at_most=0)
claims.check("rows with the parameters of another row",
             len(rows) - len(pairs), at_most=0)
claims.check("a run that was cut off and one that was not differ by",
             difference, at_most=1e-6)
claims.check("runs were interrupted by the cut, at least", len(cut),
             at_least=1)

# %% tags=["hide-input"]
for name in ("xor_of_endpoints", "has_pos_and_neg"):
    claims.check(f"{name}: the best run at any rate is near chance",
                 max(map(max, by_rate[name].values())), at_most=0.58)
for name in ("last_gt_first", "trend_sign"):
    worst = [min(values) for values in by_rate[name].values()]
    claims.check(f"{name}: solved at the highest rate, worst seed", worst[-1],
                 at_least=0.97)
    claims.check(f"{name}: the lowest rate does not get there, best seed",
                 max(next(iter(by_rate[name].values()))), at_most=0.8)
claims.check("models that runs with overlapping seeds train twice",
             len(shared) - len(set(shared)), at_least=4)
print(claims.summary())

# %% tags=["hide-input", "nbval-ignore-output"]
n_runs = len(sweep.trials)
glue("ladder-13", f"**Reruns.** {n_runs} runs of chapter 1, cut off in the "
     f"middle and begun again: {count(DONE)} are done, none twice. The rate "
     "decides whether logistic regression solves its two tasks in time; at no "
     "rate does it solve the others.")
