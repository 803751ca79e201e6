"""What an image resembles: the nearest samples, and the average image of each class."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Neighbour:
    """A sample near an image: its row, its class number, and how far away it is."""

    row: int
    label: int
    distance: float


class Likeness:
    """Compares images with labelled samples.

    Parameters
    ----------
    x : ndarray, (n, features)
        Samples, any real dtype; a float32 copy is kept.
    labels : ndarray, (n,)
        Class numbers.
    classes : int

    Attributes
    ----------
    x : ndarray, (n, features), float32
    averages : ndarray, (classes, features), float32
        The mean sample of each class; zeros for a class without samples.
    """

    def __init__(self, x: np.ndarray, labels: np.ndarray, classes: int):
        self.x = np.ascontiguousarray(x, np.float32)
        self.labels = labels
        self._squares = np.einsum("ij,ij->i", self.x, self.x)
        counts = np.bincount(labels, minlength=classes)
        sums = np.eye(classes, dtype=np.float32)[labels].T @ self.x
        self.averages = sums / np.maximum(counts, 1)[:, None].astype(np.float32)

    def nearest(self, image: np.ndarray, count: int) -> list[Neighbour]:
        """Return the samples nearest to an image, nearest first.

        Parameters
        ----------
        image : ndarray, (features,)
        count : int
            How many, at most; no more than there are samples.

        Notes
        -----
        Euclidean distance, as ``|x|² - 2 x·y + |y|²``: one product with all samples.
        """
        image = np.asarray(image, np.float32)
        squares = self._squares - 2 * (self.x @ image)
        count = min(count, len(squares))
        rows = np.argpartition(squares, count - 1)[:count]
        rows = rows[np.argsort(squares[rows], kind="stable")]
        # The difference once more for the few: the sum above loses digits where it is near 0.
        distances = np.linalg.norm(self.x[rows] - image, axis=1)
        return [
            Neighbour(int(row), int(self.labels[row]), float(distance))
            for row, distance in zip(rows, distances, strict=True)
        ]
