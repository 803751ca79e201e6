"""The figures of the loss landscape: values, marks, names."""

import math

import numpy as np
import pytest

from nnviz.figures.landscape import contour_figure, descent_figure, relief_figure

RATES = np.logspace(-5, 1, 7)
LOSSES = np.array([1.0, 0.99, 0.9, 0.5, 0.2, 3.0, np.inf])
REGIONS = [("too small", 1e-5, 1e-3), ("good", 1e-3, 0.1), ("overshooting", 0.1, 0.3),
           ("diverging", 0.3, 10.0)]
U, V = np.linspace(-1, 1, 3), np.linspace(-2, 2, 3)
GROUND = np.array([[1.0, 2.0, 5.0], [0.5, 0.1, 0.5], [1.0, np.inf, 9.0]])
PATH = np.array([[-0.9, 1.5], [3.0, 0.0], [0.0, 0.0]])
PATH_LOSSES = np.array([0.9, 0.4, 0.1])


def descent(rate=0.01, stable=0.25):
    return descent_figure(RATES, LOSSES, 1.0, rate, REGIONS, stable)


def texts(figure):
    return [note.text for note in figure.layout.annotations]


def test_the_line_shows_the_losses_and_leaves_infinite_ones_out():
    (line,) = descent().data
    np.testing.assert_array_equal(line.x, RATES)
    np.testing.assert_array_equal(line.y[:-1], LOSSES[:-1])
    assert np.isnan(line.y[-1])


def test_regions_and_rates_are_marked_where_they_are():
    figure = descent()
    tinted = {shape.name: (shape.x0, shape.x1) for shape in figure.layout.shapes if shape.name}
    assert tinted == {name: (low, high) for name, low, high in REGIONS}
    assert {"this run 0.01", "largest stable 0.25"} <= set(texts(figure))
    places = {note.text: note.x for note in figure.layout.annotations}
    assert places["this run 0.01"] == pytest.approx(-2)
    assert places["good"] == pytest.approx(-2)


def test_the_last_regions_name_ends_at_the_edge_and_is_not_cut_off():
    last = next(note for note in descent().layout.annotations if note.text == "diverging")
    assert (last.x, last.xanchor) == (pytest.approx(math.log10(RATES[-1])), "right")


def test_where_the_run_s_step_ends_is_marked_and_where_another_way_leads():
    figure = descent_figure(RATES, LOSSES, 1.0, 0.01, REGIONS, 0.25, 0.5, ("Adam", 0.4))
    _, point = figure.data
    assert (list(point.x), list(point.y)) == ([0.01], [0.5])
    (own,) = [shape for shape in figure.layout.shapes if shape.y0 == 0.4]
    assert own.y1 == 0.4
    assert "after Adam's own step" in texts(figure)
    assert len(descent_figure(RATES, LOSSES, 1.0, 1e-9, REGIONS, None, 1.0).data) == 1


@pytest.mark.parametrize(("rate", "stable"), [(0.0, None), (100.0, 50.0), (1e-9, 1e-9)])
def test_rates_that_are_unknown_or_outside_are_not_marked(rate, stable):
    assert set(texts(descent(rate, stable))) == {
        "loss before the step", *(name for name, *_ in REGIONS)
    }


def test_the_dip_fills_a_good_part_of_the_axis():
    low, high = descent().layout.yaxis.range
    assert low < 0.2 < 1.0 < high
    assert (1.0 - 0.2) / (high - low) > 0.25


@pytest.mark.parametrize("losses", [np.full(7, 1.0), np.full(7, np.inf), np.zeros(7)])
def test_a_flat_or_hopeless_line_is_drawn_too(losses):
    figure = descent_figure(RATES, losses, 1.0, 0.1, [("too small", 1e-5, 10.0)], None)
    low, high = figure.layout.yaxis.range
    assert low < high


def test_the_contours_show_losses_way_and_here():
    ground, way, here = contour_figure(U, V, GROUND, PATH, ("one", "two")).data
    finite = np.isfinite(GROUND)
    np.testing.assert_allclose(10 ** ground.z[finite], GROUND[finite])
    assert ground.z.max() == pytest.approx(np.log10(9))
    np.testing.assert_array_equal(ground.customdata, GROUND)
    np.testing.assert_array_equal(np.stack([way.x, way.y], axis=1), PATH)
    assert (here.x, here.y) == ((0,), (0,))
    assert 0 < len(ground.colorbar.tickvals) <= 8


def test_the_axes_are_named_and_cover_the_plane():
    layout = contour_figure(U, V, GROUND, PATH, ("one", "two")).layout
    assert (layout.xaxis.title.text, layout.yaxis.title.text) == ("one", "two")
    assert (layout.xaxis.range, layout.yaxis.range) == ((-1, 1), (-2, 2))


def test_the_relief_has_the_way_at_its_own_height_and_within_the_plane():
    ground, way = relief_figure(U, V, GROUND, PATH, PATH_LOSSES, ("one", "two")).data
    assert ground.z.shape == (3, 3)
    np.testing.assert_allclose(10**way.z, [0.9, 0.1])
    np.testing.assert_array_equal(way.x, [-0.9, 0.0])


def test_ground_of_one_height_has_a_tick():
    ground = contour_figure(U, V, np.full((3, 3), 0.37), PATH, ("one", "two")).data[0]
    assert len(ground.colorbar.tickvals) == 1


@pytest.mark.parametrize(("low", "high"), [(2.03, 2.9), (0.1001, 0.1003), (2.0, 6.0), (1e-9, 3.0)])
def test_ground_between_two_round_losses_has_ticks_all_the_same(low, high):
    """From 2.03 to 2.9 there is no 1, 2 or 5: one tick, at the bottom, was all that stood there."""
    ground = np.linspace(low, high, 9).reshape(3, 3)
    bar = contour_figure(U, V, ground, PATH, ("one", "two")).data[0].colorbar
    heights = np.array(bar.tickvals)
    assert 3 <= len(heights) <= 8
    assert (heights >= np.log10(low) - 1e-9).all()
    assert (heights <= np.log10(high) + 1e-9).all()
    assert len(set(bar.ticktext)) == len(heights)
    np.testing.assert_allclose([float(text) for text in bar.ticktext], 10**heights, rtol=5e-3)
