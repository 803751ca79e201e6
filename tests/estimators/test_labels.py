"""Several labels for each sample, each of which holds or does not."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.exceptions import DataConversionWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nnviz.estimators import NetworkClassifier

X = np.random.default_rng(0).normal(size=(200, 6))
Y = (X @ np.random.default_rng(1).normal(size=(6, 4)) > 0).astype(int)


def model(**parameters):
    return NetworkClassifier((16,), **{"epochs": 60, "random_state": 0, **parameters})


def test_several_labels_are_learnt_each_for_itself():
    fitted = model().fit(X, Y)
    assert fitted.network_.activations[-1].id == "sigmoid"
    assert fitted.classes_.tolist() == [0, 1, 2, 3]
    y_pred, p = fitted.predict(X), fitted.predict_proba(X)
    assert p.shape == y_pred.shape == Y.shape
    assert y_pred.dtype == Y.dtype
    np.testing.assert_array_equal(y_pred, p > 0.5)
    assert (p.sum(axis=1) > 1.2).any()  # no probabilities of one class out of four
    assert (y_pred == Y).mean() > 0.9
    assert fitted.score(X, Y) == (y_pred == Y).all(axis=1).mean()
    np.testing.assert_allclose(np.exp(fitted.predict_log_proba(X)), p)
    np.testing.assert_allclose(1 / (1 + np.exp(-fitted.decision_function(X))), p)


def test_the_loss_is_each_labels_cross_entropy_summed():
    fitted = model(optimizer="sgd", learning_rate=1e-9, epochs=1, l2=0).fit(X, Y)
    each = [log_loss(Y[:, k], fitted.predict_proba(X)[:, k]) for k in range(4)]
    assert fitted.loss_curve_[0] == pytest.approx(sum(each), rel=1e-6)


@pytest.mark.parametrize(
    "as_given", [np.ndarray.tolist, csr_array, np.asfortranarray, *(
        lambda y, dtype=dtype: y.astype(dtype) for dtype in (bool, np.float32, object)
    )],
    ids=["lists", "sparse", "by columns", "bool", "float32", "object"],
)
def test_labels_may_come_in_other_forms(as_given):
    expected = model(epochs=2).fit(X, Y).predict_proba(X)
    np.testing.assert_array_equal(model(epochs=2).fit(X, as_given(Y)).predict_proba(X), expected)


def test_partial_fit_of_all_samples_equals_fit_and_needs_no_classes():
    parts = model()
    for classes in (None, range(4), None):
        parts.partial_fit(X, Y, classes=classes)
    whole = model(epochs=3).fit(X, Y)
    np.testing.assert_array_equal(parts.network_.parameters, whole.network_.parameters)


def test_samples_without_any_label_or_with_all_of_them():
    few = np.repeat([[0, 0, 0], [1, 1, 1]], 20, axis=0)
    fitted = model(learning_rate=0.01).fit(np.repeat([[-1.0], [1.0]], 20, axis=0), few)
    np.testing.assert_array_equal(fitted.predict([[-1.0], [1.0]]), few[[0, -1]])
    assert fitted.partial_fit([[-1.0]], [[0, 0, 0]]).n_iter_ == 61


def test_labels_in_searches_pipelines_and_early_stopping():
    search = GridSearchCV(
        make_pipeline(StandardScaler(), model(early_stopping=True, patience=3)),
        {"networkclassifier__activation": ["relu", "tanh"]}, cv=2,
    )
    assert search.fit(X, Y).best_score_ > 0.3
    assert cross_val_predict(model(), X, Y, cv=2, method="predict_proba").shape == Y.shape


def test_one_column_is_one_class_for_each_sample():
    with pytest.warns(DataConversionWarning):
        fitted = model(epochs=1).fit(X, Y[:, :1])
    assert fitted.network_.activations[-1].id == "softmax"
    assert fitted.predict(X).shape == (200,)


@pytest.mark.parametrize("others", [(0, 2), (1, 2), (-1, 1), (0, 1, 2), ("0", "1")])
def test_other_values_than_0_and_1_are_refused(others):
    y = np.array(others)[np.arange(400).reshape(200, 2) % len(others)]
    with pytest.raises(ValueError, match=r"by 0 and 1. Received: .* in shape \(200, 2\)"):
        model().fit(X, y)


def test_partial_fit_refuses_another_kind_of_y_than_at_first():
    fitted = model().partial_fit(X, Y)
    with pytest.raises(ValueError, match=r"Received shape \(200, 3\); expected \(n, 4\)"):
        fitted.partial_fit(X, Y[:, :3])
    with pytest.raises(ValueError, match=r"Received shape \(200,\); expected \(n, 4\)"):
        fitted.partial_fit(X, Y[:, 0])
    with pytest.raises(ValueError, match=r"number the columns .* expected: \[0, 1, 2, 3\]"):
        fitted.partial_fit(X, Y, classes=["a", "b", "c", "d"])
    with pytest.raises(ValueError, match=r"Received shape \(200, 4\); expected \(n,\)"):
        model().partial_fit(X, Y[:, 0], classes=[0, 1]).partial_fit(X, Y)
