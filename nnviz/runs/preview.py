"""What the first weights of a configuration do to signals, before any training."""

from typing import Any

import numpy as np

from nnviz import data, losses
from nnviz.network import Network
from nnviz.settings import RunConfig

SAMPLES = 256


def first_signals(config: RunConfig) -> list[dict[str, Any]]:
    """Return how signals run through the untrained network, layer by layer.

    Parameters
    ----------
    config : RunConfig

    Returns
    -------
    list of dict
        For each layer, on the first `SAMPLES` training samples: ``z``, the standard deviation
        of its pre-activations; ``active``, the share of its activations that are not 0;
        ``gradient``, the root mean square of dL/dW.
    """
    x, y, _ = data.load_split(config.dataset, config.test_share, config.scaling).training
    network = Network(
        config.layer_sizes, config.activations, initializer=config.initializer, seed=config.seed
    )
    loss = losses.for_output(config.loss, network.activations[-1])
    run = network.forward(x[:SAMPLES])
    gradients = network.backward(run, y[:SAMPLES], loss)
    return [
        {
            "z": float(z.std()),
            "active": float(np.count_nonzero(a) / a.size),
            "gradient": float(np.sqrt(np.mean(dW * dW))),
        }
        for z, a, dW in zip(run.z, run.a[1:], gradients.weights, strict=True)
    ]
