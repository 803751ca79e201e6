"""The parameters of a network: one vector, and views of it layer by layer."""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from nnviz.products import Matrix


class Parameters:
    """One vector that holds the weights and biases of all layers, and views into it.

    Parameters
    ----------
    layer_sizes : sequence of int
        Input, hidden..., output.
    dtype : dtype
        float32 or float64.

    Attributes
    ----------
    vector : ndarray, (count,)
        Layer by layer: W row by row, then b.
    layers : list of ndarray, (fan_in + 1, fan_out)
        [W; b] of each layer.
    W_b, W : list of Matrix
        `layers` and `weights`, for products.
    weights : list of ndarray, (fan_in, fan_out)
    biases : list of ndarray, (fan_out,)

    Raises
    ------
    MemoryError
        If there are more parameters than fit into memory.
    """

    def __init__(self, layer_sizes: Sequence[int], dtype: Any):
        shapes = [(fan_in + 1, fan_out) for fan_in, fan_out in pairwise(layer_sizes)]
        ends = list(accumulate(rows * columns for rows, columns in shapes))
        self.vector = _zeros(ends[-1], dtype)
        parts = np.split(self.vector, ends[:-1])
        self.layers = [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]
        self.weights = [W_b[:-1] for W_b in self.layers]
        self.biases = [W_b[-1] for W_b in self.layers]
        self.W_b, self.W = ([Matrix(M) for M in part] for part in (self.layers, self.weights))


def _zeros(count: int, dtype: Any) -> np.ndarray:
    try:
        return np.zeros(count, dtype)
    except (MemoryError, ValueError) as error:  # the second where NumPy could not count them
        raise MemoryError(
            f"{count:,} parameters do not fit into memory. Use smaller layer_sizes."
        ) from error


def parameter_count(layer_sizes: Sequence[int]) -> int:
    """Return the number of weights and biases."""
    return sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(layer_sizes))


def parameter_formula(layer_sizes: Sequence[int]) -> str:
    """Return the count of parameters with its sum, ``64*32 + 32 + 32*10 + 10 = 2,410``."""
    terms = " + ".join(f"{rows}*{columns} + {columns}" for rows, columns in pairwise(layer_sizes))
    return f"{terms} = {parameter_count(layer_sizes):,}"
