"""What keeps a network from learning its samples by heart: penalties, dropout, clipping."""

from dataclasses import dataclass

import numpy as np

from nnviz.checks import real_number
from nnviz.network import Network
from nnviz.parameters import Parameters
from nnviz.products import dot


@dataclass(frozen=True)
class Technique:
    """One line of `REGULARIZERS`: what a page says of a way to regularise.

    Attributes
    ----------
    id, label : str
        The name of the `Regularization` field, and the name for people.
    formula, when, source : str
        LaTeX; when to use it; where it comes from.
    """

    id: str
    label: str
    formula: str
    when: str
    source: str


REGULARIZERS: dict[str, Technique] = {
    item.id: item
    for item in (
        Technique(
            "l1", "L1 penalty", r"L + \lambda_1 \sum |w|",
            "Drives weights that help little to 0 and leaves few inputs in use.",
            "Tibshirani, Regression shrinkage and selection via the lasso, 1996",
        ),
        Technique(
            "l2", "L2 penalty", r"L + \frac{\lambda_2}{2} \sum w^2",
            "Keeps all weights small, so that no single one decides much.",
            "Krogh and Hertz, A simple weight decay can improve generalization, 1991",
        ),
        Technique(
            "dropout", "dropout",
            r"a \leftarrow \frac{m \odot a}{1 - p}, \quad m_{ij} \sim \text{Bernoulli}(1 - p)",
            "Switches off a share p of the hidden units, others at each step of training, so "
            "that none can rely on its neighbours.",
            "Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, Dropout, 2014",
        ),
        Technique(
            "clip_norm", "clipping by norm",
            r"g \leftarrow g \cdot \min\left(1, \frac{c}{\lVert g \rVert}\right)",
            "Shortens a gradient that is too long, so that a steep place does not throw the "
            "weights far off.",
            "Pascanu, Mikolov and Bengio, On the difficulty of training recurrent networks, 2013",
        ),
    )
}


@dataclass(frozen=True)
class Regularization:
    """How training is held back; the default is not at all.

    Parameters
    ----------
    l1, l2 : float, default 0
        Strengths of the penalties, on weights and not on biases, added to the loss.
    dropout : float, default 0
        Share of hidden units switched off at each step, below 1.
    clip_norm : float or None, default None
        Greatest length of the gradient of all parameters together.

    Raises
    ------
    ValueError
        If a number is outside its range.
    """

    l1: float = 0.0
    l2: float = 0.0
    dropout: float = 0.0
    clip_norm: float | None = None

    def __post_init__(self):
        real_number("l1", self.l1)
        real_number("l2", self.l2)
        real_number("dropout", self.dropout, below=1)
        if self.clip_norm is not None and real_number("clip_norm", self.clip_norm) == 0:
            raise ValueError("clip_norm must be above 0, or None for no limit. Received: 0.")

    @property
    def has_penalty(self) -> bool:
        """Whether anything is added to the loss."""
        return bool(self.l1 or self.l2)

    @property
    def changes_gradients(self) -> bool:
        """Whether the optimiser gets anything but the gradients of the loss."""
        return self.has_penalty or self.clip_norm is not None

    def penalty(self, network: Network) -> float:
        """Return what the penalties add to the loss."""
        absolute = sum(float(np.abs(W).sum()) for W in network.weights) if self.l1 else 0.0
        squared = sum(dot(W.ravel(), W.ravel()) for W in network.weights) if self.l2 else 0.0
        return self.l1 * absolute + self.l2 / 2 * squared

    def add_gradient(self, network: Network, gradients: Parameters) -> None:
        """Add the gradient of the penalties to that of the loss, in place."""
        for W, dW in zip(network.weights, gradients.weights, strict=True):
            if self.l1:
                dW += self.l1 * np.sign(W)
            if self.l2:
                dW += self.l2 * W

    def clip(self, gradients: Parameters) -> None:
        """Shorten the gradient to `clip_norm`, which must be given, in place."""
        length = dot(gradients.vector, gradients.vector) ** 0.5
        if length > self.clip_norm:
            gradients.vector *= self.clip_norm / length

    def draw_masks(self, masks: list[np.ndarray | None], rng: np.random.Generator) -> None:
        """Renew the dropout masks of a `Pass`: 0 with probability `dropout`, else 1 / (1 - it)."""
        for mask in masks:
            if mask is not None:
                rng.random(dtype=mask.dtype, out=mask.T)
                np.greater_equal(mask, self.dropout, out=mask, casting="unsafe")
                mask *= 1 / (1 - self.dropout)
