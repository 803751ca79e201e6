"""Losses: the value that is reported and the gradient that is followed are the same function's."""

from typing import Any, ClassVar

import numpy as np

from nnviz.activations import Activation
from nnviz.checks import positive_number, received
from nnviz.products import dot
from nnviz.registry import as_call, resolve

# As arrays, because NumPy would make one of a number each time.
_SMALLEST = {dtype: np.array(np.finfo(dtype).smallest_subnormal, dtype) for dtype in "fd"}


# How far the targets of a row may sum to something else than 1: rounded shares of many classes.
_SUM_TOLERANCE = 1e-3


def _log(p: np.ndarray) -> np.ndarray:
    """Return ln p, finite at p = 0, which counts as the smallest number above 0.

    Adding that number changes no other p by more than its rounding.
    """
    try:
        smallest = _SMALLEST[p.dtype.char]
    except (AttributeError, KeyError):
        kind = getattr(p, "dtype", type(p).__name__)
        raise TypeError(
            f"Losses take arrays in float32 or float64. Received: {kind}."
        ) from None
    log_p = np.add(p, smallest)
    return np.log(log_p, out=log_p)


def _sum_of_products(u: np.ndarray, v: np.ndarray) -> float:
    # By columns, because the arrays of a `Pass` lie so: this takes no copy.
    return dot(u.ravel("F"), v.ravel("F"))


def _refuse_rows(y_true: np.ndarray, bad: np.ndarray, expected: str) -> None:
    if bad.any():
        row = int(bad.argmax())
        raise ValueError(
            f"Targets of cross-entropy must be {expected}. "
            f"Received: {received(y_true[row].tolist())} in row {row}."
        )


class Loss:
    """A mean over samples of how wrong ``y_pred`` is, given ``y_true``.

    Both are arrays (n, outputs) of the same shape, in float32 or float64, n of 1 or more; nothing
    is checked, because a training step calls this. Averaging happens once, here: what follows in
    backpropagation sums over the batch.

    Attributes
    ----------
    id, label : str
        The name in code and links, and the name for people, with the scale.
    formula : str
        LaTeX of the loss.
    when, source : str
        One sentence on when to use it; where the formula comes from.
    outputs : tuple of str
        Ids of the output activations that go with it, the usual one first; see `fits`.
    averages_outputs : bool
        Whether a sample's loss is the mean over its outputs; else it is their sum.
    """

    id: ClassVar[str]
    label: ClassVar[str]
    formula: ClassVar[str]
    when: ClassVar[str]
    source: ClassVar[str]
    outputs: ClassVar[tuple[str, ...]]
    averages_outputs: ClassVar[bool] = False
    # Output activations with which dL/dz is simply (a - y) / n.
    canonical_output: ClassVar[str | None] = None

    def fits(self, output: Activation) -> bool:
        """Return whether the loss makes sense for what an output activation gives."""
        return output.id in self.outputs

    def value(self, y_true: np.ndarray, y_pred: np.ndarray) -> float:
        """Return the loss, a float (accumulated in float64)."""
        raise NotImplementedError

    def gradient(
        self, y_true: np.ndarray, y_pred: np.ndarray, out: np.ndarray | None = None
    ) -> np.ndarray:
        """Return dL/dy_pred, (n, outputs)."""
        raise NotImplementedError

    def output_delta(
        self,
        y_true: np.ndarray,
        z: np.ndarray,
        a: np.ndarray,
        activation: Activation,
        out: np.ndarray,
        scratch: np.ndarray,
    ) -> np.ndarray:
        """Return dL/dz of the output layer, (n, outputs), written into `out`.

        For a loss and its canonical output activation the derivative of the one cancels
        against the other's: delta = (a - y) / n, which stays exact where the output
        saturates. Otherwise the chain rule as it stands.
        """
        if activation.id == self.canonical_output:
            np.subtract(a, y_true, out=out)
            out *= 1 / len(out)
        else:
            self.gradient(y_true, a, out=out)
            activation.backward(out, z, a, scratch)
        return out

    def refuse_targets(self, y_true: np.ndarray) -> None:
        """Raise ValueError if this loss makes no sense for targets (n, outputs)."""

    def __repr__(self) -> str:
        return as_call(self)


class _LossOfNumbers(Loss):
    """The mean over outputs too, whatever range of numbers these have."""

    averages_outputs = True

    def fits(self, output):
        return not output.output_only


class MSE(_LossOfNumbers):
    """Mean squared error."""

    id = "mse"
    label = "mean squared error, mean over samples and outputs"
    formula = r"L = \frac{1}{n k} \sum_{i=1}^{n} \sum_{j=1}^{k} (\hat y_{ij} - y_{ij})^2"
    when = "For targets that are numbers; for classes it learns slowly where outputs saturate."
    source = "Legendre, least squares, 1805; the quadratic cost of many texts, up to its factor"
    outputs = ("sigmoid", "linear")

    def value(self, y_true, y_pred):
        difference = y_pred - y_true
        return _sum_of_products(difference, difference) / difference.size

    def gradient(self, y_true, y_pred, out=None):
        out = np.subtract(y_pred, y_true, out=out)
        out *= 2 / out.size
        return out


class MAE(_LossOfNumbers):
    """Mean absolute error."""

    id = "mae"
    label = "mean absolute error, mean over samples and outputs"
    formula = r"L = \frac{1}{n k} \sum_{i=1}^{n} \sum_{j=1}^{k} |\hat y_{ij} - y_{ij}|"
    when = "For numbers with outliers: far-off targets pull no harder than near ones."
    source = "Boscovich, least absolute deviations, 1757"
    outputs = ("linear", "sigmoid")

    def value(self, y_true, y_pred):
        return float(np.abs(y_pred - y_true).mean(dtype=np.float64))

    def gradient(self, y_true, y_pred, out=None):
        out = np.subtract(y_pred, y_true, out=out)
        np.sign(out, out=out)
        out *= 1 / out.size
        return out


