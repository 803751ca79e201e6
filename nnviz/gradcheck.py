"""Finite differences: what the gradient of a network must be, without any backpropagation."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from nnviz import losses
from nnviz.checks import positive_number, received
from nnviz.network import Network
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
        If the parameters are in another dtype or no vector, or the step is not above 0.
    TypeError
        If they are no array, whose numbers can be moved in place.
    """
    if not isinstance(parameters, np.ndarray):
        raise TypeError(f"parameters must be an array. Received: {type(parameters).__name__}.")
    if parameters.dtype != np.float64 or parameters.ndim != 1:
        raise ValueError(
            "Finite differences need a vector of parameters in float64. Received: "
            f"{parameters.dtype}, shape {parameters.shape}."
        )
    positive_number("step", step)
    indices = range(len(parameters)) if indices is None else indices
    return np.array([difference(function, parameters, index, step) for index in indices])


def difference(
    function: Callable[[], float], parameters: np.ndarray, index: int, step: float
) -> float:
    """Return the central difference of a function by one parameter (see `numerical_gradient`)."""
    kept = parameters[index]
    parameters[index] = kept + step
    above = function()
    parameters[index] = kept - step
    below = function()
    parameters[index] = kept
    return (above - below) / (2 * step)


def relative_error(actual: np.ndarray, expected: np.ndarray) -> float:
    """Return ``|actual - expected| / max(|actual|, |expected|)``, of lengths; 0 where equal.

    Raises
    ------
    ValueError
        If the two are of different shapes.
    """
    actual, expected = np.asarray(actual), np.asarray(expected)
    if actual.shape != expected.shape:
        raise ValueError(
            "Only gradients of the same shape can be compared. Received shapes "
            f"{actual.shape} and {expected.shape}."
        )
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
    TypeError
        If it is no network.
    """
    if not isinstance(network, Network):
        raise TypeError(f"network must be a Network. Received: {received(network)}.")
    if network.dtype != np.float64:
        raise ValueError(
            f"Finite differences need a float64 network. Received: {network.dtype}. "
            "Make it with dtype='float64', or check its copy('float64')."
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

    Examples
    --------
    >>> from nnviz import Network, gradcheck
    >>> net = Network((2, 3, 1), ("tanh", "linear"), seed=0, dtype="float64")
    >>> gradcheck.gradient_error(net, [[1, 2], [3, 4]], [[0], [1]], "mse") < 1e-6
    True
    """
    expected = network_gradient(network, x, y, loss, step)
    x, y = checked_data(network, x, y)
    loss = losses.for_output(loss, network.activations[-1])
    actual = network.backward(network.forward(x), y, loss).vector
    return relative_error(actual, expected)
