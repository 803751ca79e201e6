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
        Keep the proportions of the data set: a drawing's own for MNIST; about 20 wide and 32
        high for 8 x 8. Off: the ink is stretched over a square.
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
    fit: Callable[..., tuple[np.ndarray, np.ndarray]]


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
    step = ((end - start) / cells).astype(np.float32)
    edges = step[:, None] * np.arange(cells + 1, dtype=np.float32)
    edges += start.astype(np.float32)[:, None]
    # How much of each pixel lies before each edge.
    before = edges[:, :, None] - np.arange(size, dtype=np.float32)
    np.clip(before, 0, 1, out=before)
    shares = before[:, 1:] - before[:, :-1]
    shares /= step[:, None, None]
    return shares


def _with_neighbours(images: np.ndarray, combine: np.ufunc, outside: float) -> np.ndarray:
    """Combine each pixel with the four beside it."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)), constant_values=outside)
    combined = combine(images, padded[:, :-2, 1:-1])
    for beside in (padded[:, 2:, 1:-1], padded[:, 1:-1, :-2], padded[:, 1:-1, 2:]):
        combine(combined, beside, out=combined)
    return combined


# ---------------------------------------------------------------- 8 x 8

_BITMAP = 32  # pixels a side of the bitmap; each 4 x 4 of them make one pixel of 8 x 8
_USUAL = 20 / _BITMAP  # width over height that NIST's programs gave every digit
_OWN = 0.25  # how far a drawing's own proportions count: 0 not at all, 1 alone
_STEEPEST = 1.0  # columns a row by which slant is taken out at most
_FEW, _MANY = (256, 108), (412, 560)  # on-pixels: beyond the first once, beyond the second twice


def fit_8x8(ink: np.ndarray, switches: Switches = ALL_STAGES) -> tuple[np.ndarray, np.ndarray]:
    """Return 32 x 32 bitmaps and the counts of their 4 x 4 blocks, 0 to 16.

    Notes
    -----
    After the programs that made the data: Garris and others, NIST form-based handprint
    recognition system, NISTIR 5469, 1994. They stretch the ink to 20 x 32, whatever its
    proportions; make strokes thinner or thicker by a pixel a side, once or twice, where more than
    412 or 560, fewer than 256 or 108 pixels are on; and shift rows sideways until the digit
    stands upright. Alpaydin and Kaynak then counted (see `data.digits`).

    Two steps differ, because handwriting of other people is then read better: slant is the
    regression of columns on rows over all ink, where theirs joins the leftmost pixels near top
    and bottom; and proportions count a little, as ``width = 20 (ratio / usual ratio) ** 0.25``.
    """
    n, height = ink.shape[:2]
    slope, middle = _slant(ink) if switches.slant else (np.zeros(n), np.full(n, height / 2))
    box = _upright_box(ink, slope, middle) if switches.crop else _canvas(ink)
    width = _width(box, switches)
    rows = _shares(box[0], box[1], _BITMAP, height) @ ink.astype(np.float32)
    scale = (box[3] - box[2]) / width
    # Where the columns of the bitmap end in the drawing, along a row in the middle of the digit ...
    margin = (_BITMAP - width) / 2 if switches.centre else 0
    ends = (box[2] - margin * scale)[:, None] + scale[:, None] * np.arange(_BITMAP + 1)
    # ... and along every other one.
    heights = box[0][:, None] + (box[1] - box[0])[:, None] * (np.arange(_BITMAP) + 0.5) / _BITMAP
    ends = ends[:, None, :] + (slope[:, None] * (heights - middle[:, None]))[:, :, None]
    bitmaps = np.diff(_sum_up_to(rows, ends), axis=2) > 0.5 * scale[:, None, None]
    if switches.thickness:
        _even_out(bitmaps)
    blocks = bitmaps.reshape(n, 8, 4, 8, 4)
    return bitmaps, blocks.sum(axis=(2, 4)).reshape(n, 64).astype(np.float32)


def _slant(ink: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return by how many columns ink moves to the right a row, and the middle row, each (n,).

    The regression of columns on rows. Counts and positions are whole numbers, so that the sums are
    exact in any order: an image gives the same in whatever stack it comes.
    """
    rows, columns = np.arange(ink.shape[1], dtype=float), np.arange(ink.shape[2], dtype=float)
    in_row = ink.sum(axis=2, dtype=float)
    column_sum = np.matmul(ink.astype(np.float32), columns.astype(np.float32)).astype(float)
    total = np.maximum(in_row.sum(axis=1), 1)
    row_mean = in_row @ rows / total
    spread = in_row @ rows**2 / total - row_mean**2
    joint = column_sum @ rows / total - row_mean * column_sum.sum(axis=1) / total
    slope = np.divide(joint, spread, out=np.zeros(len(ink)), where=spread > 0.1)
    return slope.clip(-_STEEPEST, _STEEPEST), row_mean + 0.5


def _upright_box(ink: np.ndarray, slope: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """Return the box, (4, n), around ink whose rows are shifted back by the slant."""
    inked = ink.any(axis=2)
    shift = slope[:, None] * (np.arange(ink.shape[1]) + 0.5 - middle[:, None])
    left = np.where(inked, ink.argmax(axis=2) - shift, np.inf).min(axis=1)
    right = ink.shape[2] - ink[:, :, ::-1].argmax(axis=2)
    right = np.where(inked, right - shift, -np.inf).max(axis=1)
    return np.array([*boxes(ink)[:2], left, right])


def _width(box: np.ndarray, switches: Switches) -> np.ndarray:
    """Return how many columns of the bitmap the box is to fill, (n,)."""
    ratio = (box[3] - box[2]) / (box[1] - box[0])
    if not switches.keep_aspect:
        return np.full(len(ratio), float(_BITMAP))
    if not switches.crop:
        return np.minimum(_BITMAP * ratio, _BITMAP)
    return (_BITMAP * _USUAL * (ratio / _USUAL) ** _OWN).clip(1, _BITMAP)


def _sum_up_to(rows: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return the sum of each row up to positions in it, with fractions.

    Parameters
    ----------
    rows : ndarray, (n, rows, columns)
    ends : ndarray, (n, rows, m)
        Outside the row: up to its nearer end.
    """
    columns = rows.shape[2]
    sums = np.zeros((*rows.shape[:2], columns + 2), np.float32)
    np.cumsum(rows, axis=2, out=sums[:, :, 1:-1])
    sums[:, :, -1] = sums[:, :, -2]
    ends = ends.astype(np.float32).clip(0, columns)
    whole = ends.astype(np.intp)
    first = np.arange(sums.size // (columns + 2)).reshape(*rows.shape[:2], 1) * (columns + 2)
    index = whole + first
    low = sums.take(index)
    return low + (ends - whole) * (sums.take(index + 1) - low)


def _even_out(bitmaps: np.ndarray) -> None:
    """Bring the number of on-pixels towards that of the data, in place."""
    count = np.count_nonzero(bitmaps, axis=(1, 2))
    for few, many in zip(_FEW, _MANY, strict=True):
        thin, thick = count < few, count > many
        bitmaps[thin] = _with_neighbours(bitmaps[thin], np.logical_or, False)
        # Ink goes on outside: else a digit that fills all rows would lose the first and last.
        bitmaps[thick] = _with_neighbours(bitmaps[thick], np.logical_and, True)


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
    images = images.clip(0, 1) * np.float32(255)
    return fitted.clip(0, 1), images.reshape(len(ink), _FIELD**2)


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
