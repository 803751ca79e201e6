"""From strokes to the images of a data set, as those were made: on stacks of many at once.

A stack is (n, height, width), true where there is ink. The augmented copies that a network is
trained on and the drawing that it is asked about both go through these functions.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nnviz.ink.bitmaps import fit_8x8
from nnviz.ink.greys import fit_28x28
from nnviz.ink.stacks import ALL_STAGES, Switches

__all__ = ["ALL_STAGES", "TARGETS", "Switches", "Target"]


@dataclass(frozen=True)
class Target:
    """The images of a data set.

    Attributes
    ----------
    shape : tuple of int
        (height, width).
    maximum : float
        The largest value; 0 is the smallest.
    fit : callable
        ``fit(ink, switches)`` takes a stack, returns the stack of fitted images (each as the
        target's makers had it before the last step; 0 to 1) and the images (n, height * width),
        float32, 0 to `maximum`.
    """

    shape: tuple[int, int]
    maximum: float
    fit: Callable[..., tuple[np.ndarray, np.ndarray]]


TARGETS: dict[str, Target] = {
    "digits": Target((8, 8), 16.0, fit_8x8),
    "mnist": Target((28, 28), 255.0, fit_28x28),
}
