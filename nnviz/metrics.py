"""How good predictions are: accuracy and the confusion matrix."""

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
        If there is not one label for each row, or no row.
    """
    if np.shape(labels) != (len(y_pred),) or not len(y_pred):
        raise ValueError(
            f"Accuracy needs one class number for each prediction. Received shapes "
            f"{np.shape(labels)} and {y_pred.shape}."
        )
    return float(np.count_nonzero(predicted_classes(y_pred) == labels)) / len(labels)


def confusion_matrix(labels: np.ndarray, y_pred: np.ndarray, classes: int) -> np.ndarray:
    """Return counts, (classes, classes): row the true class, column the predicted one."""
    pairs = labels * classes + predicted_classes(y_pred)
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)
