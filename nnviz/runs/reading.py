"""What a run reads in a drawing: the answer, how the drawing became its input, and why."""

import binascii
from base64 import b64decode
from dataclasses import fields
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from nnviz import data, drawing
from nnviz.attribution import contributions
from nnviz.drawing import InkError, Switches
from nnviz.likeness import Likeness
from nnviz.passes import Pass
from nnviz.runs import limits, wire
from nnviz.runs.errors import RunError
from nnviz.runs.frame import nice_ceiling, selection
from nnviz.runs.run import Run

LEAST_SHARE = 0.5  # an answer is sure from here on ...
LEAST_LEAD = 0.15  # ... if it leads by this
_SCALES = {
    "softmax": "Softmax: probabilities that sum to 100 %.",
    "sigmoid": "Sigmoid: each class is judged for itself, so these do not sum to 100 %.",
    "linear": "Linear outputs are no probabilities: training draws the right class towards 100 % "
    "and the others towards 0 %. They are shown as they are, bars from 0 to 100 %.",
}


class Seen(NamedTuple):
    """An image as a run's network gets it.

    Attributes
    ----------
    raw : ndarray, (features,)
        In the data set's units.
    stages : dict of str to ndarray
        How it became so, each (height, width), 0 to 1; empty for a sample of the data set.
    """

    raw: np.ndarray
    stages: dict[str, np.ndarray]


def ink_of(text: Any, size: Any) -> np.ndarray:
    """Return the ink of a message, (size, size), uint8, after checking it.

    Parameters
    ----------
    text : str
        ``size * size`` bytes in base64, row by row, 0 for paper and 255 for full ink.
    size : int

    Raises
    ------
    RunError
        If it is not that.
    """
    whole = isinstance(size, int) and not isinstance(size, bool)
    if not whole or not 1 <= size <= limits.INK_PIXELS:
        raise RunError(
            f"A drawing is a square of 1 to {limits.INK_PIXELS} pixels. "
            f"Received: {str(size)[:20]!r}."
        )
    try:
        values = np.frombuffer(b64decode(text, validate=True), np.uint8)
    except (TypeError, ValueError, binascii.Error) as error:
        raise RunError("The drawing is not base64 text.") from error
    if values.size != size * size:
        raise RunError(
            f"A drawing of {size} x {size} has {size * size:,} bytes. Received: {values.size:,}."
        )
    return values.reshape(size, size)


def see(run: Run, ink: np.ndarray, off: Any = ()) -> Seen:
    """Turn ink into a run's input, some of the stages left out.

    Raises
    ------
    InkError
        If nothing that could be a digit is drawn.
    RunError
        If the run does not learn from images of digits, or a stage is unknown.
    """
    names = [field.name for field in fields(Switches)]
    if not isinstance(off, list | tuple) or not all(name in names for name in off):
        raise RunError(f"Stages are {', '.join(names)}. Received: {str(off)[:60]}.")
    try:
        stages = drawing.stages(
            ink / np.float32(255), run.dataset.image_shape, Switches(**dict.fromkeys(off, False))
        )
    except InkError:
        raise
    except ValueError as error:
        raise RunError(
            f"This run learns from {run.dataset.label}, not from images of digits: it cannot read "
            "drawings."
        ) from error
    shown = {"ink": stages.ink, "crop": stages.crop, "fit": stages.fit}
    return Seen(stages.input.ravel(), shown)


def test_sample(run: Run, number: Any) -> bytes:
    """Return a test sample to be read: a question of the page (see `questions`).

    Parameters
    ----------
    run : Run
    number : int
        Any from 0 on: counting goes round.

    Returns
    -------
    bytes
        `wire.pack` of its ``number`` and ``label``, and the ``image``, 0 to 255.
    """
    raw, labels = _test_samples(run)
    number = _whole(number) % len(labels)
    image = raw[number].reshape(run.dataset.image_shape) / np.float32(run.dataset.maximum)
    return wire.pack({"number": number, "label": int(labels[number])}, {"image": _bytes(image)})


def _test_samples(run: Run) -> tuple[Any, np.ndarray]:
    """Return the test samples in the data set's units, and their labels."""
    if run.dataset.image_shape is None:
        raise RunError(f"The samples of {run.dataset.label} are no images.")
    config = run.config
    x, _, labels = data.load_split(config.dataset, config.test_share, "none").test
    return x, labels


def _whole(number: Any) -> int:
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise RunError(f"A sample is named by a whole number. Received: {str(number)[:20]!r}.")
    return number


def forward(run: Run, raw: np.ndarray) -> Pass:
    """Return the forward pass of images in the data set's units, (n, features)."""
    return run.network.forward(run.split.scale(raw))


def verdict(outputs: np.ndarray) -> dict[str, Any]:
    """Return which class the outputs name, the next one, and whether that is sure.

    Parameters
    ----------
    outputs : ndarray, (classes,)

    Returns
    -------
    dict
        ``winner``, ``runner_up``, ``sure``, and ``doubt``: the rule that an unsure answer fails.
    """
    runner_up, winner = (int(k) for k in np.argsort(outputs, kind="stable")[-2:])
    share, lead = float(outputs[winner]), float(outputs[winner] - outputs[runner_up])
    doubt = None
    if share < LEAST_SHARE:
        doubt = f"No class reaches {LEAST_SHARE:.0%}."
    elif lead < LEAST_LEAD:
        doubt = f"The lead is below {LEAST_LEAD:.0%}."
    return {"winner": winner, "runner_up": runner_up, "sure": doubt is None, "doubt": doubt}


