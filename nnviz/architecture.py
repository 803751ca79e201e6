"""What a network is built from, checked: sizes, activations, dtype."""

from collections.abc import Mapping, Set
from typing import Any

import numpy as np

from nnviz import activations as activation_table
from nnviz.activations import Activation
from nnviz.checks import received


def checked_sizes(layer_sizes: Any) -> tuple[int, ...]:
    """Return the layers' sizes; raise ValueError if they are none."""
    sizes = in_order(layer_sizes) or ()
    if len(sizes) < 2 or any(
        isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 1
        for size in sizes
    ):
        raise ValueError(
            "layer_sizes needs at least input and output, each a whole number of 1 or more. "
            f"Received: {received(layer_sizes)}."
        )
    return tuple(int(size) for size in sizes)


def in_order(values: Any) -> tuple | None:
    """Return several values as a tuple; None if they are none, or a set, which has no order."""
    if isinstance(values, str | Set | Mapping):
        return None
    try:
        return tuple(values)
    except TypeError:
        return None


def checked_activations(activations: Any, layer_sizes: tuple[int, ...]) -> list[Activation]:
    """Return one activation for each layer after the input.

    Raises
    ------
    TypeError
        If they are no sequence, or one of them is of a wrong kind.
    ValueError
        If one is unknown or out of place, or their number is wrong.
    """
    count = len(layer_sizes) - 1
    given = in_order(activations)
    if given is None:
        raise TypeError(
            "activations must be a sequence, one for each layer after the input, "
            f"{count} in all. Received: {received(activations)}."
        )
    found = [activation_table.get(f) for f in given]
    if len(found) != count:
        raise ValueError(
            f"layer_sizes {layer_sizes} need one activation for each layer after the input, "
            f"{count} in all. Received: {len(found)}."
        )
    for f in found[:-1]:
        if f.output_only:
            raise ValueError(
                f"{f.label} fits the output only. Received: it in a hidden layer."
            )
    return found


def checked_dtype(dtype: Any) -> np.dtype:
    """Return a dtype that networks compute in; raise ValueError if it is none."""
    try:
        found = np.dtype(dtype) if dtype is not None else None
    except TypeError:
        found = None
    # None would be equal to NumPy's default, float64.
    if found is None or found not in (np.float32, np.float64):
        raise ValueError(f"dtype must be float32 or float64. Received: {received(dtype)}.")
    return found
