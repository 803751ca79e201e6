"""Activation functions: each with its derivative by the pre-activation z."""

from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from scipy.special import expit

from nnviz.registry import resolve


class Activation:
    """An elementwise function f and its derivative f'.

    Attributes
    ----------
    id, label : str
        The name in code and links, and the name for people.
    formula, derivative_formula : str
        LaTeX of f(z) and f'(z).
    when : str
        One sentence on when to use it.
    source : str
        Where the formula comes from.
    output_only : bool
        True where the function makes sense at the output alone (softmax).
    """

    id: ClassVar[str]
    label: ClassVar[str]
    formula: ClassVar[str]
    derivative_formula: ClassVar[str]
    when: ClassVar[str]
    source: ClassVar[str]
    output_only: ClassVar[bool] = False

    def __call__(self, z: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """Return f(z), shape of `z`; written into `out` where given."""
        raise NotImplementedError

    def derivative(
        self, z: np.ndarray, a: np.ndarray | None = None, out: np.ndarray | None = None
    ) -> np.ndarray:
        """Return f'(z), shape of `z`.

        Parameters
        ----------
        z : ndarray
            The pre-activation, always: f'(z) is never taken at the activated value.
        a : ndarray, optional
            f(z) where it is already known; saves computing it again.
        out : ndarray, optional
            Where to write the result.
        """
        raise NotImplementedError

    def backward(
        self, delta: np.ndarray, z: np.ndarray, a: np.ndarray, scratch: np.ndarray
    ) -> None:
        """Turn dL/da into dL/dz in place: ``delta *= f'(z)``."""
        delta *= self.derivative(z, a, out=scratch)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


@lru_cache(maxsize=32)
def _zeros(shape: tuple[int, ...], dtype: np.dtype, by_columns: bool) -> np.ndarray:
    """Return zeros to compare with: NumPy's maximum with a scalar takes up to four times longer."""
    zeros = np.zeros(shape, dtype, order="F" if by_columns else "C")
    zeros.flags.writeable = False
    return zeros


class Relu(Activation):
    id = "relu"
    label = "ReLU"
    formula = r"f(z) = \max(0, z)"
    derivative_formula = r"f'(z) = 1 \text{ if } z > 0, \text{ else } 0"
    when = "The usual choice for hidden layers: fast, and its gradient does not fade."
    source = "Nair and Hinton, Rectified linear units improve restricted Boltzmann machines, 2010"

    def __call__(self, z, out=None):
        return np.maximum(z, _zeros(z.shape, z.dtype, z.flags.fnc), out=out)

    def derivative(self, z, a=None, out=None):
        out = np.empty_like(z) if out is None else out
        np.copyto(out, z > 0)
        return out


class Sigmoid(Activation):
    id = "sigmoid"
    label = "sigmoid"
    formula = r"f(z) = \frac{1}{1 + e^{-z}}"
    derivative_formula = r"f'(z) = f(z)\,(1 - f(z))"
    when = "For outputs that are probabilities; in hidden layers its gradient fades when |z| grows."
    source = "Rumelhart, Hinton and Williams, Learning representations by back-propagating, 1986"

    def __call__(self, z, out=None):
        return expit(z, out=out)

    def derivative(self, z, a=None, out=None):
        a = self(z) if a is None else a
        out = np.subtract(1, a, out=out)
        out *= a
        return out


class Tanh(Activation):
    id = "tanh"
    label = "tanh"
    formula = r"f(z) = \tanh(z)"
    derivative_formula = r"f'(z) = 1 - f(z)^2"
    when = "A sigmoid centred at 0: hidden layers learn faster with it than with the sigmoid."
    source = "LeCun, Bottou, Orr and Mueller, Efficient BackProp, 1998"

    def __call__(self, z, out=None):
        return np.tanh(z, out=out)

    def derivative(self, z, a=None, out=None):
        a = self(z) if a is None else a
        out = np.multiply(a, a, out=out)
        return np.subtract(1, out, out=out)


class Linear(Activation):
    id = "linear"
    label = "linear"
    formula = r"f(z) = z"
    derivative_formula = r"f'(z) = 1"
    when = "For outputs that may be any number; hidden linear layers add nothing to one layer."
    source = "The identity"

    def __call__(self, z, out=None):
        if out is None:
            return z.copy()
        np.copyto(out, z)
        return out

    def derivative(self, z, a=None, out=None):
        if out is None:
            return np.ones_like(z)
        out.fill(1)
        return out


class Softmax(Activation):
    """Probabilities over classes; f' is a matrix per sample, so no elementwise `derivative`."""

    id = "softmax"
    label = "softmax"
    formula = r"f(z)_i = \frac{e^{z_i}}{\sum_j e^{z_j}}"
    derivative_formula = r"\frac{\partial f_i}{\partial z_j} = f_i\,(\delta_{ij} - f_j)"
    when = "For one class out of several: the outputs are probabilities that sum to 1."
    source = "Bridle, Probabilistic interpretation of feedforward classification networks, 1990"
    output_only = True

    def __call__(self, z, out=None):
        # Less the row's maximum: the largest exponent is then 0 and nothing overflows.
        out = np.empty_like(z) if out is None else out
        by_output, exponentials = z.T, out.T
        np.subtract(by_output, np.maximum.reduce(by_output), out=exponentials)
        np.exp(exponentials, out=exponentials)
        exponentials /= np.add.reduce(exponentials)
        return out

    def derivative(self, z, a=None, out=None):
        raise TypeError(
            "Softmax has no elementwise derivative. Use it at the output with cross-entropy, "
            "or `backward`, which applies its Jacobian."
        )

    def backward(self, delta, z, a, scratch):
        # J^T delta = a * (delta - sum_j delta_j a_j), row by row.
        np.multiply(delta, a, out=scratch)
        delta -= scratch.sum(axis=-1, keepdims=True)
        delta *= a


ACTIVATIONS: dict[str, Activation] = {
    cls.id: cls() for cls in (Relu, Sigmoid, Tanh, Linear, Softmax)
}


def get(identifier: Any) -> Activation:
    """Return an activation by id, class or instance (see `registry.resolve`)."""
    return resolve(identifier, ACTIVATIONS, Activation, "activation")
