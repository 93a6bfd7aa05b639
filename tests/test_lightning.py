"""Lightning trains what `fit` trains, with the same curves.

Two real processes are in test_examples.py.
"""

import csv
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import torch

pytest.importorskip("pytorch_lightning")

from lightning_training import LightningTraining
from parts.fast_losses import FastLosses
from pytorch_lightning import Trainer
from pytorch_lightning.callbacks import Callback, EarlyStopping, ModelCheckpoint
from pytorch_lightning.loggers import CSVLogger, TensorBoardLogger

from progtx_core import tasks
from progtx_core.models.long import LongTransformer
from progtx_core.models.transformer import CausalTransformer
from progtx_core.optim import Moves, PatternSearch
from progtx_core.training import Config, adam, fit, masked_cross_entropy

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # Lightning's own
    pytest.mark.slow,  # they train
]
QUIET = {
    "enable_progress_bar": False,
    "enable_model_summary": False,
    "logger": False,
    "enable_checkpointing": False,
    "accelerator": "cpu",
}
SMALL = {"d_model": 8, "n_layers": 1, "n_heads": 2, "d_mlp": 16}


class Curves(Callback):
    def __init__(self):
        self.train, self.val = [], []

    def on_train_batch_end(self, trainer, *_):
        self.train.append(trainer.callback_metrics["train/loss"].item())

    def on_validation_end(self, trainer, *_):
        self.val.append(trainer.callback_metrics["val/loss"].item())


def strings(name="parity", **sizes):
    return tasks.StringSet(tasks.get(name, **sizes))


def searching(batch, **options):
    """An optimizer without gradients, with its fast measure of candidates."""

    def make(model, config):
        losses_of = FastLosses(model, batch)
        return PatternSearch(model.named_parameters(), losses_of=losses_of, **options)

    return make


def cases():
    """Model, task, config, optimizer."""
    short = {"steps": 12, "eval_every": 4, "n_eval": 60, "schedule": "cosine"}
    pooled = tasks.get("last_gt_first"), Config(batch_size=16, **short)
    parity = strings()
    n_train = len(parity.splits["train"])
    searched = Config(batch_size=n_train, n_train=n_train, **short | {"n_eval": 10})
    counted = tasks.get("counting", max_len=12, n_numbers=30)
    search = searching(parity.splits["train"], radius=0.1, block_size=32)
    return {
        "pooling": ("attention_pooling", *pooled, adam),
        "transformer": ("transformer", *pooled, adam),
        "counting": (
            partial(LongTransformer, **SMALL),
            counted,
            Config(batch_size=8, **short),
            adam,
        ),
        "search": (
            partial(CausalTransformer, **SMALL | {"n_layers": 2}),
            parity,
            searched,
            search,
        ),
    }


def trained(case, *callbacks, seed=2, resume=None, **options):
    model, task, config, make_optimizer = cases()[case]
    training = LightningTraining(
        model, task, config, seed=seed, make_optimizer=make_optimizer
    )
    curves = Curves()
    trainer = Trainer(
        **{"max_epochs": -1} | QUIET | options,
        callbacks=[curves, *callbacks],
        num_sanity_val_steps=0,
    )
    trainer.fit(training, ckpt_path=resume, weights_only=True)
    return training, trainer, curves


@pytest.mark.parametrize("case", cases())
def test_the_curves_are_those_of_fit(case):
    training, trainer, curves = trained(case)
    model, task, config, make_optimizer = cases()[case]
    run = fit(model, task, config, seed=2, make_optimizer=make_optimizer)
    told = {name: run.history[name][0] for name in ("train/loss", "val/loss")}
    assert curves.train == pytest.approx(told["train/loss"].tolist(), abs=1e-5)
    assert curves.val == pytest.approx(told["val/loss"][1:].tolist(), abs=1e-5)
    assert trainer.global_step == config.steps
    (tested,) = trainer.test(training, verbose=False)
    assert tested["test/loss"] == pytest.approx(run.test["loss"][0], abs=1e-5)
    assert tested["test/accuracy"] == pytest.approx(run.test["accuracy"][0], abs=1e-6)


@pytest.mark.parametrize("case", ["transformer", "search"])
def test_a_resumed_training_ends_as_one_without_a_stop(case, tmp_path):
    whole, _, curves = trained(case)
    keep = ModelCheckpoint(tmp_path, save_last=True)
    _, _, first = trained(case, keep, max_steps=8, enable_checkpointing=True)
    resumed, _, second = trained(case, resume=tmp_path / "last.ckpt")
    assert len(first.train) == 8 and first.train + second.train == curves.train
    for one, other in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_checkpoint_of_another_training_is_refused(tmp_path):
    keep = ModelCheckpoint(tmp_path, save_last=True)
    trained("pooling", keep, enable_checkpointing=True)
    with pytest.raises(ValueError, match=r"another training: seed was 2, now 3"):
        trained("pooling", seed=3, resume=tmp_path / "last.ckpt")
    content = torch.load(tmp_path / "last.ckpt", weights_only=True)
    del content["progtx_training"]
    torch.save(content, tmp_path / "other.ckpt")
    with pytest.raises(ValueError, match="not of a `LightningTraining`"):
        trained("pooling", resume=tmp_path / "other.ckpt")


