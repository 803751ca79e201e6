"""The loss as a landscape over the parameters: along one direction, and over a plane.

Everything here is computed in float64 on a copy, so that the network is left alone and small
differences of the loss are seen.
"""

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnviz import losses
from nnviz.network import Network, Parameters, Pass

# Six decades: from the smallest to the largest learning rate that the lab offers.
RATES = np.logspace(-5, 1, 61)
# Share of the best gain along the gradient below which a rate counts as too small.
TOO_SMALL = 0.1
# How far, as a share of the length of the parameters, gradients are taken for a curvature.
_STEP = 1e-3
# Share of the loss that counts as no change of it.
_ROUNDING = 1e-9


class Terrain:
    """The loss of one network on fixed samples, as a function of all its parameters.

    Parameters
    ----------
    network : Network
        Copied.
    x : array, (n, inputs)
    y : array, (n, outputs)
    loss : str, type or Loss
        The mean over the samples; penalties and dropout are left out.

    Attributes
    ----------
    here : ndarray, (count,), float64
        The parameters of the network.
    """

    def __init__(self, network: Network, x: Any, y: Any, loss: Any):
        self._network = Network(
            network.layer_sizes, network.activations, initializer="zeros", dtype=np.float64
        )
        self.here = network.parameters.astype(np.float64)
        self._loss = losses.for_output(loss, network.activations[-1])
        self._y = np.asfortranarray(y, np.float64)
        self._room = Pass.allocate(network.layer_sizes, len(self._y), np.float64)
        self._room.a[0][...] = x

    def loss_at(self, parameters: np.ndarray) -> float:
        """Return the loss with these parameters, (count,); infinite where it is not finite."""
        self._network.parameters[...] = parameters
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            run = self._network.forward(self._room.a[0], into=self._room)
            loss = self._loss.value(self._y, run.a[-1])
        return loss if math.isfinite(loss) else math.inf

    def gradient_at(self, parameters: np.ndarray) -> np.ndarray:
        """Return the gradient with these parameters, (count,)."""
        self._network.parameters[...] = parameters
        run = self._network.forward(self._room.a[0], into=self._room)
        return self._network.backward(run, self._y, self._loss).vector

    def curvature_along(self, direction: np.ndarray) -> float:
        """Return d^T H d / d^T d, the second derivative of the loss along a direction d.

        H d is the central difference of two gradients (Pearlmutter, Fast exact multiplication
        by the Hessian, 1994, section 2). 0 for a direction of length 0.
        """
        unit = _unit(direction)
        return 0.0 if unit is None else float(unit @ self._bend(unit))

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
            bend = self._bend(unit)
            curvature, unit = float(unit @ bend), _unit(bend)
        return curvature

    def _bend(self, unit: np.ndarray) -> np.ndarray:
        """Return H d for a direction d of length 1, (count,)."""
        step = _STEP * max(1.0, float(np.linalg.norm(self.here)))
        above = self.gradient_at(self.here + step * unit)
        return (above - self.gradient_at(self.here - step * unit)) / (2 * step)


def _unit(direction: np.ndarray) -> np.ndarray | None:
    """Return a direction with length 1; None where it has none."""
    length = float(np.linalg.norm(direction))
    return direction / length if 0 < length < math.inf else None


@dataclass(frozen=True)
class Descent:
    """The loss along the negative gradient: what one step with each learning rate would make of it.

    Attributes
    ----------
    rates, losses : ndarray, (points,)
        L(w - rate * g); infinite where the loss is not finite.
    loss : float
        L(w).
    slope : float
        g^T g: how fast the loss falls with the rate at first.
    curvature : float
        g^T H g / g^T g.
    """

    rates: np.ndarray
    losses: np.ndarray
    loss: float
    slope: float
    curvature: float

    @property
    def stable_rate(self) -> float | None:
        """The rate above which steps along g overshoot ever further, 2 / curvature.

        It is that of the parabola with this slope and curvature; None where the loss curves
        downwards, so that no such rate is known.
        """
        return 2 / self.curvature if self.curvature > 0 else None


