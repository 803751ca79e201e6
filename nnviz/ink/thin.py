"""Strokes that would vanish in a small image are made thicker while the drawing is still large."""

import numpy as np
from scipy import ndimage

THINNEST = 0.08  # of a stroke, of the drawing's longer side


def thickness_of(ink: np.ndarray) -> float:
    """Return how thick the strokes of a drawing are, in pixels.

    Parameters
    ----------
    ink : ndarray, (height, width), bool

    Notes
    -----
    Twice the area over the outline's length, which for outlines in all directions is pi / 4 of the
    steps between pixels.
    """
    padded = np.pad(ink, 1)
    outline = sum(np.count_nonzero(np.diff(padded, axis=axis)) for axis in (0, 1))
    return 2 * np.count_nonzero(ink) / (np.pi / 4 * max(outline, 1))


def thickened(ink: np.ndarray, is_cropped: bool) -> np.ndarray:
    """Return a drawing whose strokes are no thinner than `THINNEST`.

    Parameters
    ----------
    ink : ndarray, (height, width), bool
        Some of it true.
    is_cropped : bool
        The array ends where the ink does, and is to be enlarged with it.

    Notes
    -----
    With w the thickness, L the longer side and s the ratio wanted, a change by d on each side
    gives w + 2 d = s (L + 2 d).
    """
    longer = max(np.ptp(np.flatnonzero(ink.any(axis=axis))) + 1 for axis in (0, 1))
    lacking = (THINNEST * longer - thickness_of(ink)) / (2 * (1 - THINNEST))
    if lacking <= 0:
        return ink
    if is_cropped:
        ink = np.pad(ink, int(np.ceil(lacking)))
    return ndimage.distance_transform_edt(~ink) <= lacking
