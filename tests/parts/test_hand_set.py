"""The transformer that counts by hand-set weights says what the program says."""

import pytest
import torch
from parts.hand_set import counter

from progtx_core import tasks
from progtx_core.evaluation.generation import exact_match, greedy
from progtx_core.rasp import decode, programs
from progtx_core.rasp.programs import END, GO, START


def every_pair(n):
    return torch.cartesian_prod(torch.arange(n), torch.arange(n))


def as_tokens(numbers, task):
    """Tokens of the task for numbers and marks of a program."""
    marks = {START: task.start, GO: task.go, END: task.end}
    return [marks.get(n, n + 1) for n in numbers]


def test_it_writes_what_the_program_writes_for_every_pair():
    task = tasks.get("counting", n_numbers=14, max_len=19)
    machine = counter(task, 19)
    pairs = every_pair(14)
    written = greedy(machine, task.prompts(pairs), 15, task.end).tolist()
    for (a, b), row in zip(pairs.tolist(), written, strict=True):
        want = as_tokens(decode(programs.count, [START, a, b, GO]), task)
        assert row[: len(want)] == want
        assert set(row[len(want) :]) <= {task.end}


def test_it_goes_on_as_the_program_does_where_what_was_written_is_wrong():
    task = tasks.get("counting", n_numbers=30, max_len=35)
    machine, generator = counter(task, 35), torch.Generator().manual_seed(0)
    numbers = torch.randint(30, (200, 10), generator=generator)
    # A number at either end has no next one.
    numbers[:, 2:] = numbers[:, 2:].clamp(1, 28)
    for a, b, *rest in numbers.tolist():
        line = [START, a, b, GO, *rest]
        said = machine(torch.tensor([as_tokens(line, task)])).argmax(-1)[0, 3:]
        want = programs.count(line)[3:]
        assert said.tolist() == as_tokens(want.tolist(), task)


def test_its_tables_have_an_end():
    task = tasks.get("counting", n_numbers=14, max_len=19)
    with pytest.raises(ValueError, match="n_ctx=20 or more"):
        counter(task, 19)(torch.ones(1, 20, dtype=torch.long))
    with pytest.raises(ValueError, match="n_ctx must be"):
        counter(task, 3)


@pytest.mark.slow
def test_machine_program_and_rule_agree_on_all_pairs_of_two_hundred_numbers():
    task = tasks.get("counting", max_len=205)
    machine, pairs = counter(task, 205), every_pair(200)
    apart = (pairs[:, 0] - pairs[:, 1]).abs()
    for far in range(200):
        inputs = task.write(pairs[apart == far])[:, : far + 6]
        batch = task.batch(inputs)
        assert exact_match(machine, batch).all(), far
        for tokens, targets in zip(inputs.tolist(), batch.targets.tolist(), strict=True):
            a, b, *numbers = [t - 1 for t in [*tokens[1:3], *tokens[4:-1]]]
            said = programs.count([START, a, b, GO, *numbers])[3:]
            assert as_tokens(said.tolist(), task) == targets[3:-1]
