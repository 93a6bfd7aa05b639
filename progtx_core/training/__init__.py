"""Joins a model and a task: `fit` trains several seeds and returns a `TrainingResult`."""

from progtx_core.training.callbacks import (
    Callback,
    Checkpoints,
    EarlyStopping,
    ExtraMetrics,
    KeepBest,
    Snapshots,
)
from progtx_core.training.config import Config, Training, adam
from progtx_core.training.data import (
    Stream,
    accuracy,
    evaluate,
    held_out,
    masked_cross_entropy,
)
from progtx_core.training.loop import fit, train, update
from progtx_core.training.result import History, TrainingResult
