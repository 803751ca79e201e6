"""The network that reads the drawings of someone who has trained nothing yet.

Trained on warped copies (`augmentation`), because it is to read a hand that it has never seen.
"""

from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from nnviz import data
from nnviz.network import Network
from nnviz.settings import RunConfig
from nnviz.training import Trainer


def _trained(epochs: int, **settings: Any) -> tuple[RunConfig, int]:
    """Return settings whose schedule ends after so many epochs, and their number."""
    config = RunConfig(
        augment="warped", optimizer="adam", schedule="cosine", schedule_epochs=epochs, **settings
    )
    return config, epochs


# An epoch goes through the training samples and all their copies.
_KNOWN = {
    "digits": _trained(
        14, dataset="digits", hidden=((128, "relu"), (64, "relu")), test_share=0.1,
        learning_rate=0.003, batch_size=64, dropout=0.1,
    ),
    "mnist": _trained(
        7, dataset="mnist", hidden=((128, "relu"), (128, "relu")),
        learning_rate=0.002, batch_size=128,
    ),
}


def first_visitor_config(target: str, seed: int = 0) -> tuple[RunConfig, int]:
    """Return the settings of the network for a data set, and how many epochs it is trained.

    Parameters
    ----------
    target : str
        "digits" or "mnist".
    seed : int, default 0

    Raises
    ------
    ValueError
        If the target is another, or the seed does not fit.
    """
    if not isinstance(target, str) or target not in _KNOWN:
        raise ValueError(
            f"A first network is there for {' and '.join(_KNOWN)}. Received: {str(target)[:40]!r}."
        )
    config, epochs = _KNOWN[target]
    return config.changed(seed=seed), epochs


def first_visitor_network(target: str = "digits", seed: int = 0) -> Network:
    """Train the network, the same bit for bit as the page's run; for `drawing.network_input`.

    Takes about 5 s for the digits and 45 s for MNIST, half of it for making the copies.

    Parameters and ValueError as for `first_visitor_config`.

    Raises
    ------
    DataError
        If MNIST's files are not there.
    """
    config, epochs = first_visitor_config(target, seed)
    rng = np.random.default_rng(config.seed)
    network = Network(
        config.layer_sizes, config.activations, initializer=config.initializer, seed=rng
    )
    split = data.load_split(config.dataset, config.test_share, config.scaling, config.augment)
    x, y, _ = split.drawn_from
    # As the page's processes do: products this small take several times as long on more threads,
    # and may round otherwise.
    with threadpool_limits(limits=1, user_api="blas"):
        x.make_all()  # mini-batches would have them made a few at a time
        Trainer(network, x, y, rng=rng, **config.training).run(epochs)
    return network
