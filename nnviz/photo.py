"""A picture of a digit on paper becomes ink: background out, threshold, specks out, cut."""

import numpy as np
from scipy import ndimage

from nnviz.drawing import InkError

SIDE = 160  # pixels of the ink's square
_MARGIN = 0.12  # of the square, left free on each side of the digit
_LONGEST = 480  # pixels a side that are looked at; a picture is averaged down to this
_NEIGHBOURHOOD = 0.15  # of the longer side: shadows are wider than this, strokes narrower
_LEAST_CONTRAST = 0.12  # between ink and paper, of the range from black to white
_SPECK = 0.04  # a spot smaller than this share of the largest is no part of the digit
_FRAME = 0.1  # of its sides, within which all ink of a box to write in lies
_MOST_INK = 0.5  # more of the picture than this is not ink on paper


def ink_from_picture(grey: np.ndarray) -> np.ndarray:
    """Return the ink of a picture, in the middle of a square.

    Parameters
    ----------
    grey : ndarray, (height, width)
        0 (black) to 255 (white).

    Returns
    -------
    ndarray, (SIDE, SIDE), float32
        0 for paper, 1 for ink. Writing lighter than its ground (chalk, or an image of the data
        sets) is taken for ink as well.

    Raises
    ------
    InkError
        If nothing stands out from the ground.

    Notes
    -----
    The threshold is Otsu's (A threshold selection method from gray-level histograms, 1979), after
    the ground has been estimated by a grey closing and taken away: one threshold for the
    whole of an unevenly lit photo would take its shadows for ink.
    """
    image = _reduced(np.asarray(grey, np.float32) / 255)
    if min(image.shape) < 3:
        raise InkError("This picture is too small. Give one of a digit, 20 pixels high or more.")
    depth = _depth(image)
    is_ink = _cleaned(depth > _otsu(depth))
    rows, columns = (np.flatnonzero(is_ink.any(axis=axis)) for axis in (1, 0))
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    return _centred(is_ink[box].astype(np.float32))


def _reduced(image: np.ndarray) -> np.ndarray:
    """Return an image no longer than `_LONGEST`: blocks of pixels averaged."""
    every = -(-max(image.shape) // _LONGEST)
    height, width = (side // every * every for side in image.shape)
    blocks = image[:height, :width].reshape(height // every, every, width // every, every)
    return blocks.mean(axis=(1, 3))


def _depth(image: np.ndarray) -> np.ndarray:
    """Return how far each pixel stands out from its ground towards ink, 0 to 1."""
    image = ndimage.gaussian_filter(image, max(image.shape) / 400)
    size = max(3, round(_NEIGHBOURHOOD * max(image.shape)))
    # Dark ink: the ground is what a closing fills in. Light ink: the same of the negative. Most
    # of a picture is ground, so ink lies where the values reach further away from the median.
    dark, median, bright = np.percentile(image, (1, 50, 99))
    light = 1 - image if bright - median > median - dark else image
    ground = ndimage.uniform_filter(ndimage.grey_closing(light, size), size)
    depth = np.clip(ground - light, 0, 1)
    if depth.max() < _LEAST_CONTRAST:
        raise InkError(
            "No digit stands out in this picture. Give one of a single digit, dark on light paper."
        )
    return depth


def _otsu(values: np.ndarray) -> float:
    """Return the threshold that parts values into the two classes of least variance."""
    counts, edges = np.histogram(values, bins=128)
    middles = (edges[1:] + edges[:-1]) / 2
    below = np.cumsum(counts)[:-1]
    above = counts.sum() - below
    sums = np.cumsum(counts * middles)
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (sums[:-1] / below - (sums[-1] - sums[:-1]) / above) ** 2
    return float(edges[1:-1][np.nanargmax(between)])


def _cleaned(is_ink: np.ndarray) -> np.ndarray:
    """Return the ink without specks and without what reaches in from outside."""
    labels, count = ndimage.label(is_ink, np.ones((3, 3)))
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    sizes[0] = 0
    border = np.unique(np.concatenate((labels[0], labels[-1], labels[:, 0], labels[:, -1])))
    inside = np.setdiff1d(np.arange(1, count + 1), border)
    # A table's edge or a thumb touches the border; a digit that fills the picture does so too.
    if len(inside) and sizes[inside].max() > _SPECK * sizes.max():
        sizes[border] = 0
    sizes[_frames(labels, sizes)] = 0
    kept = (sizes > _SPECK * sizes.max())[labels]
    if kept.mean() > _MOST_INK:
        raise InkError(
            "This picture is more ink than paper. Give one of a single digit with paper around it."
        )
    return kept


def _frames(labels: np.ndarray, sizes: np.ndarray) -> list[int]:
    """Return the labels of boxes to write in: ink along four sides, with other ink inside."""
    spots = [k for k in np.flatnonzero(sizes) if sizes[k] > _SPECK * sizes.max()]
    places = ndimage.find_objects(labels)
    return [k for k in spots if any(
        k != other and _is_within(places[other - 1], places[k - 1]) for other in spots
    ) and _is_hollow(labels[places[k - 1]] == k)]


def _is_within(inner: tuple[slice, slice], outer: tuple[slice, slice]) -> bool:
    return all(
        out.start < within.start and within.stop < out.stop
        for within, out in zip(inner, outer, strict=True)
    )


def _is_hollow(ink: np.ndarray) -> bool:
    height, width = (max(1, round(_FRAME * side)) for side in ink.shape)
    return not ink[height:-height, width:-width].any()


def _centred(ink: np.ndarray) -> np.ndarray:
    """Return ink enlarged or reduced to fill a square up to its margin."""
    room = SIDE * (1 - 2 * _MARGIN)
    height, width = (max(1, round(side * room / max(ink.shape))) for side in ink.shape)
    zoom = height / ink.shape[0], width / ink.shape[1]
    if zoom[0] < 1:  # a pixel of the result is the average of several
        ink = ndimage.gaussian_filter(ink, 0.4 / zoom[0])
    resized = ndimage.zoom(ink, zoom, order=1, grid_mode=True, mode="grid-constant")
    square = np.zeros((SIDE, SIDE), np.float32)
    top, left = (SIDE - resized.shape[0]) // 2, (SIDE - resized.shape[1]) // 2
    square[top : top + resized.shape[0], left : left + resized.shape[1]] = resized
    return np.clip(square, 0, 1)
