"""Early stopping: end when the validation loss has stopped falling, keep the best parameters."""

import numpy as np

from nnviz.checks import real_number, whole_number
from nnviz.network import Network
from nnviz.registry import as_call


class EarlyStopping:
    """Watches a validation loss.

    Parameters
    ----------
    patience : int, default 10
        Observations without an improvement after which training is to stop.
    least_gain : float, default 0
        An improvement is a fall by more than this below the best so far.

    Attributes
    ----------
    best_loss : float
        Infinite before the first observation.
    best_parameters : ndarray or None
        A copy, from when the loss was best.

    Notes
    -----
    Prechelt, Early stopping - but when?, 1998.

    Examples
    --------
    >>> from nnviz import EarlyStopping, Network, Trainer
    >>> x = np.linspace(-1, 1, 40).reshape(-1, 1)
    >>> network = Network((1, 8, 1), ("tanh", "linear"), seed=0)
    >>> trainer = Trainer(network, x[::2], x[::2] ** 2, loss="mse", optimizer="adam", rng=0)
    >>> losses = trainer.run(
    ...     500, validation=(x[1::2], x[1::2] ** 2), early_stopping=EarlyStopping(patience=20)
    ... )
    >>> losses[-1] < losses[0]
    True
    """

    def __init__(self, patience: int = 10, least_gain: float = 0.0):
        self.patience = whole_number("patience", patience)
        self.least_gain = real_number("least_gain", least_gain)
        self.best_loss = float("inf")
        self.best_parameters: np.ndarray | None = None
        self._without_gain = 0

    def should_stop(self, loss: float, network: Network) -> bool:
        """Take note of the loss at the present parameters; return whether to stop.

        A loss that is not a number is no improvement.
        """
        if loss < self.best_loss - self.least_gain:
            self.best_loss = loss
            self.best_parameters = network.parameters.copy()
            self._without_gain = 0
        else:
            self._without_gain += 1
        return self._without_gain >= self.patience

    def restore_best(self, network: Network) -> None:
        """Put the best parameters back, if any loss was observed.

        Raises
        ------
        ValueError
            If it was that of another network.
        """
        if self.best_parameters is not None:
            if self.best_parameters.shape != network.parameters.shape:
                raise ValueError(
                    f"EarlyStopping watched a network with {self.best_parameters.size:,} "
                    f"parameters. Received: one with {network.parameters.size:,}. Use a new "
                    "EarlyStopping for each network."
                )
            network.parameters[...] = self.best_parameters

    def __repr__(self) -> str:
        return as_call(self)
