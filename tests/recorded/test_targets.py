"""What settles the contradiction: strings with long runs, three questions, two models."""

import random
import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from experiments import targets
from experiments.targets import ALL, ASKED, NEXT, STRINGS, TARGETS, Strings

from progtx_core.tasks.languages import RULES

TINY = {"d_model": 8, "n_layers": 1, "n_heads": 1}
QUICK = {"steps": 2, "batch_size": 4, "warmup_steps": 0, "n_eval": 4, "eval_every": 1}


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setenv("PROGTX_PROGRESS", "off")


@pytest.mark.parametrize("language", STRINGS)
def test_strings_belong_to_their_language_and_have_long_runs(language):
    draw, longest = random.Random(0), []
    for length in range(1, 41):
        for _ in range(30):
            text = STRINGS[language](draw, length)
            assert len(text) == length
            legal = [RULES[language](text[:i]).split() for i in range(length + 1)]
            assert all(s in may for s, may in zip(text, legal))
            assert "EoS" in legal[-1]
        texts = [STRINGS[language](draw, length) for _ in range(200)]
        tails = [len(re.search(r"(.)\1*$", text).group()) for text in texts]
        longest.append(max(tails))
    assert longest[-1] > 20  # of strings that are equally frequent, hardly any has ten
    assert all(texts.count(text) < 40 for text in texts)


@pytest.mark.parametrize("language", STRINGS)
@pytest.mark.parametrize("target", TARGETS)
def test_labels_are_those_of_the_plain_rule(language, target):
    task = Strings(language, 14, 1, target)
    batch = task.sample(200, torch.Generator().manual_seed(0))
    for row, labels in zip(batch.inputs.tolist(), task.labels(batch.inputs).tolist()):
        rule = [-1 if answer is None else answer for answer in task.label(row)]
        assert rule == labels
        assert max(labels) < task.spec.n_classes
    assert len(set(batch.targets[batch.mask].tolist())) == task.spec.n_classes


def test_what_was_asked_in_2025_is_what_its_generator_says():
    text = "SoS 0 2 1 2 0 2 2"
    task = Strings("{0,1,2}*02*", 7, target=ASKED)
    assert task.label(task.tokenizer.encode(text)) == [0, 0, 1, 0, 0, 0, 1, 1]
    task = Strings("tomita_3", 8, target=ASKED)
    # Behind one 1 a 1 alone; behind 1 0 a 0 alone; behind 1 0 0 a 1 alone, as behind 1.
    text = "SoS 0 1 1 1 0 0 1 0"
    assert task.label(task.tokenizer.encode(text)) == [0, 0, 1, 0, 1, 2, 1, 1, 2]


class Knows(torch.nn.Module):
    """Says with probability 1 - 2 leak what is legal, each as likely; else the rest."""

    def __init__(self, task, leak=0.0):
        super().__init__()
        self.task, self.leak = task, leak

    def forward(self, inputs):
        names = [*self.task.symbols, "EoS"]
        sets = targets.Language.labels(self.task, inputs).clamp(min=0)
        legal = torch.tensor([[n in s.split() for n in names] for s in self.task.sets])
        odds = legal[sets] + self.leak
        return (odds / odds.sum(-1, keepdim=True)).log()


@pytest.mark.parametrize("language", STRINGS)
def test_what_is_likely_enough_is_taken_for_legal(language):
    task = Strings(language, 20, target=NEXT)
    inputs = task.sample(50, torch.Generator().manual_seed(0), "test").inputs
    for leak in (0.0, 0.05):
        model = Knows(task, leak)
        above = targets.threshold(model, task)
        assert targets.right(model(inputs), task, inputs, above).all()
    assert not targets.right(model(inputs), task, inputs, 0.001).all()


def test_right_takes_the_whole_string():
    task = Strings("{0,1,2}*02*", 10)
    inputs = task.sample(40, torch.Generator().manual_seed(0)).inputs
    logits = torch.nn.functional.one_hot(task.labels(inputs).clamp(min=0), 2).float()
    assert targets.right(logits, task, inputs).all()
    logits[::2, 0] = 1 - logits[::2, 0]
    assert targets.right(logits, task, inputs).tolist() == [False, True] * 20
    logits[:, -1] = 1 - logits[:, -1]  # padding of shorter strings is not asked
    assert targets.right(logits, task, inputs)[1::2].sum() > 10


@pytest.mark.parametrize("target", TARGETS)
def test_the_last_model_and_the_best_by_its_test_are_measured(target, monkeypatch):
    monkeypatch.setattr(targets, "N_TESTS", 20)
    cell = targets.cell("tomita_3", target)
    cell = replace(
        cell, model_kwargs=cell.model_kwargs | TINY, settings=cell.settings | QUICK
    )
    found = targets.measure(cell, cell.train(2))
    names = [f"{kind}_{n}" for kind in ("bin", "best") for n in (50, 100, 150)]
    assert sorted(found) == sorted(names)
    assert all(values.shape == (2,) for values in found.values())
    assert (found["best_150"] >= found["bin_150"]).all()


def test_cells_differ_in_what_is_asked_alone():
    cells = {cell.row: cell for cell in targets.EXPERIMENT.cells}
    assert len(cells) == len(targets.EXPERIMENT.cells) == 7
    for language in STRINGS:
        kinds = [cells[f"{language}, {target}"] for target in TARGETS]
        assert len({str(cell.model_kwargs | cell.settings) for cell in kinds}) == 1
        assert {cell.task_kwargs["target"] for cell in kinds} == {*TARGETS}
    finite = cells[f"{{0,1,2}}*02*, {ASKED}, ten thousand strings"].config()
    assert finite.n_train == targets.N_STRINGS


def test_strings_of_other_bins_are_longer():
    cell = targets.cell("{0,1,2}*02*", ALL)
    lengths = [(x != 0).sum(1) - 1 for _, x in targets.tests(cell)]
    assert [
        (int(n.min()) >= low, int(n.max())) for n, low in zip(lengths, (1, 51, 101))
    ] == [
        (True, 50),
        (True, 100),
        (True, 150),
    ]


def test_an_unknown_target_is_named():
    with pytest.raises(ValueError, match="no target 'next'"):
        Strings(target="next")
    with pytest.raises(ValueError, match="no language 'dyck_1'"):
        Strings("dyck_1")
    assert np.all(np.diff(targets.THRESHOLDS) > 0)
