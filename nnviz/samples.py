"""Samples and targets that are to train a network: checked, in its dtype."""

from typing import Any

import numpy as np

from nnviz.checks import float_array, refuse_not_finite
from nnviz.network import Network
from nnviz.rows import Rows


def checked_data(
    network: Network, x: Any, y: Any, names: tuple[str, str] = ("x", "y")
) -> tuple[np.ndarray | Rows, np.ndarray]:
    """Return samples and targets in the network's dtype.

    Parameters
    ----------
    network : Network
    x : array or Rows, (n, inputs)
    y : array, (n, outputs)
    names : tuple of str, default ("x", "y")
        What messages call them.

    Raises
    ------
    ValueError
        If they do not fit the network or each other, or are not finite numbers.
    """
    x_name, y_name = names
    if not isinstance(x, Rows):
        x = float_array(x_name, x, network.dtype)
    elif network.dtype != x.dtype:
        raise ValueError(f"Rows need a network in {x.dtype}. Received: one in {network.dtype}.")
    y = float_array(y_name, y, network.dtype, "numbers (one-hot for classes)")
    expected_x, expected_y = network.layer_sizes[0], network.layer_sizes[-1]
    if (
        x.ndim != 2 or y.ndim != 2 or len(x) != len(y) or len(x) == 0
        or x.shape[1] != expected_x or y.shape[1] != expected_y
    ):
        raise ValueError(
            f"{x_name} and {y_name} do not fit the network. Received shapes {x.shape} and "
            f"{y.shape}; expected (n, {expected_x}) and (n, {expected_y}), the same n of 1 or more."
            + _hint(x, y, expected_y)
        )
    if not isinstance(x, Rows):
        refuse_not_finite(x_name, x)
    refuse_not_finite(y_name, y)
    return x, y


def _hint(x: np.ndarray | Rows, y: np.ndarray, outputs: int) -> str:
    if x.ndim != 2 or y.ndim > 2 or (y.ndim == 2 and y.shape[1] > 1):
        return ""
    if outputs == 1:
        return " Make y a column: y.reshape(-1, 1)." if y.ndim == 1 else ""
    return f" If y holds class numbers, make it one-hot: np.eye({outputs})[y]."
