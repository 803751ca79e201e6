"""From strokes to the images of a data set, as those were made: on stacks of many at once.

A stack is (n, height, width), true where there is ink. The augmented copies that a network is
trained on and the drawing that it is asked about both go through these functions.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Switches:
    """The stages between ink and input, each of which can be left out.

    Attributes
    ----------
    crop : bool
        Off: the whole canvas is fitted, not the ink alone.
    keep_aspect : bool
        Keep the proportions of the data set: a drawing's own for MNIST; 20 wide and 32 high
        for 8 x 8. Off: the ink is stretched over a square.
    centre : bool
        Off: the ink stays at the upper left.
    thickness : bool
        Off: strokes keep the thickness they were drawn with.
    slant : bool
        For 8 x 8 alone. Off: slanting digits stay so.
    """

    crop: bool = True
    keep_aspect: bool = True
    centre: bool = True
    thickness: bool = True
    slant: bool = True


ALL_STAGES = Switches()


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
    fit: Callable[[np.ndarray, Switches], tuple[np.ndarray, np.ndarray]]


def boxes(ink: np.ndarray) -> np.ndarray:
    """Return the box around the ink of each image, (4, n): top, bottom, left, right.

    Bottom and right are the first row and column behind the ink. There must be some.
    """
    rows, columns = ink.any(axis=2), ink.any(axis=1)
    height, width = ink.shape[1:]
    return np.array([
        rows.argmax(axis=1), height - rows[:, ::-1].argmax(axis=1),
        columns.argmax(axis=1), width - columns[:, ::-1].argmax(axis=1),
    ], dtype=float)


def resample(images: np.ndarray, box: np.ndarray, height: int, width: int) -> np.ndarray:
    """Cut a box out of each image and average over the area of each new pixel.

    Parameters
    ----------
    images : ndarray, (n, rows, columns)
        What lies outside them counts as 0.
    box : ndarray, (4, n)
        Top, bottom, left, right, in pixels, with fractions.
    height, width : int

    Returns
    -------
    ndarray, (n, height, width), float32
        Row shares times image times column shares: two matrix products an image.
    """
    top, bottom, left, right = box
    rows = _shares(top, bottom, height, images.shape[1])
    columns = _shares(left, right, width, images.shape[2])
    return rows @ images.astype(np.float32) @ columns.transpose(0, 2, 1)


def _shares(start: np.ndarray, end: np.ndarray, cells: int, size: int) -> np.ndarray:
    """Return how much of each of the cells between start and end each pixel makes up."""
    step = (end - start) / cells
    edges = start[:, None] + step[:, None] * np.arange(cells + 1)
    pixels = np.arange(size)
    shares = np.minimum(edges[:, 1:, None], pixels + 1)
    shares -= np.maximum(edges[:, :-1, None], pixels)
    np.maximum(shares, 0, out=shares)
    return (shares / step[:, None, None]).astype(np.float32)


def _with_neighbours(images: np.ndarray, combine: np.ufunc, outside: float) -> np.ndarray:
    """Combine each pixel with the four beside it."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)), constant_values=outside)
    combined = combine(images, padded[:, :-2, 1:-1])
    for beside in (padded[:, 2:, 1:-1], padded[:, 1:-1, :-2], padded[:, 1:-1, 2:]):
        combine(combined, beside, out=combined)
    return combined


# ---------------------------------------------------------------- 8 x 8

_BITMAP = 32  # pixels a side of the bitmap; each 4 x 4 of them make one pixel of 8 x 8
_DIGIT_WIDTH = 20  # of them, what a digit is made to fill; it fills all rows
_FEW, _MANY = (256, 108), (412, 560)  # on-pixels: beyond the first once, beyond the second twice
_NOISY_ROWS = 2  # at either end, not looked at to find the slant


