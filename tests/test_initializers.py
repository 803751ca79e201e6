"""Every initialiser of the table: shape, spread, seeds."""

import dataclasses

import numpy as np
import pytest

from nnviz import Network, initializers
from nnviz.initializers import INITIALIZERS

EVERY = pytest.mark.parametrize("item", INITIALIZERS.values(), ids=list(INITIALIZERS))
# Standard deviation of weights between 300 and 200 units, from the formulas.
SPREAD = {
    "lecun_normal": (1 / 300) ** 0.5, "lecun_uniform": (1 / 300) ** 0.5,
    "he_normal": (2 / 300) ** 0.5, "he_uniform": (2 / 300) ** 0.5,
    "glorot_normal": (2 / 500) ** 0.5, "glorot_uniform": (2 / 500) ** 0.5,
    "orthogonal": (1 / 300) ** 0.5, "normal": 1.0, "uniform": (1 / 3) ** 0.5,
    "constant": 0.0, "zeros": 0.0,
}


@EVERY
def test_shape_spread_and_mean(item):
    W = item(300, 200, np.random.default_rng(0))
    assert W.shape == (300, 200)
    assert W.std() == pytest.approx(SPREAD[item.id], rel=0.02, abs=1e-12)
    assert W.mean() == pytest.approx(0.1 if item.id == "constant" else 0, abs=0.01)


@EVERY
@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (5, 3), (3, 5)])
def test_any_shape_from_either_kind_of_generator(item, shape):
    for make in (np.random.default_rng, np.random.RandomState):
        W = item(*shape, make(1))
        assert W.shape == shape
        np.testing.assert_array_equal(W, item(*shape, make(1)))


@pytest.mark.parametrize("name", ["lecun_uniform", "he_uniform", "glorot_uniform", "uniform"])
def test_uniform_ones_stay_inside_their_limit(name):
    W = INITIALIZERS[name](300, 200, np.random.default_rng(0))
    limit = SPREAD[name] * 3**0.5
    assert 0.99 * limit < np.abs(W).max() <= limit


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 5)])
def test_orthogonal(shape):
    W = INITIALIZERS["orthogonal"](*shape, np.random.default_rng(0))
    product = W.T @ W if shape[0] >= shape[1] else W @ W.T
    np.testing.assert_allclose(product, np.eye(min(shape)), atol=1e-12)


def test_unknown_ones_are_refused():
    with pytest.raises(ValueError, match=r"Unknown initializer\. Received: 'xavier'\. Choose"):
        initializers.get("xavier")


def test_a_seed_serves_as_the_generator():
    draw = initializers.get("he_normal")
    np.testing.assert_array_equal(draw(3, 2, 5), draw(3, 2, np.random.RandomState(5)))


@pytest.mark.parametrize("shape", [(0, 2), (2, 0), (3.5, 2), (True, 2)])
@EVERY
def test_impossible_widths_are_refused(item, shape):
    with pytest.raises(ValueError, match=r"fan_(in|out) must be a whole number of 1 or more"):
        item(*shape, np.random.default_rng(0))


@pytest.mark.parametrize("drawn", [np.ones(2), np.ones((2, 3)), 1.0, np.full((3, 2), np.nan)])
def test_weights_of_another_shape_or_not_finite_are_refused(drawn):
    odd = dataclasses.replace(initializers.get("zeros"), draw=lambda *_: drawn)
    with pytest.raises(ValueError, match=r"must draw finite weights of shape \(3, 2\)"):
        Network((3, 2), ("linear",), initializer=odd)
