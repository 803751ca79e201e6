"""The article with ``Network((64, 15, 10), (Relu, Sigmoid))``, trained as it stands and as meant.

Digits with their values as they are (0 to 16), all 1,797 samples, one-hot targets, half the sum
of squares as the loss, batches of 15.
"""

import numpy as np

from nnviz import data
from nnviz.activations import Relu, Sigmoid
from nnviz.checks import real_number, whole_number
from nnviz.gradcheck import numerical_gradient, relative_error
from nnviz.losses import MSE
from nnviz.metrics import accuracy
from nnviz.network import Network
from nnviz.parameters import Parameters
from nnviz.recipes.outcome import Outcome, Recipe

LAYER_SIZES = (64, 15, 10)
BATCH_SIZE = 15


def load() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return samples (1797, 64), one-hot targets (1797, 10) and labels (1797,)."""
    digits = data.load("digits")
    return digits.x.astype(np.float64), np.eye(10)[digits.labels], digits.labels


def make_network(seed: int = 1) -> Network:
    """Return the article's network, its weights from a legacy generator, its biases 0."""
    return Network(LAYER_SIZES, (Relu, Sigmoid), seed=seed, dtype="float64")


def forward(network: Network, x: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return z1, a1, z2, a2 of a batch, computed line by line as in the article.

    `Network.forward` sums in another order. That changes the last digits only, but a run that
    hovers between learning and saturating ends elsewhere for it.
    """
    (W1, W2), (b1, b2), (relu, sigmoid) = network.weights, network.biases, network.activations
    z1 = x @ W1 + b1
    a1 = relu(z1)
    z2 = a1 @ W2 + b2
    return z1, a1, z2, sigmoid(z2)


def gradients(network: Network, x: np.ndarray, y: np.ndarray, corrected: bool) -> Parameters:
    """Return the article's gradients for a batch: dW summed over it, db averaged.

    Parameters
    ----------
    network : Network
    x : ndarray, (n, 64)
    y : ndarray, (n, 10)
    corrected : bool
        False takes the derivative of the sigmoid at the output a, as the article does; True
        at the pre-activation z, as the chain rule asks.
    """
    relu, sigmoid = network.activations
    z1, a1, z2, a2 = forward(network, x)
    delta2 = (a2 - y) * sigmoid.derivative(z2 if corrected else a2)
    delta1 = (delta2 @ network.weights[1].T) * relu.derivative(z1)
    result = Parameters(network.layer_sizes, network.dtype)
    for layer, (a, delta) in enumerate(((x, delta1), (a1, delta2))):
        result.weights[layer][...] = a.T @ delta
        result.biases[layer][...] = delta.mean(axis=0)
    return result


def train(
    corrected: bool = False, epochs: int = 100, learning_rate: float = 1e-3, seed: int = 1
) -> Outcome:
    """Train as the article does: one shuffle per epoch, only full batches.

    Parameters
    ----------
    corrected : bool, default False
        Whether the sigmoid's derivative is taken where it belongs, see `gradients`.
    epochs : int, default 100
    learning_rate : float, default 1e-3
    seed : int, default 1

    Returns
    -------
    Outcome
        History: mean squared error over all samples ("loss") and share of them that is right
        ("accuracy"), after each epoch.

    Raises
    ------
    ValueError
        If `epochs`, the learning rate or the seed is outside its range.
    """
    whole_number("epochs", epochs, minimum=0)
    real_number("learning_rate", learning_rate)
    x, y, labels = load()
    network = make_network(seed)
    history = {"loss": [], "accuracy": []}
    for _ in range(epochs):
        order = network.rng.permutation(len(x))
        for start in range(0, len(x) - BATCH_SIZE + 1, BATCH_SIZE):
            batch = order[start : start + BATCH_SIZE]
            step = gradients(network, x[batch], y[batch], corrected)
            network.parameters -= learning_rate * step.vector
        y_pred = network.predict(x)
        history["loss"].append(MSE().value(y, y_pred))
        history["accuracy"].append(accuracy(labels, y_pred))
    return Outcome(network, history)


def gradient_errors(samples: int = 15) -> dict[str, float]:
    """Return how far the article's dW are from finite differences of its loss, both ways.

    Parameters
    ----------
    samples : int, default 15
        How many of the digits.

    Returns
    -------
    dict of str to float
        Relative errors "as printed" and "corrected" of the weights' gradient.

    Raises
    ------
    ValueError
        If `samples` is no whole number of 1 or more.
    """
    whole_number("samples", samples)
    x, y, _ = load()
    # Scaled, so that no ReLU is so close to its kink that the difference itself is wrong.
    x, y, network = x[:samples] / 16, y[:samples], make_network()

    def loss() -> float:
        return 0.5 * float(np.sum((network.predict(x) - y) ** 2))

    expected = Parameters(LAYER_SIZES, network.dtype)
    expected.vector[...] = numerical_gradient(loss, network.parameters)
    return {
        name: relative_error(
            np.concatenate([dW.ravel() for dW in gradients(network, x, y, corrected).weights]),
            np.concatenate([dW.ravel() for dW in expected.weights]),
        )
        for name, corrected in (("as printed", False), ("corrected", True))
    }


RECIPE = Recipe(
    id="article",
    title="Digits with ReLU and sigmoid",
    what=(
        "A network 64-15-10 (ReLU, sigmoid) learns scikit-learn's handwritten digits, values 0 "
        "to 16, all 1,797 samples, one-hot targets, squared error, batches of 15, learning rate "
        "0.001, 100 epochs. Its calls work here as written: "
        "`Network((64, 15, 10), (Relu, Sigmoid))`, `net.fit(x, y, loss=MSE, epochs=100, "
        "batch_size=15, learning_rate=1e-3)`, `net.predict(x)`."
    ),
    wrong=(
        "The output's delta takes the sigmoid's derivative at the *activated* output, σ′(a) "
        "instead of σ′(z). It is then never below 0.19, however saturated the output is. A "
        "gradient check exposes it: a relative error of 0.05 where a right gradient has 1e-9.",
        "The weights' gradient is summed over the batch, the biases' averaged: biases learn 15 "
        "times more slowly.",
        "The last, partial batch of every epoch is left out, and there are no test samples: the "
        "accuracy is that of the samples learnt from.",
    ),
    change=(
        "With the slip, 99.8 % of the samples are right after 100 epochs. With the correct σ′(z) "
        "it is 69.0 %: where a sigmoid saturates on the wrong side, its derivative is nearly 0 "
        "and nothing is learnt. At higher rates rounding decides which outputs get stuck: on one "
        "processor or another about 89 % are right at 0.01 (79 % to 99 %) and 12 % at 0.03 (10 % "
        "to 16 %). The slip took that vanishing factor out by accident. Cross-entropy takes it out "
        "on purpose, and its gradient is right."
    ),
    run=train,
)
