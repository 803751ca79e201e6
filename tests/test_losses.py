"""Every loss of the table: values, gradients, extremes, the outputs it fits."""

import math

import numpy as np
import pytest
from autograd import grad
from hypothesis import given
from hypothesis import strategies as st

from nnviz import losses
from nnviz.activations import ACTIVATIONS
from nnviz.losses import LOSSES, MSE, CrossEntropy
from nnviz.network import Network
from tests import reference
from tests.samples import OUTPUT_AND_LOSS, targets

EVERY = pytest.mark.parametrize("loss", LOSSES.values(), ids=list(LOSSES))


def example(loss, output, n=5, outputs=3, seed=0):
    """Targets, pre-activations and predictions that fit a loss."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, outputs))
    return targets(rng, loss, output, n, outputs), z, ACTIVATIONS[output](z)


@pytest.mark.parametrize(("output", "loss"), OUTPUT_AND_LOSS)
def test_value_and_gradient_against_autograd(output, loss):
    y, _, y_pred = example(loss, output)
    naive = reference.LOSSES[loss]
    assert LOSSES[loss].value(y, y_pred) == pytest.approx(float(naive(y, y_pred)), rel=1e-12)
    expected = grad(naive, argnum=1)(y, y_pred)
    np.testing.assert_allclose(LOSSES[loss].gradient(y, y_pred), expected, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize(("output", "loss"), OUTPUT_AND_LOSS)
def test_output_delta_is_the_derivative_by_z(output, loss):
    y, z, a = example(loss, output)
    expected = grad(lambda z: reference.LOSSES[loss](y, reference.FUNCTIONS[output](z)))(z)
    out = np.empty_like(z)
    LOSSES[loss].output_delta(y, z, a, ACTIVATIONS[output], out, np.empty_like(z))
    np.testing.assert_allclose(out, expected, rtol=1e-10, atol=1e-14)


def test_values_by_hand():
    y, y_pred = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[0.8, 0.1], [0.5, 0.5]])
    # Squares 0.04, 0.01, 0.25, 0.25 over four numbers.
    assert MSE().value(y, y_pred) == pytest.approx(0.55 / 4)
    # |d| 0.2, 0.1, 0.5, 0.5; with 3 for the last, Huber takes 3 - 1/2 of it.
    assert LOSSES["mae"].value(y, y_pred) == pytest.approx(1.3 / 4)
    assert LOSSES["huber"].value(y, y_pred) == pytest.approx(0.55 / 8)
    far = np.array([[0.8, 0.1], [0.5, 4.0]])
    assert LOSSES["huber"].value(y, far) == pytest.approx((0.04 + 0.01 + 0.25) / 8 + 2.5 / 4)
    assert CrossEntropy().value(y, y_pred) == pytest.approx(-(math.log(0.8) + math.log(0.5)) / 2)
    assert LOSSES["binary_cross_entropy"].value(y, y_pred) == pytest.approx(
        -(math.log(0.8) + math.log(0.9) + 2 * math.log(0.5)) / 2
    )


@EVERY
def test_zero_where_the_prediction_is_right(loss):
    y = np.eye(3)
    assert loss.value(y, y) == pytest.approx(0, abs=1e-12)


def test_probability_zero_for_the_true_class_costs_the_smallest_floats_logarithm():
    y, y_pred = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])
    assert CrossEntropy().value(y, y_pred) == pytest.approx(744.44, abs=0.005)
    as_float32 = CrossEntropy().value(y.astype("f4"), y_pred.astype("f4"))
    assert as_float32 == pytest.approx(103.28, abs=0.005)
    assert LOSSES["binary_cross_entropy"].value(y, y_pred) == pytest.approx(2 * 744.44, abs=0.01)


@pytest.mark.parametrize(("output", "loss"), OUTPUT_AND_LOSS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(z=st.lists(st.floats(-1e4, 1e4, width=32), min_size=2, max_size=6), true=st.integers(0, 1))
def test_extreme_values_stay_finite_and_raise_no_warning(output, loss, dtype, z, true):
    z = np.array([z], dtype)
    y = np.zeros_like(z)
    y[0, true] = 1
    f, a = ACTIVATIONS[output], ACTIVATIONS[output](z)
    assert np.isfinite(LOSSES[loss].value(y, a))
    assert np.isfinite(LOSSES[loss].gradient(y, a)).all()
    delta = LOSSES[loss].output_delta(y, z, a, f, np.empty_like(z), np.empty_like(z))
    assert np.isfinite(delta).all()
    assert delta.dtype == dtype


def test_a_saturated_wrong_output_still_learns_with_cross_entropy():
    y, z = np.array([[1.0, 0.0]]), np.array([[-1e4, 1e4]])
    for output, loss in (("softmax", "cross_entropy"), ("sigmoid", "binary_cross_entropy")):
        f = ACTIVATIONS[output]
        delta = LOSSES[loss].output_delta(y, z, f(z), f, np.empty_like(z), np.empty_like(z))
        np.testing.assert_allclose(delta, [[-1, 1]])


@EVERY
def test_large_batches_in_float32_are_summed_with_care(loss):
    rng = np.random.default_rng(0)
    output = loss.outputs[0]
    z = rng.normal(size=(200_000, 4)).astype("f4")
    y = targets(rng, loss.id, output, len(z), 4).astype("f4")
    a = ACTIVATIONS[output](z)
    exact = loss.value(y.astype("f8"), a.astype("f8"))
    assert loss.value(y, a) == pytest.approx(exact, rel=2e-6)


def test_cross_entropy_of_sigmoid_outputs_is_that_of_each_output():
    assert losses.for_output("cross_entropy", ACTIVATIONS["sigmoid"]).id == "binary_cross_entropy"
    assert losses.for_output("cross_entropy", ACTIVATIONS["softmax"]).id == "cross_entropy"


@EVERY
def test_a_loss_of_nothing_is_0_and_not_minus_0(loss):
    y = np.array([[1.0, 0.0]])
    assert str(loss.value(y, y)) == "0.0"


@pytest.mark.parametrize("output", ["softplus", "relu", "tanh"])
def test_numbers_of_a_range_are_learnt_with_an_output_of_that_range(output):
    x = np.linspace(-1, 1, 40)[:, None]
    y = 0.5 * x**2 + 0.3
    network = Network((1, 8, 1), ("tanh", output), seed=0)
    network.fit(x, y, optimizer="adam", learning_rate=0.02, epochs=500)
    assert MSE().value(y, network.predict(x)) < 0.1 * y.var()


def test_a_loss_and_an_output_that_do_not_fit_are_refused():
    said = r"'mse' does not fit.*Received: 'softmax'\. Use sigmoid or linear"
    with pytest.raises(ValueError, match=said):
        losses.for_output("mse", ACTIVATIONS["softmax"])
    with pytest.raises(ValueError, match=r"Unknown loss\. Received: 'mes'"):
        losses.get("mes")


@EVERY
def test_each_says_the_outputs_it_fits_and_itself(loss):
    assert all(output in ACTIVATIONS for output in loss.outputs)
    assert loss.outputs
    assert repr(loss).endswith(")")
