"""The layer that compares, against a loop; and what of a sequence its model can read."""

import math

import pytest
import torch
from experiments import counting_loan, counting_whole
from parts import comparing
from parts.comparing import Compare, ComparingTransformer, ReadOnce

from progtx_core import tasks

TASK = tasks.get("counting", n_numbers=20, max_len=18)
SIZES = {"d_model": 8, "n_heads": 2, "n_ctx": 40}


def model(**changed):
    torch.manual_seed(0)
    return ComparingTransformer(TASK.spec, **SIZES, **changed).eval()


def line(a, b):
    tokens = TASK.write(torch.tensor([[a, b]]))[0]
    return tokens[tokens != 0]


def test_behind_the_prompt_nothing_but_near_tokens_is_attended_to():
    bias = ReadOnce(40, 8, 2).attention_bias(14)[0]
    for query in range(14):
        for key in range(query + 1):
            near = query - key < ReadOnce.n_near
            seen = near if query < 4 else near and key >= 4
            assert (bias[query, key] == 0) == seen, (query, key)


@pytest.mark.parametrize("by_position", [True, False])
def test_compare_is_what_a_loop_makes_of_it(by_position):
    torch.manual_seed(1)
    layer, seq, width = Compare(8, by_position), 7, 8
    resid, levels = torch.randn(2, seq, width), torch.randn(2, seq, 1)
    where = torch.randn(seq, width)
    made = layer(resid, levels, where)
    for row in range(2):
        for i in range(seq):
            x = layer.norm(resid[row, i])
            scores = []
            for j in range(min(i + 1, 4)):
                query = where[i] if by_position else x
                key = where[j] if by_position else layer.norm(resid[row, j])
                scores.append(layer.query(query) @ layer.key(key) / math.sqrt(16))
            shares = torch.stack(scores).softmax(0)
            other = sum(s * levels[row, j] for j, s in enumerate(shares))
            t = torch.tanh((levels[row, i] - other) * layer.log_slope.exp())
            first, second = layer.maps(x).split(width)
            wanted = resid[row, i] + (t * first + (1 - t**2) * second) / math.sqrt(2)
            wanted = wanted + layer.constants(torch.cat([t, 1 - t**2]))
            assert torch.allclose(made[row, i], wanted, atol=1e-5)


def test_tokens_see_nothing_that_follows():
    numbers, made = line(3, 12), model()
    whole = made(numbers[None])[0]
    for n in range(1, len(numbers)):
        assert torch.allclose(made(numbers[None, :n])[0], whole[:n], atol=1e-5)


def test_how_long_the_answer_is_does_not_matter():
    """Late in an answer the next token depends on the prompt's levels and the window."""
    made = model()
    start, a, b, go, *numbers = line(2, 14).tolist()
    assert len(numbers) > 12
    early = torch.tensor([[start, a, b, go, *numbers[2:11]]])  # as if shorter by two
    late = torch.tensor([[start, a, b, go, *numbers[:11]]])
    assert torch.allclose(made(early)[:, -1], made(late)[:, -1], atol=1e-5)
    seen = model(read_once=False)  # the window hides the middle here, too
    assert torch.allclose(seen(early)[:, -1], seen(late)[:, -1], atol=1e-5)


def test_behind_the_prompt_a_number_of_it_is_known_by_its_level_only():
    made, tokens = model(), line(2, 14)
    other = tokens.clone()
    other[2] = 9
    with torch.no_grad():
        assert not torch.allclose(made(tokens[None])[0, -1], made(other[None])[0, -1])
        made.levels.weight[0, 9] = made.levels.weight[0, int(tokens[2])]
        same = made(tokens[None])[0, 4:], made(other[None])[0, 4:]
    assert torch.allclose(*same, atol=1e-5)


def test_levels_begin_in_order_or_at_random():
    steps = model().levels.weight[0, 1:21].diff()
    assert torch.allclose(steps, torch.full((19,), comparing.SPACING), atol=1e-6)
    steps = model(ordered=False).levels.weight[0, 1:21].diff()
    assert 0 < (steps > 0).sum() < 19


def test_numbers_begin_on_a_quarter_of_a_circle():
    made = counting_whole.Circle(TASK.spec, n_numbers=20, **SIZES)
    numbers = made.embed.weight.detach()[:, 1:21].T  # (number, d_model)
    centred = numbers @ torch.linalg.pinv(torch.stack([numbers[0], numbers[-1]]))
    assert torch.allclose(centred.norm(dim=1), torch.ones(20), atol=1e-4)
    assert (centred[:, 1].diff() > 0).all() and (centred > -1e-4).all()


def test_on_loan_only_upwards_goes_further():
    task = counting_loan.OnLoan()
    rows = task.sample_inputs(400, torch.Generator().manual_seed(0))
    rows = task.complete(rows)
    n_tokens, down = (rows != 0).sum(1), rows[:, 1] > rows[:, 2]
    assert 0.4 < down.double().mean() < 0.6
    assert n_tokens[down].max() <= 60 and n_tokens[~down].max() > 130
    wrong = [r for r in rows[:40].tolist() if not right(task, r)]
    assert not wrong


def right(task, row):
    words = task.tokenizer.read([token for token in row if token])
    return words[4:] == [*task.answer(words[1:3]), "EoS"]


def test_half_the_size_is_the_same_model_with_half_the_numbers():
    cell, full = counting_whole.half(10), counting_whole.comparing()
    assert cell.model_kwargs == full.model_kwargs and cell.config().steps == 10
    task = cell.data()
    assert (task.n_numbers, task.max_len, task.truncated_share) == (100, 30, 0)


def test_of_whole_sequences_none_has_more_than_sixty_tokens():
    for cell in counting_whole.EXPERIMENT.cells:
        task = cell.data()
        assert (task.truncated_share, task.max_len) == (0, 60)
    (loan,) = counting_loan.LOAN.cells
    assert loan.data().max_len == 150 and loan.directions() == ["up", "down"]
