"""Boxes in stacks of images, and what is averaged over them; which stages are wanted."""

from dataclasses import dataclass, fields

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

    def __post_init__(self):
        for field in fields(self):
            if not isinstance(value := getattr(self, field.name), bool | np.bool_):
                raise ValueError(
                    f"{field.name} is True or False. Received: {str(value)[:40]!r}."
                )


ALL_STAGES = Switches()


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
    rows = shares(top, bottom, height, images.shape[1])
    columns = shares(left, right, width, images.shape[2])
    return rows @ images.astype(np.float32) @ columns.transpose(0, 2, 1)


def shares(start: np.ndarray, end: np.ndarray, cells: int, size: int) -> np.ndarray:
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


def with_neighbours(images: np.ndarray, combine: np.ufunc, outside: float) -> np.ndarray:
    """Combine each pixel with the four beside it."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)), constant_values=outside)
    combined = combine(images, padded[:, :-2, 1:-1])
    for beside in (padded[:, 2:, 1:-1], padded[:, 1:-1, :-2], padded[:, 1:-1, 2:]):
        combine(combined, beside, out=combined)
    return combined


def canvas(ink: np.ndarray) -> np.ndarray:
    """Return the box around the whole canvas of each image, (4, n)."""
    height, width = ink.shape[1:]
    return np.tile([[0.0], [height], [0.0], [width]], len(ink))


def squared(box: np.ndarray) -> np.ndarray:
    """Return the square with a box in its middle."""
    top, bottom, left, right = box
    half = np.maximum(bottom - top, right - left) / 2
    row, column = (top + bottom) / 2, (left + right) / 2
    return np.array([row - half, row + half, column - half, column + half])
