"""What a recipe is and what it returns."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnviz.checks import received
from nnviz.network import Network


@dataclass(frozen=True)
class Outcome:
    """A trained network and how it got there.

    Attributes
    ----------
    network : Network
    history : dict of str to list of float
        One number per epoch for each name ("loss", "accuracy").
    """

    network: Network
    history: dict[str, list[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Recipe:
    """One text, told for a page; all texts are Markdown.

    Attributes
    ----------
    id, title : str
    what : str
        What the text does.
    wrong : tuple of str
        Where it is wrong, one point each.
    change : str
        What the fix changes, with figures.
    run : callable
        Trains as the text means to and returns an `Outcome`.
    """

    id: str
    title: str
    what: str
    wrong: tuple[str, ...]
    change: str
    run: Callable[..., Outcome]


def checked_labels(name: str, labels: Any, classes: int = 10) -> np.ndarray:
    """Return class numbers as an array (n,).

    Raises
    ------
    ValueError
        If they are anything but whole numbers from 0 to `classes` - 1.
    """
    found = np.asarray(labels)
    if found.ndim != 1 or found.dtype.kind not in "iu" or not len(found) or not (
        found.min() >= 0 and found.max() < classes
    ):
        raise ValueError(
            f"{name} must be class numbers from 0 to {classes - 1}, shape (n,). "
            f"Received: {received(labels)}."
        )
    return found


def checked_pairs(training: Any, test: Any) -> tuple[tuple, tuple]:
    """Return training and test samples, (x, labels) each, checked.

    Raises
    ------
    ValueError
        If they are no such pairs, or do not fit each other.
    """
    pairs = []
    for name, pair in (("training", training), ("test", test)):
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise ValueError(f"{name} must be a pair (x, labels). Received: {received(pair)}.")
        x, labels = np.asarray(pair[0]), checked_labels(f"Labels of {name}", pair[1])
        if x.ndim != 2 or len(x) != len(labels):
            raise ValueError(
                f"{name} must be samples (n, features) with a label for each. Received shapes "
                f"{x.shape} and {labels.shape}."
            )
        pairs.append((x, labels))
    widths = [x.shape[1] for x, _ in pairs]
    if widths[0] != widths[1]:
        raise ValueError(
            "Training and test samples must have the same features. "
            f"Received: {widths[0]} features in training and {widths[1]} in test."
        )
    return pairs[0], pairs[1]