def fit_8x8(ink: np.ndarray, switches: Switches = ALL_STAGES) -> tuple[np.ndarray, np.ndarray]:
    """Return 32 x 32 bitmaps and the counts of their 4 x 4 blocks, 0 to 16.

    Notes
    -----
    The steps and numbers of the programs that made the data: Garris and others, NIST
    form-based handprint recognition system, NISTIR 5469, 1994. The ink is stretched to 20 x 32,
    whatever its proportions; strokes are made thinner or thicker by a pixel a side, once or
    twice, where more than 412 or 560, fewer than 256 or 108 pixels are on; rows are shifted
    until the first pixels of the third row and the third last stand above each other. Then
    Alpaydin and Kaynak counted (see `data.digits`).
    """
    box = _canvas(ink) if not switches.crop else boxes(ink)
    width = _DIGIT_WIDTH if switches.crop and switches.keep_aspect else _BITMAP
    if not switches.crop and switches.keep_aspect:
        box = _squared(box)
    margin = (_BITMAP - width) // 2 if switches.centre else 0
    bitmaps = np.zeros((len(ink), _BITMAP, _BITMAP), bool)
    bitmaps[:, :, margin : margin + width] = resample(ink, box, _BITMAP, width) > 0.5
    if switches.thickness:
        _even_out(bitmaps)
    if switches.slant:
        bitmaps = _upright(bitmaps)
    blocks = bitmaps.reshape(len(ink), 8, 4, 8, 4)
    return bitmaps, blocks.sum(axis=(2, 4)).reshape(len(ink), 64).astype(np.float32)


def _even_out(bitmaps: np.ndarray) -> None:
    """Bring the number of on-pixels towards that of the data, in place."""
    count = bitmaps.sum(axis=(1, 2))
    for few, many in zip(_FEW, _MANY, strict=True):
        thin, thick = count < few, count > many
        bitmaps[thin] = _with_neighbours(bitmaps[thin], np.logical_or, False)
        # Ink goes on outside: else a digit that fills all rows would lose the first and last.
        bitmaps[thick] = _with_neighbours(bitmaps[thick], np.logical_and, True)


