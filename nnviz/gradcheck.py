"""Finite differences: what the gradient of a network must be, without any backpropagation."""

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnviz import losses
from nnviz.checks import positive_number
from nnviz.network import Network
from nnviz.passes import Pass
from nnviz.samples import checked_data


def numerical_gradient(
    function: Callable[[], float], parameters: np.ndarray, step: float = 1e-5,
    indices: Iterable[int] | None = None,
) -> np.ndarray:
    """Return the gradient of a function by central differences.

    Parameters
    ----------
    function : callable
        Takes nothing and returns its value at the present `parameters`.
    parameters : ndarray, (count,), float64
        Moved one by one, and put back.
    step : float, default 1e-5
        How far each is moved up and down. The error of the difference shrinks with its square,
        the rounding error grows with its inverse.
    indices : iterable of int, optional
        Which parameters; all where not given.

    Returns
    -------
    ndarray, (count,)
        (f(w + step) - f(w - step)) / (2 step) for each parameter w.

    Raises
    ------
    ValueError
        If the parameters are in another dtype, or the step is not above 0.
    """
    if parameters.dtype != np.float64:
        raise ValueError(
            f"Finite differences need parameters in float64. Received: {parameters.dtype}."
        )
    positive_number("step", step)
    indices = range(len(parameters)) if indices is None else indices
    return np.array([_difference(function, parameters, index, step) for index in indices])


def _difference(
    function: Callable[[], float], parameters: np.ndarray, index: int, step: float
) -> float:
    kept = parameters[index]
    parameters[index] = kept + step
    above = function()
    parameters[index] = kept - step
    below = function()
    parameters[index] = kept
    return (above - below) / (2 * step)


def relative_error(actual: np.ndarray, expected: np.ndarray) -> float:
    """Return ``|actual - expected| / max(|actual|, |expected|)``, of lengths; 0 where equal."""
    largest = max(np.linalg.norm(actual), np.linalg.norm(expected))
    return float(np.linalg.norm(actual - expected) / largest) if largest else 0.0


def network_gradient(
    network: Network, x: Any, y: Any, loss: Any, step: float = 1e-5
) -> np.ndarray:
    """Return the numerical gradient of the loss by all parameters of a network.

    Parameters
    ----------
    network : Network
        In float64: float32 has too few digits for a difference. Its parameters are put back.
    x : array, (n, inputs)
    y : array, (n, outputs)
    loss : str, type or Loss
    step : float, default 1e-5

    Returns
    -------
    ndarray, (count,)
        In the order of ``network.parameters``.

    Raises
    ------
    ValueError
        If the network is not in float64, samples or loss do not fit it, or the step is not
        above 0.
    """
    if network.dtype != np.float64:
        raise ValueError(
            f"Finite differences need a float64 network. Received: {network.dtype}. "
            "Make it with dtype='float64'."
        )
    loss = losses.for_output(loss, network.activations[-1])
    x, y = checked_data(network, x, y)
    loss.refuse_targets(y)
    return numerical_gradient(
        lambda: loss.value(y, network.forward(x).a[-1]), network.parameters, step
    )


def gradient_error(network: Network, x: Any, y: Any, loss: Any, step: float = 1e-5) -> float:
    """Return the relative error of `Network.backward` against finite differences.

    About 1e-9 where backpropagation is right; near 1 where it is wrong. Where a ReLU's z lies
    within reach of `step` from 0, the difference straddles the kink and is itself wrong.

    Parameters and errors raised are those of `network_gradient`.
    """
    expected = network_gradient(network, x, y, loss, step)
    x, y = checked_data(network, x, y)
    loss = losses.for_output(loss, network.activations[-1])
    actual = network.backward(network.forward(x), y, loss).vector
    return relative_error(actual, expected)


# A right gradient in float64 is at about 1e-9, a wrong one at 0.01 and more; between them lie
# differences that rounding or a kink has spoilt.
GOOD = 1e-5
# What float32 has digits for, at its own best step.
FLOAT32_STEP = 1e-2
STEPS = np.logspace(-1, -12, 23)


@dataclass(frozen=True)
class Part:
    """The weights or the biases of one layer, or some of them.

    Attributes
    ----------
    layer : int
    kind : str
        "weights" or "biases".
    indices : ndarray, (m,)
        Their places in ``network.parameters``.
    total : int
        How many there are of the kind in the layer.
    """

    layer: int
    kind: str
    indices: np.ndarray
    total: int


@dataclass(frozen=True)
class Checked:
    """A part's gradient both ways.

    Attributes
    ----------
    part : Part
        Without those that a kink spoils.
    backward, numeric, numeric32 : ndarray, (m,)
        By backpropagation; by finite differences in float64, and in float32 with
        `FLOAT32_STEP`.
    kinks : int
        Parameters left out because moving them takes a z across the kink of its ReLU.
    """

    part: Part
    backward: np.ndarray
    numeric: np.ndarray
    numeric32: np.ndarray
    kinks: int

    @property
    def error(self) -> float:
        """Relative error in float64."""
        return relative_error(self.backward, self.numeric)

    @property
    def error32(self) -> float:
        """Relative error in float32."""
        return relative_error(self.backward, self.numeric32)

    @property
    def is_good(self) -> bool:
        """Whether backpropagation and finite differences agree, gradients of 0 included."""
        difference = np.linalg.norm(self.backward - self.numeric)
        return bool(self.error < GOOD or difference < 1e-9)


