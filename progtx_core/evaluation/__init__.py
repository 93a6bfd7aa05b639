"""Reads a trained model: predictions, confusion, ROC and PR, what it generates."""
# ruff: noqa: F401

from progtx_core.evaluation.metrics import Curve, confusion, pr_curve, predict, roc_curve
