"""Ink as grey images of 28 x 28, as MNIST was made."""

import numpy as np

from nnviz.ink.stacks import (
    ALL_STAGES,
    Switches,
    boxes,
    canvas,
    resample,
    squared,
    with_neighbours,
)

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
    box = boxes(ink) if switches.crop else canvas(ink)
    if switches.keep_aspect:
        box = squared(box)
    if switches.thickness:
        ink, box = _with_thickness(ink, box, switches.crop)
        box = squared(box) if switches.keep_aspect else box
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


def _centre_of_mass(images: np.ndarray) -> np.ndarray:
    """Return row and column, (2, n), 0 at the edge of the first pixel.

    Each image's numbers are added up in the same order in whatever stack it comes.
    """
    in_rows, in_columns = images.sum(axis=2), images.sum(axis=1)
    rows, columns = (np.arange(size) + 0.5 for size in images.shape[1:])
    mass = np.maximum(in_rows.sum(axis=1), 1e-9)
    return np.array([(in_rows * rows).sum(axis=1), (in_columns * columns).sum(axis=1)]) / mass


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
            moved = with_neighbours(part, combine, 0)
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
