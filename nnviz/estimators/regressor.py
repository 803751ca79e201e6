"""One or several numbers for each sample."""

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin

from nnviz.checks import float_array
from nnviz.estimators.base import NetworkEstimator


class NetworkRegressor(RegressorMixin, NetworkEstimator):
    """A network that predicts one or several numbers.

    Linear at the output. The parameters are those of `NetworkClassifier`, and one more.

    Parameters
    ----------
    hidden_layers, activation
        See `NetworkClassifier`.
    loss : {"mse", "mae", "huber"}, type or Loss, default "mse"
        See `losses.LOSSES`.
    initializer, optimizer, learning_rate, schedule, epochs, batch_size, l1, l2, dropout, \
clip_norm, early_stopping, validation_fraction, patience, random_state
        See `NetworkClassifier`.

    Attributes
    ----------
    network_ : Network
    loss_curve_ : list of float
    n_iter_ : int
    n_features_in_ : int
    feature_names_in_ : ndarray of str, (n_features_in_,)
        As those of `NetworkClassifier`; so are the errors that `fit` raises.

    Examples
    --------
    >>> X = np.linspace(-1, 1, 100).reshape(-1, 1)
    >>> y = np.sin(3 * X[:, 0])
    >>> model = NetworkRegressor((16,), activation="tanh", learning_rate=0.02, random_state=0)
    >>> bool(model.fit(X, y).score(X, y) > 0.99)
    True
    """

    _output = "linear"

    def __init__(
        self,
        hidden_layers=(100,),
        activation="relu",
        loss="mse",
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
        super().__init__(
            hidden_layers, activation, initializer, optimizer, learning_rate, schedule, epochs,
            batch_size, l1, l2, dropout, clip_norm, early_stopping, validation_fraction, patience,
            random_state,
        )
        self.loss = loss

    @property
    def _loss(self) -> Any:
        return self.loss

    def fit(self, X: Any, y: Any) -> "NetworkRegressor":
        """Train anew on X (n, features) and y, (n,) or (n, outputs); return self."""
        X, Y = self._validate_numbers(X, y, first=True)
        self._fit(X, Y)
        return self

    def partial_fit(self, X: Any, y: Any) -> "NetworkRegressor":
        """Train one epoch more on X (n, features) and y, (n,) or (n, outputs); return self."""
        first = not hasattr(self, "network_")
        X, Y = self._validate_numbers(X, y, first)
        self._partial_fit(X, Y, first)
        return self

    def _validate_numbers(self, X: Any, y: Any, first: bool) -> tuple[np.ndarray, np.ndarray]:
        X, y = self._validate(X, y, reset=first, multi_output=True, y_numeric=True)
        Y = float_array("y", y, X.dtype).reshape(len(X), -1)
        if first:
            self._single = y.ndim == 1
        elif Y.shape[1] != self.network_.layer_sizes[-1]:
            raise ValueError(
                "y must have as many columns as in the first call. Received shape "
                f"{y.shape}; expected (n, {self.network_.layer_sizes[-1]})."
            )
        return X, Y

    def predict(self, X: Any) -> np.ndarray:
        """Return the predictions, of the shape that `y` had: (n,) or (n, outputs)."""
        y_pred = self._forward(X).a[-1]
        return y_pred[:, 0] if self._single else y_pred

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
