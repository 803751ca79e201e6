"""One or several numbers for each sample."""

import numpy as np
import pytest
from sklearn.datasets import make_regression

from nnviz.estimators import NetworkRegressor


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


def test_targets_too_large_for_the_dtype_are_refused():
    x, y = np.arange(40, dtype=np.float32).reshape(20, 2), np.full(20, 1e300)
    with pytest.raises(ValueError, match="too large for float32"):
        NetworkRegressor((5,), epochs=1).fit(x, y)


def test_partial_fit_refuses_other_columns_than_at_first():
    X, Y = make_regression(20, 5, n_targets=3, random_state=0)
    model = NetworkRegressor((5,)).partial_fit(X, Y)
    for y in (Y[:, 0], Y[:, :2]):
        with pytest.raises(ValueError, match=r"first call. Received shape .*expected \(n, 3\)"):
            model.partial_fit(X, y)
