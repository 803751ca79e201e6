"""The loss over a plane, against planes and paths that are known exactly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnviz import surface
from tests.samples import finished, parabola


@given(st.integers(0, 1000))
def test_filter_normalised_directions_have_each_units_own_length(seed):
    rng = np.random.default_rng(seed)
    sizes = (4, 3, 2)
    parameters, direction = rng.standard_normal((2, 23))
    scaled = surface.filter_normalised(direction, parameters, sizes)
    start = 0
    for fan_in, fan_out in ((4, 3), (3, 2)):
        part = slice(start, start + (fan_in + 1) * fan_out)
        d, w, raw = (
            each[part].reshape(fan_in + 1, fan_out) for each in (scaled, parameters, direction)
        )
        np.testing.assert_allclose(np.linalg.norm(d, axis=0), np.linalg.norm(w, axis=0))
        np.testing.assert_allclose(d / raw, (d / raw)[:1].repeat(fan_in + 1, axis=0))
        start = part.stop


def test_a_unit_without_gradient_does_not_move():
    scaled = surface.filter_normalised(np.zeros(23), np.ones(23), (4, 3, 2))
    np.testing.assert_array_equal(scaled, 0)


def test_the_principal_directions_of_a_flat_path_span_its_plane():
    rng = np.random.default_rng(1)
    plane, here = np.linalg.qr(rng.standard_normal((30, 2)))[0].T, rng.standard_normal(30)
    coordinates = np.array([[9.0, 1.0], [6.0, -1.0], [3.0, 1.0], [0.0, 0.0]])
    path = here + coordinates @ plane
    directions, shares = surface.principal_directions(path, here)
    np.testing.assert_allclose(directions @ directions.T, np.eye(2), atol=1e-10)
    assert shares.sum() == pytest.approx(1)
    assert shares[0] > 0.9
    found = surface.project(path, here, directions)
    np.testing.assert_allclose(here + found @ directions, path, atol=1e-10)


@pytest.mark.parametrize("moments", [1, 2, 5])
def test_a_straight_path_has_no_plane(moments):
    path = np.linspace(0, 1, moments)[:, None] * np.ones((1, 6))
    with pytest.raises(ValueError, match="three moments"):
        surface.principal_directions(path, np.ones(6))


def test_the_projection_is_the_nearest_point_also_on_slanted_directions():
    directions = np.array([[1.0, 0, 0], [1.0, 1.0, 0]])
    found = surface.project(np.array([[3.0, 2.0, 7.0]]), np.zeros(3), directions)
    np.testing.assert_allclose(found, [[1.0, 2.0]])


def test_a_surface_of_a_parabola_is_that_parabola():
    terrain, hessian = parabola()
    directions = np.eye(4)[:2]
    path = terrain.here + np.array([[1.0, 2, 0, 0], [0, 0, 0, 0]])
    found, shares = finished(
        surface.surface(terrain, directions, [(-1, 1), (-2, 2)], path, points=5)
    )
    g, loss = terrain.gradient_at(terrain.here), terrain.loss_at(terrain.here)
    for row, column in np.ndindex(5, 5):
        d = found.u[column] * directions[0] + found.v[row] * directions[1]
        assert found.losses[row, column] == pytest.approx(loss + g @ d + d @ hessian @ d / 2)
    np.testing.assert_allclose(found.path, [[1, 2], [0, 0]], atol=1e-12)
    assert shares == sorted(shares)
    assert len(shares) == 25


def test_the_spans_hold_the_path_and_the_present():
    spans = surface.spans_around(np.array([[2.0, 0.0], [4.0, 0.0]]), margin=0.5)
    assert spans == [(-2.0, 6.0), (-2.0, 2.0)]
