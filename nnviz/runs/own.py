"""A person's own labelled drawings, as a page sends them, and how a run does on them."""

import binascii
import contextlib
from base64 import b64decode
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from nnviz import drawing, metrics
from nnviz.drawing import InkError
from nnviz.runs import limits
from nnviz.runs.errors import RunError
from nnviz.runs.reading import forward
from nnviz.runs.run import Run

SIDE = 64  # pixels of a kept drawing, one bit each
_SHAPE = (8, 8)  # what can be read as one image can be read as any


class OwnDrawing(NamedTuple):
    """A drawing and what its person says it is: `ink` is (SIDE, SIDE), bool."""

    ink: np.ndarray
    label: int
    bits: str


def own_drawings(run: Run, drawings: Any) -> list[OwnDrawing]:
    """Return the drawings of a message, after checking them.

    Parameters
    ----------
    run : Run
    drawings : list of dict
        Each with ``bits``: SIDE x SIDE bits in base64, row by row, the highest of a byte first;
        and ``label``, a class number.

    Raises
    ------
    RunError
        If one of them is not that, or there are none or too many.
    """
    if not isinstance(drawings, list) or not 1 <= len(drawings) <= limits.OWN_DRAWINGS:
        count = len(drawings) if isinstance(drawings, list) else str(drawings)[:20]
        raise RunError(
            f"A set of your own has 1 to {limits.OWN_DRAWINGS} drawings. Received: {count}."
        )
    return [_checked(run, number, each) for number, each in enumerate(drawings, 1)]


def _checked(run: Run, number: int, each: Any) -> OwnDrawing:
    bits, label = (each.get("bits"), each.get("label")) if isinstance(each, dict) else (None, None)
    classes = len(run.dataset.classes)
    whole = isinstance(label, int) and not isinstance(label, bool)
    if not whole or not 0 <= label < classes:
        raise RunError(
            f"Drawing {number} needs a class of 0 to {classes - 1}. Received: {str(label)[:20]!r}."
        )
    try:
        packed = np.frombuffer(b64decode(bits, validate=True), np.uint8)
    except (TypeError, ValueError, binascii.Error) as error:
        raise RunError(f"Drawing {number} is not base64 text.") from error
    if packed.size != SIDE * SIDE // 8:
        raise RunError(
            f"Drawing {number} is not {SIDE} x {SIDE} pixels. Received: {packed.size:,} bytes."
        )
    return OwnDrawing(np.unpackbits(packed).reshape(SIDE, SIDE).astype(bool), label, bits)


def raw_inputs(run: Run, drawings: list[OwnDrawing]) -> np.ndarray:
    """Return drawings in the data set's units, (n, features).

    Raises
    ------
    RunError
        If one cannot be read, or the run does not learn from images of digits.
    """
    try:
        return np.stack([_raw(each.bits, run.dataset.image_shape) for each in drawings])
    except ValueError as error:
        raise RunError(str(error)) from error


def readable(run: Run, drawings: list[OwnDrawing]) -> list[int]:
    """Return which drawings can be read: of a file, one may be blank, or no more than a dot."""
    numbers = []
    for number, each in enumerate(drawings):
        with contextlib.suppress(InkError):
            _raw(each.bits, run.dataset.image_shape or _SHAPE)
            numbers.append(number)
    return numbers


@lru_cache(maxsize=1024)
def _raw(bits: str, shape: tuple[int, int] | None) -> np.ndarray:
    """Return one drawing's raw input; kept, for a set is judged again at every other step."""
    ink = np.unpackbits(np.frombuffer(b64decode(bits), np.uint8)).reshape(SIDE, SIDE)
    return drawing.prepare(ink, shape)


def judge(run: Run, drawings: Any) -> dict[str, Any]:
    """Say how a run reads a person's own drawings: a question of the page (see `questions`).

    Returns
    -------
    dict
        ``predicted``, the class read for each, None where nothing can be read; of the others
        ``shares``, the output for their own class; ``right``, how many are right; ``confusion``,
        rows of counts, true class by predicted one.
    """
    own = own_drawings(run, drawings)
    numbers = readable(run, own)
    figures = judged(run, [own[number] for number in numbers])
    predicted: list[int | None] = [None] * len(own)
    for number, label in zip(numbers, figures["predicted"], strict=True):
        predicted[number] = label
    return figures | {"predicted": predicted}


def judged(run: Run, own: list[OwnDrawing]) -> dict[str, Any]:
    """Return `judge` of drawings all of which can be read."""
    classes = len(run.dataset.classes)
    outputs, confusion = np.zeros((0, classes)), np.zeros((classes, classes), int)
    if own:
        with np.errstate(over="ignore", invalid="ignore"):
            outputs = np.nan_to_num(forward(run, raw_inputs(run, own)).a[-1])
        confusion = metrics.confusion_matrix([each.label for each in own], outputs, classes)
    labels = np.array([each.label for each in own], int)
    predicted = metrics.predicted_classes(outputs)
    return {
        "version": run.version,
        "predicted": predicted.tolist(),
        "shares": [float(row[label]) for row, label in zip(outputs, labels, strict=True)],
        "right": int(np.count_nonzero(predicted == labels)),
        "confusion": confusion.tolist(),
    }