def read(
    run: Run, ink: Any = None, size: Any = None, off: Any = (), sample: Any = None
) -> bytes:
    """Answer what a drawing is: a question of the page (see `questions`).

    Parameters
    ----------
    run : Run
    ink, size
        See `ink_of`.
    off : list of str
        Stages left out, names of `drawing.Switches`.
    sample : int, optional
        The number of a test sample, to be read as it is in place of a drawing.

    Returns
    -------
    bytes
        `wire.pack` of: the outputs; the stages; the nearest training samples and the average of
        the class read; the contributions of the pixels; the activations of the units that the
        diagram draws. Only a ``hint`` where nothing could be read.
    """
    about = {
        "step": run.trainer.step_count, "version": run.version, "classes": run.dataset.classes,
        "corrections": len(run.corrections),
    }
    try:
        seen = see(run, ink_of(ink, size), off) if sample is None else _sample(run, sample)
    except InkError as error:
        return wire.pack(about | {"hint": str(error)}, {})
    with np.errstate(over="ignore", invalid="ignore"):
        passed = forward(run, seen.raw[None])
    outputs = passed.a[-1][0].copy()
    if not np.isfinite(outputs).all():
        hint = "The network's numbers are no longer finite. Go back some steps or reset."
        return wire.pack(about | {"hint": hint}, {})
    output = run.network.activations[-1].id
    about |= verdict(outputs) | {"hint": None, "scale": _SCALES[output]}
    arrays = {"outputs": outputs.astype(np.float32)}
    arrays |= {f"stage_{name}": _bytes(_small(image)) for name, image in seen.stages.items()}
    for part in (_resemblance, _reasons, _activations):
        more, more_arrays = part(run, seen, passed, about)
        about |= more
        arrays |= more_arrays
    return wire.pack(about, arrays)


def _sample(run: Run, number: Any) -> Seen:
    """Return a test sample as the network gets it."""
    raw, labels = _test_samples(run)
    return Seen(raw[_whole(number) % len(labels)], {})


def _resemblance(run: Run, seen: Seen, passed: Pass, about: dict) -> tuple[dict, dict]:
    """Return the nearest training samples and the average of the class read."""
    config, shape = run.config, run.dataset.image_shape
    known = likeness(config.dataset, config.test_share)
    image = seen.raw / np.float32(run.dataset.maximum)
    near = known.nearest(image, limits.NEIGHBOURS)
    described = [{"label": each.label, "distance": each.distance} for each in near]
    return {"neighbours": described, "compared": len(known.x)}, {
        "seen": _bytes(image.reshape(shape)),
        "near": _bytes(known.x[[each.row for each in near]].reshape(-1, *shape)),
        "average": _bytes(known.averages[about["winner"]].reshape(shape)),
    }


@lru_cache(maxsize=4)
def likeness(dataset: str, test_share: float) -> Likeness:
    """Return what compares images with the first training samples of a data set, pixels 0 to 1."""
    source = data.load(dataset)
    x, _, labels = data.load_split(dataset, test_share, "none").training
    count = limits.COMPARED_SAMPLES
    pixels = x[:count] / np.float32(source.maximum)
    return Likeness(pixels, labels[:count], len(source.classes))


def _reasons(run: Run, seen: Seen, passed: Pass, about: dict) -> tuple[dict, dict]:
    """Return which pixels speak for the winner and which for the runner-up."""
    winner, runner_up = about["winner"], about["runner_up"]
    z = passed.z[-1][0]
    blank = run.split.scale(np.zeros_like(seen.raw)[None])[0]
    parts = contributions(run.network, passed, winner, runner_up, blank)
    scale = float(np.abs(parts).max())
    about = {"contribution_scale": scale, "logit_lead": float(z[winner] - z[runner_up])}
    shape = run.dataset.image_shape
    return about, {"contribution": parts.reshape(shape).astype(np.float32)}


def _activations(run: Run, seen: Seen, passed: Pass, about: dict) -> tuple[dict, dict]:
    """Return the activations of the units that the diagram draws, and the largest of each layer."""
    arrays, largest = {}, []
    for layer, (a, size) in enumerate(zip(passed.a, run.network.layer_sizes, strict=True)):
        arrays[f"A{layer}"] = a[0, selection(size, limits.DIAGRAM_UNITS)].astype(np.float32)
        largest.append(nice_ceiling(float(np.abs(a[0]).max())))
    return {"activation_scales": largest}, arrays


def _small(image: np.ndarray) -> np.ndarray:
    """Return an image for a small picture on the page: blocks of pixels averaged."""
    every = -(-max(image.shape) // limits.STAGE_PIXELS)
    height, width = (max(1, side // every) for side in image.shape)
    blocks = image[: height * every, : width * every]
    return blocks.reshape(height, -1, width, blocks.shape[1] // width).mean(axis=(1, 3))


def _bytes(image: np.ndarray) -> np.ndarray:
    """Return values 0 to 1 as 0 to 255."""
    return np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
