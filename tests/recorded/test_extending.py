"""The rows of what a transformer extends, their tests and the verdict."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from experiments import extending
from experiments.extending import BINS, ROWS, SCHEMES

from progtx_core.rasp.rasp_l import violations

TINY = {"d_model": 8, "n_layers": 1, "n_heads": 2}
QUICK = {"steps": 2, "batch_size": 4, "warmup_steps": 0, "n_eval": 4}


def test_every_row_has_a_cell_for_each_encoding():
    rows = [cell.row for cell in extending.EXPERIMENT.cells]
    assert rows == [f"{name}, {scheme}" for name in ROWS for scheme in SCHEMES]
    assert all(cell.config().steps <= 6000 for cell in extending.EXPERIMENT.cells)


@pytest.mark.parametrize("name", ROWS)
def test_a_row_predicts_what_it_has_a_program_for(name):
    row = ROWS[name]
    assert any(row.predicted) == (row.program is not None)
    assert row.rasp_l is None or not violations(row.rasp_l)
    with_offset, without = row.predicted
    assert with_offset or not without  # positions take no program away
    for figures in row.published.values():
        assert len(figures) == 3
        assert list(figures) == sorted(figures, reverse=True)


@pytest.mark.parametrize("name", ROWS)
def test_tests_hold_the_lengths_of_their_bins_and_nothing_else(name, monkeypatch):
    monkeypatch.setattr(extending, "N_TESTS", 40)
    row, batches = ROWS[name], extending.tests.__wrapped__(name)
    trained = extending.task_of(row)
    for (low, high), batch in zip(BINS.values(), batches.values(), strict=True):
        inputs = batch.inputs
        if row.task == "language":
            lengths = (inputs != 0).sum(1) - 1
        else:
            lengths = (inputs == trained.go).long().argmax(1) - 1
        plus = int(row.task == "binary_addition")  # one token more in all of them
        assert low <= lengths.min() <= lengths.max() <= high + plus
        assert inputs.max() < trained.spec.d_vocab
        assert len(batch) == 40
        wide = extending.task_of(row, "bin_150").spec.seq_len
        assert inputs.shape[1] <= wide
    assert list(batches) == list(BINS)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_cell_is_trained_and_measured_in_every_bin(scheme, monkeypatch):
    monkeypatch.setenv("PROGTX_PROGRESS", "off")
    monkeypatch.setattr(extending, "N_TESTS", 60)  # in two passes
    monkeypatch.setattr(extending, "tests", extending.tests.__wrapped__)
    for name in ("parity, steps", "Dyck-1"):
        cell = extending.cell(name, scheme, **QUICK)
        cell = replace(cell, model_kwargs=cell.model_kwargs | TINY)
        found = extending.measure(cell, cell.train(n_seeds=1))
        assert list(found) == list(BINS)
        assert all(values.shape == (1,) for values in found.values())


def shares(*means):
    """Measured shares of five seeds with these means."""
    spread = np.array([-0.01, 0.01, 0.0, 0.0, 0.0])
    return {bin: mean + spread for bin, mean in zip(BINS, means, strict=True)}


@pytest.mark.parametrize(
    ("means", "extends", "does_not"),
    [
        ((0.99, 0.95, 0.91), "as predicted", "against the prediction"),
        ((0.99, 0.69, 0.95), "against the prediction", "as predicted"),
        ((0.99, 0.95, 0.0), "against the prediction", "as predicted"),
        ((0.99, 0.95, 0.8), "in between", "in between"),
        ((0.94, 0.95, 0.95), "not learned", "not learned"),
        ((0.2, 0.0, 0.0), "not learned", "not learned"),
    ],
)
def test_a_verdict_is_of_the_mean_of_all_seeds(means, extends, does_not):
    assert extending.verdict(True, shares(*means)) == extends
    assert extending.verdict(False, shares(*means)) == does_not


def test_the_verdict_is_not_that_of_the_best_seeds():
    one_fails = {bin: np.array([1, 1, 1, 1, 0.0]) for bin in BINS}
    assert extending.verdict(True, one_fails) == "not learned"
    one_fails["bin_50"] = np.ones(5)
    assert extending.verdict(True, one_fails) == "in between"


def test_an_unknown_row_or_encoding_is_named():
    with pytest.raises(ValueError, match=r"no row 'parity, step'; nearest: parity"):
        extending.cell("parity, step", "none")
    with pytest.raises(ValueError, match="no encoding 'learned'"):
        extending.cell("parity", "learned")
    with pytest.raises(ValueError, match="no bin 'bin_10'"):
        extending.task_of(ROWS["parity"], "bin_10")


def test_embeddings_and_positions_begin_smaller_and_all_else_alike():
    spec = extending.task_of(ROWS["Dyck-1"]).spec
    made = []
    for scheme, factors in (
        ("random_offset", {}),
        ("random_offset", {"start": 0.5, "positions_start": 0.1}),
        ("none", {"start": 0.5, "positions_start": 0.1}),
    ):
        torch.manual_seed(0)
        model = extending.Started(spec, positions=scheme, **TINY, **factors)
        made.append(model.state_dict())
    plain, both, none = made
    for name, values in plain.items():
        factor = {"embed.weight": 0.5, "positions.table": 0.1}.get(name, 1.0)
        assert torch.equal(both[name], factor * values), name
        assert name == "positions.table" or torch.equal(none[name], both[name])


def recorded_as(*shares):
    """A table in which every row and encoding has these shares, a seed each, by bin."""
    rows = [
        {"model": f"{name}, {scheme}", "task": row.task, "seed": seed}
        | dict(zip(BINS, of_seed, strict=True))
        for name, row in ROWS.items()
        for scheme in SCHEMES
        for seed, of_seed in enumerate(shares)
    ]
    return pd.DataFrame(rows)


def test_means_are_of_all_seeds_and_of_those_that_fit():
    found = extending.judged(recorded_as((1.0, 0.9, 0.8), (1.0, 0.7, 0.6), (0.9, 0.2, 0.1)))
    assert [(one["row"], one["encoding"]) for one in found] == [
        (name, scheme) for name in ROWS for scheme in SCHEMES
    ]
    one = found[0]
    assert one["all"] == pytest.approx({"bin_50": 2.9 / 3, "bin_100": 0.6, "bin_150": 0.5})
    assert one["fit"] == pytest.approx({"bin_50": 1.0, "bin_100": 0.8, "bin_150": 0.7})
    assert (one["n_fit"], one["beyond"]) == (2, pytest.approx(0.5))
    assert one["program"] == "most_frequent"
    assert one["published"] == (100, 100, 100)
    for one in found:
        assert (
            one["verdict"]
            == ("against the prediction", "as predicted")[not one["predicted"]]
        )


def test_where_no_seed_fits_there_is_no_mean_of_those():
    (one, *_) = extending.judged(recorded_as((0.5, 0.0, 0.0), (0.98, 0.0, 0.0)))
    assert (one["n_fit"], one["fit"], one["verdict"]) == (0, {}, "not learned")
    assert one["verdict_fit"] == "none fits"


def test_seeds_that_fit_have_a_verdict_of_their_own():
    (one, *_) = extending.judged(recorded_as((1.0, 1.0, 0.95), (0.5, 0.0, 0.0)))
    assert (one["verdict"], one["verdict_fit"]) == ("not learned", "as predicted")
    (one, *_) = extending.judged(recorded_as((1.0, 1.0, 0.95), (0.99, 0.3, 0.1)))
    assert (one["verdict"], one["verdict_fit"]) == ("against the prediction",) * 2
