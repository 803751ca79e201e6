"""Optimisers: one update of all parameters from their gradients."""

from typing import Any

from nnviz.optimizers.adaptive import AdaGrad, Adam, AdamW, RMSprop
from nnviz.optimizers.base import Optimizer
from nnviz.optimizers.descent import SGD, Momentum, Nesterov
from nnviz.registry import resolve

__all__ = [
    "OPTIMIZERS", "SGD", "AdaGrad", "Adam", "AdamW", "Momentum", "Nesterov", "Optimizer",
    "RMSprop", "get",
]

OPTIMIZERS: dict[str, type[Optimizer]] = {
    cls.id: cls for cls in (SGD, Momentum, Nesterov, AdaGrad, RMSprop, Adam, AdamW)
}


def get(identifier: Any, learning_rate: float | None = None) -> Optimizer:
    """Return a fresh optimiser by id or class, or the instance given (it holds state).

    Parameters
    ----------
    identifier : str, type or Optimizer
    learning_rate : float, optional
        None means the usual one of the optimiser (`Optimizer.usual_rate`), or the instance's.

    Raises
    ------
    ValueError, TypeError
        See `registry.resolve`.
    """
    if isinstance(identifier, Optimizer):
        if learning_rate is not None:
            identifier.learning_rate = learning_rate
        return identifier
    is_class = isinstance(identifier, type) and issubclass(identifier, Optimizer)
    if is_class and identifier is not Optimizer:
        found = identifier
    else:
        found = resolve(identifier, OPTIMIZERS, Optimizer, "optimizer")
    return found(found.usual_rate if learning_rate is None else learning_rate)
