"""A drawn digit becomes a network's input: crop, fit, thickness, centre."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import ndimage

from nnviz.data import DATASETS
from nnviz.first_visitor import first_visitor_config, first_visitor_network
from nnviz.ink import ALL_STAGES, TARGETS, Switches, Target
from nnviz.ink.thin import thickened

__all__ = [
    "InkError", "Stages", "Switches", "first_visitor_config", "first_visitor_network",
    "network_input", "prepare", "stages",
]

LONGEST_SIDE = 1024  # pixels that are looked at: of larger drawings blocks become one each
SMALLEST = 0.08  # a drawing's longer side, as a share of the canvas's
_FEWEST_PIXELS = 4  # ... and in pixels
_DOT = 0.2  # a filled, roundish shape up to this share of the canvas is a dot
_FILLED = 0.7
_FAINTEST = 0.1  # ink below this share of full is taken for an empty canvas
_OVERSHOOT = 0.1  # of full: how far smooth enlargement takes numbers below 0 and above full
_ALL_ROUND, _MOST_INK = 0.9, 0.5  # of edge and canvas: more is no digit's ink but its ground
_FLATTEST = 4.0  # width over height: more is no digit
_SMOOTH = 64  # a drawing of fewer pixels is enlarged smoothly first


class InkError(ValueError):
    """What was drawn cannot be read; the message says why, to the person who drew it."""


@dataclass(frozen=True)
class Stages:
    """What becomes of a drawing, step by step.

    Attributes
    ----------
    ink : ndarray, (height, width), float32
        The drawing, 0 to 1; if it is larger than `LONGEST_SIDE`, the darkest of each block.
    crop : ndarray, float32
        What is left of it: the box around the ink.
    fit : ndarray, float32
        Made to fit: for 8 x 8 the 32 x 32 bitmap, for 28 x 28 the 20 x 20 box; 0 to 1.
    input : ndarray, (height, width) of the target, float32
        What the network sees, in the data set's units: 0 to 16 or 0 to 255.
    """

    ink: np.ndarray
    crop: np.ndarray
    fit: np.ndarray
    input: np.ndarray


def network_input(
    ink: Any,
    target: Any,
    *,
    scaling: str = "unit",
    crop: bool = True,
    keep_aspect: bool = True,
    centre: bool = True,
    thickness: bool = True,
    slant: bool = True,
) -> np.ndarray:
    """Return a drawing as a network takes it.

    Parameters
    ----------
    ink : array, (height, width)
        High where there is ink: 0 to 1, 0 to 255 or bool; of any size. Numbers between pixels,
        as smooth enlargement leaves them, may go a tenth beyond.
    target : str, int or tuple of int
        "digits" or "mnist", another data set with images of their shapes, the shape itself, or
        the number of features.
    scaling : str, default "unit"
        "unit" gives 0 to 1, "none" the data set's values. What other scalings do is learned from
        a run's training samples: apply that to `prepare`.
    crop, keep_aspect, centre, thickness, slant : bool, default True
        See `ink.Switches`.

    Returns
    -------
    ndarray, (features,), float32

    Raises
    ------
    InkError
        If there is nothing in the drawing that could be a digit.
    ValueError
        If the target or scaling is unknown, or a switch is neither True nor False.
    """
    if scaling not in ("unit", "none"):
        raise ValueError(
            f"scaling here is unit or none. Received: {scaling!r}. For a run's own scaling, apply "
            "it to the values that prepare returns."
        )
    switches = Switches(crop, keep_aspect, centre, thickness, slant)
    raw = prepare(ink, target, switches)
    return raw / np.float32(_target(target).maximum) if scaling == "unit" else raw


def prepare(ink: Any, target: Any, switches: Switches = ALL_STAGES) -> np.ndarray:
    """Return a drawing in the data set's units, 0 to 16 or 0 to 255: (features,), float32.

    Parameters and errors as for `network_input`.
    """
    return stages(ink, target, switches).input.ravel()


def stages(ink: Any, target: Any, switches: Switches = ALL_STAGES) -> Stages:
    """Return every stage from ink to input.

    Parameters and errors as for `network_input`.
    """
    wanted = _target(target)
    values = _values(ink)
    top, bottom, left, right = _box_of_digit(values)
    cropped = values[top:bottom, left:right] if switches.crop else values
    solid = _solid(cropped)
    if switches.thickness:
        solid = thickened(solid, switches.crop)
    fitted, images = wanted.fit(solid[None], switches)
    if not images.any():
        rows, columns = wanted.shape
        raise InkError(
            f"Strokes so thin leave nothing in {rows} x {columns} pixels. Draw with a wider pen."
        )
    return Stages(
        ink=values,
        crop=cropped,
        fit=fitted[0].astype(np.float32),
        input=images[0].reshape(wanted.shape),
    )


def _target(target: Any) -> Target:
    """Return what is known of a target's images."""
    for name, known in TARGETS.items():
        if _is_meant(target, name, known.shape):
            return known
    raise ValueError(
        "The target of a drawing is digits, mnist, another data set of such images, or (8, 8) or "
        f"(28, 28). Received: {str(target)[:40]!r}."
    )


