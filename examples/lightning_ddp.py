"""One training on several devices: checkpoints, early stopping, a log of all curves.

    pip install -e '.[lightning]'
    python examples/lightning_ddp.py --devices 2
    python examples/lightning_ddp.py --devices 2 --method PatternSearch
    python examples/lightning_ddp.py --resume runs/lightning/last.ckpt

On GPUs add `--accelerator gpu --precision bf16-mixed`. The curves are the same for any
number of devices: the batch is that of all of them together.
"""

import argparse
import sys
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import torch
from lightning_training import LightningTraining
from pytorch_lightning import Trainer
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint
from pytorch_lightning.loggers import CSVLogger

from progtx_core import tasks
from progtx_core.models.transformer import CausalTransformer
from progtx_core.optim import PatternSearch
from progtx_core.tools import paths
from progtx_core.training import Config, adam

sys.path.append(str(paths.ROOT / "notebooks"))  # for `parts`, which chapter 9 uses too

from parts.fast_losses import FastLosses

SIZES = {"d_model": 8, "n_layers": 2, "n_heads": 4, "d_mlp": 32}
SEARCH = {"radius": 0.1, "poll": "together", "block_size": 128, "measure_again": True}
# A gain must be above the rounding of the fast measure.
SEARCH |= {"min_gain": 2e-6, "forcing": 0.001}


def options() -> argparse.Namespace:
    """What may be changed from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--devices", type=int, default=1)
    parser.add_argument("--accelerator", default="cpu", help="cpu, gpu, mps or auto")
    parser.add_argument("--precision", default="32-true", help="bf16-mixed on GPUs")
    parser.add_argument("--method", default="Adam", choices=["Adam", "PatternSearch"])
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--patience", type=int, default=5, help="evaluations without a gain"
    )
    parser.add_argument("--out", type=Path, default=Path("runs/lightning"))
    parser.add_argument("--resume", type=Path, metavar="CHECKPOINT")
    parser.add_argument("--fast-dev-run", action="store_true", help="a step, no files")
    asked = parser.parse_args()
    if asked.method == "PatternSearch" and asked.accelerator != "cpu":
        parser.error("PatternSearch measures its candidates on the CPU: --accelerator cpu")
    return asked


def training(asked: argparse.Namespace) -> LightningTraining:
    """Running parity: each token is whether the ones so far are odd in number."""
    parity: Any = tasks.get("parity")
    strings = tasks.StringSet(parity)
    train = strings.splits["train"]
    search = asked.method == "PatternSearch"
    config = Config(
        steps=asked.steps,
        batch_size=len(train) if search else 64,
        learning_rate=0.005,
        n_train=len(train),
        n_eval=len(strings.splits["val"]),
    )

    def searching(model: Any, config: Config) -> PatternSearch:
        losses_of = FastLosses(model, train)
        return PatternSearch(model.named_parameters(), losses_of=losses_of, **SEARCH)

    make_model = partial(CausalTransformer, **SIZES)
    make_optimizer = searching if search else adam
    how = {"seed": asked.seed, "make_optimizer": make_optimizer}
    return LightningTraining(make_model, strings, config, **how)


def main() -> None:
    asked = options()
    keep_best = ModelCheckpoint(
        asked.out,
        monitor="val/loss",
        filename="best",
        save_last=True,
        enable_version_counter=False,
    )
    stop_early = EarlyStopping("val/loss", patience=asked.patience)
    trainer = Trainer(
        max_epochs=-1,  # the Config says when it ends
        accelerator=asked.accelerator,
        devices=asked.devices,
        strategy="ddp" if asked.devices > 1 else "auto",
        precision=asked.precision,
        logger=CSVLogger(asked.out, name="", version=""),
        log_every_n_steps=1,
        callbacks=[keep_best, stop_early],
        enable_model_summary=False,
        fast_dev_run=asked.fast_dev_run,
    )
    module = training(asked)
    # Tensors and plain values only: a checkpoint from elsewhere cannot run code.
    trainer.fit(module, ckpt_path=asked.resume, weights_only=True)
    if asked.fast_dev_run:
        return
    best = torch.load(keep_best.best_model_path, weights_only=True)
    module.load_state_dict(best["state_dict"])
    trainer.test(module)


if __name__ == "__main__":
    # Lightning's own use of torch.
    warnings.filterwarnings("ignore", message=".*LeafSpec.*")
    main()
