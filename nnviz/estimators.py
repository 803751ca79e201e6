"""scikit-learn estimators over `Network` and `Trainer`, for pipelines and searches."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from nnviz import optimizers
from nnviz.checks import float_array, positive_number, received, whole_number
from nnviz.early_stopping import EarlyStopping
from nnviz.network import Network
from nnviz.training import Trainer


class _NetworkEstimator(BaseEstimator):
    """What classifier and regressor share: building, training, forward passes.

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
        self._rng = check_random_state(self.random_state)
        hidden = self.hidden_layers
        if not isinstance(hidden, Iterable) or isinstance(hidden, str):
            raise TypeError(
                "hidden_layers must be a sequence of widths such as (100,). "
                f"Received: {received(hidden)}."
            )
        sizes = (X.shape[1], *hidden, outputs)
        # By id or class, so that fitting again starts afresh and leaves the parameter alone.
        if isinstance(self.optimizer, optimizers.Optimizer):
            raise TypeError(
                "optimizer must be an id or a class: an instance would carry its state from fit "
                f"to fit. Received: {self.optimizer!r}."
            )
        self._optimizer = optimizers.get(self.optimizer, self.learning_rate)
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
            optimizer=self._optimizer, rng=self._rng, schedule=self.schedule, l1=self.l1,
            l2=self.l2, dropout=self.dropout, clip_norm=self.clip_norm,
            epochs_before=self.n_iter_,
        )
        losses = trainer.run(epochs, validation=validation, early_stopping=watch)
        self.loss_curve_ = [*self.loss_curve_, *losses]
        self.n_iter_ += len(losses)

    def _fit(self, X: np.ndarray, Y: np.ndarray) -> None:
        epochs = whole_number("epochs", self.epochs)
        self._start(X, Y.shape[1])
        self._train(X, Y, epochs, bool(self.early_stopping))

    def _partial_fit(self, X: np.ndarray, Y: np.ndarray, first: bool) -> None:
        if first:
            self._start(X, Y.shape[1])
        self._train(X, Y, epochs=1, stop_early=False)

    def _validate(self, X: Any, y: Any, reset: bool, **checks: Any) -> tuple:
        return validate_data(
            self, X, y, reset=reset, dtype=(np.float64, np.float32), **checks
        )

    def _forward(self, X: Any) -> np.ndarray:
        """Return the output activations, (n, outputs)."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=(np.float64, np.float32))
        return self.network_.predict(X)


def _labels_of(values: Any) -> np.ndarray:
    """Return the different labels, sorted."""
    try:
        return np.unique(values)
    except TypeError as error:
        kinds = sorted({type(value).__name__ for value in values})
        raise ValueError(
            f"Labels must be of one kind, numbers or words. Received: {' and '.join(kinds)}."
        ) from error


class NetworkClassifier(ClassifierMixin, _NetworkEstimator):
    """A network that says which of several classes a sample belongs to.

    Softmax at the output, cross-entropy as the loss.

    Parameters
    ----------
    hidden_layers : sequence of int, default (100,)
        Units of each hidden layer; may be empty.
    activation : str, type or Activation, default "relu"
        Of the hidden layers, see `activations.ACTIVATIONS`.
    initializer : str or Initializer, default "he_normal"
    optimizer : str or type, default "adam"
        See `optimizers.OPTIMIZERS`.
    learning_rate : float, optional
        The optimiser's usual one if None.
    schedule : str or Schedule, default "constant"
    epochs : int, default 200
        Passes over the samples in `fit`.
    batch_size : int, default 32
        At most the number of samples.
    l1, l2 : float, default 0 and 1e-4
        Strengths of the penalties on the weights.
    dropout : float, default 0
        Share of hidden units switched off at each step.
    clip_norm : float, optional
        Greatest length of the gradient.
    early_stopping : bool, default False
        Whether `fit` holds back samples, ends when their loss no longer falls, and keeps the
        best weights.
    validation_fraction : float, default 0.1
        Share of samples held back for early stopping.
    patience : int, default 10
        Epochs without an improvement after which early stopping ends.
    random_state : int, RandomState or None, default None

    Attributes
    ----------
    network_ : Network
    classes_ : ndarray, (classes,)
    loss_curve_ : list of float
        Of each epoch: the held-back samples' loss with early stopping, otherwise the mean
        loss of the mini-batches, penalties included.
    n_iter_ : int
        Epochs trained.
    n_features_in_ : int
    feature_names_in_ : ndarray of str, (n_features_in_,)
        Only where X had names.

    Notes
    -----
    `fit` and `partial_fit` raise ValueError or TypeError for parameters and samples that cannot
    be trained on, as `training.Trainer`, and FloatingPointError if training diverges.
    """

    _output = "softmax"
    _loss = "cross_entropy"

    def fit(self, X: Any, y: Any) -> "NetworkClassifier":
        """Train anew on X (n, features) and labels y (n,); return self."""
        X, y, self.classes_ = self._validate_labels(X, y, reset=True)
        self._fit(X, self._one_hot(y, X.dtype))
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> "NetworkClassifier":
        """Train one epoch more on X (n, features) and labels y (n,); return self.

        Parameters
        ----------
        X, y : array
        classes : array, (classes,), optional
            All labels that will ever come. Needed in the first call.

        Raises
        ------
        ValueError
            If they are missing in the first call, changed later, or `y` holds another label.
        """
        first = not hasattr(self, "network_")
        if first and classes is None:
            raise ValueError("The first call of partial_fit needs classes. Received: None.")
        X, y, _ = self._validate_labels(X, y, reset=first)
        if first:
            self.classes_ = _labels_of(classes)
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(
                f"classes must stay the same in all calls of partial_fit. Received: {classes}; "
                f"at first: {self.classes_}."
            )
        self._partial_fit(X, self._one_hot(y, X.dtype), first)
        return self

    def _validate_labels(self, X: Any, y: Any, reset: bool) -> tuple:
        """Return X, y and the different labels in y."""
        X, y = self._validate(X, y, reset=reset)
        labels = _labels_of(y)
        check_classification_targets(y)
        return X, y, labels

    def _one_hot(self, y: np.ndarray, dtype: Any) -> np.ndarray:
        unknown = np.setdiff1d(y, self.classes_)
        if unknown.size:
            raise ValueError(
                f"y holds labels that are not among the classes. Received: {unknown}; "
                f"classes: {self.classes_}."
            )
        return np.eye(len(self.classes_), dtype=dtype)[np.searchsorted(self.classes_, y)]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class, (n, classes), in the order of `classes_`."""
        return self._forward(X)

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithms of `predict_proba`, finite where that is 0."""
        p = self._forward(X)
        return np.log(np.maximum(p, np.finfo(p.dtype).smallest_subnormal))

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable class of each sample, (n,)."""
        most_probable = self._forward(X).argmax(axis=1)
        return self.classes_[most_probable]


class NetworkRegressor(RegressorMixin, _NetworkEstimator):
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
        if first:
            self._single = y.ndim == 1
        return X, float_array("y", y, X.dtype).reshape(len(X), -1)

    def predict(self, X: Any) -> np.ndarray:
        """Return the predictions, of the shape that `y` had: (n,) or (n, outputs)."""
        y_pred = self._forward(X)
        return y_pred[:, 0] if self._single else y_pred

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
