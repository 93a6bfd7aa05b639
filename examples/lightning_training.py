"""One training past one device: any model, task and optimizer in Lightning's `Trainer`.

`fit` is the loop to learn from, for one device. Lightning adds several devices or machines,
checkpoints, early stopping and loggers; it is the extra `lightning` (2.6.6 or newer).
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch.nn import functional as F

from progtx_core import checks
from progtx_core.optim.moves import Moves
from progtx_core.tasks import Task
from progtx_core.training import Config, Training, adam, held_out
from progtx_core.training.checkpoint import facts_of
from progtx_core.training.config import MakeModel, MakeOptimizer, resolve
from progtx_core.training.data import norm
from progtx_core.training.loop import check_finite
from progtx_core.types import Batch

try:
    from pytorch_lightning import LightningModule
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "Lightning is not installed; install it with \"pip install -e '.[lightning]'\""
    ) from error

STATE = "progtx_training"  # its part of a checkpoint


class LightningTraining(LightningModule):
    """What `fit` trains for one seed, as a module for `Trainer.fit`; arguments as there.

    Every process draws the same batch and takes its rows of it; candidates that an
    optimizer measures by `losses_of` are divided as well. Loss and gradients are those of
    the whole batch, so curves are those of `fit`, to float tolerance. An epoch is the steps
    between two evaluations: Lightning validates, saves and stops early by evaluations.
    `Config` says when the training ends: give the `Trainer` `max_epochs=-1`.

    Raises ValueError for a checkpoint of another training, FloatingPointError if a loss is
    not a finite number. Devices and checkpoints: book/manual/devices.md.
    """

    def __init__(
        self,
        model: str | MakeModel,
        task: Task,
        config: Config | None = None,
        *,
        seed: int = 0,
        make_optimizer: MakeOptimizer = adam,
    ) -> None:
        super().__init__()
        make_model, name, defaults = resolve(model)
        config = config or Config(**defaults)
        how = make_model, make_optimizer, name, task, config
        checks.whole("seed", seed, at_least=0)
        self.state = Training.begin(*how, seeds=[seed], seed=seed)
        self.model = self.state.model  # here Lightning finds its parameters
        self.make_optimizer = make_optimizer
        self.shares: dict[str, Batch] = {}  # what this process evaluates of each split
        # A search calls its closure as often as it likes, and wants no gradient.
        self.automatic_optimization = False

    def configure_optimizers(self) -> torch.optim.Optimizer:
        # Anew: by now the model is on its device.
        optimizer: Any = self.make_optimizer(self.model, self.state.config)
        if self.trainer.world_size > 1 and getattr(optimizer, "losses_of", None):
            optimizer.losses_of = self._divided(optimizer.losses_of)
        return optimizer

    def train_dataloader(self) -> Iterable:
        """Numbers of the steps up to the next evaluation."""
        # No batches: a loader that fetches ahead would leave a checkpoint one behind.
        config = self.state.config
        return range(config.eval_every or max(1, config.steps // 20))

    def val_dataloader(self) -> Iterable:
        return range(1)  # the held-out set is one batch

    test_dataloader = val_dataloader

    def _share(self, batch: Batch) -> Batch:
        rows = batch[self.global_rank :: self.trainer.world_size]
        return Batch(*(part.to(self.device) for part in vars(rows).values()))

    def on_fit_start(self) -> None:
        n, size = self.trainer.world_size, self.state.config.batch_size
        if size < n:
            wanted = f"batch_size must be at least the number of processes, got {size}"
            raise ValueError(f"{wanted} for {n}; take a larger batch or fewer devices")

    def training_step(self, number: int, batch_idx: int) -> None:
        """One update on the next batch, as `loop.update` has it."""
        self.state.step = self.global_step
        optimizer: Any = self.optimizers()
        for group in optimizer.param_groups:
            group["lr"] = self.state.config.lr_at(self.global_step)
        batch = self._share(next(self.state.batches))
        measured = {}

        def closure() -> torch.Tensor:
            loss, found = self._measure(batch)
            if torch.is_grad_enabled():
                optimizer.zero_grad()
                self.manual_backward(loss)
            if not measured:  # the first of several calls is the loss before the step
                measured.update({f"train/{name}": of for name, of in found.items()})
                measured["grad_norm"] = norm(p.grad for p in self.model.parameters())
            return found["loss"]

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(hash((self.state.seed, self.global_step, self.global_rank)))
            optimizer.step(closure)
            if not measured:  # a search that trusts its `losses_of` may not have asked
                with torch.no_grad():
                    closure()
        check_finite(self.state, measured["train/loss"].item())
        self.log_dict(measured, batch_size=1)
        ended = self.global_step >= self.state.config.steps
        self.trainer.should_stop |= ended or getattr(optimizer, "finished", False)

    def validation_step(self, number: int, batch_idx: int) -> None:
        self._evaluate("val")
        for optimizer in self.trainer.optimizers:  # there is none in `Trainer.validate`
            extras = getattr(optimizer, "extras", dict)()
            self.log_dict(extras, batch_size=1, sync_dist=True)

    def test_step(self, number: int, batch_idx: int) -> None:
        self._evaluate("test")

    def _evaluate(self, split: str) -> None:
        if split not in self.shares:
            whole = held_out(self.state.task, split, self.state.config.n_eval)
            self.shares[split] = self._share(whole)
        found = self._measure(self.shares[split])[1]
        named = {f"{split}/{name}": of for name, of in found.items()}
        self.log_dict(named, batch_size=1, sync_dist=True)

    def _measure(self, batch: Batch) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """A loss to differentiate here; loss and accuracy over all processes.

        The former's mean over processes, as of gradients, is the whole batch's loss.
        """
        with self.device:  # what a model makes on its way is made there too
            logits = self.model(batch.inputs).float()
        logits, targets = logits.flatten(0, -2), batch.targets.flatten()
        mask = batch.mask.flatten()
        loss = (F.cross_entropy(logits, targets, reduction="none") * mask).sum()
        right = ((logits.argmax(-1) == targets) & mask).sum()
        sums = torch.stack([loss.detach(), right.float(), mask.sum().float()])
        all_loss, all_right, n = self._sum(sums)
        found = {"loss": all_loss / n, "accuracy": all_right / n}
        return loss * (self.trainer.world_size / n), found

    def _divided(self, losses_of: Callable[[Moves], Iterable[float]]):
        """The same losses; each process measures some of the candidates."""
        rank, n = self.global_rank, self.trainer.world_size

        def divided(moves: Moves) -> torch.Tensor:
            losses = torch.zeros(len(moves), dtype=torch.double)
            own = Moves(moves.coordinates[rank::n], moves.change[rank::n])
            if len(own):
                losses[rank::n] = torch.as_tensor(losses_of(own), dtype=torch.double)
            return self._sum(losses.to(self.device)).cpu()

        return divided

    def _sum(self, of_this_process: torch.Tensor) -> torch.Tensor:
        return self.trainer.strategy.reduce(of_this_process, reduce_op="sum")

    def on_save_checkpoint(self, checkpoint: dict) -> None:
        batches = self.state.batches.state_dict()
        checkpoint[STATE] = {"facts": facts_of(self.state), "batches": batches}

    def on_load_checkpoint(self, checkpoint: dict) -> None:
        """Go on where the stream stood; refuse a checkpoint of another training."""
        if STATE not in checkpoint:
            raise ValueError("a checkpoint of Lightning, but not of a `LightningTraining`")
        for name, now in facts_of(self.state).items():
            was = checkpoint[STATE]["facts"].get(name)
            if was != now:
                what = f"a checkpoint of another training: {name} was {was!r}, now {now!r}"
                raise ValueError(f"{what}; resume with the same settings, or start anew")
        self.state.batches.load_state_dict(checkpoint[STATE]["batches"])
