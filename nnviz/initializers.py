"""Initial weights from (fan_in, fan_out) and a random generator; biases start at zero."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from nnviz.checks import whole_number
from nnviz.random import Random, as_random
from nnviz.registry import resolve


@dataclass(frozen=True)
class Initializer:
    """How the weights of one layer are drawn.

    Attributes
    ----------
    id, label : str
        The name in code and links, and the name for people.
    formula, when, source : str
        LaTeX of the distribution; when to use it; where it comes from.
    draw : callable
        ``draw(fan_in, fan_out, rng)`` returns (fan_in, fan_out), float64.
    """

    id: str
    label: str
    formula: str
    when: str
    source: str
    draw: Callable[[int, int, Random], np.ndarray]

    def __call__(
        self, fan_in: int, fan_out: int, rng: int | Random | None = None
    ) -> np.ndarray:
        """Return the first weights of a layer, (fan_in, fan_out), float64.

        Raises
        ------
        ValueError
            If a width is no whole number of 1 or more, `rng` no source of randomness
            (`random.as_random`), or `draw` returns another shape or values that are not finite.
        """
        shape = whole_number("fan_in", fan_in), whole_number("fan_out", fan_out)
        drawn = np.asarray(self.draw(*shape, as_random(rng)))
        if drawn.shape != shape or not np.isfinite(drawn).all():
            raise ValueError(
                f"Initializer {self.id!r} must draw finite weights of shape {shape}. "
                f"Received: shape {drawn.shape}."
            )
        return drawn


# Functions with names, unlike lambdas and inner ones, can be pickled, and so can what holds an
# initialiser. How far weights spread: the standard deviation, or the limit on either side.
def _lecun_deviation(fan_in, fan_out):
    return fan_in**-0.5


def _he_deviation(fan_in, fan_out):
    return (2 / fan_in) ** 0.5


def _glorot_deviation(fan_in, fan_out):
    return (2 / (fan_in + fan_out)) ** 0.5


def _lecun_limit(fan_in, fan_out):
    return (3 / fan_in) ** 0.5


def _he_limit(fan_in, fan_out):
    return (6 / fan_in) ** 0.5


def _glorot_limit(fan_in, fan_out):
    return (6 / (fan_in + fan_out)) ** 0.5


def _one(fan_in, fan_out):
    return 1.0


def _normal(fan_in, fan_out, rng, deviation):
    return rng.standard_normal((fan_in, fan_out)) * deviation(fan_in, fan_out)


def _symmetric(fan_in, fan_out, rng, limit):
    return rng.uniform(-1.0, 1.0, (fan_in, fan_out)) * limit(fan_in, fan_out)


def _constant(fan_in, fan_out, rng, value):
    return np.full((fan_in, fan_out), value)


def _orthogonal(fan_in, fan_out, rng):
    shape = max(fan_in, fan_out), min(fan_in, fan_out)
    q, r = np.linalg.qr(rng.standard_normal(shape))
    # QR leaves signs open; these make every orthogonal matrix equally likely.
    q *= np.where(np.diag(r) < 0, -1.0, 1.0)
    return q if fan_in >= fan_out else q.T


INITIALIZERS: dict[str, Initializer] = {
    item.id: item
    for item in (
        Initializer(
            "lecun_normal",
            "normal / sqrt(fan_in) (LeCun)",
            r"w \sim \mathcal{N}(0, 1/n_\text{in})",
            "Keeps the spread of z at 1 for sigmoid and tanh layers.",
            "LeCun, Bottou, Orr and Mueller, Efficient BackProp, 1998",
            partial(_normal, deviation=_lecun_deviation),
        ),
        Initializer(
            "he_normal",
            "He",
            r"w \sim \mathcal{N}(0, 2/n_\text{in})",
            "For ReLU layers: makes up for the half of z that ReLU sets to 0.",
            "He, Zhang, Ren and Sun, Delving deep into rectifiers, 2015",
            partial(_normal, deviation=_he_deviation),
        ),
        Initializer(
            "glorot_normal",
            "Glorot",
            r"w \sim \mathcal{N}(0, 2/(n_\text{in} + n_\text{out}))",
            "Balances the spread of activations forward and of gradients backward.",
            "Glorot and Bengio, Understanding the difficulty of training deep networks, 2010",
            partial(_normal, deviation=_glorot_deviation),
        ),
        Initializer(
            "lecun_uniform",
            "LeCun uniform",
            r"w \sim \mathcal{U}(-l, l), \; l = \sqrt{3/n_\text{in}}",
            "As LeCun's normal, with no weight far from the rest.",
            "LeCun, Bottou, Orr and Mueller, Efficient BackProp, 1998",
            partial(_symmetric, limit=_lecun_limit),
        ),
        Initializer(
            "he_uniform",
            "He uniform",
            r"w \sim \mathcal{U}(-l, l), \; l = \sqrt{6/n_\text{in}}",
            "For ReLU layers, as He's normal, with no weight far from the rest.",
            "He, Zhang, Ren and Sun, Delving deep into rectifiers, 2015",
            partial(_symmetric, limit=_he_limit),
        ),
        Initializer(
            "glorot_uniform",
            "Glorot uniform",
            r"w \sim \mathcal{U}(-l, l), \; l = \sqrt{6/(n_\text{in} + n_\text{out})}",
            "As Glorot's normal; the usual choice of many libraries.",
            "Glorot and Bengio, Understanding the difficulty of training deep networks, 2010",
            partial(_symmetric, limit=_glorot_limit),
        ),
        Initializer(
            "orthogonal",
            "orthogonal",
            r"W^\top W = I \text{ (or } W W^\top = I)",
            "For deep networks: a layer neither stretches nor shrinks what passes through.",
            "Saxe, McClelland and Ganguli, Exact solutions to the nonlinear dynamics, 2014",
            _orthogonal,
        ),
        Initializer(
            "normal",
            "standard normal",
            r"w \sim \mathcal{N}(0, 1)",
            "Takes no account of the layer's width: wide sigmoid layers saturate. To see why.",
            "Nielsen, Neural networks and deep learning, chapter 1, 2015",
            partial(_normal, deviation=_one),
        ),
        Initializer(
            "uniform",
            "uniform(-1, 1)",
            r"w \sim \mathcal{U}(-1, 1)",
            "Takes no account of the layer's width: wide layers saturate or die. To see why.",
            "Common in first notebooks",
            partial(_symmetric, limit=_one),
        ),
        Initializer(
            "constant",
            "constant 0.1",
            r"w = 0.1",
            "All units of a layer stay alike, as with zeros, though gradients flow.",
            "The symmetry that random weights break",
            partial(_constant, value=0.1),
        ),
        Initializer(
            "zeros",
            "zeros",
            r"w = 0",
            "Every unit stays the same as its neighbours and hidden layers learn nothing.",
            "The symmetry that random weights break",
            partial(_constant, value=0.0),
        ),
    )
}


def get(identifier: Any) -> Initializer:
    """Return an initialiser by id or instance (see `registry.resolve`)."""
    return resolve(identifier, INITIALIZERS, Initializer, "initializer")
