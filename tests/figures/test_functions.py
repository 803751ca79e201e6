"""The plots of the building blocks show the library's own functions."""

import numpy as np
import pytest

from nnviz.activations import ACTIVATIONS
from nnviz.figures.functions import Z, activation_figure, softmax_figure

ELEMENTWISE = [f for f in ACTIVATIONS.values() if not f.output_only]


@pytest.mark.parametrize("activation", ELEMENTWISE, ids=lambda f: f.id)
def test_an_activation_is_drawn_with_its_derivative(activation):
    function, derivative = activation_figure(activation).data
    np.testing.assert_allclose(function.y, activation(Z))
    slopes = np.gradient(np.asarray(function.y), Z)
    kinks = np.abs(Z) < 0.05  # a difference across a kink is neither of the two slopes
    np.testing.assert_allclose(np.asarray(derivative.y)[~kinks], slopes[~kinks], atol=0.01)


def test_the_outputs_of_softmax_sum_to_one():
    outputs = np.array([trace.y for trace in softmax_figure(ACTIVATIONS["softmax"]).data])
    np.testing.assert_allclose(outputs.sum(axis=0), 1)
    assert (np.diff(outputs[0]) > 0).all()
