"""Backpropagation against finite differences and against automatic differentiation."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nnviz import gradcheck, losses
from nnviz.network import Network
from tests import reference
from tests.samples import HIDDEN, OTHER_OUTPUT_AND_LOSS, OUTPUT_AND_LOSS, problem


def backward(network, x, y, loss):
    """Gradient of all parameters by backpropagation."""
    return network.backward(network.forward(x), y, losses.get(loss)).vector


@pytest.mark.parametrize(("output", "loss"), OUTPUT_AND_LOSS)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_backward_agrees_with_finite_differences(hidden, output, loss):
    network, x, y = problem((5, 4, 6, 3), hidden, output, loss)
    assert gradcheck.gradient_error(network, x, y, loss) < 1e-6


@pytest.mark.parametrize(("output", "loss"), OUTPUT_AND_LOSS)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_backward_agrees_with_autograd(hidden, output, loss):
    network, x, y = problem((5, 4, 6, 3), hidden, output, loss)
    expected = reference.gradient_of(network, x, y, loss)
    np.testing.assert_allclose(backward(network, x, y, loss), expected, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize(("output", "loss"), OTHER_OUTPUT_AND_LOSS)
def test_backward_is_right_with_the_other_outputs_that_fit(output, loss):
    network, x, y = problem((5, 4, 3), "tanh", output, loss)
    assert gradcheck.gradient_error(network, x, y, loss) < 1e-6
    expected = reference.gradient_of(network, x, y, loss)
    np.testing.assert_allclose(backward(network, x, y, loss), expected, rtol=1e-9, atol=1e-13)


@given(
    layer_sizes=st.lists(st.integers(1, 6), min_size=2, max_size=5),
    hidden=st.sampled_from(HIDDEN),
    output_and_loss=st.sampled_from(OUTPUT_AND_LOSS),
    n=st.integers(1, 9),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_shape_depth_and_batch_size(layer_sizes, hidden, output_and_loss, n, seed):
    output, loss = output_and_loss
    network, x, y = problem(layer_sizes, hidden, output, loss, n, seed)
    run = network.forward(x)
    # A difference across a kink says nothing about the derivative on either side of it.
    assume(all(np.abs(z).min() > 1e-3 for z in run.z))
    assume(np.abs(run.a[-1] - y).min() > 1e-3 or loss != "mae")
    actual = backward(network, x, y, loss)
    expected = gradcheck.network_gradient(network, x, y, loss)
    # Beside the relative bound one for gradients that are 0 but for rounding.
    assert np.linalg.norm(actual - expected) < 1e-6 * np.linalg.norm(expected) + 1e-9
    np.testing.assert_allclose(
        actual, reference.gradient_of(network, x, y, loss), rtol=1e-7, atol=1e-11
    )


def test_the_gradient_of_a_batch_is_the_mean_over_its_samples():
    network, x, y = problem((5, 4, 3), "tanh", "softmax", "cross_entropy")
    alone = [backward(network, x[[i]], y[[i]], "cross_entropy") for i in range(len(x))]
    whole = backward(network, x, y, "cross_entropy")
    np.testing.assert_allclose(whole, np.mean(alone, axis=0), rtol=1e-12, atol=1e-15)


def test_a_wrong_gradient_is_found(monkeypatch):
    network, x, y = problem((5, 4, 3), "sigmoid", "sigmoid", "mse")
    sigmoid = type(network.activations[0])
    right = sigmoid.derivative
    # The slip of taking the derivative at the activated value.
    monkeypatch.setattr(sigmoid, "derivative", lambda self, z, a, out: right(self, a, None, out))
    assert gradcheck.gradient_error(network, x, y, "mse") > 0.01


def test_numerical_gradient_of_a_known_function_and_the_parameters_put_back():
    w = np.array([1.0, -2.0, 0.5])
    kept = w.copy()
    gradient = gradcheck.numerical_gradient(lambda: float(np.sum(w**3)), w)
    np.testing.assert_allclose(gradient, [3.0, 12.0, 0.75], rtol=1e-8)
    np.testing.assert_array_equal(w, kept)


def test_relative_error():
    assert gradcheck.relative_error(np.zeros(3), np.zeros(3)) == 0
    assert gradcheck.relative_error(np.array([3.0, 4.0]), np.zeros(2)) == 1
    assert gradcheck.relative_error(np.array([1.0]), np.array([2.0])) == 0.5


def test_float32_is_refused():
    network = Network((2, 1), ("linear",))
    with pytest.raises(ValueError, match=r"float64 network\. Received: float32"):
        gradcheck.network_gradient(network, np.zeros((1, 2)), np.zeros((1, 1)), "mse")
