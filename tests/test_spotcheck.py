"""Backpropagation held against finite differences part by part."""

import numpy as np
import pytest

from nnviz import losses, spotcheck
from nnviz.network import Network
from tests.samples import OUTPUT_AND_LOSS, finished, problem


def backward(network, x, y, loss):
    """Gradient of all parameters by backpropagation."""
    return network.backward(network.forward(x), np.asfortranarray(y), losses.get(loss)).vector


def check(network, x, y, loss, gradient=None):
    """What is found of all parameters, the right gradient's where none is given."""
    right = backward(network, x, y, loss)
    parts = spotcheck.parts_of(network, right, 1000)
    gradient = right if gradient is None else gradient
    return finished(
        spotcheck.check_in_parts(network, x, y, losses.get(loss), gradient, parts)
    )[0]


@pytest.mark.parametrize(("output", "loss"), OUTPUT_AND_LOSS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_right_gradient_passes_part_by_part(output, loss, dtype):
    network, x, y = problem((5, 4, 6, 3), "tanh", output, loss, dtype=dtype)
    exact = network.copy("float64")
    right = backward(exact, x, y, loss)
    kept = network.parameters.copy()
    parts = spotcheck.parts_of(exact, right, 10)
    checked, _ = finished(
        spotcheck.check_in_parts(network, x, y, losses.get(loss), right, parts)
    )
    assert {part.verdict for part in checked} == {"good"}
    assert max(part.error for part in checked) < 1e-6
    # Float32 has too few digits for more than this.
    assert all(1e-8 < part.error32 < 0.1 for part in checked)
    np.testing.assert_array_equal(network.parameters, kept)


def test_parts_name_every_parameter_once_or_some_that_tell_something():
    network, x, y = problem((5, 4, 3), "tanh", "softmax", "cross_entropy")
    x[:, 2] = 0  # the weights from this input have no gradient
    right = backward(network, x, y, "cross_entropy")
    parts = spotcheck.parts_of(network, right, 1000)
    assert [(part.layer, part.kind, part.total) for part in parts] == [
        (0, "weights", 20), (0, "biases", 4), (1, "weights", 12), (1, "biases", 3),
    ]
    everything = np.concatenate([part.indices for part in parts])
    np.testing.assert_array_equal(everything, np.arange(network.parameters.size))
    few = spotcheck.parts_of(network, right, 3, layers=[0])
    assert [(part.layer, len(part.indices)) for part in few] == [(0, 3), (0, 3)]
    assert (right[few[0].indices] != 0).all()


def at_a_kink(z, output="linear"):
    """A network of one ReLU whose z is this for its one sample, the target 1."""
    network = Network((1, 1, 1), ("relu", output), dtype="float64", seed=0)
    network.weights[0][...], network.weights[1][...] = 1, 1
    return network, np.array([[z]]), np.array([[1.0]])


def test_a_step_across_a_kink_is_left_out():
    weights, bias, *above = check(*at_a_kink(1e-7), "mse")
    # z = 1e-7: moving the bias by 1e-5 crosses 0, moving the weight by 1e-5 does not.
    assert (weights.kinks, len(weights.part.indices)) == (0, 1)
    assert (bias.kinks, len(bias.part.indices), bias.verdict) == (1, 0, "unchecked")
    assert "wrong" not in {part.verdict for part in (weights, *above)}


@pytest.mark.parametrize("miss", [0.0, 1e-7, -1e-7, 1e-3])
def test_an_output_across_its_target_is_a_kink_of_the_absolute_error(miss):
    """The right code looked wrong by as much as the whole gradient where MAE had been learned."""
    checked = check(*at_a_kink(1.0 + miss), "mae")
    expected = "good" if miss == 1e-3 else "unchecked"
    assert {part.verdict for part in checked} == {expected}
    assert {part.verdict for part in check(*at_a_kink(1.0 + miss), "mse")} <= {"good", "unclear"}


def test_a_gradient_that_rounding_hides_is_neither_right_nor_wrong():
    """Six layers of nearly dead sigmoids: the lowest gradient is too small for any difference."""
    network, x, y = problem((2, *[2] * 6, 1), "sigmoid", "sigmoid", "mse")
    network.parameters *= 0.02
    right = backward(network, x, y, "mse")
    low, *_, high = check(network, x, y, "mse")
    assert 0 < np.abs(low.backward).max() < low.noise
    assert (low.verdict, high.verdict) == ("unclear", "good")
    low, *_, high = check(network, x, y, "mse", gradient=2 * right)
    assert (low.verdict, high.verdict) == ("unclear", "wrong")


def test_where_both_are_exactly_0_they_agree():
    network, x, y = problem((3, 2, 1), "relu", "linear", "mse")
    network.biases[0][...] = -100
    weights, *_ = check(network, x, y, "mse")
    assert (weights.error, weights.verdict) == (0, "good")


def test_what_is_not_finite_is_not_called_right():
    network, x, y = problem((3, 1), "relu", "linear", "mse")
    network.parameters[...] = 1e200
    with np.errstate(all="ignore"):
        assert {part.verdict for part in check(network, x, y, "mse")} == {"wrong"}


def steps(network, x, y, loss, indices, sizes):
    """Which parameters were measured, and the errors by step size, in float64 and float32."""
    right = backward(network, x, y, loss)
    (measured, errors), _ = finished(spotcheck.steps_in_parts(
        network, x, y, losses.get(loss), right, indices, np.array(sizes)
    ))
    return measured, errors


def test_the_error_falls_with_the_step_size_and_rises_again():
    network, x, y = problem((5, 4, 3), "tanh", "softmax", "cross_entropy")
    measured, (error, error32) = steps(
        network, x, y, "cross_entropy", np.arange(10), [1e-1, 1e-2, 1e-5, 1e-9, 1e-11]
    )
    np.testing.assert_array_equal(measured, np.arange(10))
    # Truncation: a tenth of the step, a hundredth of the error.
    assert error[0] / error[1] == pytest.approx(100, rel=0.1)
    assert error[2] < 1e-8 < error[3] < error[4]
    assert error32[1] < 0.01 < 0.9 < error32[3]


def test_step_sizes_are_compared_where_there_is_no_kink():
    """A parameter at a kink is wrong by the same at every step size, and hid all the others."""
    measured, (error, _) = steps(*at_a_kink(0.0), "mse", np.arange(4), [1e-2, 1e-5])
    np.testing.assert_array_equal(measured, [0, 2, 3])
    assert error[1] < 1e-9
    measured, _ = steps(*at_a_kink(1.0), "mae", np.arange(4), [1e-2, 1e-5])
    assert not len(measured)
