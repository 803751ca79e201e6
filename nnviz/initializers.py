"""Initial weights from (fan_in, fan_out) and a random generator; biases start at zero."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnviz.random import Random
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

    def __call__(self, fan_in: int, fan_out: int, rng: Random) -> np.ndarray:
        return self.draw(fan_in, fan_out, rng)


def _normal(deviation: Callable[[int, int], float]) -> Callable:
    def draw(fan_in, fan_out, rng):
        return rng.standard_normal((fan_in, fan_out)) * deviation(fan_in, fan_out)

    return draw


def _zeros(fan_in, fan_out, rng):
    return np.zeros((fan_in, fan_out))


def _uniform(fan_in, fan_out, rng):
    return rng.uniform(-1.0, 1.0, (fan_in, fan_out))


INITIALIZERS: dict[str, Initializer] = {
    item.id: item
    for item in (
        Initializer(
            "lecun_normal",
            "normal / sqrt(fan_in) (LeCun)",
            r"w \sim \mathcal{N}(0, 1/n_\text{in})",
            "Keeps the spread of z at 1 for sigmoid and tanh layers.",
            "LeCun, Bottou, Orr and Mueller, Efficient BackProp, 1998",
            _normal(lambda fan_in, fan_out: fan_in**-0.5),
        ),
        Initializer(
            "he_normal",
            "He",
            r"w \sim \mathcal{N}(0, 2/n_\text{in})",
            "For ReLU layers: makes up for the half of z that ReLU sets to 0.",
            "He, Zhang, Ren and Sun, Delving deep into rectifiers, 2015",
            _normal(lambda fan_in, fan_out: (2 / fan_in) ** 0.5),
        ),
        Initializer(
            "glorot_normal",
            "Glorot",
            r"w \sim \mathcal{N}(0, 2/(n_\text{in} + n_\text{out}))",
            "Balances the spread of activations forward and of gradients backward.",
            "Glorot and Bengio, Understanding the difficulty of training deep networks, 2010",
            _normal(lambda fan_in, fan_out: (2 / (fan_in + fan_out)) ** 0.5),
        ),
        Initializer(
            "uniform",
            "uniform(-1, 1)",
            r"w \sim \mathcal{U}(-1, 1)",
            "Takes no account of the layer's width: wide layers saturate or die. To see why.",
            "Common in first notebooks",
            _uniform,
        ),
        Initializer(
            "zeros",
            "zeros",
            r"w = 0",
            "Every unit stays the same as its neighbours and hidden layers learn nothing.",
            "The symmetry that random weights break",
            _zeros,
        ),
    )
}


def get(identifier: Any) -> Initializer:
    """Return an initialiser by id or instance (see `registry.resolve`)."""
    return resolve(identifier, INITIALIZERS, Initializer, "initializer")
