"""Optimisers: one update of all parameters from their gradients."""

from typing import Any, ClassVar

import numpy as np

from nnviz.checks import real_number
from nnviz.registry import resolve


class Optimizer:
    """Turns gradients into an update and applies it.

    All parameters of a network live in one vector (`Network.parameters`), so an update is a
    few operations on whole vectors.

    Parameters
    ----------
    learning_rate : float, default 0.1
        0 or more. May be changed between steps.

    Attributes
    ----------
    update : ndarray or None
        What the last step added to the parameters; None before the first.
    """

    id: ClassVar[str]
    label: ClassVar[str]
    formula: ClassVar[str]
    when: ClassVar[str]
    source: ClassVar[str]

    def __init__(self, learning_rate: float = 0.1):
        self.learning_rate = learning_rate
        self.update: np.ndarray | None = None

    @property
    def learning_rate(self) -> float:
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        self._learning_rate = real_number("learning_rate", rate)

    def step(self, parameters: np.ndarray, gradients: np.ndarray) -> None:
        """Update `parameters` in place; both are (number of parameters,)."""
        if self.update is None:
            self.update = np.empty_like(parameters)
        self.compute_update(gradients, self.update)
        parameters += self.update

    def compute_update(self, gradients: np.ndarray, out: np.ndarray) -> None:
        """Write into `out` what is to be added to the parameters."""
        raise NotImplementedError

    def state(self) -> dict[str, np.ndarray]:
        """Return what the next update depends on besides the gradients, by name."""
        return {}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Take back a `state`."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(learning_rate={self.learning_rate:g})"


class SGD(Optimizer):
    """Plain stochastic gradient descent: nothing is remembered from step to step."""

    id = "sgd"
    label = "SGD"
    formula = r"w \leftarrow w - \eta\, \frac{\partial L}{\partial w}"
    when = "The plain step against the gradient: what the other optimisers are compared with."
    source = "Robbins and Monro, A stochastic approximation method, 1951"

    def compute_update(self, gradients, out):
        np.multiply(gradients, -self.learning_rate, out=out)


OPTIMIZERS: dict[str, type[Optimizer]] = {cls.id: cls for cls in (SGD,)}


def get(identifier: Any, learning_rate: float = 0.1) -> Optimizer:
    """Return a fresh optimiser by id or class, or the instance given (it holds state).

    Raises
    ------
    ValueError, TypeError
        See `registry.resolve`.
    """
    if isinstance(identifier, type) and issubclass(identifier, Optimizer):
        return identifier(learning_rate)
    found = resolve(identifier, OPTIMIZERS, Optimizer, "optimizer")
    return found(learning_rate) if isinstance(found, type) else found
