"""The pictures of predictions, examples of tasks, and pairs that tell."""

from functools import partial

import numpy as np
import pytest
import torch
from experiments import extending
from experiments.extending import ROWS, SCHEMES
from parts import ch12

from progtx_core import tasks
from progtx_core.models.transformer import CausalTransformer
from progtx_core.rasp import programs
from progtx_core.tasks.languages import RULES


def test_every_task_has_its_question():
    (ax,) = ch12.question(["sort", "parity"], 50, 150).axes
    assert [t.get_text() for t in ax.get_yticklabels()] == ["sort", "parity"]
    assert [p.get_width() for p in ax.patches] == [50, 50, 100, 100]
    assert [t.get_text() for t in ax.texts] == ["?", "?"]


@pytest.mark.parametrize("name", ROWS)
def test_examples_follow_the_rule_of_their_task(name):
    given, answer = ch12.example(name)
    row = ROWS[name]
    if row.task == "language":
        words, rule = given.split(), RULES[row.arguments["language"]]
        sets = [rule("".join(words[: i + 1])) for i in range(len(words))]
        assert answer == ", ".join(sets)
    else:
        task = tasks.get(row.task, **row.arguments | {"longest": 4})
        assert answer == " ".join([*task.answer(given.split()), "EoS"])


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.program])
def test_programs_are_right_and_wrong_ones_are_seen(name):
    batch = extending.tests.__wrapped__(name)["bin_100"][:3]
    assert ch12.right_programs(name, batch) == 1
    task = extending.task_of(ROWS[name], "bin_150")
    wrong = partial(programs.count)
    assert not all(ch12.agrees(wrong, task, line) for line in batch.inputs)


def test_a_row_says_how_it_was_trained():
    name, *sizes, parameters, tokens, steps, rate = ch12.trained_as("(aa)*")
    cell = extending.cell(name, "random_offset")
    assert sizes == [1, 2, 64]
    assert (steps, rate) == (cell.config().steps, "0.006")
    assert tokens == 3  # a, padding and SoS; there are two sets to choose from
    model = cell.make()(cell.data().spec)
    assert parameters == sum(p.numel() for p in model.parameters())


def test_the_baseline_is_the_most_frequent_whole_answer():
    batch = extending.tests.__wrapped__("parity")["bin_50"]
    assert 0.5 <= ch12.baseline(batch) < 0.6
    assert ch12.baseline(extending.tests.__wrapped__("sort")["bin_100"]) <= 0.01


def of(name, scheme, predicted, all_, published=None):
    means = dict(zip(extending.BINS, all_, strict=True))
    return {
        "row": name,
        "encoding": scheme,
        "predicted": predicted,
        "all": means,
        "beyond": min(all_[1:]),
        "published": published,
    }


def test_the_evidence_stands_in_the_row_of_its_task():
    found = [
        of("a", "random_offset", True, (1, 0.95, 0.9), (100, 99, 80)),
        of("a", "none", False, (0.5, 0.2, 0.1)),
        of("b", "random_offset", False, (1, 0.3, 0.0)),
        of("b", "none", True, (1, 1, 1), (100, 50, 60)),
    ]
    seeds = {(n, s): np.array([0.1, 0.2]) for n in "ab" for s in SCHEMES}
    left, right = ch12.evidence(found, seeds).axes
    assert [t.get_text() for t in left.get_yticklabels()] == ["a", "b"]
    bars = [(p.get_x(), round(p.get_width(), 6)) for p in left.patches]
    assert bars == [(0.9, 0.1), (0.0, 0.7)]  # where the prediction puts it
    marks = {m: [] for m in "oD|"}
    for line in right.lines:
        marks[line.get_marker()].append(line)
    assert [line.get_xdata()[0] for line in marks["D"]] == [0.1, 1]
    assert [line.get_ydata()[0] for line in marks["D"]] == [0, 1]
    faces = [line.get_markerfacecolor() for line in marks["D"]]
    assert faces[0] == "white" != faces[1]  # not learned, and learned
    assert [line.get_xdata()[0] for line in marks["|"]] == [0.5]
    assert [line.get_xdata().tolist() for line in marks["o"]] == [[0.1, 0.2]] * 2


def test_twins_differ_in_the_symbol_that_decides():
    task = extending.task_of(ROWS["{0,1,2}*02*"], "bin_150")
    for n in (0, 3, 40):
        lines = ch12.twins(task, n, 20)
        may, may_not = lines.chunk(2)
        differ = may != may_not
        assert (differ.sum(1) == 1).all()
        assert differ[:, -1 - n].all()
        assert task.labels(lines)[:, -1].tolist() == [1] * 20 + [0] * 20


class Looks(torch.nn.Module):
    """Knows the last symbol that is no 2 if it is at most so far back."""

    def __init__(self, task, far):
        super().__init__()
        self.task, self.far = task, far

    def forward(self, inputs):
        labels = self.task.labels(inputs)
        hidden = (inputs[:, -self.far - 1 :] == self.task.tokenizer.ids["2"]).all(1)
        labels[hidden, -1] = 0
        return torch.nn.functional.one_hot(labels.clamp(min=0), 2).float()


def test_right_at_the_end_falls_to_one_half_where_nothing_is_seen():
    task = extending.task_of(ROWS["{0,1,2}*02*"], "bin_150")
    model = Looks(task, far=5)
    found = {n: ch12.right_at_the_end(model, task, ch12.twins(task, n)) for n in (3, 9)}
    assert found == {3: 1.0, 9: 0.5}
    (ax,) = ch12.by_distance({"a": found, "b": found}, 7).axes
    assert ax.lines[0].get_ydata().tolist() == [1.0, 0.5]
    assert ax.patches[0].get_width() == 7


def test_prompts_where_model_and_program_part_are_shown_in_words():
    task = tasks.get("copying", n_symbols=8, longest=4)
    torch.manual_seed(0)
    model = CausalTransformer(task.spec, d_model=8, n_layers=1, n_heads=1).eval()
    batch = task.sample(6, torch.Generator().manual_seed(0), "test")
    rows = ch12.parted(programs.copy_unique, model, task, batch, n=3)
    assert len(rows) == 3  # an untrained model does not copy
    for (prompt, said, other), line in zip(rows, batch.inputs):
        x = ch12.distilling.numbers(task, line)
        assert prompt == " ".join(map(str, x[1 : x.index(-2)] if -2 in x else x[1:]))
        assert said == f"{prompt} EoS" != other
