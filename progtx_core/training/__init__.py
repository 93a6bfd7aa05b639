"""Joins a model and a task: `fit` trains several seeds and returns a `TrainingResult`."""

from progtx_core.training.config import Config
from progtx_core.training.data import Stream, held_out
from progtx_core.training.loop import fit
from progtx_core.training.objective import accuracy, masked_cross_entropy
from progtx_core.training.run import History, TrainingResult
from progtx_core.training.tracker import JsonLines, Printer, Several

__all__ = [
    "Config",
    "History",
    "JsonLines",
    "Printer",
    "TrainingResult",
    "Several",
    "Stream",
    "accuracy",
    "fit",
    "held_out",
    "masked_cross_entropy",
]
