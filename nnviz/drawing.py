"""A drawn digit becomes a network's input: crop, fit, thickness, centre."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import ndimage

from nnviz.data import DATASETS
from nnviz.first_visitor import first_visitor_config, first_visitor_network
from nnviz.ink import ALL_STAGES, TARGETS, Switches, Target

__all__ = [
    "InkError", "Stages", "Switches", "first_visitor_config", "first_visitor_network",
    "network_input", "prepare", "stages",
]

LONGEST_SIDE = 4096
SMALLEST = 0.08  # a drawing's longer side, as a share of the canvas's
_FEWEST_PIXELS = 4  # ... and in pixels
_DOT = 0.2  # a filled, roundish shape up to this share of the canvas is a dot
_FILLED = 0.7
_FAINTEST = 0.1  # ink below this share of full is taken for an empty canvas
_SMOOTH = 64  # a drawing of fewer pixels is enlarged smoothly first


class InkError(ValueError):
    """What was drawn cannot be read; the message says why, to the person who drew it."""


@dataclass(frozen=True)
class Stages:
    """What becomes of a drawing, step by step.

    Attributes
    ----------
    ink : ndarray, (height, width), float32
        The drawing, 0 to 1.
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
        High where there is ink: 0 to 1, 0 to 255 or bool; any size up to 4096 x 4096.
    target : str or tuple of int
        "digits" or "mnist", another data set with images of their shapes, or the shape itself.
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
        If the target or scaling is unknown.
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
    fitted, images = wanted.fit(_solid(cropped)[None], switches)
    return Stages(
        ink=values,
        crop=cropped,
        fit=fitted[0].astype(np.float32),
        input=images[0].reshape(wanted.shape),
    )


def _target(target: Any) -> Target:
    """Return what is known of a target's images."""
    for name, known in TARGETS.items():
        if isinstance(target, str):
            features = DATASETS[target].features if target in DATASETS else None
            if target == name or features == known.shape[0] * known.shape[1]:
                return known
        elif isinstance(target, tuple | list) and tuple(target) == known.shape:
            return known
    raise ValueError(
        "The target of a drawing is digits, mnist, another data set of such images, or (8, 8) or "
        f"(28, 28). Received: {str(target)[:40]!r}."
    )


def _values(ink: Any) -> np.ndarray:
    """Return a drawing as float32, 0 to 1, after checking it."""
    try:
        values = np.asarray(ink)
    except ValueError as error:  # rows of different lengths
        raise InkError("A drawing is a rectangle of numbers. Received: uneven rows.") from error
    if values.ndim != 2 or 0 in values.shape:
        raise InkError(f"A drawing has rows and columns. Received: shape {values.shape}.")
    if values.dtype.kind not in "buif":
        raise InkError(f"A drawing is made of numbers. Received: {values.dtype}.")
    if max(values.shape) > LONGEST_SIDE:
        height, width = values.shape
        raise InkError(
            f"This drawing is too large: {width:,} x {height:,}. Give at most "
            f"{LONGEST_SIDE:,} x {LONGEST_SIDE:,} pixels."
        )
    lowest, highest = values.min(), values.max()
    if not (lowest >= 0 and highest <= 255):  # false for NaN too
        raise InkError(
            "Ink is 0 to 1 or 0 to 255. Received: "
            + ("values that are not finite." if not (np.isfinite(lowest) and np.isfinite(highest))
               else f"{lowest:g} to {highest:g}.")
        )
    values = values.astype(np.float32)
    return values / np.float32(255) if highest > 1 else values


def _box_of_digit(values: np.ndarray) -> tuple[int, int, int, int]:
    """Return top, bottom, left and right of the ink, if it could be a digit."""
    highest = values.max()
    if highest < _FAINTEST:
        raise InkError("Nothing is drawn yet. Draw a digit.")
    is_ink = values > highest / 2
    if is_ink.all():
        raise InkError("All of this is ink: no digit stands out. Clear it and draw one.")
    rows, columns = np.flatnonzero(is_ink.any(axis=1)), np.flatnonzero(is_ink.any(axis=0))
    box = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    height, width = box[1] - box[0], box[3] - box[2]
    longer = max(height, width)
    share = longer / max(values.shape)
    if longer < _FEWEST_PIXELS or share < SMALLEST:
        raise InkError("This is too small to read. Draw a digit over half of the field or more.")
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
