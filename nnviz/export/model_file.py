"""A network as a file, and back: ``.npz`` without objects, and a header in JSON.

The file is a zip archive, not compressed, that ``numpy.load`` reads too:

- ``header.json``: format version, layer sizes, activations, and what is known of the training;
- ``W1.npy``, ``b1.npy``, ``W2.npy``...: weights (fan_in, fan_out) and biases (fan_out,) of each
  layer, counted from 1;
- where known, ``input_offset.npy`` and ``input_divisor.npy``, (inputs,): what was done to the raw
  values, ``x = (raw - offset) / divisor``;
- where kept, ``example_inputs.npy`` and ``example_outputs.npy``: some samples as the network takes
  them, and what it answers, to check a copy against.

A file is not trusted: nothing in it is unpickled, evaluated or used as a path, nothing is
compressed and so nothing grows when it is unpacked, and sizes are checked before room is made.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from nnviz.activations import ACTIVATIONS
from nnviz.checks import received
from nnviz.export import archive
from nnviz.losses import LOSSES
from nnviz.network import Network

FORMAT = "nnviz model"
VERSION = 1
# Bounds of what is read and written; every network of the lab is far inside them.
MAX_LAYERS = 64
MAX_PARAMETERS = 2**24
MAX_EXAMPLES = 1000
MAX_HEADER_BYTES = 2**16
MAX_FILE_BYTES = 2**28

_HEADER = "header.json"
_PAIRS = (("input_offset", "input_divisor"), ("example_inputs", "example_outputs"))


class ModelFileError(ValueError):
    """A file that is no model, or one with something wrong in it; the text says what."""


def _is_count(value: Any, low: int = 0, high: int = 2**63) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value < high


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 200


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_one_of(*known: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and value in known


# What the header must say.
_REQUIRED: dict[str, Callable[[Any], bool]] = {
    "layer_sizes": lambda value: (
        isinstance(value, list) and 2 <= len(value) <= MAX_LAYERS + 1
        and all(_is_count(size, 1, MAX_PARAMETERS) for size in value)
        and _parameter_count(value) <= MAX_PARAMETERS
    ),
    "activations": lambda value: (
        isinstance(value, list) and len(value) <= MAX_LAYERS
        and all(map(_is_one_of(*ACTIVATIONS), value))
    ),
    "dtype": _is_one_of("float32", "float64"),
}
# What it may know; null where it does not.
_OPTIONAL: dict[str, Callable[[Any], bool]] = {
    "loss": _is_one_of(*LOSSES),
    "dataset": _is_text,
    "scaling": _is_text,
    "classes": _are_texts,
    "seed": _is_count,
    "step": _is_count,
    "config": lambda value: isinstance(value, dict),
}


@dataclass(frozen=True)
class SavedModel:
    """What a model file holds.

    Attributes
    ----------
    network : Network
    known : dict
        What the file knows beside the weights, None where it does not: ``loss``, ``dataset`` and
        ``scaling`` (ids), ``classes`` (names), ``seed``, ``step``, ``config`` (a run's settings).
    input_scaling : tuple of ndarray, (inputs,), or None
        Offset and divisor of the raw values.
    examples : tuple of ndarray, (n, inputs) and (n, outputs), or None
        Inputs as the network takes them, and its outputs when it was saved.
    """

    network: Network
    known: dict[str, Any]
    input_scaling: tuple[np.ndarray, np.ndarray] | None = None
    examples: tuple[np.ndarray, np.ndarray] | None = None

    def scaled(self, raw: Any) -> np.ndarray:
        """Return raw values, (n, inputs), as the network takes them."""
        raw = np.asarray(raw, self.network.dtype)
        if self.input_scaling is None:
            return raw
        offset, divisor = self.input_scaling
        return (raw - offset) / divisor


def save(
    network: Network,
    *,
    input_scaling: tuple[Any, Any] | None = None,
    examples: Any = None,
    **known: Any,
) -> bytes:
    """Return a network as the content of a model file.

    Parameters
    ----------
    network : Network
    input_scaling : tuple of array, (inputs,), optional
        Offset and divisor of the raw values.
    examples : array, (n, inputs), optional
        Samples to keep with the network's outputs; the first `MAX_EXAMPLES`.
    **known
        What else to keep: see `SavedModel.known`.

    Raises
    ------
    ModelFileError
        If an activation is not one of the table as it stands there, a number is not finite, or
        an entry does not fit.
    TypeError
        If it is no network.

    Examples
    --------
    >>> from nnviz import Network, load_model, save_model
    >>> net = Network((3, 2), ("softmax",), initializer="zeros")
    >>> size = Path("model.npz").write_bytes(save_model(net))
    >>> load_model("model.npz").network.predict(np.zeros(3))
    array([0.5, 0.5], dtype=float32)
    """
    if not isinstance(network, Network):
        raise TypeError(f"Only a Network can be saved. Received: {received(network)}.")
    members = {_HEADER: json.dumps(_header_of(network, known), indent=1).encode()}
    for name, array in _arrays_of(network, input_scaling, examples).items():
        array = np.asarray(array, network.dtype)
        if not np.isfinite(array).all():
            raise ModelFileError(f"Only finite numbers can be saved. {name} holds others.")
        members[f"{name}.npy"] = archive.array_bytes(array)
    return archive.pack(members)


def _header_of(network: Network, known: dict[str, Any]) -> dict[str, Any]:
    for f in network.activations:
        if f.id not in ACTIVATIONS or vars(f) != vars(ACTIVATIONS[f.id]):
            raise ModelFileError(f"Only activations of the table can be saved. Received: {f!r}.")
    if unknown := [name for name in known if name not in _OPTIONAL]:
        raise ModelFileError(f"Unknown: {unknown[0]!r}. Known: {', '.join(_OPTIONAL)}.")
    header = {
        "format": FORMAT,
        "version": VERSION,
        "layer_sizes": [int(size) for size in network.layer_sizes],
        "activations": [f.id for f in network.activations],
        "dtype": str(network.dtype),
    } | {name: known.get(name) for name in _OPTIONAL}
    _check(header)
    return header


def _arrays_of(
    network: Network, input_scaling: tuple[Any, Any] | None, examples: Any
) -> dict[str, Any]:
    arrays = {}
    for number, (W, b) in enumerate(zip(network.weights, network.biases, strict=True), start=1):
        arrays |= {f"W{number}": W, f"b{number}": b}
    if input_scaling is not None:
        if len(input_scaling) != len(_PAIRS[0]):
            raise ModelFileError(
                f"input_scaling is the pair {' and '.join(_PAIRS[0])}. "
                f"Received: {len(input_scaling)} arrays."
            )
        arrays |= zip(_PAIRS[0], input_scaling, strict=True)
    if examples is not None:
        inputs = np.asarray(examples, network.dtype)[:MAX_EXAMPLES]
        arrays |= zip(_PAIRS[1], (inputs, network.predict(inputs)), strict=True)
    return arrays


def load(source: bytes | str | Path) -> SavedModel:
    """Return what a model file holds.

    Parameters
    ----------
    source : bytes, str or Path
        The content of the file, or where it is.

    Raises
    ------
    ModelFileError
        If it is no model file, is damaged, or holds something outside the bounds.
    OSError
        If it cannot be opened.
    TypeError
        If it is neither bytes nor a path.
    """
    if not isinstance(source, bytes | str | Path):
        raise TypeError(
            "A model file is bytes, or a path as str or Path. "
            f"Received: {received(source)}."
        )
    if not isinstance(source, bytes):
        with Path(source).open("rb") as file:
            source = file.read(MAX_FILE_BYTES + 1)
    if len(source) > MAX_FILE_BYTES:
        raise ModelFileError(f"The file is too large: over {MAX_FILE_BYTES:,} bytes.")
    try:
        members = archive.unpack(source, most=2 * MAX_LAYERS + 1 + len(_PAIRS) * 2)
        return _model(_header(members), members)
    except archive.ArchiveError as error:
        raise ModelFileError(f"This is no model file that can be read. {error}") from error


def _header(members: dict[str, bytes]) -> dict[str, Any]:
    content = members.pop(_HEADER, None)
    if content is None or len(content) > MAX_HEADER_BYTES:
        raise ModelFileError(f"This is no model file: its {_HEADER} is missing or too long.")
    try:
        header = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{_HEADER} cannot be read: {str(error)[:100]}.") from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ModelFileError(f"This is no model file: {_HEADER} does not say {FORMAT!r}.")
    if header.get("version") != VERSION:
        received = _short(header.get("version"))
        raise ModelFileError(
            f"The model file has format version {received}; this nnviz reads {VERSION}."
        )
    _check(header)
    return header


def _check(header: dict[str, Any]) -> None:
    for name, fits in (_REQUIRED | _OPTIONAL).items():
        value = header.get(name)
        if not fits(value) and not (value is None and name in _OPTIONAL):
            raise ModelFileError(f"{name} of a model cannot be {_short(value)}.")


def _model(header: dict[str, Any], members: dict[str, bytes]) -> SavedModel:
    try:
        network = Network(
            header["layer_sizes"], header["activations"], initializer="zeros",
            dtype=header["dtype"],
        )
    except ValueError as error:
        raise ModelFileError(f"The model file makes no network: {error}") from error
    inputs, outputs = network.layer_sizes[0], network.layer_sizes[-1]

    def take(name: str, *shape: int | None) -> np.ndarray:
        file = f"{name}.npy"
        if file not in members:
            raise ModelFileError(f"The model file lacks {file}.")
        return archive.array_from(name, members.pop(file), shape, network.dtype)

    for number, (W, b) in enumerate(zip(network.weights, network.biases, strict=True), start=1):
        W[...] = take(f"W{number}", *W.shape)
        b[...] = take(f"b{number}", *b.shape)
    scaling = examples = None
    if "input_offset.npy" in members:
        scaling = take("input_offset", inputs), take("input_divisor", inputs)
        if not scaling[1].all():
            raise ModelFileError("input_divisor holds a 0.")
    if "example_inputs.npy" in members:
        x = take("example_inputs", None, inputs)
        examples = x, take("example_outputs", len(x), outputs)
    if members:
        raise ModelFileError(f"The model file holds {_short(next(iter(members)))}, unexpected.")
    return SavedModel(network, {name: header.get(name) for name in _OPTIONAL}, scaling, examples)


def _parameter_count(layer_sizes: list[int]) -> int:
    return sum((rows + 1) * columns for rows, columns in pairwise(layer_sizes))


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
