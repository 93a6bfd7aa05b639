"""A transformer in a random subspace: where it begins, where it can go, what it costs."""

import pytest
import torch
from experiments import race, subspaces
from experiments.searches import SIZES
from torch.nn.utils import parameters_to_vector

from progtx_core import models, tasks
from progtx_core.models.transformer import CausalTransformer
from progtx_core.training.config import new_model

SPEC = tasks.get("parity", seq_len=5).spec
SMALL = {"d_model": 4, "n_layers": 1, "n_heads": 2, "d_mlp": 4}


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    monkeypatch.setenv("PROGTX_PROGRESS", "off")
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")


def made(d=3, draw=0, seed=0):
    return new_model(lambda spec: subspaces.Subspace(spec, d, draw, **SMALL), SPEC, seed)


def test_it_begins_as_the_transformer_and_trains_its_directions_alone():
    plain = new_model(lambda spec: CausalTransformer(spec, **SMALL), SPEC, 4)
    model, inputs = made(seed=4), torch.randint(1, 3, (6, 5))
    assert torch.equal(model(inputs), plain(inputs))
    assert [name for name, _ in model.named_parameters()] == ["z"]
    assert models.count_parameters(model) == 3
    model(inputs).sum().backward()
    assert model.z.grad.abs().min() > 0


def test_it_moves_along_its_directions():
    model, z = made(), torch.tensor([1.0, -2.0, 0.5])
    start = torch.cat([p.flatten() for p in model.parameters_now().values()])
    with torch.no_grad():
        model.z.copy_(z)
    moved = torch.cat([p.flatten() for p in model.parameters_now().values()])
    assert torch.allclose(moved - start, model.directions @ z, atol=1e-6)
    assert torch.allclose(model.directions.norm(dim=0), torch.ones(3))
    assert torch.equal(start, parameters_to_vector(model.inner[0].parameters()))


def test_directions_are_drawn_by_their_seed_and_not_kept_in_the_state():
    same, other = made(draw=1, seed=5), made(draw=2, seed=5)
    assert torch.equal(made(draw=1, seed=6).directions, same.directions)
    assert not torch.equal(other.directions, same.directions)
    assert set(same.state_dict()) == {"z", "start"}
    with pytest.raises(ValueError, match="d_subspace must be a whole number of at least 1"):
        made(d=0)


@pytest.mark.parametrize("method", subspaces.METHODS)
def test_methods_train_a_subspace_and_are_measured_as_in_the_race(method, monkeypatch):
    monkeypatch.setattr(subspaces, "BUDGET", 600)
    monkeypatch.setitem(SIZES, "tiny", SMALL)
    cell = subspaces.subspace_cell(method, 4)
    cell = cell.with_settings(steps=200)
    result = cell.train(1, 1)
    row = cell.rows(result, race.measure).iloc[0]
    # Of few directions a search is soon done: no step helps at any radius.
    assert (500 if method == "Adam" else 50) <= row.passes <= 700
    assert row.parameters == 4
    assert row.train_loss < result.history["train/loss"][0, 0]
    drawn = subspaces.Subspace(result.task.spec, 4, 1, **SMALL).directions
    assert torch.equal(result.models[0].directions, drawn)


def test_every_method_has_every_dimension():
    rows = [cell.row for cell in subspaces.SUBSPACES.cells]
    assert len(set(rows)) == len(rows) == 8
    for cell in subspaces.SUBSPACES.cells:
        assert race.BUDGET <= cell.budget <= 1.01 * race.BUDGET
