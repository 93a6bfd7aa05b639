"""The race of chapter 9: what its cells train, count and measure."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from experiments import race, race_growth, race_tuning
from parts.ch09 import unseen

from progtx_core.training import Config, evaluate

SMALL = {"d_model": 4, "n_layers": 1, "n_heads": 2, "d_mlp": 4}
NEED_CMA = {"sep-CMA"}


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    monkeypatch.setenv("PROGTX_PROGRESS", "off")
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")


def small(name, budget=240, **changed):
    strings = {"output": "per_token", "seq_len": 5}
    return race.cell(name, budget, model_kwargs=SMALL, task_kwargs=strings, **changed)


def test_every_method_is_tuned_over_as_many_settings_and_as_many_passes():
    by_method = {}
    for cell in race_tuning.TUNING.cells:
        by_method.setdefault(cell.method, []).append(cell)
    assert set(by_method) == set(race.METHODS)
    for name, cells in by_method.items():
        assert len({cell.row for cell in cells}) == len(cells) == 6
        for cell in cells:
            assert race.BUDGET <= cell.budget <= 1.01 * race.BUDGET
            assert (cell.first_seed, cell.max_seeds) == (race.TUNING_SEEDS, 2)
        method = race.METHODS[name]
        assert race.row_of(name, method.tuned) in {cell.row for cell in cells}


def test_the_race_has_every_method_with_its_tuned_setting_and_unused_seeds():
    rows = {cell.row: cell for cell in race.RACE.cells}
    assert {*race.METHODS, *race.KINDS} < set(rows)
    assert not any(cell.first_seed for cell in rows.values())
    for name, method in race.METHODS.items():
        cell = rows[name]
        for key, value in method.tuned.items():
            found = cell.config().learning_rate if key == "lr" else cell.arguments[key]
            assert found == value
    tried = {trial.parameters["model"] for trial in race.RACE.trials(10)}
    assert tried == set(rows)


def test_sizes_of_models_are_spread_over_two_orders_of_magnitude():
    from progtx_core import models

    counts = []
    for cell in race_growth.GROWTH.cells[: len(race.WIDTHS)]:
        counts.append(models.count_parameters(cell.make()(cell.data().spec)))
    assert counts == sorted(counts)
    assert 450 < counts[0] < 600 and 45_000 < counts[-1] < 52_000
    ratios = np.diff(np.log(counts))
    assert ratios.max() < 1.7 * ratios.min()


@pytest.mark.slow
@pytest.mark.parametrize("name", [*race.METHODS, *race.KINDS])
def test_every_method_runs_for_its_passes_and_is_measured(name):
    if name in NEED_CMA:
        pytest.importorskip("cma")
    cell = small(name)
    row = cell.rows(cell.train(1), race.measure).iloc[0]
    slack = {"L-BFGS": 80, "PatternSearch": 260, "PatternSearch, int8": 260}
    assert 240 * 0.9 <= row.passes <= 240 + slack.get(name, cell.passes_a_step)
    assert np.isfinite(row.train_loss) and 0 <= row.new <= 1
    assert np.isnan(row.after_1000) and np.isnan(row.right_1000)
    assert row.seconds > 0


@pytest.mark.slow
def test_seeds_of_the_tuning_are_other_seeds_under_the_names_of_the_first(tmp_path):
    cell = small("SPSA", first_seed=1000)
    result = cell.train(2)
    assert result.seeds == [1000, 1001]
    assert cell.rows(result).seed.tolist() == [0, 1]
    (trial,) = replace(race_tuning.TUNING, cells=[cell]).trials(1)
    row = trial.execute(tmp_path)
    assert trial.place == ("SPSA", "parity", 0) == (row["model"], row["task"], row["seed"])
    (alone,) = small("SPSA").train(1, 1000).models
    parts = zip(alone.parameters(), result.models[0].parameters())
    assert all(torch.equal(a, b) for a, b in parts)


def test_each_seed_has_noise_of_its_own():
    cell, made = small("SPSA"), []
    for draws in (0, 1):
        data = cell.data()
        model = cell.make()(data.spec)
        make = replace(cell, draws=draws).make_optimizer(data)
        made.append(make(model, cell.config()))
    assert [search.now["seed"] for search in made] == [0, 1]


@pytest.mark.slow
def test_what_is_measured_on_the_way():
    cell = small("Adam", 1500, lr=0.03)
    result = cell.train(1, 3)
    row = cell.rows(result, race.measure).iloc[0]
    splits = cell.data().splits
    found = evaluate(result.models[0], splits["train"])
    assert row.train_loss == pytest.approx(found["loss"], abs=1e-5)
    steps = sorted(result.snapshots)
    last = max(step for step in steps if race.GRADIENT_PASSES * step <= 1000)
    (model,) = result.models_at(last)
    assert row.after_1000 == pytest.approx(
        evaluate(model, splits["train"])["loss"], abs=1e-5
    )
    assert row["to_0.6"] <= row["to_0.3"] or np.isnan(row["to_0.3"])
    new = unseen(splits["train"], splits["test"])
    right = result.models[0](splits["test"].inputs).argmax(-1) == splits["test"].targets
    assert row.new == pytest.approx(right[new].float().mean().item(), abs=1e-5)


@pytest.mark.slow
def test_a_training_ends_at_its_loss():
    whole, ended = small("Adam", 1500, lr=0.03), small("Adam", 1500, lr=0.03, until=0.6)
    assert (
        ended.train(1).history["val/loss"].shape < whole.train(1).history["val/loss"].shape
    )


def test_lbfgs_counts_its_gradients():
    result = small("L-BFGS", 200).train(1)
    counts = result.history["evaluations"][0]
    assert counts[0] == 0 and (np.diff(counts) > 0).all()
    assert (counts % race.GRADIENT_PASSES == 0).all()
    assert 200 <= counts[-1] < 200 + 25 * race.GRADIENT_PASSES


@pytest.mark.slow
def test_whole_numbers_stay_whole_while_they_are_searched():
    result = small("PatternSearch, int8", 2000).train(1)
    for model in (result.models_at(0)[0], result.models[0]):
        units = torch.cat([p.detach().flatten() for p in model.parameters()]) / race.INT8
        assert torch.equal(units, units.round()) and units.abs().max() <= 127
    assert result.history["train/loss"][0][-1] < result.history["train/loss"][0][0]


def test_errors_are_what_is_searched_for():
    cell = small("evolution strategy, errors")
    data, seen = cell.data(), []
    model = cell.make()(data.spec)
    search = cell.make_optimizer(data)(model, Config(learning_rate=0.01))
    share = 1 - evaluate(model, data.splits["train"])["accuracy"]
    loss = search.step(lambda: seen.append(1) or 7.0)
    assert loss == pytest.approx(share, abs=0.3) and loss != 7.0 and not seen
    assert 0 <= loss <= 1


def test_the_best_setting_has_the_lowest_mean_loss():
    frame = pd.DataFrame(
        [
            ("A: lr 1", 0.5),
            ("A: lr 1", 0.3),
            ("A: lr 2", 0.45),
            ("A: lr 2", 0.1),
            ("B: lr 1", 9),
        ],
        columns=["model", "train_loss"],
    )
    assert race.best(frame) == {"A": "A: lr 2", "B": "B: lr 1"}


def test_an_exponent_is_that_of_the_table_or_none():
    sizes = [500, 2_500, 12_500, 50_000]
    rows = [(f"A, width {n}", n, 3 * n**1.5) for n in sizes for _ in range(3)]
    frame = pd.DataFrame(rows, columns=["model", "parameters", "to_0.1"])
    assert race.exponent(frame, "A") == pytest.approx(1.5)
    frame.loc[frame.parameters > 2_500, "to_0.1"] = np.nan
    assert np.isnan(race.exponent(frame, "A"))
