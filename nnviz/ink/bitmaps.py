"""Ink as 8 x 8 counts of 32 x 32 bitmaps, as the digits of the UCI repository were made."""

import numpy as np

from nnviz.ink.stacks import ALL_STAGES, Switches, boxes, canvas, shares, with_neighbours

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
    box = _upright_box(ink, slope, middle) if switches.crop else canvas(ink)
    width = _width(box, switches)
    rows = shares(box[0], box[1], _BITMAP, height) @ ink.astype(np.float32)
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
        bitmaps[thin] = with_neighbours(bitmaps[thin], np.logical_or, False)
        # Ink goes on outside: else a digit that fills all rows would lose the first and last.
        bitmaps[thick] = with_neighbours(bitmaps[thick], np.logical_and, True)
