"""Which of several classes a sample belongs to, or which labels hold for it."""

from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from nnviz.checks import received
from nnviz.estimators.base import NetworkEstimator
from nnviz.estimators.coding import Classes, Labels, coding_of, distinct


class NetworkClassifier(ClassifierMixin, NetworkEstimator):
    """A network that says which of several classes a sample belongs to, or which labels hold.

    With y of shape (n,) each sample belongs to one class: softmax at the output. With 0s and 1s
    of shape (n, labels) any number of labels holds for a sample, each for itself: sigmoids at
    the output. The loss is cross-entropy.

    Parameters
    ----------
    hidden_layers : sequence of int, default (100,)
        Units of each hidden layer; may be empty.
    activation : str, type or Activation, default "relu"
        Of the hidden layers, see `activations.ACTIVATIONS`.
    initializer : str or Initializer, default "he_normal"
    optimizer : str, type or Optimizer, default "adam"
        See `optimizers.OPTIMIZERS`. An instance, ``Momentum(momentum=0.5)``, is copied.
    learning_rate : float, optional
        The optimiser's usual one, or the instance's, if None.
    schedule : str or Schedule, default "constant"
        See `schedules.SCHEDULES`. By id the cosine ends with `epochs`, and others have a length
        of 10; another: ``dataclasses.replace(SCHEDULES["step"], epochs=30)``.
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
        Sorted; the numbers of the columns where y is (n, labels).
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

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> X, y = load_iris(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), NetworkClassifier((8,), random_state=0))
    >>> bool(cross_val_score(model, X, y, cv=3).mean() > 0.9)
    True
    """

    _loss = "cross_entropy"

    @property
    def _output(self) -> str:
        return self._coding.output

    def fit(self, X: Any, y: Any) -> "NetworkClassifier":
        """Train anew on X (n, features) and y, (n,) or (n, labels); return self."""
        X, y = self._validate_targets(X, y, reset=True)
        self._read_by(coding_of(y))
        self._fit(X, self._coding.encode(y, X.dtype))
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> "NetworkClassifier":
        """Train one epoch more on X (n, features) and y, (n,) or (n, labels); return self.

        Parameters
        ----------
        X, y : array
        classes : array, (classes,), optional
            All classes that will ever come. Needed in the first call where y is (n,).

        Raises
        ------
        ValueError
            If they are missing then, changed later, or `y` is of another kind than at first or
            holds another class.
        """
        first = not hasattr(self, "network_")
        X, y = self._validate_targets(X, y, reset=first)
        if first:
            if classes is None and y.ndim == 1:
                raise ValueError("The first call of partial_fit needs classes. Received: None.")
            self._read_by(coding_of(y) if y.ndim == 2 else Classes(distinct(classes)))
        if classes is not None and not np.array_equal(distinct(classes), self.classes_):
            raise ValueError(
                "classes must stay the same in all calls of partial_fit, and number the columns "
                f"of y where it has several. Received: {received(classes)}; expected: "
                f"{received(self.classes_.tolist())}."
            )
        self._partial_fit(X, self._coding.encode(y, X.dtype), first)
        return self

    def _validate_targets(self, X: Any, y: Any, reset: bool) -> tuple[np.ndarray, np.ndarray]:
        """Return X, and y as (n,) or (n, labels)."""
        X, y = self._validate(X, y, reset=reset, multi_output=True)
        if issparse(y):
            y = y.toarray()
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        distinct(y)  # before scikit-learn says less of labels of several kinds
        if y.ndim == 1:
            check_classification_targets(y)
        return X, y

    def _read_by(self, coding: Classes | Labels) -> None:
        self._coding, self.classes_ = coding, coding.classes

    def decision_function(self, X: Any) -> np.ndarray:
        """Return the logarithm of the odds, ln p/(1 - p), of each class or label, (n, classes).

        Of two classes that of the second alone, (n,). It goes on rising where `predict_proba` has
        come to 1.
        """
        run = self._forward(X)
        return self._coding.decide(run.z[-1])

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class or label, (n, classes), in `classes_`' order."""
        return self._forward(X).a[-1]

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithms of `predict_proba`, finite where that is 0."""
        p = self.predict_proba(X)
        return np.log(np.maximum(p, np.finfo(p.dtype).smallest_subnormal))

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable class of each sample, (n,), or its labels, (n, labels)."""
        y_pred = self.predict_proba(X)
        return self._coding.decode(y_pred)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
