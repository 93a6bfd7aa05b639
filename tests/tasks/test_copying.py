"""The copying task: the rule in plain Python against the fast forms."""

import pytest
import torch

from progtx_core import tasks
from progtx_core.rasp import decode
from progtx_core.rasp.programs import END, GO, START, copy_unique


def drawn(n, seed=0, **sizes):
    task = tasks.get("copying", **sizes)
    return task, task.sample_inputs(n, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("unique", [True, False])
def test_labels_agree_with_the_rule(unique):
    task, inputs = drawn(300, longest=9, n_symbols=12, unique=unique)
    labels = task.labels(inputs).tolist()
    for example, answers in zip(inputs.tolist(), labels, strict=True):
        assert [-1 if a is None else a for a in task.label(example)] == answers


def test_every_answer_is_the_next_input():
    task, inputs = drawn(200, unique=False, n_symbols=3)
    batch = task.batch(inputs)
    inside = batch.mask[:, :-1] & (batch.targets[:, :-1] != 0)
    assert torch.equal(batch.targets[:, :-1][inside], inputs[:, 1:][inside])
    symbols = (inputs != 0).sum(1) - 3
    assert torch.equal(batch.mask.sum(1), symbols // 2 + 1)


def test_symbols_occur_once_or_again():
    for unique in (True, False):
        task, inputs = drawn(300, longest=8, shortest=8, n_symbols=10, unique=unique)
        different = torch.tensor([len(row.unique()) for row in inputs[:, 1:9]])
        assert bool((different == 8).all()) == unique


def test_all_lengths_are_drawn():
    task, inputs = drawn(2000, longest=6, shortest=3, n_symbols=7)
    lengths = ((inputs != 0).sum(1) - 3) // 2
    assert lengths.bincount().tolist()[:3] == [0, 0, 0]
    assert lengths.bincount()[3:].min() > 400


def test_the_program_copies_what_is_unique_and_fails_where_symbols_repeat():
    right = []
    for unique in (True, False):
        task, inputs = drawn(40, longest=6, shortest=6, n_symbols=6, unique=unique)
        rows = [[int(w) for w in task.tokenizer.read(row[1:7])] for row in inputs.tolist()]
        written = [decode(copy_unique, [START, *row, GO], max_new=7) for row in rows]
        right.append(
            sum(w == [*row, END] for w, row in zip(written, rows, strict=True)) / len(rows)
        )
    assert right[0] == 1.0
    assert right[1] < 0.2


def test_a_prompt_belongs_to_one_split():
    task = tasks.get("copying", longest=3, n_symbols=6)
    prompts = {}
    for split in ("train", "val", "test"):
        batch = task.sample(300, torch.Generator().manual_seed(1), split)
        prompts[split] = {tuple(row) for row in task.split_key(batch.inputs).tolist()}
    assert prompts["train"].isdisjoint(prompts["val"] | prompts["test"])
    assert prompts["val"].isdisjoint(prompts["test"])


def test_more_positions_than_symbols_are_refused():
    with pytest.raises(ValueError, match="longest must be at most n_symbols=5.*got 6"):
        tasks.get("copying", longest=6, n_symbols=5)
