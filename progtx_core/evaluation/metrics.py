"""Measures of a trained model beyond accuracy. scikit-learn computes the curves."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from progtx_core.training.data import check_mask
from progtx_core.types import Batch


@dataclass(frozen=True)
class Curve:
    """Points of a ROC curve (x: false positive rate, y: true positive rate) or a
    precision-recall curve (x: recall, y: precision), and the area under it."""

    x: np.ndarray
    y: np.ndarray
    area: float


def predict(model: nn.Module, batch: Batch) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (answers, n_classes) and targets (answers,) where the mask is True.

    Raises ValueError if no answer counts.
    """
    check_mask(batch)
    was_training = model.training
    model.eval()
    with torch.no_grad():
        probabilities = model(batch.inputs).softmax(-1)
    model.train(was_training)
    return probabilities[batch.mask].numpy(), batch.targets[batch.mask].numpy()


def confusion(probabilities: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Counts (n_classes, n_classes): row the true class, column the answered one.

    >>> confusion(np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]]), np.array([0, 1, 1]))
    array([[1, 0],
           [1, 1]])
    """
    from sklearn.metrics import confusion_matrix

    labels = np.arange(probabilities.shape[1])
    return confusion_matrix(targets, probabilities.argmax(1), labels=labels)


def roc_curve(probabilities: np.ndarray, targets: np.ndarray) -> Curve:
    """ROC curve of class 1 against class 0.

    Raises ValueError unless there are two classes and both occur.

    >>> p = np.array([[0.9, 0.1], [0.6, 0.4], [0.3, 0.7]])
    >>> roc_curve(p, np.array([0, 0, 1])).area
    1.0
    """
    from sklearn import metrics

    _check_two_classes(probabilities, targets)
    x, y, _ = metrics.roc_curve(targets, probabilities[:, 1])
    return Curve(x, y, float(metrics.auc(x, y)))


def pr_curve(probabilities: np.ndarray, targets: np.ndarray) -> Curve:
    """Precision-recall curve of class 1; its area is the average precision.

    Raises ValueError unless there are two classes and both occur.
    """
    from sklearn import metrics

    _check_two_classes(probabilities, targets)
    precision, recall, _ = metrics.precision_recall_curve(targets, probabilities[:, 1])
    area = metrics.average_precision_score(targets, probabilities[:, 1])
    return Curve(recall, precision, float(area))


def _check_two_classes(probabilities: np.ndarray, targets: np.ndarray) -> None:
    found = sorted(set(targets.tolist()))
    if probabilities.shape[1] != 2 or found != [0, 1]:
        raise ValueError(
            "ROC and PR curves need two classes that both occur, got "
            f"{probabilities.shape[1]} classes and targets {found}"
        )
