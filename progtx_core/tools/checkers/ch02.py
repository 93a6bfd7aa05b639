"""Checkers of chapter 2, temporal pooling."""

import torch

from progtx_core import tasks
from progtx_core.models.pooling import TemporalPooling
from progtx_core.tools.checkers.judge import array, exercise, near, require
from progtx_core.training import held_out


@exercise("2.1", "a pair: the mean and the maximum, each of two numbers")
def pools(answer):
    require(isinstance(answer, tuple | list) and len(answer) == 2, "give (mean, maximum)")
    asked = torch.tensor([[5.0, -1], [-3, 2], [1, -4]])
    h = asked.relu()
    for_mean = {
        "first rectify, then pool: negative numbers must not count": asked.mean(0),
        "rectify each number, not the mean": asked.mean(0).relu(),
        "mean and maximum have changed places": h.amax(0),
        "it is a sum: divide by the number of positions": h.sum(0),
        "silent positions count, too: divide by 3": torch.tensor([3.0, 2]),
    }
    for_max = {"each question alone, not the position that is loudest of all": h[0]}
    wanted = {"the mean": (h.mean(0), for_mean), "the maximum": (h.amax(0), for_max)}
    for made, (name, (want, traps)) in zip(answer, wanted.items(), strict=True):
        hint = f"{name} is over positions: a number for each of the two questions"
        require(array(name, made).shape != (3,), hint)
        near(name, made, want, traps, atol=0.01)


def solves(answer, name, pool, width, seq_len, d_input):
    """Raise unless the function gives a model with this pool that is always right."""
    made = isinstance(answer, torch.nn.Module)
    require(not made, "give the function, not the model that it returns")
    model = answer()
    require(model is not None, "the function returns None: is a `return` missing?")
    require(isinstance(model, TemporalPooling), "the function must return a CoreModel")
    require(model.pool == pool, f"the pool must be {pool!r}, not {model.pool!r}")
    wide = width not in (None, model.project.out_features)
    require(not wide, f"d_model must be {width}, not {model.project.out_features}")
    batch = held_out(tasks.get(name, seq_len=seq_len, d_input=d_input), "test", 2000)
    yes = batch.targets == 1
    least = torch.zeros_like(batch.inputs)  # these rules know nothing but signs
    least[..., 0] = batch.inputs.sum(-1).clamp(max=1 / 1024)
    for x, of in ((batch.inputs, ""), (least, ", all positive values being 1/1024")):
        with torch.no_grad():
            logits = model(x)
        says = torch.tensor(array("the logits", logits, (2000, 2))).argmax(-1) == 1
        n = int((says == yes).sum())
        require(n > 0, "it is always wrong: exchange the two rows of the logits head")
        require(says.any(), f"it says no to everything{of}")
        require(not says.all(), f"it says yes to everything{of}")
        hint = f"misses {(yes & ~says).sum()} yes, and says {(says & ~yes).sum()} false yes"
        require(
            n == 2000, f"right on {n} of 2000{of or ', multiples of 1/1024'}: it {hint}"
        )


@exercise("2.2", "a function without arguments that returns a CoreModel")
def one_question(answer, seq_len=10, d_input=2):
    solves(answer, "any_positive", "max", 1, seq_len, d_input)


@exercise("2.3", "a function without arguments that returns a CoreModel")
def vote(answer, seq_len=10, d_input=2):
    solves(answer, "majority_positive", "mean", None, seq_len, d_input)


@exercise("2.4", "two lists of five numbers")
def twins(answer):
    x = torch.tensor(array("the pair", answer, (2, 5)))
    a, b = (x.sign() * x.isfinite()).sum(1).int().tolist()
    votes = f"the votes are {a:+d} and {b:+d}"
    require((a > 0) != (b > 0), f"{votes}: one must be above 0, the other not")
    top, low = x[0].max() == x[1].max(), x[0].min() == x[1].min()
    require(top, "a growing question sees the greatest value, and these differ in it")
    require(low, "a falling question sees the least value, and these differ in it")


@exercise("2.5", "a function of hidden, (batch, seq, d_model)")
def attention(answer):
    h = torch.tensor([[0.0, 0, 3, 1], [0, 2, 1, 5], [0, 2, 3, 1]])
    h = torch.stack([h, h.roll(1, 0)])
    none = torch.zeros_like(h)
    want = none.scatter(1, h.argmax(1, keepdim=True), 1.0)
    last = none.scatter(1, 2 - h.flip(1).argmax(1, keepdim=True), 1.0)
    other = none.scatter(2, h.argmax(2, keepdim=True), 1.0)
    traps = {
        "of equally loud positions all get 1: only the first may": h == h.amax(1, True),
        "of equally loud positions the first is chosen, not the last": last,
        "it chooses a channel for each position, not a position for each channel": other,
        "a silent channel attends, too: its weights add up to 1": want * (h > 0),
        "it is soft: a maximum gives all its attention to one position": h.softmax(1),
        "these are the answers, not the weights on them": want * h,
    }
    near("the attention", answer(h.clone()), want, traps)
