"""Every activation of the table: values, derivatives, extremes."""

import numpy as np
import pytest
import scipy.special
from autograd import elementwise_grad
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nnviz import activations
from nnviz.activations import ACTIVATIONS, LeakyRelu, Softmax
from tests.reference import FUNCTIONS

ELEMENTWISE = [f for f in ACTIVATIONS.values() if f.id != "softmax"]
EVERY = pytest.mark.parametrize("f", ACTIVATIONS.values(), ids=list(ACTIVATIONS))
EACH = pytest.mark.parametrize("f", ELEMENTWISE, ids=[f.id for f in ELEMENTWISE])
Z = np.array([[-30.0, -3.7, -1.0, -0.2], [1e-9, 0.5, 2.9, 30.0]])


@EVERY
def test_value_against_the_naive_formula(f):
    np.testing.assert_allclose(f(Z), FUNCTIONS[f.id](Z), rtol=1e-12, atol=1e-15)


@EACH
def test_derivative_against_autograd(f):
    expected = elementwise_grad(FUNCTIONS[f.id])(Z)
    np.testing.assert_allclose(f.derivative(Z), expected, rtol=1e-10, atol=1e-14)


@EACH
def test_derivative_with_the_activation_known_is_the_same(f):
    np.testing.assert_allclose(f.derivative(Z, f(Z)), f.derivative(Z), rtol=1e-12)


@EACH
def test_backward_multiplies_by_the_derivative(f):
    delta = np.linspace(-1, 1, Z.size).reshape(Z.shape)
    expected = delta * f.derivative(Z)
    f.backward(delta, Z, f(Z), np.empty_like(Z))
    np.testing.assert_allclose(delta, expected, rtol=1e-12, atol=1e-15)


@EVERY
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_results_go_where_they_are_sent_and_keep_the_dtype(f, dtype):
    z = Z.astype(dtype)
    out = np.full_like(z, np.nan)
    assert f(z, out=out) is out
    assert out.dtype == f(z).dtype == dtype
    np.testing.assert_array_equal(out, f(z))
    if f.id == "softmax":
        return
    slope = np.full_like(z, np.nan)
    assert f.derivative(z, out, out=slope) is slope
    assert f.derivative(z).dtype == dtype
    np.testing.assert_array_equal(z, Z.astype(dtype))


@EVERY
@given(
    z=hnp.arrays(
        st.sampled_from([np.float32, np.float64]),
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=6),
        elements=st.floats(-1e4, 1e4, width=32),
    )
)
def test_extreme_values_stay_finite_and_raise_no_warning(f, z):
    a = f(z)
    assert np.isfinite(a).all()
    if f.id == "softmax":
        np.testing.assert_allclose(a.sum(axis=1), 1, rtol=1e-5)
    else:
        assert np.isfinite(f.derivative(z, a)).all()


@EVERY
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ten_thousand_on_either_side(f, dtype):
    z = np.array([[-1e4, 1e4]], dtype)
    a = f(z)
    limits = {
        "sigmoid": [0, 1], "softmax": [0, 1], "tanh": [-1, 1], "linear": [-1e4, 1e4],
        "leaky_relu": [-100, 1e4], "elu": [-1, 1e4],
    }
    np.testing.assert_allclose(a[0], limits.get(f.id, [0, 1e4]))


@given(
    z=hnp.arrays(
        st.sampled_from([np.float32, np.float64]),
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=40),
        elements=st.floats(-60, 60, width=32),
    ),
    by_columns=st.booleans(),
)
def test_softmax_is_the_same_with_the_maximum_taken_off_and_without(z, by_columns):
    z = np.asarray(z, order="F" if by_columns else "C")
    exact = scipy.special.softmax(z.astype(np.float64), axis=1)
    tolerance = 1e-4 if z.dtype == np.float32 else 1e-12
    np.testing.assert_allclose(Softmax()(z), exact, rtol=tolerance, atol=1e-30)


def test_softmax_of_one_sample_as_a_vector():
    np.testing.assert_allclose(Softmax()(np.log([1.0, 2, 5])), [0.125, 0.25, 0.625])


def test_softmax_jacobian():
    z = Z[:, :3].copy()
    f = Softmax()
    a = f(z)
    delta = np.array([[0.3, -1.0, 2.0], [1.0, 0.0, -0.5]])
    expected = np.array([
        (np.diag(p) - np.outer(p, p)) @ d for p, d in zip(a, delta, strict=True)
    ])
    f.backward(delta, z, a, np.empty_like(z))
    np.testing.assert_allclose(delta, expected, rtol=1e-12, atol=1e-15)
    with pytest.raises(TypeError, match="no elementwise derivative"):
        f.derivative(z)


def test_an_activation_is_had_by_id_class_or_instance():
    relu = activations.get("relu")
    assert isinstance(activations.get(type(relu)), type(relu))
    assert activations.get(relu) is relu


@EVERY
def test_each_says_its_derivative_and_itself(f):
    assert f.derivative_formula.strip() == f.derivative_formula != ""
    assert repr(f).endswith(")")


def test_the_slope_of_leaky_relu_is_not_lost_on_whole_numbers():
    slopes = LeakyRelu(0.25).derivative(np.array([-2, 3]))
    assert slopes.tolist() == [0.25, 1.0]
    assert LeakyRelu().derivative(np.float32([-2, 3])).dtype == np.float32
