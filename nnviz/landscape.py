"""The loss as a landscape over the parameters, and the way down: along one direction.

Everything here is computed in float64 on a copy, so that the network is left alone and small
differences of the loss are seen.
"""

import math
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nnviz import losses
from nnviz.network import Network
from nnviz.parts import finished
from nnviz.passes import Pass
from nnviz.regularization import Regularization

# Six decades: from the smallest to the largest learning rate that the lab offers.
RATES = np.logspace(-5, 1, 61)
# Share of the best gain along the gradient below which a rate counts as too small.
TOO_SMALL = 0.1
# How far, as a share of the length of the parameters, gradients are taken for a curvature.
_STEP = 1e-3
# Share of the loss that counts as no change of it.
_ROUNDING = 1e-9
_NO_PENALTIES = Regularization()


class Terrain:
    """The loss of one network on fixed samples, as a function of all its parameters.

    Parameters
    ----------
    network : Network
        Copied.
    x : array, (n, inputs)
    y : array, (n, outputs)
    loss : str, type or Loss
        The mean over the samples.
    masks : list of (ndarray, (n, units), or None), optional
        What dropout multiplies each layer's activations by (`Pass.masks`); none where not given.
    regularization : Regularization, optional
        Its penalties are added to the loss; none where not given.

    Attributes
    ----------
    here : ndarray, (count,), float64
        The parameters of the network.
    """

    def __init__(
        self, network: Network, x: Any, y: Any, loss: Any, masks: list | None = None,
        regularization: Regularization = _NO_PENALTIES,
    ):
        self._network = Network(
            network.layer_sizes, network.activations, initializer="zeros", dtype=np.float64
        )
        self.here = network.parameters.astype(np.float64)
        self._loss = losses.for_output(loss, network.activations[-1])
        self._y = np.asfortranarray(y, np.float64)
        self._room = Pass.allocate(network.layer_sizes, len(self._y), np.float64)
        self._room.a[0][...] = x
        if masks is not None:
            self._room.masks[:] = masks
        self._regularization = regularization

    def loss_at(self, parameters: np.ndarray) -> float:
        """Return the loss with these parameters, (count,); infinite where it is not finite."""
        self._network.parameters[...] = parameters
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            run = self._network.forward(self._room.a[0], into=self._room)
            loss = self._loss.value(self._y, run.a[-1])
            if self._regularization.has_penalty:
                loss += self._regularization.penalty(self._network)
        return loss if math.isfinite(loss) else math.inf

    def gradient_at(self, parameters: np.ndarray) -> np.ndarray:
        """Return the gradient with these parameters, (count,)."""
        return self._gradient(parameters, self._regularization)

    def _gradient(self, parameters: np.ndarray, regularization: Regularization) -> np.ndarray:
        self._network.parameters[...] = parameters
        run = self._network.forward(self._room.a[0], into=self._room)
        gradients = self._network.backward(run, self._y, self._loss)
        if regularization.has_penalty:
            regularization.add_gradient(self._network, gradients)
        return gradients.vector

    def curvature_along(self, direction: np.ndarray) -> float:
        """Return d^T H d / d^T d, the second derivative of the loss along a direction d.

        H d is the central difference of two gradients (Pearlmutter, Fast exact multiplication
        by the Hessian, 1994, section 2). 0 for a direction of length 0.
        """
        return finished(self.curvature_in_parts(direction))

    def curvature_in_parts(self, direction: np.ndarray) -> Generator[float, None, float]:
        """Do what `curvature_along` does, one gradient at a time; yields 0."""
        unit = _unit(direction)
        if unit is None:
            return 0.0
        bend = yield from self._bend(unit)
        return float(unit @ bend)

    def sharpest_curvature(self, start: np.ndarray, turns: int = 6) -> float:
        """Return about the largest second derivative of the loss along any direction.

        By power iteration from a direction: each turn takes it nearer to the sharpest one
        (LeCun, Simard and Pearlmutter, Automatic learning rate maximization by on-line
        estimation of the Hessian's eigenvectors, 1993).
        """
        unit = _unit(start)
        for _ in range(turns):
            if unit is None:
                return 0.0
            bend = finished(self._bend(unit))
            curvature, unit = float(unit @ bend), _unit(bend)
        return curvature

    def _bend(self, unit: np.ndarray) -> Generator[float, None, np.ndarray]:
        """Compute H d for a direction d of length 1, (count,), in two parts."""
        step = _STEP * max(1.0, float(np.linalg.norm(self.here)))
        # An L1 penalty has no second derivative; a difference across its corner at 0, where it
        # holds many weights, would look like a large one.
        smooth = replace(self._regularization, l1=0.0)
        above = self._gradient(self.here + step * unit, smooth)
        yield 0.0
        return (above - self._gradient(self.here - step * unit, smooth)) / (2 * step)