def parts_of(
    network: Network, gradient: np.ndarray, most: int, layers: Iterable[int] | None = None
) -> list[Part]:
    """Return the weights and the biases of layers, at most so many of each, drawn at random.

    Parameters
    ----------
    network : Network
    gradient : ndarray, (count,)
        Where it is 0, of the weights of a pixel that is always black say, nothing can be seen
        to be wrong: others are drawn first.
    most : int
    layers : iterable of int, optional
        All where not given.
    """
    rng = np.random.default_rng(0)
    parts, start = [], 0
    wanted = range(len(network.weights)) if layers is None else layers
    for layer, (W, b) in enumerate(zip(network.weights, network.biases, strict=True)):
        for kind, count in (("weights", W.size), ("biases", b.size)):
            if layer in wanted:
                indices = start + _drawn(gradient[start : start + count], most, rng)
                parts.append(Part(layer, kind, np.sort(indices), count))
            start += count
    return parts


def _drawn(gradient: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    """Return so many places at random, those of a gradient of 0 only where others do not do."""
    telling = np.flatnonzero(gradient)
    if len(telling) >= most:
        return rng.choice(telling, most, replace=False)
    silent = np.flatnonzero(gradient == 0)
    more = min(most - len(telling), len(silent))
    return np.append(telling, rng.choice(silent, more, replace=False))


def check_in_parts(
    network: Network, x: np.ndarray, y: np.ndarray, loss: losses.Loss,
    backward: np.ndarray, parts: Sequence[Part], step: float = 1e-5,
) -> Generator[float, None, list[Checked]]:
    """Hold a gradient against finite differences; yields the share done, returns the result.

    Parameters
    ----------
    network : Network
        Of either dtype; copies are moved about.
    x : ndarray, (n, inputs)
    y : ndarray, (n, outputs)
    loss : Loss
    backward : ndarray, (count,)
        The gradient that backpropagation gives, right or wrong.
    parts : sequence of Part
    step : float, default 1e-5
    """
    exact = _Slope(network, x, y, loss, "float64")
    yield 0.0
    rounded = _Slope(network, x, y, loss, "float32")
    yield 0.0
    total, done, checked = sum(len(part.indices) for part in parts), 0, []
    for part in parts:
        found = []
        for index in part.indices:
            found.append((*exact.with_kink(index, step), rounded(index, FLOAT32_STEP)))
            done += 1
            yield done / total
        numeric, is_kink, numeric32 = (np.array(column) for column in zip(*found, strict=True))
        kept = ~is_kink
        smooth = Part(part.layer, part.kind, part.indices[kept], part.total)
        checked.append(Checked(
            smooth, backward[smooth.indices], numeric[kept], numeric32[kept], int(is_kink.sum())
        ))
    return checked


def steps_in_parts(
    network: Network, x: np.ndarray, y: np.ndarray, loss: losses.Loss,
    right: np.ndarray, indices: np.ndarray, steps: np.ndarray = STEPS,
) -> Generator[float, None, tuple[np.ndarray, np.ndarray]]:
    """Measure finite differences against a right gradient, for many step sizes.

    Yields the share done; returns the relative errors in float64 and in float32, (steps,) each.
    The other parameters are as in `check_in_parts`.
    """
    slopes = [_Slope(network, x, y, loss, dtype) for dtype in ("float64", "float32")]
    errors = np.empty((2, len(steps)))
    for place, step in enumerate(steps):
        for row, slope in enumerate(slopes):
            numeric = []
            for index in indices:
                numeric.append(slope(index, step))
                yield place / len(steps)
            errors[row, place] = relative_error(np.array(numeric), right[indices])
    return errors[0], errors[1]


class _Slope:
    """The finite difference of a network's loss by one parameter, in a dtype."""

    def __init__(self, network: Network, x, y, loss: losses.Loss, dtype: str):
        self._network, self._loss = network.copy(dtype), loss
        self._y = np.asfortranarray(y, dtype)
        self._room = Pass.allocate(network.layer_sizes, len(x), self._network.dtype)
        self._room.a[0][...] = x
        self._kinked = [
            layer for layer, f in enumerate(network.activations) if f.id in ("relu", "leaky_relu")
        ]

    def __call__(self, index: int, step: float) -> float:
        return _difference(self._value, self._network.parameters, index, step)

    def with_kink(self, index: int, step: float) -> tuple[float, bool]:
        """Return the difference, and whether a z crosses a kink between its two ends."""
        signs = []

        def value() -> float:
            loss = self._value()
            signs.append([self._room.z[layer] > 0 for layer in self._kinked])
            return loss

        slope = _difference(value, self._network.parameters, index, step)
        above, below = signs
        return slope, any((a != b).any() for a, b in zip(above, below, strict=True))

    def _value(self) -> float:
        room = self._room
        return self._loss.value(self._y, self._network.forward(room.a[0], into=room).a[-1])
