"""What every optimiser shares: its learning rate, its memory, and how an update is applied."""

from typing import ClassVar

import numpy as np

from nnviz.checks import real_number
from nnviz.registry import as_call


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
        What the last `step` added to the parameters; None before the first.
    factor : float
        What a schedule multiplies the learning rate by at the moment; 1 without one.
    step_count : int
        Steps so far.
    """

    id: ClassVar[str]
    label: ClassVar[str]
    formula: ClassVar[str]
    when: ClassVar[str]
    source: ClassVar[str]
    # Learning rate to start from where nothing better is known.
    usual_rate: ClassVar[float] = 0.1
    # Names of the vectors, laid out like the parameters, that are carried from step to step.
    memory: ClassVar[tuple[str, ...]] = ()

    def __init__(self, learning_rate: float = 0.1):
        self.learning_rate = learning_rate
        self.factor = 1.0
        self.step_count = 0
        self.update: np.ndarray | None = None
        self._vectors: dict[str, np.ndarray] = {}

    @property
    def learning_rate(self) -> float:
        """What the gradient is multiplied by; setting another than 0 or more is a ValueError."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        self._learning_rate = real_number("learning_rate", rate)

    @property
    def rate(self) -> float:
        """Learning rate times the schedule's factor: what a step uses."""
        return self._learning_rate * self.factor

    def step(self, parameters: np.ndarray, gradients: np.ndarray) -> None:
        """Update `parameters` in place; both are float arrays (number of parameters,).

        Raises
        ------
        TypeError, ValueError
            In the first step, if they are no such arrays, or of different shapes.
        """
        if self.update is None:
            _check_vectors(parameters, gradients)
            self.update = np.empty_like(parameters)
        if not self._vectors:
            self._vectors = {name: np.zeros_like(parameters) for name in self.memory}
        self.step_count += 1
        self.compute_update(parameters, gradients, self.update, **self._vectors)
        parameters += self.update

    def refuse_another(self, parameters: np.ndarray) -> None:
        """Raise ValueError if this holds the state of a network with other parameters."""
        held = (self.update, *self._vectors.values())
        if any(v is not None and (v.shape, v.dtype) != (parameters.shape, parameters.dtype)
               for v in held):
            raise ValueError(
                f"{self!r} carries the state of another network. Received: one with "
                f"{parameters.size:,} parameters in {parameters.dtype}. Give each network an "
                "optimizer of its own."
            )

    def compute_update(
        self, parameters: np.ndarray, gradients: np.ndarray, out: np.ndarray, **memory: np.ndarray
    ) -> None:
        """Write into `out` what is to be added to the parameters; renew `memory` in place."""
        raise NotImplementedError

    def state(self) -> dict[str, np.ndarray]:
        """Return what the next update depends on besides the gradients, by name."""
        return {"step_count": np.array([self.step_count]), **self._vectors}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Take back a `state`."""
        self.step_count = int(state["step_count"][0])
        self._vectors = {name: state[name].copy() for name in self.memory if name in state}

    def __repr__(self) -> str:
        return as_call(self)


def _check_vectors(parameters: np.ndarray, gradients: np.ndarray) -> None:
    for name, values in (("parameters", parameters), ("gradients", gradients)):
        if not isinstance(values, np.ndarray) or values.dtype.kind != "f":
            kind = getattr(values, "dtype", type(values).__name__)
            raise TypeError(f"{name} must be an array of floats. Received: {kind}.")
    if parameters.shape != gradients.shape:
        raise ValueError(
            "parameters and gradients must have the same shape. "
            f"Received: {parameters.shape} and {gradients.shape}."
        )