def _unit(direction: np.ndarray) -> np.ndarray | None:
    """Return a direction with length 1; None where it has none."""
    length = float(np.linalg.norm(direction))
    return direction / length if 0 < length < math.inf else None


@dataclass(frozen=True)
class Descent:
    """The loss against a direction g: what one step with each learning rate would make of it.

    Attributes
    ----------
    rates, losses : ndarray, (points,)
        L(w - rate * g); infinite where the loss is not finite.
    loss : float
        L(w).
    slope : float
        How fast the loss falls with the rate at first: g^T g where g is its gradient.
    curvature : float
        g^T H g / g^T g.
    squared_length : float
        g^T g.
    """

    rates: np.ndarray
    losses: np.ndarray
    loss: float
    slope: float
    curvature: float
    squared_length: float

    @property
    def stable_rate(self) -> float | None:
        """The rate above which steps along g overshoot ever further: 2 / curvature for a gradient.

        It is that of the parabola with this slope and curvature; None where the loss curves
        downwards, so that no such rate is known.
        """
        bend = self.curvature * self.squared_length
        return 2 * self.slope / bend if 0 < bend < math.inf else None


def descent(
    terrain: Terrain, rates: np.ndarray = RATES, against: np.ndarray | None = None
) -> Generator[float, None, Descent]:
    """Compute the loss along the negative gradient, in parts; yields the share done.

    Parameters
    ----------
    terrain : Terrain
    rates : ndarray, (points,), default `RATES`
        Learning rates, rising.
    against : ndarray, (count,), optional
        What a step takes, times the rate, where that is not the gradient itself but, say, the
        gradient made shorter.
    """
    here = terrain.here
    gradient = terrain.gradient_at(here)
    g = gradient if against is None else against
    yield 0.0
    curvature = yield from terrain.curvature_in_parts(g)
    found = np.empty(len(rates))
    for index, rate in enumerate(rates):
        found[index] = terrain.loss_at(here - rate * g)
        yield (index + 1) / len(rates)
    return Descent(
        rates, found, terrain.loss_at(here), float(gradient @ g), curvature, float(g @ g)
    )


def regions(line: Descent) -> list[tuple[str, float, float]]:
    """Return the kinds of learning rate along a `Descent`, as (name, from, to), in order.

    "too small": less than a tenth of the best gain. "good": from there to the lowest loss.
    "overshooting": beyond the lowest loss, but still below the loss before the step.
    "diverging": the step makes the loss larger. On a parabola these begin at 0.05, 1 and 2 times
    1 / curvature.
    """
    rates, gains = line.rates, line.loss - line.losses
    best = int(np.argmax(gains))
    if gains[best] <= _ROUNDING * line.loss:
        # Not even the smallest step gains anything: at the bottom, or too steep for all rates.
        worse = np.flatnonzero(line.losses > line.loss * (1 + _ROUNDING))
        border = rates[worse[0]] if len(worse) else rates[-1]
        found = [("too small", rates[0], border), ("diverging", border, rates[-1])]
        return [(name, float(low), float(high)) for name, low, high in found if high > low]
    small = _crossing(rates, gains - TOO_SMALL * gains[best], 0, best)
    worse = next((k for k in range(best, len(rates)) if gains[k] < 0), None)
    top = rates[-1] if worse is None else _crossing(rates, -gains, worse - 1, worse)
    borders = [rates[0], small, rates[best], top, rates[-1]]
    names = ("too small", "good", "overshooting", "diverging")
    return [
        (name, float(low), float(high))
        for name, low, high in zip(names, borders, borders[1:], strict=False)
        if high > low
    ]


def _crossing(rates: np.ndarray, values: np.ndarray, first: int, last: int) -> float:
    """Return where rising values pass 0 between two indices, on a logarithmic scale of rates."""
    above = next(k for k in range(first, last + 1) if values[k] >= 0)
    if above == first:
        return float(rates[first])
    low, high = values[above - 1], values[above]
    share = -low / (high - low) if math.isfinite(high) else 1.0
    return float(rates[above - 1] * (rates[above] / rates[above - 1]) ** share)
