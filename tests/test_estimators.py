"""The estimators against scikit-learn's own checks, and in its tools."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits, make_regression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nnviz.estimators import NetworkClassifier, NetworkRegressor

ROOT = Path(__file__).resolve().parent.parent
DIGITS = load_digits(return_X_y=True)


# Prints how many checks passed, then each that did not. Warnings stay warnings: some checks
# provoke them on purpose.
RUN_CHECKS = """
from sklearn.utils.estimator_checks import check_estimator
from nnviz.estimators import {name}
results = check_estimator({name}(), on_fail=None, on_skip=None)
print(sum(result["status"] == "passed" for result in results))
for result in results:
    if result["status"] != "passed":
        print(result["check_name"], result["status"], repr(result["exception"]))
"""


@pytest.mark.parametrize("name", ["NetworkClassifier", "NetworkRegressor"])
def test_scikit_learns_own_checks_all_pass_and_none_is_skipped(name):
    # In a process of its own: without this variable, read at SciPy's import, one is skipped.
    result = subprocess.run(
        [sys.executable, "-c", RUN_CHECKS.format(name=name)],
        cwd=ROOT, env={**os.environ, "SCIPY_ARRAY_API": "1"}, capture_output=True, text=True,
        check=True,
    )
    passed, *others = result.stdout.splitlines()
    assert others == []
    assert int(passed) > 40


def test_digits_in_a_pipeline_with_cross_validation():
    model = make_pipeline(StandardScaler(), NetworkClassifier((32,), epochs=30, random_state=0))
    assert cross_val_score(model, *DIGITS, cv=3).mean() > 0.92


def test_grid_search_over_optimisers_and_widths():
    X, y = DIGITS[0][:500] / 16, DIGITS[1][:500]
    search = GridSearchCV(
        NetworkClassifier(epochs=20, batch_size=16, random_state=0),
        {"hidden_layers": [(), (16,)], "optimizer": ["sgd", "adam"]}, cv=2,
    )
    search.fit(X, y)
    assert len(search.cv_results_["params"]) == 4
    assert search.best_score_ > 0.8


def test_partial_fit_learns_on_from_call_to_call():
    X, y = DIGITS[0] / 16, DIGITS[1]
    model = NetworkClassifier((32,), random_state=0)
    for _ in range(10):
        for start in range(0, len(X), 600):
            part = slice(start, start + 600)
            model.partial_fit(X[part], y[part], classes=np.arange(10))
    assert model.score(X, y) > 0.93
    assert model.n_iter_ == len(model.loss_curve_) == 30
    assert model.loss_curve_[-1] < model.loss_curve_[0] / 4


def test_partial_fit_of_all_samples_equals_fit():
    X, y = DIGITS[0][:200] / 16, DIGITS[1][:200]
    whole = NetworkClassifier((8,), epochs=4, schedule="step", random_state=3).fit(X, y)
    parts = NetworkClassifier((8,), schedule="step", random_state=3)
    for _ in range(4):
        parts.partial_fit(X, y, classes=np.unique(y))
    np.testing.assert_array_equal(whole.network_.parameters, parts.network_.parameters)


def test_labels_may_be_words():
    X, y = DIGITS[0][:300] / 16, np.array(["even", "odd"])[DIGITS[1][:300] % 2]
    model = NetworkClassifier((16,), epochs=50, random_state=0).fit(X, y)
    assert set(model.predict(X)) == {"even", "odd"}
    assert model.score(X, y) > 0.95
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)
    np.testing.assert_allclose(np.exp(model.predict_log_proba(X)), model.predict_proba(X))


def test_several_numbers_at_once():
    X, Y = make_regression(200, 5, n_targets=3, random_state=0)
    Y /= Y.std(axis=0)
    model = NetworkRegressor((32,), random_state=0).fit(X, Y)
    assert model.predict(X).shape == (200, 3)
    assert model.score(X, Y) > 0.95
    assert NetworkRegressor((), epochs=2).fit(X, Y[:, 0]).predict(X).shape == (200,)


@pytest.mark.parametrize("loss", ["mse", "mae", "huber"])
def test_losses_of_the_regressor(loss):
    X, y = make_regression(200, 4, random_state=1)
    y /= y.std()
    assert NetworkRegressor((32,), loss=loss, random_state=0).fit(X, y).score(X, y) > 0.9


def test_the_network_computes_in_the_dtype_of_the_samples():
    X, y = DIGITS[0][:100], DIGITS[1][:100]
    for dtype in (np.float32, np.float64):
        model = NetworkClassifier((4,), epochs=1).fit(X.astype(dtype), y)
        assert model.network_.dtype == model.predict_proba(X.astype(dtype)).dtype == dtype


def test_early_stopping_holds_samples_back():
    X, y = DIGITS[0] / 16, DIGITS[1]
    model = NetworkClassifier(
        (32,), epochs=500, learning_rate=0.01, early_stopping=True, patience=3, random_state=0
    ).fit(X, y)
    assert model.n_iter_ < 500
    assert model.score(X, y) > 0.95


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0}, {"batch_size": 0}, {"hidden_layers": (0,)}, {"activation": "rleu"},
        {"optimizer": "adma"}, {"learning_rate": -1}, {"dropout": 1}, {"l2": -1},
        {"schedule": "cos"}, {"patience": 0, "early_stopping": True},
        {"validation_fraction": 1.5, "early_stopping": True}, {"initializer": "xavier"},
    ],
)
def test_impossible_parameters_are_refused_by_fit(wrong):
    model = clone(NetworkClassifier((3,), epochs=1).set_params(**wrong))
    with pytest.raises(ValueError, match="Received: "):
        model.fit(*DIGITS)


def test_partial_fit_refuses_labels_it_was_not_told_of():
    X, y = DIGITS[0][:50], DIGITS[1][:50]
    with pytest.raises(ValueError, match="first call of partial_fit needs classes"):
        NetworkClassifier().partial_fit(X, y)
    model = NetworkClassifier((3,)).partial_fit(X, y, classes=np.arange(10))
    with pytest.raises(ValueError, match=r"not among the classes. Received: \[11\]"):
        model.partial_fit(X, np.full(50, 11))
    with pytest.raises(ValueError, match="classes must stay the same"):
        model.partial_fit(X, y, classes=np.arange(11))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"hidden_layers": 5}, "hidden_layers must be a sequence"),
        ({"hidden_layers": None}, "hidden_layers must be a sequence"),
        ({"hidden_layers": "5"}, "hidden_layers must be a sequence"),
        ({"early_stopping": True, "validation_fraction": 0}, "validation_fraction must be above 0"),
    ],
)
def test_what_is_wrong_with_a_parameter_is_said_by_its_name(wrong, said):
    x, y = np.arange(40.0).reshape(20, 2) / 40, np.arange(20) % 2
    with pytest.raises((TypeError, ValueError), match=said):
        NetworkClassifier(**wrong).fit(x, y)


def test_a_fit_that_diverges_raises_instead_of_predicting_one_class():
    x, y = np.arange(40.0).reshape(20, 2), np.arange(20) % 2
    model = NetworkClassifier((5,), optimizer="sgd", learning_rate=1e20, random_state=0)
    with pytest.raises(FloatingPointError, match="diverged"):
        model.fit(x, y)


def test_targets_too_large_for_the_dtype_are_refused():
    x, y = np.arange(40, dtype=np.float32).reshape(20, 2), np.full(20, 1e300)
    with pytest.raises(ValueError, match="too large for float32"):
        NetworkRegressor((5,), epochs=1).fit(x, y)


def test_a_first_partial_fit_that_fails_can_be_repeated():
    x, y = np.arange(40.0).reshape(20, 2) / 40, np.arange(20) % 2
    model = NetworkClassifier((5,), optimizer="sdg", random_state=0)
    with pytest.raises(ValueError, match="Unknown optimizer"):
        model.partial_fit(x, y, classes=[0, 1])
    model.set_params(optimizer="sgd").partial_fit(x, y, classes=[0, 1])
    assert model.n_iter_ == 1


def test_labels_of_two_kinds_are_refused():
    x, y = np.arange(40.0).reshape(20, 2) / 40, np.array(["a", 1] * 10, object)
    with pytest.raises(ValueError, match=r"of one kind, numbers or words. Received: int and str"):
        NetworkClassifier((5,), epochs=1).fit(x, y)
    with pytest.raises(ValueError, match="of one kind"):
        NetworkClassifier((5,)).partial_fit(x, y, classes=[0, 1])
