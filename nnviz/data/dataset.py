"""A data set in memory, its split into training and test samples, and its scaling."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nnviz.rows import Rows, Scaler, beside_ones


@dataclass(frozen=True)
class Dataset:
    """Samples with one class each.

    Attributes
    ----------
    id, label, about : str
        Name in code and links, name for people, one sentence with the source.
    x : ndarray, (n, features), float32 or uint8
        Raw values, unscaled. Bytes stay bytes: they are scaled batch by batch (`Rows`).
    labels : ndarray, (n,), intp
        Class numbers from 0.
    classes : tuple of str
        Names of the classes.
    maximum : float
        The largest value that `x` can take; 0 is the smallest.
    image_shape : tuple of int or None
        (height, width) where a sample is an image.
    outputs : int or None
        Output units of a network for it; None: one for each class. 1 for two classes that one
        unit tells apart.
    own_split : tuple of slice, or None
        Rows of the training and of the test samples, where the data set comes with its own.
    """

    id: str
    label: str
    about: str
    x: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    maximum: float
    image_shape: tuple[int, int] | None = None
    outputs: int | None = None
    own_split: tuple[slice, slice] | None = None

    def targets(self, rows: np.ndarray | slice) -> np.ndarray:
        """Return what the network is to answer for some rows, (n, outputs), float32.

        1 at the true class and 0 elsewhere; the class itself, 0 or 1, where there is one output.
        """
        labels = self.labels[rows]
        if self.outputs == 1:
            return labels[:, None].astype(np.float32)
        return np.eye(len(self.classes), dtype=np.float32)[labels]

    @property
    def output_names(self) -> tuple[str, ...]:
        """What each output unit stands for."""
        return self.classes[-1:] if self.outputs == 1 else self.classes


# Samples, (n, features) float32 or `Rows`; targets, (n, outputs); class numbers, (n,).
Samples = tuple[np.ndarray | Rows, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Split:
    """Scaled samples, each part as (x, targets, labels).

    Attributes
    ----------
    training, test : Samples
        All of them.
    measured_training, measured_test : Samples
        What a run is measured on while it trains: the same ones, or a fixed sample of them where
        all would take too long.
    scale : Scaler
        Does to other raw values what was done to these.
    pool : Samples or None
        What mini-batches are drawn from, where that is not `training` itself.
    """

    training: Samples
    test: Samples
    measured_training: Samples
    measured_test: Samples
    scale: Scaler
    pool: Samples | None = None

    @property
    def is_sampled(self) -> bool:
        """Whether there are more samples than those measured while a run trains."""
        return (
            self.measured_training is not self.training or self.measured_test is not self.test
        )

    @property
    def drawn_from(self) -> Samples:
        """The samples that mini-batches are drawn from."""
        return self.training if self.pool is None else self.pool


@dataclass(frozen=True)
class Scaling:
    """What is done to the raw values; `fit` learns it from the training samples alone."""

    id: str
    label: str
    fit: Callable[[np.ndarray, float], Scaler]


def _standardize(x: np.ndarray, maximum: float) -> Scaler:
    mean, deviation = _moments(x) if x.dtype == np.uint8 else (x.mean(axis=0), x.std(axis=0))
    # A pixel that never changes has no spread to divide by.
    deviation = np.where(deviation > 0, deviation, 1)
    return Scaler(mean.astype(np.float32), deviation.astype(np.float32))


def _moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of each column of bytes, exactly, a few rows at a time."""
    total, squares = np.zeros((2, x.shape[1]), np.int64)
    for start in range(0, len(x), 1024):
        rows = x[start : start + 1024].astype(np.int64)
        total += rows.sum(axis=0)
        squares += np.einsum("ij,ij->j", rows, rows)
    # n times the sum of squares, less the square of the sum, in whole numbers: no cancellation.
    return total / len(x), np.sqrt(len(x) * squares - total * total) / len(x)


SCALINGS: dict[str, Scaling] = {
    item.id: item
    for item in (
        Scaling("unit", "0 to 1", lambda x, maximum: Scaler(divisor=np.float32(maximum))),
        Scaling("standard", "mean 0, deviation 1", _standardize),
        Scaling("none", "as they are", lambda x, maximum: Scaler()),
    )
}


# Samples that a run is measured on while it trains, at most: each frame of a page waits for them.
MEASURED_TRAINING, MEASURED_TEST = 1000, 2000
FEW_NUMBERS = 2**19  # inputs of all samples together that are measured in any case: the digits'
SPLIT_SEED = 0  # one split for all runs: what differs between two seeds is then the weights alone


def tested_samples(samples: int, test_share: float) -> int:
    """Return how many of `samples` a share leaves for testing: one at least on each side."""
    return min(max(round(samples * test_share), 1), samples - 1)


def split(dataset: Dataset, test_share: float, scaling: str) -> Split:
    """Divide a data set, at random where it brings no split of its own, and scale it.

    Parameters
    ----------
    dataset : Dataset
    test_share : float
        Share of the samples kept for testing, above 0 and below 1; at least one sample
        falls on each side.
    scaling : str
        Id of a scaling in `SCALINGS`.
    """
    if dataset.own_split is None:
        tested = tested_samples(len(dataset.x), test_share)
        order = np.random.default_rng(SPLIT_SEED).permutation(len(dataset.x))
        training, test = order[tested:], order[:tested]
    else:
        training, test = dataset.own_split
    scale = SCALINGS[scaling].fit(dataset.x[training], dataset.maximum)

    def part(rows: np.ndarray | slice) -> Samples:
        raw = dataset.x[rows]
        x = Rows(raw, scale) if raw.dtype == np.uint8 else scale(raw)
        return x, dataset.targets(rows), dataset.labels[rows]

    training, test = part(training), part(test)
    measured = _sample(training, MEASURED_TRAINING), _sample(test, MEASURED_TEST)
    return Split(training, test, *measured, scale)


def _sample(samples: Samples, most: int) -> Samples:
    """Return so many of the samples, in their order, always the same ones; all if few or small."""
    x, y, labels = samples
    if len(x) <= most or len(x) * x.shape[1] <= FEW_NUMBERS:
        return samples
    rows = np.sort(np.random.default_rng(SPLIT_SEED).choice(len(x), most, replace=False))
    return beside_ones(x[rows])[:, :-1], y[rows], labels[rows]
