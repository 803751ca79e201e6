"""Optimisers: one update of all parameters from their gradients."""

from typing import Any, ClassVar

import numpy as np

from nnviz.checks import real_number
from nnviz.registry import as_call, resolve


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


class SGD(Optimizer):
    """The plain step against the gradient.

    Parameters
    ----------
    learning_rate : float, default 0.1
    """

    id = "sgd"
    label = "SGD"
    formula = r"w \leftarrow w - \eta\, g"
    when = "The plain step against the gradient: what the other optimisers are compared with."
    source = "Robbins and Monro, A stochastic approximation method, 1951"

    def compute_update(self, parameters, gradients, out):
        np.multiply(gradients, -self.rate, out=out)


class Momentum(Optimizer):
    """The gradient pushes a velocity, and the velocity moves the parameters.

    Parameters
    ----------
    learning_rate : float, default 0.1
    momentum : float, default 0.9
        Share of the velocity that is kept from step to step, 0 or more and below 1.
    """

    id = "momentum"
    label = "momentum"
    formula = r"v \leftarrow \beta v - \eta\, g, \quad w \leftarrow w + v"
    when = "Where plain SGD zigzags through a narrow valley: steps in one direction add up."
    source = "Polyak, Some methods of speeding up the convergence of iteration methods, 1964"
    memory = ("velocity",)

    def __init__(self, learning_rate=0.1, momentum=0.9):
        super().__init__(learning_rate)
        self.momentum = real_number("momentum", momentum, below=1)

    def compute_update(self, parameters, gradients, out, velocity):
        velocity *= self.momentum
        np.multiply(gradients, self.rate, out=out)
        velocity -= out
        np.copyto(out, velocity)


class Nesterov(Momentum):
    """Momentum that looks ahead: the gradient's push counts once more.

    The update is that of the velocity after next, which makes the gradient at hand play the
    part of the gradient at the point looked ahead to.

    Parameters
    ----------
    learning_rate : float, default 0.1
    momentum : float, default 0.9
        As in `Momentum`.
    """

    id = "nesterov"
    label = "Nesterov momentum"
    formula = r"v \leftarrow \beta v - \eta\, g, \quad w \leftarrow w + \beta v - \eta\, g"
    when = "As momentum, but it brakes earlier when the slope turns."
    source = "Nesterov, 1983; in this form: Sutskever, Martens, Dahl and Hinton, 2013"

    def compute_update(self, parameters, gradients, out, velocity):
        velocity *= self.momentum
        np.multiply(gradients, -self.rate, out=out)
        velocity += out
        out += self.momentum * velocity


class AdaGrad(Optimizer):
    """Each parameter's rate shrinks with the gradients it has seen.

    Parameters
    ----------
    learning_rate : float, default 0.1
    epsilon : float, default 1e-10
        Keeps the division finite.
    """

    id = "adagrad"
    label = "AdaGrad"
    formula = (
        r"s \leftarrow s + g^2, \quad w \leftarrow w - \frac{\eta}{\sqrt{s} + \epsilon}\, g"
    )
    when = "For inputs that are rarely nonzero; its steps only ever become smaller."
    source = "Duchi, Hazan and Singer, Adaptive subgradient methods, 2011"
    memory = ("squares",)

    def __init__(self, learning_rate=0.1, epsilon=1e-10):
        super().__init__(learning_rate)
        self.epsilon = real_number("epsilon", epsilon)

    def compute_update(self, parameters, gradients, out, squares):
        squares += np.multiply(gradients, gradients, out=out)
        _scaled(gradients, squares, self.epsilon, -self.rate, out)


