"""The loss landscape, against landscapes that are known exactly."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnviz import Network, landscape
from nnviz.gradcheck import relative_error
from nnviz.landscape import RATES, Terrain
from nnviz.passes import Pass
from nnviz.regularization import Regularization
from tests.samples import finished, parabola


def classifier(hidden="tanh"):
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal((40, 5)), np.eye(3)[rng.integers(0, 3, 40)]
    network = Network((5, 8, 3), (hidden, "softmax"), seed=3, dtype="float64")
    return network, Terrain(network, x, y, "cross_entropy")


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.floats(0.01, 30))
def test_the_curvature_along_a_direction_is_that_of_the_hessian(seed, scale):
    terrain, hessian = parabola(seed, scale=scale)
    direction = np.random.default_rng(seed).standard_normal(4)
    expected = direction @ hessian @ direction / (direction @ direction)
    assert terrain.curvature_along(direction) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_the_sharpest_curvature_is_the_largest_eigenvalue_of_the_hessian(seed):
    terrain, hessian = parabola(seed)
    start = terrain.gradient_at(terrain.here)
    largest = np.linalg.eigvalsh(hessian)[-1]
    assert terrain.sharpest_curvature(start, turns=100) == pytest.approx(largest, rel=1e-3)
    # A few turns come near, from below.
    along = start @ hessian @ start / (start @ start)
    assert along <= terrain.sharpest_curvature(start) <= largest * (1 + 1e-9)
    assert terrain.sharpest_curvature(0 * start) == 0


def test_the_curvature_of_a_network_is_the_second_difference_of_its_loss():
    _, terrain = classifier()
    direction = np.random.default_rng(0).standard_normal(len(terrain.here))
    unit, h = direction / np.linalg.norm(direction), 1e-3
    second = (
        terrain.loss_at(terrain.here + h * unit) - 2 * terrain.loss_at(terrain.here)
        + terrain.loss_at(terrain.here - h * unit)
    ) / h**2
    assert terrain.curvature_along(direction) == pytest.approx(second, rel=1e-3)
    assert terrain.curvature_along(0 * direction) == 0


def test_the_corner_of_an_l1_penalty_is_no_curvature():
    """A weight that the penalty holds near 0 made it many times too large."""
    network, plain = classifier()
    network.weights[0][:] = np.where(abs(network.weights[0]) < 0.2, 1e-5, network.weights[0])
    x, y = np.random.default_rng(3).standard_normal((40, 5)), np.eye(3)[np.arange(40) % 3]
    direction = np.random.default_rng(0).standard_normal(len(plain.here))

    def curvature(**penalties):
        terrain = Terrain(network, x, y, "cross_entropy",
                          regularization=Regularization(**penalties))
        return terrain.curvature_along(direction)

    assert curvature(l1=0.1) == pytest.approx(curvature(), rel=1e-9)
    share = np.concatenate([np.append(np.ones(W.shape), np.zeros((1, W.shape[1]))).ravel()
                            for W in network.weights])
    of_weights = (direction**2 * share).sum() / (direction**2).sum()
    assert curvature(l1=0.1, l2=0.3) == pytest.approx(curvature() + 0.3 * of_weights, rel=1e-6)


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.sampled_from([0.2, 1.0, 3.0]))
def test_the_regions_of_a_parabola_are_where_theory_has_them(seed, scale):
    terrain, hessian = parabola(seed, scale=scale)
    g = terrain.gradient_at(terrain.here)
    curvature = g @ hessian @ g / (g @ g)
    line, shares = finished(landscape.descent(terrain, np.logspace(-3, 3, 61) / curvature))
    assert shares[-1] == 1
    assert line.stable_rate == pytest.approx(2 / curvature, rel=1e-6)
    assert line.slope == pytest.approx(g @ g)
    expected = line.loss - line.rates * (g @ g) + line.rates**2 / 2 * (g @ hessian @ g)
    np.testing.assert_allclose(line.losses, expected, rtol=1e-9)
    found = {name: (low, high) for name, low, high in landscape.regions(line)}
    grid = RATES[1] / RATES[0]
    assert found["diverging"][0] == pytest.approx(2 / curvature, rel=0.05)
    assert found["good"][1] == pytest.approx(1 / curvature, rel=grid - 1)
    assert found["good"][0] == pytest.approx((1 - 0.9**0.5) / curvature, rel=0.1)


@pytest.mark.parametrize("hidden", ["relu", "tanh", "sigmoid", "linear"])
def test_the_regions_follow_each_other_and_cover_all_rates(hidden):
    line, _ = finished(landscape.descent(classifier(hidden)[1]))
    found = landscape.regions(line)
    assert (found[0][1], found[-1][2]) == (RATES[0], RATES[-1])
    for (_, _, end), (_, start, _) in itertools.pairwise(found):
        assert end == start


def test_at_the_bottom_no_rate_is_good():
    terrain, hessian = parabola()
    terrain.here -= np.linalg.solve(hessian, terrain.gradient_at(terrain.here))
    line, _ = finished(landscape.descent(terrain))
    assert "good" not in [name for name, *_ in landscape.regions(line)]


def test_where_all_rates_are_too_large_all_diverge():
    terrain, _ = parabola(scale=1e4)
    line, _ = finished(landscape.descent(terrain))
    assert [name for name, *_ in landscape.regions(line)] == ["diverging"]


def test_where_all_rates_are_too_small_none_diverges():
    terrain, _ = parabola(scale=1.0)
    line, _ = finished(landscape.descent(terrain, np.logspace(-9, -6, 7)))
    assert [name for name, *_ in landscape.regions(line)] == ["too small", "good"]


def test_a_loss_that_overflows_counts_as_infinite():
    _, terrain = classifier("linear")
    assert terrain.loss_at(terrain.here * 1e308) == np.inf
    rates = np.array([1e-3, 1e307])
    line, _ = finished(landscape.descent(terrain, rates))
    assert np.isfinite(line.losses[0])


def test_the_network_itself_is_left_alone_and_the_loss_is_its_own():
    network, terrain = classifier()
    before = network.parameters.copy()
    finished(landscape.descent(terrain))
    np.testing.assert_array_equal(network.parameters, before)
    run = network.forward(terrain._room.a[0])
    gradient = network.backward(run, terrain._y, terrain._loss).vector
    assert relative_error(terrain.gradient_at(terrain.here), gradient) < 1e-12


def test_penalties_and_dropout_masks_are_in_loss_and_gradient():
    network, plain = classifier()
    rng = np.random.default_rng(4)
    x, y = rng.standard_normal((40, 5)), np.eye(3)[rng.integers(0, 3, 40)]
    masks = [2.0 * (rng.random((40, 8)) < 0.5), None]
    penalties = Regularization(l1=0.01, l2=0.3)
    terrain = Terrain(network, x, y, "cross_entropy", masks, penalties)
    here = terrain.here
    run = Pass.allocate((5, 8, 3), 40, np.float64)
    run.a[0][...], run.masks[:] = x, masks
    network.forward(run.a[0], into=run)
    cross_entropy = -np.log((run.a[-1] * y).sum(axis=1)).mean()
    weights = np.concatenate([W.ravel() for W in network.weights])
    penalty = 0.01 * np.abs(weights).sum() + 0.15 * (weights**2).sum()
    assert terrain.loss_at(here) == pytest.approx(cross_entropy + penalty)
    direction, h = rng.standard_normal(len(here)), 1e-6
    above, below = (terrain.loss_at(here + sign * h * direction) for sign in (1, -1))
    slope = (above - below) / (2 * h)
    assert terrain.gradient_at(here) @ direction == pytest.approx(slope, rel=1e-6)
    assert plain.loss_at(here) != terrain.loss_at(here)


@pytest.mark.parametrize("share", [0.25, 1.0])
def test_a_shortened_gradient_is_stable_at_so_much_larger_rates(share):
    terrain, hessian = parabola()
    g = terrain.gradient_at(terrain.here)
    line, _ = finished(landscape.descent(terrain, np.array([1e-3, 0.1]), share * g))
    assert line.stable_rate == pytest.approx(2 / share / (g @ hessian @ g / (g @ g)), rel=1e-6)
    assert line.losses[1] == pytest.approx(terrain.loss_at(terrain.here - 0.1 * share * g))
