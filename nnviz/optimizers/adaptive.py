"""Optimisers that measure each parameter's rate by the gradients it has seen."""

import numpy as np

from nnviz.checks import real_number
from nnviz.optimizers.base import Optimizer


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
