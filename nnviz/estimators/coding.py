"""What y says as targets of a network, and a network's outputs as what y says.

Two kinds of y: one class for each sample, or several labels each of which holds or does not.
"""

from typing import Any, ClassVar

import numpy as np
from scipy.special import log_softmax, logsumexp

from nnviz.checks import received


class Classes:
    """One class out of several for each sample: y is (n,), the outputs are a softmax.

    Parameters
    ----------
    classes : ndarray, (classes,)
        All different, sorted.
    """

    output: ClassVar[str] = "softmax"

    def __init__(self, classes: np.ndarray):
        self.classes = classes

    def encode(self, y: np.ndarray, dtype: Any) -> np.ndarray:
        """Return one-hot targets, (n, classes).

        Raises
        ------
        ValueError
            If `y` has several columns, or holds what is none of the classes.
        """
        if y.ndim != 1:
            raise ValueError(
                f"y must be one class for each sample, as at first. Received shape {y.shape}; "
                "expected (n,)."
            )
        found, places = np.unique(y, return_inverse=True)
        # By Python's equality: NumPy would take the word "1" and the number 1 for the same.
        number_of = {label: number for number, label in enumerate(self.classes.tolist())}
        unknown = [label for label in found.tolist() if label not in number_of]
        if unknown:
            raise ValueError(
                f"y holds labels that are not among the classes. Received: {received(unknown)}; "
                f"classes: {received(self.classes.tolist())}."
            )
        numbers = np.array([number_of[label] for label in found.tolist()])[places]
        targets = np.zeros((len(y), len(self.classes)), dtype)
        targets[np.arange(len(y)), numbers] = 1
        return targets

    def decide(self, z: np.ndarray) -> np.ndarray:
        """Return ln p/(1 - p) of each class, (n, classes); of two, (n,), that of the second."""
        if len(self.classes) == 2:
            return z[:, 1] - z[:, 0]
        # ln p/(1 - p) is z less the logarithm of the sum of all others' exponentials. From p itself
        # it is exact but for the largest, where 1 - p may be rounded to 0.
        rows, largest = np.arange(len(z)), z.argmax(axis=1)
        others = z.copy()
        others[rows, largest] = -np.inf
        log_p = log_softmax(z, axis=1)
        p = np.exp(log_p)
        p[rows, largest] = 0
        odds = log_p - np.log1p(-p)
        odds[rows, largest] = z[rows, largest] - logsumexp(others, axis=1)
        return odds

    def decode(self, y_pred: np.ndarray) -> np.ndarray:
        """Return the most probable class of each sample, (n,)."""
        return self.classes[y_pred.argmax(axis=1)]


class Labels:
    """Any of several labels for each sample: y is 0s and 1s, (n, labels), the outputs sigmoids.

    Parameters
    ----------
    count : int
        How many labels there are: the columns of y, whose numbers are the `classes`.
    """

    output: ClassVar[str] = "sigmoid"

    def __init__(self, count: int):
        self.classes = np.arange(count)

    def encode(self, y: np.ndarray, dtype: Any) -> np.ndarray:
        """Return y as targets, (n, labels).

        Raises
        ------
        ValueError
            If `y` has another number of columns, or other values than 0 and 1.
        """
        if y.shape[1:] != self.classes.shape:
            raise ValueError(
                f"y must have a column for each label, as at first. Received shape {y.shape}; "
                f"expected (n, {len(self.classes)})."
            )
        others = [value for value in distinct(y).tolist() if value not in (0, 1)]
        if others:
            raise ValueError(
                "A y of several columns says which of several labels hold, by 0 and 1. "
                f"Received: {received(others[0])} in shape {y.shape}. For one class out of "
                "several make it (n,)."
            )
        return y.astype(dtype)

    def decide(self, z: np.ndarray) -> np.ndarray:
        """Return ln p/(1 - p) of each label, (n, labels): of a sigmoid that is z."""
        return z

    def decode(self, y_pred: np.ndarray) -> np.ndarray:
        """Return 1 where a label is more probable than not, else 0, (n, labels)."""
        return (y_pred > 0.5).astype(int)


def coding_of(y: np.ndarray) -> Classes | Labels:
    """Return how to read a y, (n,) or (n, labels)."""
    return Labels(y.shape[1]) if y.ndim == 2 else Classes(distinct(y))


def distinct(values: Any) -> np.ndarray:
    """Return the different values, sorted; ValueError if they are of several kinds."""
    try:
        return np.unique(values)
    except TypeError as error:
        kinds = sorted({type(value).__name__ for value in np.ravel(np.asarray(values, object))})
        raise ValueError(
            f"Labels must be of one kind, numbers or words. Received: {' and '.join(kinds)}."
        ) from error
