"""Reads a trained model: predictions, confusion, ROC and PR, what it generates."""

from progtx_core.evaluation.metrics import Curve, confusion, pr_curve, predict, roc_curve
