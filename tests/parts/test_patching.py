"""Prefixes that differ in b alone, and what a patch from one to the other decides."""

import numpy as np
import pytest
import torch
from parts import errors, patching

from progtx_core import tasks
from progtx_core.models.long import LongTransformer
from progtx_core.tasks.counting import PROMPT

TASK = tasks.get("counting", max_len=150)


@pytest.mark.parametrize("directions", (["up"], ["down"], ["up", "down"]))
def test_twins_differ_in_b_alone(directions):
    stops, goes_on, after = patching.twins(TASK, directions, seed=0, n=40)
    assert [*(stops != goes_on).any(0).nonzero().flatten()] == [2]
    answers = TASK.answer_tokens(stops, torch.full((40, 1), stops.shape[1] - PROMPT))
    assert (answers == TASK.end).all()
    answers = TASK.answer_tokens(goes_on, torch.full((40, 1), stops.shape[1] - PROMPT))
    assert (answers[:, 0] == after).all()
    assert len({*(stops[:, 2] > stops[:, 1]).tolist()}) == len(directions)


def test_everywhere_asks_for_each_place_once():
    model, asked = LongTransformer(TASK.spec, d_model=8, n_layers=3, n_heads=2), []

    def follows(part, where, head=None):
        asked.append((part, str(where), head))
        return len(asked) / 100

    stream, heads = patching.everywhere(follows, model)
    assert [*stream] == ["embedding", "after layer 0", "after layer 1", "after layer 2"]
    assert [*stream["embedding"]] == ["a", "b", ">", "numbers", "x"]
    assert heads.shape == (3, 3) and len(asked) == len({*asked}) == 4 * 5 + 3 * 3
    assert asked[-1] == ("blocks.2.attention", "[-1]", None)
    left, right = patching.patched(stream, heads).axes
    assert [text.get_text() for text in right.get_xticklabels()] == ["0", "1", "all"]
    assert len(left.texts) == 20 and len(right.texts) == 9


class Confused(torch.nn.Module):
    """Takes a number for the b of some prompts, and goes from b's the wrong way."""

    spec = TASK.spec

    def __init__(self, taken_for, behind=()):
        super().__init__()
        self.taken_for = taken_for  # number to the b that it is taken for
        self.behind = behind

    def forward(self, tokens):
        way = (tokens[:, 2:3] - tokens[:, 1:2]).sign()
        way = torch.where(
            torch.isin(tokens[:, 2:3] - 1, torch.tensor(self.behind)), -way, way
        )
        following = torch.where(tokens == TASK.go, tokens[:, 1:2], tokens + way)
        b = tokens[:, 2:3].expand_as(tokens)
        ends = tokens == b
        for number, other in self.taken_for.items():
            ends = ends | ((tokens == number + 1) & (b == other + 1))
        ends[:, :PROMPT] = False
        following = torch.where(ends, TASK.end, following)
        return torch.nn.functional.one_hot(following.clamp(0, 203), 204).float()


def test_a_false_match_depends_on_b_and_not_on_a():
    batch = TASK.batch(TASK.write(torch.tensor([[10, 40], [20, 50], [60, 80]])))
    found = errors.swapped(Confused({30: 40, 44: 50}), batch, TASK)
    assert found == {"too early": 2, "another a": 1.0, "another b": 0.0}
    falling = TASK.batch(TASK.write(torch.tensor([[40, 10], [80, 60]])))
    found = errors.swapped(Confused({30: 10}), falling, TASK)
    assert found == {"too early": 1, "another a": 1.0, "another b": 0.0}
    rows, mean = errors.swaps(Confused({30: 40}), {150: batch}, TASK)
    assert rows[150]["too early"] == mean["too early"] == 1
    assert errors.swaps(Confused({}), {150: batch}, TASK)[1]["too early"] == 0


@pytest.mark.parametrize("pair", [[10, 40], [40, 10]])
def test_after_a_swap_x_still_lies_between_a_and_b(pair, monkeypatch):
    asked, model = [], Confused({30: pair[1]})
    batch = TASK.batch(TASK.write(torch.tensor([pair])))
    forward = model.forward
    monkeypatch.setattr(
        model, "forward", lambda tokens: asked.append(tokens) or forward(tokens)
    )
    errors.swapped(model, batch, TASK)
    with_a, with_b = (tokens for tokens in asked if len(tokens) > 1)
    assert (with_a[:, 2] == pair[1] + 1).all() and (with_b[:, 1] == pair[0] + 1).all()
    for tokens in (with_a, with_b):
        a, b, x = tokens[:, 1], tokens[:, 2], tokens[:, -1]
        assert ((x - a) * (b - x) >= 0).all() and (b != x).all()


def test_causes_tell_an_early_end_from_the_wrong_direction():
    pairs = torch.tensor([[10, 40], [20, 50], [60, 80], [90, 70]])
    batch = TASK.batch(TASK.write(pairs))
    found = errors.causes(Confused({30: 40}, behind=[80, 70]), batch, TASK)
    assert found == {"early": 0.25, "turned": 0.5}
    assert errors.causes(Confused({}), batch, TASK) == {"early": 0, "turned": 0}


def test_kinds_of_errors_are_sorted_by_what_training_had():
    known = TASK.batch(TASK.write(torch.tensor([[10, 40], [20, 41]])))
    tests = TASK.batch(TASK.write(torch.tensor([[10, 41], [11, 40], [20, 42]])))
    found = errors.by_kind(Confused({30: 42}), tests, known, TASK)
    assert {name: n.total() for name, n in found.items()} == {
        "both seen": 1,
        "a not seen": 1,
        "b not seen": 1,
    }
    assert found["b not seen"]["early EoS"] == 1
    assert np.sum([n["right"] for n in found.values()]) == 2
