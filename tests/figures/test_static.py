"""Line figures as SVG."""

from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nnviz.figures.curves import accuracy_figure, loss_figure
from nnviz.figures.static import svg, ticks

SVG = "{http://www.w3.org/2000/svg}"
FIGURES = np.array([[0, 2.3, 2.4, 0.1, 0.1], [10, 1.2, 1.3, 0.5, 0.4], [20, 0.5, 0.6, 0.9, 0.8]])
BATCHES = np.array([[1, 2.3, 2.3], [2, 2.2, 2.25]])


def parsed(figure):
    return ElementTree.fromstring(svg(figure, "Loss <by> step"))


def test_every_trace_is_a_line_in_its_colour_and_in_the_legend():
    figure = loss_figure(FIGURES, BATCHES)
    drawn = parsed(figure)
    lines = drawn.findall(f"{SVG}polyline")
    with_points = [trace for trace in figure.data if len(trace.x)]
    assert [line.get("stroke") for line in lines] == [trace.line.color for trace in with_points]
    assert [len(line.get("points").split()) for line in lines] == [2, 2, 3, 3]
    texts = [text.text for text in drawn.iter(f"{SVG}text")]
    assert {"mini-batch", "smoothed", "training", "test", "step", "loss"} <= set(texts)
    assert drawn.get("aria-label") == "Loss <by> step"


def test_points_lie_inside_and_higher_values_higher():
    training, _ = parsed(accuracy_figure(FIGURES)).findall(f"{SVG}polyline")
    points = [tuple(map(float, point.split(","))) for point in training.get("points").split()]
    xs, ys = zip(*points, strict=True)
    assert list(xs) == sorted(xs)
    assert list(ys) == sorted(ys, reverse=True)
    assert all(0 <= x <= 440 and 0 <= y <= 200 for x, y in points)


@pytest.mark.parametrize("last", [20, 1000, 1201, 20_000, 999_999])
def test_no_number_is_cut_off_at_the_right(last):
    figures = FIGURES.copy()
    figures[:, 0] *= last / 20
    for text in parsed(loss_figure(figures, BATCHES)).iter(f"{SVG}text"):
        if text.get("text-anchor") == "middle":
            assert float(text.get("x")) + 3.2 * len(text.text) <= 440


def test_one_figure_alone_is_a_dot():
    drawn = parsed(accuracy_figure(FIGURES[:1]))
    assert drawn.findall(f"{SVG}polyline") == []
    dots = drawn.findall(f"{SVG}circle")
    assert len(dots) == 2
    assert all(dot.get("cx") == "50.0" for dot in dots)


def test_nothing_yet_is_a_figure_without_lines():
    empty = np.empty((0, 5))
    assert parsed(loss_figure(empty, np.empty((0, 3)))).findall(f"{SVG}polyline") == []


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.integers(3, 8))
@example(1.0, 400_001.0, 3)
def test_ticks_are_round_and_within(low, span, count):
    found = ticks(low, low + span, count)
    assert 1 <= len(found) <= 2 * count + 2
    slack = 1e-6 * (abs(low) + span)
    assert all(low - slack <= tick <= low + span + slack for tick in found)


@pytest.mark.parametrize(("low", "high", "expected"), [
    (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (0, 2.5, [0, 0.5, 1, 1.5, 2, 2.5]),
])
def test_usual_ticks(low, high, expected):
    np.testing.assert_allclose(ticks(low, high), expected)
