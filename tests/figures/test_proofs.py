"""The plots of the gradient check show the numbers they are given."""

import numpy as np
import pytest

from nnviz.figures.proofs import courses_figure, steps_figure


def test_step_sizes_on_two_logarithmic_axes():
    steps, errors = np.array([1e-2, 1e-5]), np.array([1e-4, 1e-9])
    figure = steps_figure(steps, {"float64": errors, "float32": errors * 100})
    assert [trace.name for trace in figure.data] == ["float64", "float32"]
    np.testing.assert_array_equal(figure.data[0].x, steps)
    np.testing.assert_array_equal(figure.data[1].y, errors * 100)
    assert (figure.layout.xaxis.type, figure.layout.yaxis.type) == ("log", "log")
    assert figure.layout.xaxis.title.text == "step size h"


@pytest.mark.parametrize(("name", "kind"), [("accuracy", None), ("loss", "log")])
def test_two_courses_beside_each_other(name, kind):
    steps, right, wrong = np.arange(3), np.array([0.1, 0.5, 0.9]), np.array([0.1, 0.2, np.nan])
    figure = courses_figure(steps, right, wrong, name)
    assert [trace.name for trace in figure.data] == ["right", "with the mistake"]
    np.testing.assert_array_equal(figure.data[1].y, wrong)
    assert figure.layout.yaxis.title.text == f"test {name}"
    assert figure.layout.yaxis.type == kind


def test_nothing_yet_gives_an_empty_figure():
    assert len(steps_figure(np.empty(0), {}).data) == 0
