"""Cutting a network: units switched off, layers frozen; and units that do no work anyway.

A hidden unit is off when all weights that lead out of it are 0: the layer above then gets nothing
from it, in training and everywhere else, and no gradient reaches its own weights.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from nnviz.parameters import parameter_count

# Where an activation counts as saturated: the distance from the middle of its range.
_SATURATION = {"sigmoid": (0.5, 0.49), "tanh": (0.0, 0.98)}
# Share of the samples on which a saturated unit is at an end of its range.
_MOSTLY = 0.95


@dataclass(frozen=True)
class Held:
    """Which parameters training leaves as they are.

    Attributes
    ----------
    cut : mapping of (int, int) to ndarray
        Hidden units that are off, as (layer, unit) from 0, and the weights out of them, (fan_out
        of the layer above,), that they had before.
    frozen : frozenset of int
        Layers, from 0, none of whose weights and biases move.
    """

    cut: Mapping[tuple[int, int], np.ndarray] = field(default_factory=dict)
    frozen: frozenset[int] = frozenset()

    def without(self, unit: tuple[int, int]) -> "Held":
        """Return this with a unit switched on again."""
        return Held({key: row for key, row in self.cut.items() if key != unit}, self.frozen)

    def indices(self, layer_sizes: Sequence[int]) -> np.ndarray | None:
        """Return where these parameters lie in the vector of all; None where there are none."""
        parts = [outgoing(layer_sizes, *unit) for unit in self.cut]
        parts += [layer_indices(layer_sizes, layer) for layer in sorted(self.frozen)]
        return np.unique(np.concatenate(parts)) if parts else None


NOTHING = Held()


def layer_indices(layer_sizes: Sequence[int], layer: int) -> np.ndarray:
    """Return where [W; b] of a layer, from 0, lies in the vector of all parameters."""
    start = parameter_count(layer_sizes[: layer + 1])
    return np.arange(start, parameter_count(layer_sizes[: layer + 2]))


def weight_index(layer_sizes: Sequence[int], layer: int, row: int, unit: int) -> int:
    """Return where a weight lies in the vector of all parameters; row fan_in means the bias."""
    return int(layer_indices(layer_sizes, layer)[0]) + row * layer_sizes[layer + 1] + unit


def incoming(layer_sizes: Sequence[int], layer: int, unit: int) -> np.ndarray:
    """Return where the weights into a unit, and then its bias, lie in the vector."""
    rows = np.arange(layer_sizes[layer] + 1)
    return weight_index(layer_sizes, layer, 0, unit) + rows * layer_sizes[layer + 1]


def outgoing(layer_sizes: Sequence[int], layer: int, unit: int) -> np.ndarray:
    """Return where the weights out of a hidden unit lie in the vector."""
    start = weight_index(layer_sizes, layer + 1, unit, 0)
    return np.arange(start, start + layer_sizes[layer + 2])


def dead_units(activation: str, a: np.ndarray) -> np.ndarray:
    """Return the units, from 0, of a ReLU layer that are 0 on all samples, `a` (n, units)."""
    return np.flatnonzero(~(a > 0).any(axis=0)) if activation == "relu" else np.empty(0, np.intp)


def saturated_units(activation: str, a: np.ndarray) -> np.ndarray:
    """Return the units that are at an end of their range for 95 % of the samples or more."""
    if activation not in _SATURATION:
        return np.empty(0, np.intp)
    middle, distance = _SATURATION[activation]
    return np.flatnonzero((np.abs(a - middle) > distance).mean(axis=0) >= _MOSTLY)
