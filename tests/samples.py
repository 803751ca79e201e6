"""Random problems and what the tests of the core share."""

import numpy as np

from nnviz import losses
from nnviz.activations import ACTIVATIONS
from nnviz.landscape import Terrain
from nnviz.network import Network

# Every loss with the output activations that go with it, and with the others that fit.
OUTPUT_AND_LOSS = [
    (output, loss.id) for loss in losses.LOSSES.values() for output in loss.outputs
]
OTHER_OUTPUT_AND_LOSS = [
    (output.id, loss.id) for loss in losses.LOSSES.values() for output in ACTIVATIONS.values()
    if loss.fits(output) and output.id not in loss.outputs
]
HIDDEN = [f.id for f in ACTIVATIONS.values() if not f.output_only]


def targets(rng, loss, output, n, outputs):
    """Targets that fit a loss: one-hot, shares between 0 and 1, or any number."""
    if loss == "cross_entropy":
        return np.eye(outputs)[rng.integers(outputs, size=n)]
    if output == "linear":
        return rng.normal(size=(n, outputs))
    return rng.uniform(size=(n, outputs))


def problem(layer_sizes, hidden, output, loss, n=7, seed=0, dtype="float64"):
    """A network with nonzero biases, and data that fit it."""
    rng = np.random.default_rng(seed)
    activations = [hidden] * (len(layer_sizes) - 2) + [output]
    network = Network(layer_sizes, activations, seed=seed, dtype=dtype)
    for b in network.biases:
        b[...] = rng.normal(size=b.shape) * 0.3
    x = rng.normal(size=(n, layer_sizes[0]))
    return network, x, targets(rng, loss, output, n, layer_sizes[-1])


def digits_like(n=50, seed=3):
    """A small classification problem in float32: (n, 6) inputs, 3 classes, one-hot."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(3, size=n)
    x = rng.normal(size=(n, 6)) + np.eye(6)[labels] * 2
    return x.astype(np.float32), np.eye(3, dtype=np.float32)[labels]


def finished(parts):
    """The result of a computation in parts, and the shares that it reported."""
    shares = []
    while True:
        try:
            shares.append(next(parts))
        except StopIteration as end:
            return end.value, shares


def parabola(seed=0, inputs=3, samples=50, scale=1.0):
    """A linear network with squared error: its loss is a parabola with a known Hessian."""
    rng = np.random.default_rng(seed)
    x = scale * rng.standard_normal((samples, inputs))
    y = rng.standard_normal((samples, 1))
    network = Network((inputs, 1), ("linear",), seed=seed, dtype="float64")
    x_1 = np.hstack([x, np.ones((samples, 1))])
    return Terrain(network, x, y, "mse"), 2 / samples * x_1.T @ x_1
