"""Drawings for the benchmark: MNIST's digits as binary strokes of any size, place and thickness."""

import numpy as np
from scipy import ndimage

CANVAS = 280
SHARES = (0.4, 0.95)  # longer side of a drawing, of the canvas
THICKNESS = (0.05, 0.17)  # of a stroke, of the longer side
_MOST_TAKEN, _MOST_ADDED = 0.3, 0.5  # shares of a stroke's thickness


def filled(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the shape itself, enlarged smoothly, its strokes made thinner or thicker."""
    side = rng.uniform(*SHARES) * CANVAS
    shape = np.pad(_enlarged(image, side / max(_cropped(image > 0).shape)), CANVAS // 8)
    inside = ndimage.distance_transform_edt(shape)
    thickness = 4 * inside[shape].mean()  # in a bar, the mean distance from the edge is a quarter
    change = (rng.uniform(*THICKNESS) * side - thickness) / 2
    change = np.clip(change, -_MOST_TAKEN * thickness, _MOST_ADDED * thickness)
    outside = ndimage.distance_transform_edt(~shape)
    changed = _cropped(outside <= change if change > 0 else inside > -change)
    sized = ndimage.zoom(changed.astype(float), side / max(changed.shape), order=1)
    return _placed(sized > 0.5, rng)


def penned(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return its middle lines drawn with a round pen, as on a canvas."""
    side = rng.uniform(*SHARES) * CANVAS
    pen = rng.uniform(*THICKNESS) * side
    lines = thinned(_enlarged(image, 3))
    points = _points_along(lines)
    points -= points.min(axis=0)
    points *= (side - pen) / max(points.max(), 1)
    away = np.ones((points.max(axis=0) + pen + 3).astype(int), bool)
    away[tuple((points + pen / 2 + 0.5).astype(int).T)] = False
    return _placed(ndimage.distance_transform_edt(away) <= pen / 2, rng)


def thinned(shape: np.ndarray) -> np.ndarray:
    """Return the middle lines of a shape, (height, width), bool.

    Zhang and Suen, A fast parallel algorithm for thinning digital patterns, 1984.
    """
    shape = shape.copy()
    while True:
        before = np.count_nonzero(shape)
        for is_first in (True, False):
            around = np.pad(shape, 1)
            # The eight neighbours, clockwise from above.
            ring = [
                around[1 + row : 1 + row + shape.shape[0], 1 + column : 1 + column + shape.shape[1]]
                for row, column in
                ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
            ]
            inked = sum(part.astype(int) for part in ring)
            begins = sum(
                (~ring[k] & ring[(k + 1) % 8]).astype(int) for k in range(8)
            )
            above, right, below, left = ring[::2]
            open_ = (
                ~(above & right & below) & ~(right & below & left) if is_first
                else ~(above & right & left) & ~(above & below & left)
            )
            shape &= ~((inked >= 2) & (inked <= 6) & (begins == 1) & open_)
        if np.count_nonzero(shape) == before:
            return shape


def _points_along(lines: np.ndarray) -> np.ndarray:
    """Return the points of lines, (n, 2), with three more between any two that touch."""
    points = [np.argwhere(lines).astype(float)]
    for row, column in ((0, 1), (1, 0), (1, 1), (1, -1)):
        shifted = np.roll(lines, (-row, -column), axis=(0, 1))  # nothing lies at the edges
        touching = np.argwhere(lines & shifted).astype(float)
        points += [touching + share * np.array([row, column]) for share in (0.25, 0.5, 0.75)]
    return np.concatenate(points)


def _enlarged(image: np.ndarray, factor: float) -> np.ndarray:
    return ndimage.zoom(np.pad(image, 2) / 255, factor, order=3) > 0.5


def _cropped(shape: np.ndarray) -> np.ndarray:
    rows, columns = np.flatnonzero(shape.any(axis=1)), np.flatnonzero(shape.any(axis=0))
    return shape[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _placed(shape: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a canvas with a shape anywhere on it, bool."""
    shape = _cropped(shape)[:CANVAS, :CANVAS]
    canvas = np.zeros((CANVAS, CANVAS), bool)
    top, left = (rng.integers(0, CANVAS - size + 1) for size in shape.shape)
    canvas[top : top + shape.shape[0], left : left + shape.shape[1]] = shape
    return canvas


WAYS = {"shape": filled, "pen": penned}