def _is_meant(target: Any, name: str, shape: tuple[int, int]) -> bool:
    features = shape[0] * shape[1]
    if isinstance(target, str):
        return target == name or (
            target in DATASETS and DATASETS[target].features == features
        )
    plain = target.tolist() if isinstance(target, np.ndarray | np.generic) else target
    if isinstance(plain, tuple | list):
        return list(plain) in ([*shape], [features])
    return isinstance(plain, int) and plain == features


def _values(ink: Any) -> np.ndarray:
    """Return a drawing as float32, 0 to 1, no larger than `LONGEST_SIDE`, after checking it."""
    try:
        values = np.asarray(ink)
    except ValueError as error:  # rows of different lengths
        raise InkError("A drawing is a rectangle of numbers. Received: uneven rows.") from error
    if values.dtype.kind not in "buif":
        kind = values.dtype if values.ndim else type(ink).__name__
        raise InkError(f"A drawing is made of numbers. Received: {str(kind)[:40]}.")
    if values.ndim != 2 or 0 in values.shape:
        raise InkError(f"A drawing has rows and columns. Received: shape {values.shape}.")
    lowest, highest = float(values.min()), float(values.max())
    beyond = _OVERSHOOT if values.dtype.kind == "f" else 0
    full = 1 if highest <= 1 + beyond else 255
    if not (lowest >= -beyond * full and highest <= full + beyond * full):  # false for NaN too
        raise InkError(
            "Ink is 0 to 1 or 0 to 255. Received: "
            + ("values that are not finite." if not np.isfinite(lowest + highest)
               else f"{lowest:g} to {highest:g}.")
        )
    if 0 < highest < _FAINTEST * full:
        raise InkError(
            f"Nothing is drawn, or too faintly: {highest:g} where full ink is {full}. Draw a digit."
        )
    return (_reduced(values).astype(np.float32) / np.float32(full)).clip(0, 1)


def _reduced(values: np.ndarray) -> np.ndarray:
    """Return a drawing no larger than `LONGEST_SIDE`: of each block its darkest pixel.

    Thin strokes stay so, and little more than a row's share of the drawing is allocated.
    """
    every = -(-max(values.shape) // LONGEST_SIDE)
    if every > 1:
        for axis, size in enumerate(values.shape):
            values = np.maximum.reduceat(values, np.arange(0, size, every), axis=axis)
    return values


def _box_of_digit(values: np.ndarray) -> tuple[int, int, int, int]:
    """Return top, bottom, left and right of the ink, if it could be a digit."""
    highest = values.max()
    if highest <= 0:
        raise InkError("Nothing is drawn yet. Draw a digit.")
    is_ink = values > highest / 2
    edge = np.concatenate([is_ink[0], is_ink[-1], is_ink[:, 0], is_ink[:, -1]])
    if edge.mean() > _ALL_ROUND and is_ink.mean() > _MOST_INK:
        raise InkError(
            "This is ink all round its edges: no digit stands out. Clear it, or swap ink and paper."
        )
    rows, columns = np.flatnonzero(is_ink.any(axis=1)), np.flatnonzero(is_ink.any(axis=0))
    box = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    height, width = box[1] - box[0], box[3] - box[2]
    longer = max(height, width)
    share = longer / max(values.shape)
    if longer < _FEWEST_PIXELS or share < SMALLEST:
        raise InkError("This is too small to read. Draw a digit over half of the field or more.")
    if width > _FLATTEST * height:
        raise InkError("This is flatter than any digit. Draw one over half of the field or more.")
    is_round = min(height, width) / longer > 0.6
    filled = np.count_nonzero(is_ink) / (height * width)
    if share < _DOT and is_round and filled > _FILLED:
        raise InkError("This is a dot. Draw a digit over half of the field or more.")
    return box


def _solid(values: np.ndarray) -> np.ndarray:
    """Return where there is ink, (height, width), bool; small drawings smoothly enlarged."""
    half = values.max() / 2
    longer = max(values.shape)
    if longer < _SMOOTH:
        # A pixel around it, so that the outline is smooth on the outside as well.
        values = ndimage.zoom(
            np.pad(values, 1), -(-_SMOOTH // longer), order=3, grid_mode=True,
            mode="grid-constant"
        )
    return values > half
