"""A data set in memory, its split into training and test samples, and its scaling."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Dataset:
    """Samples with one class each.

    Attributes
    ----------
    id, label, about : str
        Name in code and links, name for people, one sentence with the source.
    x : ndarray, (n, features), float32
        Raw values, unscaled.
    labels : ndarray, (n,), intp
        Class numbers from 0.
    classes : tuple of str
        Names of the classes.
    maximum : float
        The largest value that `x` can take; 0 is the smallest.
    image_shape : tuple of int or None
        (height, width) where a sample is an image.
    """

    id: str
    label: str
    about: str
    x: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    maximum: float
    image_shape: tuple[int, int] | None = None

    def one_hot(self) -> np.ndarray:
        """Return targets, (n, classes), float32: 1 at the true class."""
        return np.eye(len(self.classes), dtype=np.float32)[self.labels]


@dataclass(frozen=True)
class Split:
    """Scaled training and test samples, each as (x, y one-hot, labels)."""

    training: tuple[np.ndarray, np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Scaling:
    """What is done to the raw values; `fit` learns it from the training samples alone."""

    id: str
    label: str
    fit: Callable[[np.ndarray, float], Callable[[np.ndarray], np.ndarray]]


def _standardize(x: np.ndarray, maximum: float) -> Callable[[np.ndarray], np.ndarray]:
    mean, deviation = x.mean(axis=0), x.std(axis=0)
    # A pixel that never changes has no spread to divide by.
    deviation = np.where(deviation > 0, deviation, 1)
    return lambda values: (values - mean) / deviation


SCALINGS: dict[str, Scaling] = {
    item.id: item
    for item in (
        Scaling("unit", "0 to 1", lambda x, maximum: lambda values: values / maximum),
        Scaling("standard", "mean 0, deviation 1", _standardize),
        Scaling("none", "as they are", lambda x, maximum: lambda values: values),
    )
}


SPLIT_SEED = 0  # one split for all runs: what differs between two seeds is then the weights alone


def split(dataset: Dataset, test_share: float, scaling: str) -> Split:
    """Divide a data set at random and scale it.

    Parameters
    ----------
    dataset : Dataset
    test_share : float
        Share of the samples kept for testing, above 0 and below 1; at least one sample
        falls on each side.
    scaling : str
        Id of a scaling in `SCALINGS`.
    """
    samples = len(dataset.x)
    tested = min(max(round(samples * test_share), 1), samples - 1)
    order = np.random.default_rng(SPLIT_SEED).permutation(samples)
    targets = dataset.one_hot()
    scale = SCALINGS[scaling].fit(dataset.x[order[tested:]], dataset.maximum)

    def part(rows):
        x = scale(dataset.x[rows]).astype(np.float32, copy=False)
        return x, targets[rows], dataset.labels[rows]

    return Split(training=part(order[tested:]), test=part(order[:tested]))
