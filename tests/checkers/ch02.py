"""Answers to the exercises of chapter 2: other right ones, wrong ones with their hint."""

import numpy as np
import torch
from torch.nn import functional as F

from progtx_core import tasks
from progtx_core.models.pooling import TemporalPooling


def model(name, pool, project, biases, head, biases_of_head=(0.0, 0.0)):
    """A function that gives a model with these weights, the same for both features."""

    def make():
        made = TemporalPooling(tasks.get(name).spec, len(project), pool)
        with torch.no_grad():
            made.project.weight[:] = torch.tensor(project, dtype=torch.float)[:, None]
            made.project.bias[:] = torch.tensor(biases)
            made.logits_head.weight[:] = torch.tensor([[-w for w in head], head]) / 2
            made.logits_head.bias[:] = torch.tensor(biases_of_head)
        return made

    return make


def question(weight=1.0, bias=0.0, head=1.0, threshold=0.5 / 1024, pool="max"):
    ends = (threshold / 2, -threshold / 2)
    return model("any_positive", pool, [weight], [bias], [head], ends)


def vote(head, biases=(0.0, -1.0, 0.0, -1.0), scale=1024, pool="mean", ends=(0.0, 0.0)):
    project = [scale, scale, -scale, -scale]
    return model("majority_positive", pool, project, list(biases), head, ends)


def first_of(h):
    loud = (h == h.amax(1, keepdim=True)).int()
    return ((loud.cumsum(1) == 1) & (loud == 1)).float()


RIGHT = {
    "2.1": [([2, 2 / 3], [5, 2]), (np.array([2, 0.67]), torch.tensor([5, 2]))],
    "2.2": [question(weight=1024.0, threshold=0.5), question(2.0, threshold=1 / 2048)],
    "2.3": [vote([1.0, -1.0, -1.0, 1.0]), vote([2.0, -2.0, -2.0, 2.0], scale=2048)],
    "2.4": [
        [[1, 1, 1, 0.5, -1], [-1, 0.25, -0.5, -0.5, 1]],
        torch.tensor([[3.0, 1, 2, -4, 1], [-4.0, 3, -1, -1, -2]]),
        [[2, 1, 0, -1, -2], [2, 1, 1, -1, -2]],  # a tie is no majority
    ],
    "2.5": [lambda h: F.one_hot(h.argmax(1), h.shape[1]).transpose(1, 2), first_of],
}
WRONG = {
    "2.1": [
        ([2, 2 / 3], "shape"),
        (([2, 2 / 3], [5, 0]), "loudest of all"),
        (([1, -1], [5, 2]), "first rectify"),
        (([1, 0], [5, 2]), "not the mean"),
        (([5, 2], [2, 2 / 3]), "changed places"),
        (([6, 2], [5, 2]), "a sum"),
        (([3, 2], [5, 2]), "divide by 3"),
        (([2.5, 1, 0.5], [5, 2, 1]), "over positions"),
        ((torch.ones(3), torch.ones(3)), "over positions"),
        (([2, 2 / 3], [5, 3]), "is 3, it should be 2"),
    ],
    "2.2": [
        (lambda: "max", "CoreModel"),
        (question(pool="mean"), "the pool must be"),
        (question(head=-1.0, threshold=-0.5 / 1024), "always wrong"),
        (question(threshold=100.0), "no to everything"),
        (question(threshold=-1.0), "yes to everything"),
        (question(threshold=0.05), "misses"),
        (question(threshold=10.5 / 1024), "no to everything, all positive"),
        (question()(), "the function, not the model"),
        (question(bias=0.3, threshold=0.1), "false yes"),
        (model("any_positive", "max", [1.0] * 2, [0.0] * 2, [1.0] * 2), "d_model must be"),
    ],
    "2.3": [
        (lambda: None, "returns None"),
        (vote([1.0, -1.0, -1.0, 1.0], pool="max"), "the pool must be"),
        (vote([-1.0, 1.0, 1.0, -1.0]), "always wrong"),
        (vote([1.0, -1.0, -1.0, 1.0], ends=(9.0, 0.0)), "no to everything"),
        (vote([1.0, -1.0, -1.0, 1.0], ends=(0.0, 9.0)), "yes to everything"),
        (vote([1.0, -1.0, 0.0, 0.0]), "false yes"),
        (vote([1.0, 0.0, -1.0, 0.0]), "right on"),
        (vote([1.0, -1.0, -1.0, 1.0], scale=1), "right on"),
        (vote([1.0, -1.0, -1.0, 1.0], scale=100), "being 1/1024"),
    ],
    "2.4": [
        ([[1.0] * 5, [-1.0] * 5], "the greatest value"),
        ([[2.0, 1, 1, 1, -2], [2.0, 1, 1, 1, -2]], "the votes are"),
        ([[1.0], [2.0]], "shape"),
        ([[2.0, 1, 1, 1, -2], [3.0, -1, -1, -1, -2]], "the greatest value"),
        ([[2.0, 1, 1, 1, -2], [2.0, -1, -1, -1, -3]], "the least value"),
        ([[2.0, 1, 0, -1, -2], [2.0, -1, -1, -1, -2]], "the votes are"),
    ],
    "2.5": [
        (lambda h: (h == h.amax(1, keepdim=True)).float(), "all get 1"),
        (lambda h: first_of(h.flip(1)).flip(1), "not the last"),
        (lambda h: F.one_hot(h.argmax(2), 4).float(), "for each channel"),
        (lambda h: first_of(h) * (h > 0), "silent channel"),
        (lambda h: h.softmax(1), "soft"),
        (lambda h: first_of(h) * h, "the answers, not the weights"),
        (lambda h: F.one_hot(h.argmax(1), h.shape[1]), "shape"),
        (lambda h: h.amax(1), "shape"),
    ],
}
