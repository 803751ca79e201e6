"""Warped copies of handwritten digits, for networks that are to read other people's hands.

A copy is warped as a drawing, before crop and fit, and then goes through the very code that a
drawing goes through (`ink`).
"""

from dataclasses import dataclass

import numpy as np

from nnviz.ink import TARGETS, Target

_KNOTS = 3  # a side of the grid whose points are pushed about; between them it bends smoothly
_AT_ONCE = 32  # images that stay in the processor's cache while they are warped


@dataclass(frozen=True)
class Warp:
    """How far copies differ from their image.

    Attributes
    ----------
    copies : int
        Of each image, in a training set.
    rotation, shear, scale : float
        Each drawn evenly from minus to plus so much: degrees; columns a row; logarithm of the
        factors of height and width.
    bend : float
        Standard deviation of what the points of a grid over the image are moved by; 1 is half
        the image's side.
    level : tuple of float
        Lowest and highest grey that becomes ink, drawn evenly: strokes of different width.
    enlarged : int
        Pixels a side that images are smoothly enlarged to before.
    reach : float
        Half the side of the drawing, where half the side of the enlarged image is 1.
    drawn : int
        Pixels a side of the drawing.
    """

    copies: int
    rotation: float
    shear: float
    scale: float
    bend: float
    level: tuple[float, float]
    enlarged: int
    reach: float
    drawn: int


# Found by trial on drawings of digits by other writers (`benchmarks.drawing`): 13 writers leave
# more to be made up than MNIST's 500.
WARPS: dict[tuple[int, int], Warp] = {
    (8, 8): Warp(12, 15, 0.2, 0.35, 0.1, (0.35, 0.6), enlarged=30, reach=1.25, drawn=36),
    (28, 28): Warp(2, 12, 0.2, 0.1, 0.05, (0.3, 0.7), enlarged=28, reach=0.92, drawn=40),
}


class Draws:
    """What is drawn at random for each of some copies.

    Parameters
    ----------
    warp : Warp
    count : int
    rng : Generator

    Attributes
    ----------
    angle, shear, level : ndarray, (count,), float32
        Radians; columns a row; grey.
    factors : ndarray, (2, count), float32
        Of height and width.
    bend : ndarray, (2, count, 3, 3), float32
        What the grid's points are moved by, rows and columns.
    """

    def __init__(self, warp: Warp, count: int, rng: np.random.Generator):
        def evenly(most: float, *shape: int) -> np.ndarray:
            return rng.uniform(-most, most, (*shape, count)).astype(np.float32)

        self.angle = evenly(np.deg2rad(warp.rotation))
        self.shear = evenly(warp.shear)
        self.factors = np.exp(evenly(warp.scale, 2))
        self.level = rng.uniform(*warp.level, count).astype(np.float32)
        self.bend = rng.standard_normal((2, count, _KNOTS, _KNOTS), np.float32)
        self.bend *= np.float32(warp.bend)

    def of(self, copies: np.ndarray) -> "Draws":
        """Return what was drawn for the copies of these numbers."""
        part = object.__new__(Draws)
        part.angle, part.shear, part.level = (
            array[copies] for array in (self.angle, self.shear, self.level)
        )
        part.factors, part.bend = self.factors[:, copies], self.bend[:, copies]
        return part


def copy(images: np.ndarray, target: Target, draws: Draws) -> np.ndarray:
    """Return a warped copy of each image, as `target` would have it.

    Parameters
    ----------
    images : ndarray, (n, height * width)
        In the data set's units.
    target : Target
        8 x 8 or 28 x 28.
    draws : Draws
        Of n copies.

    Returns
    -------
    ndarray, (n, height * width), uint8
        What an image becomes depends on it and what was drawn for it alone, not on the others.
    """
    grey = images.reshape(-1, *target.shape) / np.float32(target.maximum)
    made = np.empty(images.shape, np.uint8)
    for start in range(0, len(grey), _AT_ONCE):
        part = np.arange(start, min(start + _AT_ONCE, len(grey)))
        values = target.fit(draw(grey[part], WARPS[target.shape], draws.of(part)))[1]
        made[part] = np.minimum(np.rint(values), target.maximum)
    return made