class RMSprop(Optimizer):
    """Each parameter's rate is measured by its recent gradients.

    Parameters
    ----------
    learning_rate : float, default 0.01
    decay : float, default 0.9
        Share of the mean square that is kept from step to step, 0 or more and below 1.
    epsilon : float, default 1e-8
        Keeps the division finite.
    """

    id = "rmsprop"
    label = "RMSprop"
    formula = (
        r"s \leftarrow \rho s + (1 - \rho)\, g^2, \quad"
        r" w \leftarrow w - \frac{\eta}{\sqrt{s} + \epsilon}\, g"
    )
    when = "As AdaGrad, but it forgets: the steps do not die out."
    source = "Hinton, Neural networks for machine learning, lecture 6, 2012"
    usual_rate = 0.01
    memory = ("squares",)

    def __init__(self, learning_rate=0.01, decay=0.9, epsilon=1e-8):
        super().__init__(learning_rate)
        self.decay = real_number("decay", decay, below=1)
        self.epsilon = real_number("epsilon", epsilon)

    def compute_update(self, parameters, gradients, out, squares):
        _average(squares, np.multiply(gradients, gradients, out=out), self.decay)
        _scaled(gradients, squares, self.epsilon, -self.rate, out)


class Adam(Optimizer):
    """Momentum and RMSprop together, both corrected for having started at zero.

    Parameters
    ----------
    learning_rate : float, default 0.001
    beta1, beta2 : float, default 0.9 and 0.999
        Shares of the mean and the mean square that are kept, 0 or more and below 1.
    epsilon : float, default 1e-8
        Keeps the division finite.
    """

    id = "adam"
    label = "Adam"
    formula = (
        r"m \leftarrow \beta_1 m + (1 - \beta_1)\, g, \quad"
        r" s \leftarrow \beta_2 s + (1 - \beta_2)\, g^2, \quad"
        r" w \leftarrow w - \eta\, \frac{m / (1 - \beta_1^t)}"
        r"{\sqrt{s / (1 - \beta_2^t)} + \epsilon}"
    )
    when = "A good first choice: works with little tuning of the learning rate."
    source = "Kingma and Ba, Adam: a method for stochastic optimization, 2015"
    usual_rate = 0.001
    memory = ("mean", "squares")

    def __init__(self, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
        super().__init__(learning_rate)
        self.beta1 = real_number("beta1", beta1, below=1)
        self.beta2 = real_number("beta2", beta2, below=1)
        self.epsilon = real_number("epsilon", epsilon)

    def compute_update(self, parameters, gradients, out, mean, squares):
        np.copyto(out, gradients)
        _average(mean, out, self.beta1)
        _average(squares, np.multiply(gradients, gradients, out=out), self.beta2)
        # The correction of s, taken out of the square root and onto the rest of the fraction.
        correction = (1 - self.beta2**self.step_count) ** 0.5
        multiple = -self.rate * correction / (1 - self.beta1**self.step_count)
        _scaled(mean, squares, self.epsilon * correction, multiple, out)


class AdamW(Adam):
    """Adam with weight decay that its scaling does not touch.

    Parameters
    ----------
    learning_rate : float, default 0.001
    beta1, beta2, epsilon : float
        As in `Adam`.
    weight_decay : float, default 0.01
        Share of every parameter, times the learning rate, that a step takes away.
    """

    id = "adamw"
    label = "AdamW"
    formula = Adam.formula + r" - \eta \lambda w"
    when = "Adam where the weights are to stay small: a penalty in the loss would be scaled away."
    source = "Loshchilov and Hutter, Decoupled weight decay regularization, 2019"

    def __init__(
        self, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.01
    ):
        super().__init__(learning_rate, beta1, beta2, epsilon)
        self.weight_decay = real_number("weight_decay", weight_decay)

    def compute_update(self, parameters, gradients, out, mean, squares):
        super().compute_update(parameters, gradients, out, mean, squares)
        out -= parameters * (self.rate * self.weight_decay)


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


def _average(average: np.ndarray, value: np.ndarray, kept: float) -> None:
    """``average = kept * average + (1 - kept) * value`` in place; `value` is used up."""
    average *= kept
    value *= 1 - kept
    average += value


def _scaled(
    direction: np.ndarray, squares: np.ndarray, epsilon: float, multiple: float, out: np.ndarray
) -> None:
    """``out = multiple * direction / (sqrt(squares) + epsilon)``."""
    np.sqrt(squares, out=out)
    out += epsilon
    np.divide(direction, out, out=out)
    out *= multiple


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