def _upright(bitmaps: np.ndarray) -> np.ndarray:
    """Shift rows sideways, in proportion to their height, so that digits stand upright."""
    top, bottom = boxes(bitmaps)[:2].astype(int)
    first, last = top + _NOISY_ROWS, bottom - 1 - _NOISY_ROWS
    each, rows, columns = np.arange(len(bitmaps)), np.arange(_BITMAP), np.arange(_BITMAP)
    # Shorter than five rows: nothing to align.
    upper, lower = bitmaps[each, np.minimum(first, _BITMAP - 1)], bitmaps[each, last]
    known = upper.any(axis=1) & lower.any(axis=1) & (last > first)
    slope = np.zeros(len(bitmaps))
    np.divide(
        upper.argmax(axis=1) - lower.argmax(axis=1), last - first, out=slope, where=known
    )
    shift = np.floor((rows - _BITMAP // 2) * slope[:, None] + 0.5).astype(int)
    source = columns - shift[:, :, None]
    inside = (source >= 0) & (source < _BITMAP)
    return np.take_along_axis(bitmaps, source.clip(0, _BITMAP - 1), axis=2) & inside


# ---------------------------------------------------------------- 28 x 28

_FIELD = 28
_BOX = 20  # pixels that the longer side of a digit fills
_MIDDLE = 14.5  # where the centre of mass comes to lie: the middle of pixel 14, counted from 0
_FINE = 2  # pixels to one of the box while the thickness is changed
_MARGIN = 12  # fine pixels on each side, room for thicker strokes
_STROKE = 0.12  # thickness of MNIST's strokes over the longer side: the median of 400 digits
_MOST_TAKEN = 0.25  # share of a stroke's thickness that may go: beyond, thin places would break


def fit_28x28(ink: np.ndarray, switches: Switches = ALL_STAGES) -> tuple[np.ndarray, np.ndarray]:
    """Return fitted images and the same as 0 to 255, centred.

    Notes
    -----
    As MNIST was made (LeCun, Cortes and Burges, The MNIST database of handwritten digits): the
    longer side fills 20 pixels, with anti-aliasing; the centre of mass comes to lie at the centre
    of 28 x 28. The strokes' thickness was left as it was there, and is evened out here.
    """
    box = boxes(ink) if switches.crop else _canvas(ink)
    if switches.keep_aspect:
        box = _squared(box)
    if switches.thickness:
        ink, box = _with_thickness(ink, box, switches.crop)
        box = _squared(box) if switches.keep_aspect else box
    side = _BOX if switches.crop else _FIELD
    fitted = resample(ink, box, side, side)
    scale = (box[1::2] - box[::2]) / side
    top, left = box[::2]
    if switches.centre:
        top, left = _centre_of_mass(ink) - scale * _MIDDLE
    height, width = scale * _FIELD
    field = np.array([top, top + height, left, left + width])
    images = resample(ink, field, _FIELD, _FIELD)
    return fitted, (images * np.float32(255)).reshape(len(ink), _FIELD**2)


def _canvas(ink: np.ndarray) -> np.ndarray:
    height, width = ink.shape[1:]
    return np.tile([[0.0], [height], [0.0], [width]], len(ink))


def _squared(box: np.ndarray) -> np.ndarray:
    """Return the square with a box in its middle."""
    top, bottom, left, right = box
    half = np.maximum(bottom - top, right - left) / 2
    row, column = (top + bottom) / 2, (left + right) / 2
    return np.array([row - half, row + half, column - half, column + half])


def _centre_of_mass(images: np.ndarray) -> np.ndarray:
    """Return row and column, (2, n), 0 at the edge of the first pixel."""
    mass = np.maximum(images.sum(axis=(1, 2)), 1e-9)
    rows, columns = (np.arange(size) + 0.5 for size in images.shape[1:])
    return np.array([images.sum(axis=2) @ rows, images.sum(axis=1) @ columns]) / mass


def _with_thickness(
    ink: np.ndarray, box: np.ndarray, is_cropped: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return the ink with strokes of MNIST's thickness, at `_FINE` pixels to one, and its box.

    With w the thickness, L the longer side and s the ratio wanted, a change by d on each side
    gives w + 2 d = s (L + 2 d). Thickness is twice the area over the outline's length, which
    for outlines in all directions is pi / 4 of the steps between pixels.
    """
    side = _BOX * _FINE
    scale = (box[1::2] - box[::2]) / side
    top, left = box[::2] - scale * _MARGIN
    size = side + 2 * _MARGIN
    around = np.array([top, top + scale[0] * size, left, left + scale[1] * size])
    fine = resample(ink, around, size, size)
    solid = fine > 0.5
    outline = np.pi / 4 * sum(
        np.count_nonzero(np.diff(solid, axis=axis), axis=(1, 2)) for axis in (1, 2)
    )
    thickness = 2 * solid.sum(axis=(1, 2)) / np.maximum(outline, 1)
    inked = boxes(solid | (fine >= fine.max(axis=(1, 2), keepdims=True)))
    longer = np.maximum(inked[1] - inked[0], inked[3] - inked[2])
    change = (_STROKE * longer - thickness) / (2 * (1 - _STROKE))
    change = np.clip(change, -_MOST_TAKEN * thickness, _MARGIN - 1)
    if is_cropped:
        new_box = np.array([
            inked[0] - change, inked[1] + change, inked[2] - change, inked[3] + change
        ])
    else:
        new_box = np.tile([[_MARGIN], [size - _MARGIN], [_MARGIN], [size - _MARGIN]], len(ink))
    return _grown(fine, change), new_box


def _grown(images: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Return images whose ink reaches further by `change` pixels (less far where negative)."""
    images = images.copy()
    for combine, distance in ((np.maximum, change), (np.minimum, -change)):
        for step in range(int(np.ceil(max(0, distance.max())))):
            changing = np.flatnonzero(distance > step)
            part = images[changing]
            # By turns with the four neighbours and the eight, which makes corners round.
            moved = _with_neighbours(part, combine, 0)
            if step % 2:
                moved = combine(moved, _diagonal(part, combine))
            share = np.minimum(distance[changing] - step, 1)[:, None, None].astype(np.float32)
            images[changing] = part + share * (moved - part)
    return images


def _diagonal(images: np.ndarray, combine: np.ufunc) -> np.ndarray:
    """Combine the four pixels that touch each pixel's corners."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    ends = ((0, -2), (2, None))
    return combine.reduce([padded[:, a:b, c:d] for a, b in ends for c, d in ends])


TARGETS: dict[str, Target] = {
    "digits": Target((8, 8), 16.0, fit_8x8),
    "mnist": Target((28, 28), 255.0, fit_28x28),
}