def draw(grey: np.ndarray, warp: Warp, draws: Draws) -> np.ndarray:
    """Return warped images as drawings, (n, drawn, drawn), bool.

    Parameters
    ----------
    grey : ndarray, (n, height, width)
        0 to 1.
    warp : Warp
    draws : Draws
    """
    # A pixel around each, so that the outline is smooth on the outside as well.
    padded = np.pad(grey, ((0, 0), (1, 1), (1, 1)))
    enlarge = _interpolation(padded.shape[1], warp.enlarged)
    images = enlarge @ padded @ enlarge.T
    place = np.linspace(-1, 1, 2 * warp.drawn + 1, dtype=np.float32)[1::2] * np.float32(warp.reach)
    down, right = place[:, None], place
    cosine, sine, shear = np.cos(draws.angle), np.sin(draws.angle), draws.shear
    height, width = draws.factors
    smooth = _interpolation(_KNOTS, warp.drawn)
    rows, columns = smooth @ draws.bend @ smooth.T
    # Where each pixel of the drawing lies in the image: scaled, sheared, turned, bent.
    rows += _each(cosine * height) * down
    rows -= _each(sine * width) * right
    columns += _each((sine + cosine * shear) * height) * down
    columns += _each(cosine * width) * right
    drawings = _look_up(images, rows, columns) > _each(draws.level)
    # Ink that all fell below the level: the darkest spot is kept.
    blank = ~drawings.any(axis=(1, 2))
    drawings[blank, warp.drawn // 2 - 2 : warp.drawn // 2 + 2, warp.drawn // 2] = True
    return drawings


def _each(values: np.ndarray) -> np.ndarray:
    return values[:, None, None]


def _interpolation(size: int, to: int) -> np.ndarray:
    """Return the weights, (to, size), that enlarge a row of pixels smoothly; outside it is 0.

    Keys, Cubic convolution interpolation for digital image processing, 1981, with a = -1/2.
    """
    places = (np.arange(to) + 0.5) * size / to - 0.5
    distance = np.abs(places[:, None] - np.arange(size))
    near = 1.5 * distance**3 - 2.5 * distance**2 + 1
    far = -0.5 * distance**3 + 2.5 * distance**2 - 4 * distance + 2
    return np.where(distance < 1, near, np.where(distance < 2, far, 0)).astype(np.float32)


def _look_up(images: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return the images at places between their pixels, by bilinear interpolation.

    Parameters
    ----------
    images : ndarray, (n, size, size), float32
    rows, columns : ndarray, (n, height, width), float32
        -1 to 1 from edge to edge; used up. Outside: the nearest pixel.
    """
    n, size = images.shape[:2]
    for places in (rows, columns):
        places += 1
        places *= np.float32(size / 2)
        places -= np.float32(0.5)
        np.clip(places, 0, np.float32(size - 1.001), out=places)
    index = rows.astype(np.intp)
    rows -= index
    index *= size
    whole = columns.astype(np.intp)
    columns -= whole
    index += whole
    index += _each(np.arange(n) * size**2)
    flat = images.reshape(-1)
    upper, lower = (_between(flat, start, columns) for start in (index, index + size))
    lower -= upper
    lower *= rows
    return upper + lower


def _between(flat: np.ndarray, index: np.ndarray, share: np.ndarray) -> np.ndarray:
    left = flat.take(index)
    right = flat.take(index + 1)
    right -= left
    right *= share
    return left + right


def target_of(shape: tuple[int, int] | None) -> Target | None:
    """Return what images of a shape are to become; None where copies are not made of such."""
    return next((target for target in TARGETS.values() if target.shape == shape), None)
