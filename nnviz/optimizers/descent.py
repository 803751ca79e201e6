"""Optimisers that take one learning rate for all parameters: SGD and its momenta."""

import numpy as np

from nnviz.checks import real_number
from nnviz.optimizers.base import Optimizer


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
