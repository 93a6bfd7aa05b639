"""Trackers that write for a program of others: Weights & Biases, and TensorBoard.

Both tell seeds apart in one way, `series`, and show a finished training in one way:
ROC and precision-recall curves, confusion and a table of examples, for training and
test data.
"""

from progtx_core.tools.trackers.opening import KINDS, opened
from progtx_core.tools.trackers.tensorboard import TensorBoard
from progtx_core.tools.trackers.wandb import WandB

__all__ = ["KINDS", "TensorBoard", "WandB", "opened"]
