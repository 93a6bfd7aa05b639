"""Measures of a trained model beyond accuracy. scikit-learn computes the curves."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from progtx_core.types import Batch


@dataclass(frozen=True)
class Curve:
    """A ROC or a precision-recall curve, and the area under it."""

    x: np.ndarray  # false positive rate, or recall
    y: np.ndarray  # true positive rate, or precision
    area: float


def predict(model: nn.Module, batch: Batch) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (answers, n_classes) and targets (answers,) where the mask is True."""
    if not batch.mask.any():
        raise ValueError("mask is False everywhere: no answer counts; mark one True")
    was_training = model.training
    model.eval()
    with torch.no_grad():
        probabilities = model(batch.inputs).softmax(-1)
    model.train(was_training)
    return probabilities[batch.mask].numpy(), batch.targets[batch.mask].numpy()


def confusion(probabilities: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Counts (n_classes, n_classes): row the true class, column the answered one."""
    from sklearn import metrics

    _check_classes(probabilities, targets)
    answers, labels = probabilities.argmax(1), np.arange(probabilities.shape[1])
    return metrics.confusion_matrix(targets, answers, labels=labels)


def roc_curve(probabilities: np.ndarray, targets: np.ndarray) -> Curve:
    """ROC curve of class 1 against class 0; both must occur."""
    from sklearn import metrics

    _check_two_classes(probabilities, targets)
    x, y, _ = metrics.roc_curve(targets, probabilities[:, 1])
    return Curve(x, y, float(metrics.auc(x, y)))


def pr_curve(probabilities: np.ndarray, targets: np.ndarray) -> Curve:
    """Precision-recall curve of class 1; its area is the average precision."""
    from sklearn import metrics

    _check_two_classes(probabilities, targets)
    precision, recall, _ = metrics.precision_recall_curve(targets, probabilities[:, 1])
    area = metrics.average_precision_score(targets, probabilities[:, 1])
    return Curve(recall, precision, float(area))


def _check_classes(probabilities: np.ndarray, targets: np.ndarray) -> None:
    shape, n = np.shape(probabilities), np.shape(targets)
    if len(shape) != 2 or n != shape[:1] or not np.issubdtype(targets.dtype, np.integer):
        raise ValueError(
            "probabilities must be (answers, n_classes) and targets (answers,) whole "
            f"numbers, got {shape} and {targets.dtype} of {n}"
        )
    if n[0] and not 0 <= targets.min() <= targets.max() < shape[1]:
        found = f"from {targets.min()} to {targets.max()}"
        raise ValueError(f"targets must be classes 0 to {shape[1] - 1}, got {found}")


def _check_two_classes(probabilities: np.ndarray, targets: np.ndarray) -> None:
    _check_classes(probabilities, targets)
    n, found = probabilities.shape[1], sorted(set(targets.tolist()))
    if (n, found) != (2, [0, 1]):
        got = f"got {n} classes and targets {found}"
        raise ValueError(f"ROC and PR curves need two classes that both occur, {got}")