class Huber(_LossOfNumbers):
    """Squared near the target, absolute far from it.

    Parameters
    ----------
    threshold : float, default 1.0
        Where the one goes over into the other; above 0.

    Raises
    ------
    ValueError
        If the threshold is not such a number.
    """

    id = "huber"
    label = "Huber loss with threshold 1, mean over samples and outputs"
    formula = (
        r"L = \frac{1}{n k} \sum_{i,j} h(\hat y_{ij} - y_{ij}), \quad"
        r" h(d) = \tfrac12 d^2 \text{ if } |d| \le 1, \text{ else } |d| - \tfrac12"
    )
    when = "For numbers with some outliers: smooth at the target, and fair to far-off ones."
    source = "Huber, Robust estimation of a location parameter, 1964"
    outputs = ("linear", "sigmoid")

    def __init__(self, threshold: float = 1.0):
        self.threshold = positive_number("threshold", threshold)

    def value(self, y_true, y_pred):
        difference = np.abs(y_pred - y_true)
        squared = np.minimum(difference, self.threshold)
        # With q = min(|d|, t): t (|d| - t) + t^2/2 outside and q^2/2 inside are q |d| - q^2/2.
        return float((squared * (difference - 0.5 * squared)).mean(dtype=np.float64))

    def gradient(self, y_true, y_pred, out=None):
        out = np.subtract(y_pred, y_true, out=out)
        np.clip(out, -self.threshold, self.threshold, out=out)
        out *= 1 / out.size
        return out


class CrossEntropy(Loss):
    """Cross-entropy of one class out of several (one-hot targets)."""

    id = "cross_entropy"
    label = "cross-entropy, mean over samples"
    formula = r"L = -\frac{1}{n} \sum_{i=1}^{n} \sum_{j=1}^{k} y_{ij} \ln \hat y_{ij}"
    when = "For one class out of several: strong gradients as long as the answer is wrong."
    source = "Good, Rational decisions, 1952; with softmax: Bridle, 1990"
    outputs = ("softmax",)
    canonical_output = "softmax"

    def refuse_targets(self, y_true):
        # With another sum, (a - y) / n would not be the gradient of what is reported.
        sums = y_true.sum(axis=1)
        bad = (y_true < 0).any(axis=1) | (np.abs(sums - 1) > _SUM_TOLERANCE)
        _refuse_rows(
            y_true, bad, "probabilities, 0 or more with the sum 1 in each row: one-hot, "
            f"np.eye({y_true.shape[1]})[labels], for class numbers"
        )

    def value(self, y_true, y_pred):
        # Taken from 0, because the negative of 0 would be shown as -0.
        return 0.0 - _sum_of_products(y_true, _log(y_pred)) / len(y_true)

    def gradient(self, y_true, y_pred, out=None):
        tiny = np.finfo(y_pred.dtype).tiny
        out = np.divide(y_true, np.maximum(y_pred, tiny), out=out)
        out *= -1 / len(out)
        return out


class BinaryCrossEntropy(Loss):
    """Cross-entropy of outputs that are yes or no each for itself."""

    id = "binary_cross_entropy"
    label = "cross-entropy of each output, summed over outputs, mean over samples"
    formula = (
        r"L = -\frac{1}{n} \sum_{i=1}^{n} \sum_{j=1}^{k}"
        r" \left[ y_{ij} \ln \hat y_{ij} + (1 - y_{ij}) \ln(1 - \hat y_{ij}) \right]"
    )
    when = "For outputs that are yes or no each for itself: the sigmoid's cross-entropy."
    source = "Nielsen, Neural networks and deep learning, chapter 3, 2015"
    outputs = ("sigmoid",)
    canonical_output = "sigmoid"

    def refuse_targets(self, y_true):
        bad = ((y_true < 0) | (y_true > 1)).any(axis=1)
        _refuse_rows(y_true, bad, "from 0 to 1")

    def value(self, y_true, y_pred):
        total = _sum_of_products(y_true, _log(y_pred))
        total += _sum_of_products(1 - y_true, _log(1 - y_pred))
        return 0.0 - total / len(y_true)

    def gradient(self, y_true, y_pred, out=None):
        tiny = np.finfo(y_pred.dtype).tiny
        out = np.divide(y_pred - y_true, np.maximum(y_pred * (1 - y_pred), tiny), out=out)
        out *= 1 / len(out)
        return out


LOSSES: dict[str, Loss] = {
    cls.id: cls() for cls in (MSE, MAE, Huber, CrossEntropy, BinaryCrossEntropy)
}


def get(identifier: Any) -> Loss:
    """Return a loss by id, class or instance (see `registry.resolve`)."""
    return resolve(identifier, LOSSES, Loss, "loss")


def for_output(identifier: Any, output: Activation) -> Loss:
    """Return the loss that `identifier` means at this output activation.

    Cross-entropy over sigmoid outputs is the sum of each output's own cross-entropy.

    Raises
    ------
    ValueError
        If loss and output activation do not fit each other.
    """
    loss = get(identifier)
    if isinstance(loss, CrossEntropy) and output.id == "sigmoid":
        loss = LOSSES["binary_cross_entropy"]
    if not loss.fits(output):
        fits = " or ".join(loss.outputs)
        raise ValueError(
            f"Loss {loss.id!r} does not fit the output activation. Received: {output.id!r}. "
            f"Use {fits} at the output, or another loss."
        )
    return loss
