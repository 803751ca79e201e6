"""How good predictions are: accuracy and the confusion matrix."""

from typing import Any

import numpy as np


def predicted_classes(y_pred: np.ndarray) -> np.ndarray:
    """Return the class of each row, (n,): the largest output, or output > 0.5 where it is one."""
    if y_pred.shape[1] == 1:
        return (y_pred[:, 0] > 0.5).astype(np.intp)
    return y_pred.argmax(axis=1)


def accuracy(labels: np.ndarray, y_pred: np.ndarray) -> float:
    """Return the share of rows whose predicted class is `labels` (n,), 0 to 1.

    Raises
    ------
    ValueError
        If there is not one class number for each row of `y_pred` (n, outputs), or no row.
    """
    labels, y_pred = _checked("Accuracy", labels, y_pred)
    return float(np.count_nonzero(predicted_classes(y_pred) == labels)) / len(labels)


def confusion_matrix(labels: np.ndarray, y_pred: np.ndarray, classes: int) -> np.ndarray:
    """Return counts, (classes, classes): row the true class, column the predicted one.

    Raises
    ------
    ValueError
        If there is not one class number for each row of `y_pred` (n, outputs), or one that is
        none of the classes.
    """
    labels, y_pred = _checked("A confusion matrix", labels, y_pred)
    predicted = predicted_classes(y_pred)
    for name, numbers in (("Labels", labels), ("Predicted classes", predicted)):
        if not 0 <= numbers.min() <= numbers.max() < classes:
            raise ValueError(
                f"{name} must be from 0 to {classes - 1}. "
                f"Received: {numbers.min()} to {numbers.max()}."
            )
    pairs = labels * classes + predicted
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def _checked(what: str, labels: Any, y_pred: Any) -> tuple[np.ndarray, np.ndarray]:
    labels, y_pred = np.asarray(labels), np.asarray(y_pred)
    is_numbers = labels.dtype.kind in "iu"
    if y_pred.ndim != 2 or labels.shape != y_pred.shape[:1] or not len(labels) or not is_numbers:
        raise ValueError(
            f"{what} needs one class number for each prediction: (n,) whole numbers and "
            f"(n, outputs). Received: {labels.dtype} {labels.shape} and {y_pred.shape}."
        )
    return labels.astype(np.intp, copy=False), y_pred
