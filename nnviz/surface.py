"""The loss over a plane through the parameters: two directions, and what lies on their plane."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from nnviz.landscape import Terrain
from nnviz.parameters import Parameters


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
