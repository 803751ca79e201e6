"""Activation functions: each with its derivative by the pre-activation z."""

from typing import Any, ClassVar

import numpy as np
from scipy.special import erf, expit

from nnviz.checks import real_number
from nnviz.products import largest_size, row_sums
from nnviz.registry import as_call, resolve

# As an array, because NumPy would make one of a number each time. In float32, which leaves the
# dtype of whatever it is compared with as it is.
_ZERO = np.zeros((), np.float32)
# exp of numbers up to this size, and sums of many of them, are far from the ends of float32.
SAFE_EXPONENT = 40.0


class Activation:
    """An elementwise function f and its derivative f'.

    It takes arrays in float32 or float64 and returns their dtype. Nothing is checked, because a
    training step calls this.

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
        self, delta: np.ndarray, z: np.ndarray, a: np.ndarray | None, scratch: np.ndarray
    ) -> None:
        """Turn dL/da into dL/dz in place: ``delta *= f'(z)``.

        `a` is f(z), or None where it is not at hand; `scratch` is room of the shape of `z`.
        """
        delta *= self.derivative(z, a, out=scratch)

    def __repr__(self) -> str:
        return as_call(self)


class Relu(Activation):
    """Cuts off what is negative."""

    id = "relu"
    label = "ReLU"
    formula = r"f(z) = \max(0, z)"
    derivative_formula = r"f'(z) = 1 \text{ if } z > 0, \text{ else } 0"
    when = "The usual choice for hidden layers: fast, and its gradient does not fade."
    source = "Nair and Hinton, Rectified linear units improve restricted Boltzmann machines, 2010"

    def __call__(self, z, out=None):
        return np.maximum(z, _ZERO, out=out)

    def derivative(self, z, a=None, out=None):
        out = np.empty_like(z) if out is None else out
        np.copyto(out, np.greater(z, _ZERO))
        return out


class Sigmoid(Activation):
    """Squeezes any number into 0 to 1."""

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
    """Squeezes any number into -1 to 1."""

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
    """Passes z on unchanged."""

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


class LeakyRelu(Activation):
    """ReLU with a small slope below 0.

    Parameters
    ----------
    slope : float, default 0.01
        Below z = 0; itself 0 or more.

    Raises
    ------
    ValueError
        If the slope is not such a number.
    """

    id = "leaky_relu"
    label = "leaky ReLU"
    formula = r"f(z) = z \text{ if } z > 0, \text{ else } 0.01\, z"
    derivative_formula = r"f'(z) = 1 \text{ if } z > 0, \text{ else } 0.01"
    when = "Where ReLU units die: below 0 a small gradient is left to come back by."
    source = "Maas, Hannun and Ng, Rectifier nonlinearities improve acoustic models, 2013"

    def __init__(self, slope: float = 0.01):
        self.slope = real_number("slope", slope)

    def __call__(self, z, out=None):
        out = np.multiply(z, self.slope, out=out)
        np.copyto(out, z, where=z > 0)
        return out

    def derivative(self, z, a=None, out=None):
        # Of whole numbers too the slope is not whole.
        out = np.empty_like(z, np.result_type(z, np.float32)) if out is None else out
        out.fill(self.slope)
        np.copyto(out, 1, where=z > 0)
        return out


class Elu(Activation):
    """Exponential linear unit."""

    id = "elu"
    label = "ELU"
    formula = r"f(z) = z \text{ if } z > 0, \text{ else } e^z - 1"
    derivative_formula = r"f'(z) = 1 \text{ if } z > 0, \text{ else } e^z"
    when = "A ReLU whose negative side levels off at -1, so that activations average nearer 0."
    source = "Clevert, Unterthiner and Hochreiter, Fast and accurate deep network learning, 2016"

    def __call__(self, z, out=None):
        out = np.minimum(z, 0, out=out)
        np.expm1(out, out=out)
        np.copyto(out, z, where=z > 0)
        return out

    def derivative(self, z, a=None, out=None):
        out = np.minimum(z, 0, out=out)
        return np.exp(out, out=out)


class Gelu(Activation):
    """Gaussian error linear unit, with the exact Gaussian rather than its tanh approximation."""

    id = "gelu"
    label = "GELU"
    formula = (
        r"f(z) = z\, \Phi(z)"
        r" = \frac{z}{2} \left(1 + \operatorname{erf}\frac{z}{\sqrt 2}\right)"
    )
    derivative_formula = r"f'(z) = \Phi(z) + \frac{z}{\sqrt{2\pi}}\, e^{-z^2/2}"
    when = "The smooth ReLU of language models; costs more time than ReLU."
    source = "Hendrycks and Gimpel, Gaussian error linear units, 2016"

    def __call__(self, z, out=None):
        out = self._share_below(z, out)
        out *= z
        return out

    def derivative(self, z, a=None, out=None):
        density = np.exp(-0.5 * np.square(z)) * (z / np.sqrt(2 * np.pi, dtype=z.dtype))
        out = self._share_below(z, out)
        out += density
        return out

    @staticmethod
    def _share_below(z: np.ndarray, out: np.ndarray | None) -> np.ndarray:
        """Return Phi(z), the share of a standard normal below z."""
        out = np.multiply(z, 0.5**0.5, out=out)
        erf(out, out=out)
        out += 1
        out *= 0.5
        return out


class Silu(Activation):
    """Sigmoid linear unit, also called swish."""

    id = "silu"
    label = "SiLU"
    formula = r"f(z) = z\, \sigma(z) = \frac{z}{1 + e^{-z}}"
    derivative_formula = r"f'(z) = \sigma(z)\, (1 + z\, (1 - \sigma(z)))"
    when = "A smooth ReLU that dips a little below 0; cheaper than GELU."
    source = "Elfwing, Uchibe and Doya, Sigmoid-weighted linear units, 2018"

    def __call__(self, z, out=None):
        out = expit(z, out=out)
        out *= z
        return out

    def derivative(self, z, a=None, out=None):
        sigma = expit(z)
        out = np.subtract(1, sigma, out=out)
        out *= z
        out += 1
        out *= sigma
        return out


class Softplus(Activation):
    """The integral of the sigmoid: a ReLU with a rounded corner."""

    id = "softplus"
    label = "softplus"
    formula = r"f(z) = \ln(1 + e^z)"
    derivative_formula = r"f'(z) = \frac{1}{1 + e^{-z}}"
    when = "Where outputs must be positive; in hidden layers ReLU is faster and does as well."
    source = "Dugas, Bengio, Belisle, Nadeau and Garcia, 2001"

    def __call__(self, z, out=None):
        return np.logaddexp(z, 0, out=out)

    def derivative(self, z, a=None, out=None):
        return expit(z, out=out)


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
        if not largest_size(z) <= SAFE_EXPONENT:
            # Less the row's maximum: the largest exponent is then 0 and nothing overflows.
            z = np.subtract(z, z.max(axis=-1, keepdims=True), out=out)
        out = np.exp(z, out=out)
        out /= row_sums(out)
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
    cls.id: cls()
    for cls in (
        Relu, LeakyRelu, Elu, Gelu, Silu, Softplus, Sigmoid, Tanh, Linear, Softmax
    )
}


def get(identifier: Any) -> Activation:
    """Return an activation by id, class or instance (see `registry.resolve`)."""
    return resolve(identifier, ACTIVATIONS, Activation, "activation")
