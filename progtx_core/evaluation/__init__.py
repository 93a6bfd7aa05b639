"""Reads a trained model: predictions, confusion, ROC and PR, the best linear rule."""

from progtx_core.evaluation.linear_rule import LinearRule, best_linear_rule
from progtx_core.evaluation.metrics import Curve, confusion, pr_curve, predict, roc_curve
