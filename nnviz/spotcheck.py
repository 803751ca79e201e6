"""Backpropagation held against finite differences part by part, to say where it is wrong.

Of large layers some parameters are checked, drawn at random: a mistake in the code shows in any.
"""

import math
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from nnviz.gradcheck import difference, relative_error
from nnviz.losses import Loss
from nnviz.network import Network
from nnviz.passes import Pass

# A right gradient in float64 is at about 1e-9, a wrong one at 0.01 and more; between them lie
# differences that rounding or a kink has spoilt.
GOOD = 1e-5
STEP = 1e-5
# What float32 has digits for, at its own best step.
FLOAT32_STEP = 1e-2
STEPS = np.logspace(-1, -12, 23)

# What rounding does to one finite difference, in units of (1 + loss) * (float64's) / step: at most
# 1.2 was seen.
_ROUNDING = 4 * np.finfo(np.float64).eps
_KINKED_ACTIVATIONS = ("relu", "leaky_relu")
_KINKED_LOSSES = ("mae",)


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
        Parameters left out because moving them takes a z across the kink of its ReLU, or an
        output across its target where the loss is the absolute error.
    noise : float
        As far off a right gradient, (m,), may be through the rounding of the losses alone.
    """

    part: Part
    backward: np.ndarray
    numeric: np.ndarray
    numeric32: np.ndarray
    kinks: int
    noise: float

    @property
    def error(self) -> float:
        """Relative error in float64."""
        return relative_error(self.backward, self.numeric)

    @property
    def error32(self) -> float:
        """Relative error in float32."""
        return relative_error(self.backward, self.numeric32)

    @property
    def verdict(self) -> str:
        """What backpropagation is seen to be.

        "good" or "wrong"; "unclear" where the gradient is so small that rounding hides it;
        "unchecked" where all were left out.
        """
        if not len(self.part.indices):
            return "unchecked"
        if self.error < GOOD:
            return "good"
        is_rounding = np.linalg.norm(self.backward - self.numeric) <= self.noise
        return "unclear" if is_rounding else "wrong"  # wrong, too, where it is not finite


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
    network: Network, x: np.ndarray, y: np.ndarray, loss: Loss,
    backward: np.ndarray, parts: Sequence[Part],
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
    """
    exact = _Slope(network, x, y, loss, "float64")
    yield 0.0
    rounded = _Slope(network, x, y, loss, "float32")
    yield 0.0
    total, done, checked = sum(len(part.indices) for part in parts), 0, []
    noise = exact.noise
    for part in parts:
        found = []
        for index in part.indices:
            found.append((*exact.with_kink(index), rounded(index, FLOAT32_STEP)))
            done += 1
            yield done / total
        numeric, is_kink, numeric32 = (np.array(column) for column in zip(*found, strict=True))
        kept = ~is_kink
        smooth = Part(part.layer, part.kind, part.indices[kept], part.total)
        checked.append(Checked(
            smooth, backward[smooth.indices], numeric[kept], numeric32[kept], int(is_kink.sum()),
            noise * math.sqrt(len(smooth.indices)),
        ))
    return checked


def steps_in_parts(
    network: Network, x: np.ndarray, y: np.ndarray, loss: Loss,
    right: np.ndarray, indices: np.ndarray, steps: np.ndarray = STEPS,
) -> Generator[float, None, tuple[np.ndarray, np.ndarray]]:
    """Measure finite differences against a right gradient, for many step sizes.

    Yields the share done. Returns which parameters were measured, those of `indices` that `STEP`
    does not take across a kink; and the relative errors, (2, steps), in float64 and in float32.
    The other parameters are as in `check_in_parts`.
    """
    slopes = [_Slope(network, x, y, loss, dtype) for dtype in ("float64", "float32")]
    is_smooth = []
    for index in indices:
        is_smooth.append(not slopes[0].with_kink(index)[1])
        yield 0.0
    smooth = indices[np.array(is_smooth, bool)]
    errors = np.empty((2, len(steps)))
    for place, step in enumerate(steps):
        for row, slope in enumerate(slopes):
            numeric = []
            for index in smooth:
                numeric.append(slope(index, step))
                yield place / len(steps)
            errors[row, place] = relative_error(np.array(numeric), right[smooth])
    return smooth, errors


class _Slope:
    """The finite difference of a network's loss by one parameter, in a dtype."""

    def __init__(self, network: Network, x, y, loss: Loss, dtype: str):
        self._network, self._loss = network.copy(dtype), loss
        self._y = np.asfortranarray(y, dtype)
        self._room = Pass.allocate(network.layer_sizes, len(x), self._network.dtype)
        self._room.a[0][...] = x
        self._kinked = [
            layer for layer, f in enumerate(network.activations) if f.id in _KINKED_ACTIVATIONS
        ]

    def __call__(self, index: int, step: float) -> float:
        return difference(self._value, self._network.parameters, index, step)

    @property
    def noise(self) -> float:
        """What rounding does at most to the difference of one parameter with `STEP`."""
        return _ROUNDING * (1 + abs(self._value())) / STEP

    def with_kink(self, index: int) -> tuple[float, bool]:
        """Return the difference with `STEP`, and whether a kink lies between its two ends."""
        sides = []

        def value() -> float:
            loss = self._value()
            sides.append(self._sides())
            return loss

        slope = difference(value, self._network.parameters, index, STEP)
        above, below = sides
        return slope, any((a != b).any() for a, b in zip(above, below, strict=True))

    def _sides(self) -> list[np.ndarray]:
        """Return on which side of each kink the samples are."""
        sides = [self._room.z[layer] > 0 for layer in self._kinked]
        if self._loss.id in _KINKED_LOSSES:
            sides.append(self._room.a[-1] > self._y)
        return sides

    def _value(self) -> float:
        room = self._room
        return self._loss.value(self._y, self._network.forward(room.a[0], into=room).a[-1])
