"""A model by name is one file of the folder, and nothing else."""

import sys

import pytest
import torch

from progtx_core import models
from progtx_core.types import Spec

NEW = """
from progtx_core.models.pooling import TemporalPooling


class Wide(TemporalPooling):
    rung, variants = 2.5, {"wide": {"d_model": 99}, "wide_mean": {"pool": "mean"}}


class Inherits(Wide):
    pass
"""
ORDER = [
    "logistic_regression",
    "mean_pooling",
    "max_pooling",
    "attention_pooling",
    "additive_attention_pooling",
    "self_attention",
    "self_attention_with_positions",
    "transformer",
]


@pytest.fixture
def new_file(tmp_path, monkeypatch):
    (tmp_path / "throw_away.py").write_text(NEW)
    monkeypatch.setattr(models, "__path__", [*models.__path__, str(tmp_path)])
    monkeypatch.setattr(models, "LADDER", models._discover())
    yield
    del sys.modules["progtx_core.models.throw_away"]


def test_the_ladder_is_in_order():
    assert [name for name in models.names() if name in ORDER] == ORDER


def test_a_new_file_is_a_new_model(new_file):
    names = [name for name in models.names() if name in ORDER or name[:4] == "wide"]
    assert names == [*ORDER[:3], "wide", "wide_mean", *ORDER[3:]]
    spec = Spec(n_classes=2, seq_len=4, d_input=3)
    model = models.build("wide", spec)
    assert model(torch.zeros(5, 4, 3)).shape == (5, 2)
    assert model.logits_head.in_features == 99
    assert models.build("wide_mean", spec, d_model=7).pool == "mean"
    assert models.default_config("wide") == models.default_config("max_pooling")


def test_every_module_of_the_folder_is_imported():
    assert models.long.LongTransformer and models.device.device