def test_the_best_look_is_kept_and_early_stopping_counts_looks(tmp_path):
    keep = ModelCheckpoint(tmp_path, monitor="val/loss", filename="best")
    stop = EarlyStopping("val/loss", mode="max", patience=2)  # the loss falls: no gain
    training, trainer, curves = trained("pooling", keep, stop, enable_checkpointing=True)
    assert len(curves.val) == 3
    assert keep.best_model_score == pytest.approx(min(curves.val))
    best = torch.load(tmp_path / "best.ckpt", weights_only=True)["state_dict"]
    training.load_state_dict(best)
    (found,) = Trainer(**QUIET).validate(training, verbose=False)
    assert found["val/loss"] == pytest.approx(min(curves.val), abs=1e-6)


def test_a_quick_look_takes_one_step_and_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _, trainer, _ = trained("transformer", fast_dev_run=True)
    assert trainer.global_step == 1
    assert not list(tmp_path.iterdir())


def test_lightnings_loggers_are_told_everything(tmp_path):
    loggers = [CSVLogger(tmp_path, "csv", ""), TensorBoardLogger(tmp_path, "board", "")]
    trained("search", logger=loggers, log_every_n_steps=1)
    with (tmp_path / "csv" / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {"train/loss", "train/accuracy", "grad_norm", "val/loss"} <= set(rows[0])
    assert {row["radius"] for row in rows} == {"", str(np.float32(0.1).item())}
    assert list((tmp_path / "board").glob("events*"))


def test_a_loss_that_is_no_number_ends_the_training():
    task = tasks.get("last_gt_first")
    config = Config(steps=20, learning_rate=1e30, batch_size=8, n_eval=20)
    with pytest.raises(FloatingPointError, match=r"attention_pooling: .* seed 0"):
        Trainer(max_epochs=-1, **QUIET).fit(
            LightningTraining("attention_pooling", task, config)
        )


def test_a_search_that_has_finished_ends_the_training():
    model, task, config, _ = cases()["search"]
    search = searching(task.splits["train"], budget=10, block_size=8)
    training = LightningTraining(model, task, config, make_optimizer=search)
    trainer = Trainer(max_epochs=-1, **QUIET)
    trainer.fit(training)
    assert trainer.optimizers[0].finished
    assert trainer.global_step < config.steps


def test_gradients_of_unequal_shares_are_those_of_the_whole_batch(monkeypatch):
    """Sequences of unequal length: one process has more answers that count."""
    model, task, config, _ = cases()["counting"]
    batch = task.sample(7, torch.Generator().manual_seed(0))
    n_answers = [int(batch[rank::2].mask.sum()) for rank in (0, 1)]
    assert n_answers[0] != n_answers[1]
    monkeypatch.setattr(LightningTraining, "global_rank", 0)
    monkeypatch.setattr(LightningTraining, "trainer", SimpleNamespace(world_size=2))
    shares = []  # what each process would have alone
    for rank in (0, 1):
        monkeypatch.setattr(LightningTraining, "global_rank", rank)
        training = LightningTraining(model, task, config)
        training._sum = lambda own: shares.append(own) or own
        training._measure(training._share(batch))
    gradients = []
    for rank in (0, 1):
        monkeypatch.setattr(LightningTraining, "global_rank", rank)
        training = LightningTraining(model, task, config)
        training._sum = lambda own: sum(shares)
        loss, found = training._measure(training._share(batch))
        loss.backward()
        gradients.append([p.grad for p in training.model.parameters()])
    whole = LightningTraining(model, task, config).model
    expected = masked_cross_entropy(whole(batch.inputs), batch)
    expected.backward()
    assert found["loss"].item() == pytest.approx(expected.item(), abs=1e-6)
    for one, other, p in zip(*gradients, whole.parameters(), strict=True):
        assert torch.allclose((one + other) / 2, p.grad, atol=1e-6)


def test_processes_divide_what_a_search_measures(monkeypatch):
    model, task, config, search = cases()["search"]
    training = LightningTraining(model, task, config, make_optimizer=search)
    optimizer = search(training.model, config)
    moves = Moves(torch.arange(7).unsqueeze(1), torch.full((7, 1), 0.1))
    monkeypatch.setattr(LightningTraining, "trainer", SimpleNamespace(world_size=3))
    parts, counts = [], []

    def counted(own):
        counts.append(len(own))
        return optimizer.losses_of(own)

    for rank in range(3):
        monkeypatch.setattr(LightningTraining, "global_rank", rank)
        training._sum = lambda losses: losses
        parts.append(training._divided(counted)(moves))
    assert sorted(counts) == [2, 2, 3]
    assert torch.allclose(sum(parts), optimizer.losses_of(moves), atol=1e-6)


def test_a_batch_is_not_smaller_than_the_number_of_processes(monkeypatch):
    monkeypatch.setattr(LightningTraining, "trainer", SimpleNamespace(world_size=4))
    task = tasks.get("last_gt_first")
    training = LightningTraining("attention_pooling", task, Config(batch_size=3))
    with pytest.raises(ValueError, match=r"batch_size .* got 3 for 4; take a larger"):
        training.on_fit_start()
