"""What the estimators share: their parameters, building, training and forward passes."""

from copy import deepcopy
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from nnviz import optimizers, schedules
from nnviz.architecture import in_order
from nnviz.checks import positive_number, received, whole_number
from nnviz.early_stopping import EarlyStopping
from nnviz.network import Network
from nnviz.passes import Pass
from nnviz.training import Trainer


class NetworkEstimator(BaseEstimator):
    """What classifier and regressor share: see `NetworkClassifier` for the parameters.

    The network computes in the dtype of X where that is float32 or float64.
    """

    def __init__(
        self,
        hidden_layers=(100,),
        activation="relu",
        initializer="he_normal",
        optimizer="adam",
        learning_rate=None,
        schedule="constant",
        epochs=200,
        batch_size=32,
        l1=0.0,
        l2=1e-4,
        dropout=0.0,
        clip_norm=None,
        early_stopping=False,
        validation_fraction=0.1,
        patience=10,
        random_state=None,
    ):
        self.hidden_layers = hidden_layers
        self.activation = activation
        self.initializer = initializer
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.epochs = epochs
        self.batch_size = batch_size
        self.l1 = l1
        self.l2 = l2
        self.dropout = dropout
        self.clip_norm = clip_norm
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.random_state = random_state

    def _start(self, X: np.ndarray, outputs: int) -> None:
        """Make a new network, optimiser and generator for data like `X`."""
        whole_number("epochs", self.epochs)
        self._rng = check_random_state(self.random_state)
        hidden = in_order(self.hidden_layers)
        if hidden is None:
            raise TypeError(
                "hidden_layers must be a sequence of widths such as (100,). "
                f"Received: {received(self.hidden_layers)}."
            )
        hidden = [whole_number("Each width of hidden_layers", units) for units in hidden]
        sizes = (X.shape[1], *hidden, outputs)
        # A copy, so that fitting again starts afresh and leaves the parameter alone.
        self._optimizer = optimizers.get(deepcopy(self.optimizer), self.learning_rate)
        self.network_ = Network(
            sizes, [self.activation] * (len(sizes) - 2) + [self._output],
            initializer=self.initializer, seed=self._rng, dtype=X.dtype,
        )
        self.loss_curve_: list[float] = []
        self.n_iter_ = 0

    def _train(self, X: np.ndarray, Y: np.ndarray, epochs: int, stop_early: bool) -> None:
        """Train on targets (n, outputs) and take note of the losses."""
        validation, watch = None, None
        if stop_early:
            share = positive_number("validation_fraction", self.validation_fraction, below=1)
            X, x_held, Y, y_held = train_test_split(
                X, Y, test_size=share, random_state=self._rng
            )
            validation, watch = (x_held, y_held), EarlyStopping(self.patience)
        trainer = Trainer(
            self.network_, X, Y, loss=self._loss, batch_size=self.batch_size,
            optimizer=self._optimizer, rng=self._rng,
            schedule=schedules.spanning(self.schedule, self.epochs), l1=self.l1, l2=self.l2,
            dropout=self.dropout, clip_norm=self.clip_norm, epochs_before=self.n_iter_,
        )
        losses = trainer.run(epochs, validation=validation, early_stopping=watch)
        self.loss_curve_ = [*self.loss_curve_, *losses]
        self.n_iter_ += len(losses)

    def _fit(self, X: np.ndarray, Y: np.ndarray) -> None:
        self._start(X, Y.shape[1])
        self._train(X, Y, self.epochs, bool(self.early_stopping))

    def _partial_fit(self, X: np.ndarray, Y: np.ndarray, first: bool) -> None:
        if first:
            self._start(X, Y.shape[1])
        self._train(X, Y, epochs=1, stop_early=False)

    def _validate(self, X: Any, y: Any, reset: bool, **checks: Any) -> tuple:
        return validate_data(
            self, X, y, reset=reset, dtype=(np.float64, np.float32), **checks
        )

    def _forward(self, X: Any) -> Pass:
        """Run samples (n, features) through the network."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=(np.float64, np.float32))
        return self.network_.forward(X)