def descent(terrain: Terrain, rates: np.ndarray = RATES) -> Generator[float, None, Descent]:
    """Compute the loss along the negative gradient, in parts; yields the share done.

    Parameters
    ----------
    terrain : Terrain
    rates : ndarray, (points,), default `RATES`
        Learning rates, rising.
    """
    here = terrain.here
    gradient = terrain.gradient_at(here)
    yield 0.0
    curvature = terrain.curvature_along(gradient)
    found = np.empty(len(rates))
    for index, rate in enumerate(rates):
        found[index] = terrain.loss_at(here - rate * gradient)
        yield (index + 1) / len(rates)
    return Descent(
        rates, found, terrain.loss_at(here), float(gradient @ gradient), curvature
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


def filter_normalised(
    direction: np.ndarray, parameters: np.ndarray, layer_sizes: Sequence[int]
) -> np.ndarray:
    """Return a direction scaled unit by unit to the length of the unit's own weights.

    A unit's weights and bias count together. Layers of large weights would otherwise look flat
    and those of small ones steep.

    Notes
    -----
    Li, Xu, Taylor, Studer and Goldstein, Visualizing the loss landscape of neural nets, 2018.
    """
    scaled, own = Parameters(layer_sizes, np.float64), Parameters(layer_sizes, np.float64)
    scaled.vector[...], own.vector[...] = direction, parameters
    for d, w in zip(scaled.layers, own.layers, strict=True):
        lengths = np.linalg.norm(d, axis=0)
        d *= np.linalg.norm(w, axis=0) / np.where(lengths > 0, lengths, 1.0)
    return scaled.vector


def gradient_and_random(
    terrain: Terrain, layer_sizes: Sequence[int], rng: np.random.Generator
) -> np.ndarray:
    """Return two directions, (2, count): against the gradient, and a random one.

    Both `filter_normalised`: a step of 1 moves each unit's weights by their own length.
    """
    against = -terrain.gradient_at(terrain.here)
    random = rng.standard_normal(len(terrain.here))
    return np.stack(
        [filter_normalised(each, terrain.here, layer_sizes) for each in (against, random)]
    )


def principal_directions(path: np.ndarray, here: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the two directions in which a path lies most, and their shares of its variation.

    Parameters
    ----------
    path : ndarray, (moments, count)
        Parameters along the way.
    here : ndarray, (count,)
        Where the directions are taken from.

    Returns
    -------
    tuple of ndarray
        Directions of length 1, (2, count); shares of the sum of squared distances, (2,).

    Raises
    ------
    ValueError
        If the path does not leave a straight line.
    """
    away = path - here
    # The small matrix of inner products has the same singular values: few moments, many weights.
    values, vectors = np.linalg.eigh(away @ away.T)
    largest = values[::-1][:2]
    if len(largest) < 2 or largest[1] <= 1e-12 * max(largest[0], 1e-300):
        raise ValueError("A path of at least three moments not on one line is needed.")
    directions = (vectors[:, ::-1][:, :2] / np.sqrt(largest)).T @ away
    return directions, largest / values.sum()


def project(path: np.ndarray, here: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Return where the moments of a path lie on the plane of two directions, (moments, 2).

    The coordinates of the nearest point of the plane (least squares).
    """
    return np.linalg.lstsq(directions.T, (path - here).T, rcond=None)[0].T


@dataclass(frozen=True)
class Surface:
    """The loss over a plane through the present parameters.

    Attributes
    ----------
    u, v : ndarray, (points,)
        Coordinates along the two directions; the present is at (0, 0).
    losses : ndarray, (points, points)
        Loss by [v, u]; infinite where it is not finite.
    path : ndarray, (moments, 2)
        The way so far, projected.
    """

    u: np.ndarray
    v: np.ndarray
    losses: np.ndarray
    path: np.ndarray


def surface(
    terrain: Terrain,
    directions: np.ndarray,
    spans: Sequence[tuple[float, float]],
    path: np.ndarray,
    points: int = 31,
) -> Generator[float, None, Surface]:
    """Compute the loss over a plane, in parts; yields the share done.

    Parameters
    ----------
    terrain : Terrain
    directions : ndarray, (2, count)
    spans : two pairs of float
        From where to where along each direction.
    path : ndarray, (moments, count)
        Parameters along the way, to be projected.
    points : int, default 31
        Along each side.
    """
    u, v = (np.linspace(low, high, points) for low, high in spans)
    found = np.empty((points, points))
    for row, column in np.ndindex(points, points):
        found[row, column] = terrain.loss_at(
            terrain.here + u[column] * directions[0] + v[row] * directions[1]
        )
        yield (row * points + column + 1) / points**2
    return Surface(u, v, found, project(path, terrain.here, directions))


def spans_around(coordinates: np.ndarray, margin: float = 0.35) -> list[tuple[float, float]]:
    """Return ranges of two coordinates that hold all points, (n, 2), and the origin, with a margin.

    The margin is a share of the larger extent of the two, so that neither range is empty.
    """
    low = np.minimum(coordinates.min(axis=0), 0)
    high = np.maximum(coordinates.max(axis=0), 0)
    room = margin * float((high - low).max())
    return [(float(a - room), float(b + room)) for a, b in zip(low, high, strict=True)]
