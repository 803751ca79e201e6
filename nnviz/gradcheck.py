"""Finite differences: what the gradient of a network must be, without any backpropagation."""

from collections.abc import Callable
from typing import Any

import numpy as np

from nnviz import losses
from nnviz.network import Network


def numerical_gradient(
    function: Callable[[], float], parameters: np.ndarray, step: float = 1e-5
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

    Returns
    -------
    ndarray, (count,)
        (f(w + step) - f(w - step)) / (2 step) for each parameter w.
    """
    gradient = np.empty_like(parameters)
    for index, kept in enumerate(parameters):
        parameters[index] = kept + step
        above = function()
        parameters[index] = kept - step
        below = function()
        parameters[index] = kept
        gradient[index] = (above - below) / (2 * step)
    return gradient


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
        If the network is not in float64.
    """
    if network.dtype != np.float64:
        raise ValueError(
            f"Finite differences need a float64 network. Received: {network.dtype}. "
            "Make it with dtype='float64'."
        )
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    loss = losses.for_output(loss, network.activations[-1])
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
    loss = losses.for_output(loss, network.activations[-1])
    run = network.forward(np.asarray(x, np.float64))
    actual = network.backward(run, np.asarray(y, np.float64), loss).vector
    return relative_error(actual, expected)
