"""What a forward pass leaves behind for backpropagation, in room made once."""

from collections.abc import Sequence
from copy import copy
from typing import Any

import numpy as np

from nnviz.products import Matrix


class Pass:
    """What a forward pass leaves behind for backpropagation: room for n samples.

    Attributes
    ----------
    z : list of ndarray, (n, units)
        Pre-activations of each layer.
    a : list of ndarray, (n, units)
        ``a[0]`` is the input, ``a[l + 1]`` the activations of layer l.
    delta : list of ndarray, (n, units)
        dL/dz of each layer, written by `Network.backward`.
    scratch : list of ndarray, (n, units)
        Room for the derivative of each layer's activation.
    masks : list of (ndarray, (n, units), or None)
        What each layer's activations are multiplied by in training with dropout.
    A_1 : list of Matrix, (n, units + 1)
        [a 1], for products; `a` are views into it.
    Z, D : list of Matrix, (n, units)
        `z` and `delta`, for products.

    Notes
    -----
    All but the input lie in memory column by column: then [a 1] without its last column is
    still one piece, what softmax does along a row of few outputs runs over many samples, and
    the product that brings delta to the layer below is the fastest of its kind for few samples.
    """

    __slots__ = ("A_1", "D", "Z", "a", "delta", "masks", "scratch", "z")

    def __init__(self, z, a_1, delta, scratch, masks):
        self.z, self.delta, self.scratch, self.masks = z, delta, scratch, masks
        self.a = [both[:, :-1] for both in a_1]
        self.A_1, self.Z, self.D = ([Matrix(array) for array in part] for part in (a_1, z, delta))

    @classmethod
    def allocate(cls, layer_sizes: Sequence[int], samples: int, dtype: Any) -> "Pass":
        """Return a pass with room for `samples` rows."""

        def room(extra=0):
            return [np.empty((units + extra, samples), dtype).T for units in layer_sizes[1:]]

        a_1 = [np.empty((samples, layer_sizes[0] + 1), dtype), *room(1)]
        for both in a_1:
            both[:, -1] = 1
        return cls(room(), a_1, room(), room(), [None] * len(layer_sizes[1:]))

    def make_masks(self) -> None:
        """Make room for a dropout mask of each hidden layer."""
        self.masks[:-1] = [np.empty_like(z) for z in self.z[:-1]]

    def with_input(self, x_1: np.ndarray) -> "Pass":
        """Return a pass in the same room, its input [x 1] elsewhere: (n, inputs + 1)."""
        other = copy(self)
        other.a, other.A_1 = [x_1[:, :-1], *self.a[1:]], [Matrix(x_1), *self.A_1[1:]]
        return other
