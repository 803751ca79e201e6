"""Products into given room: every layout, both precisions, nothing copied."""

import gc
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnviz.products import Matrix, dot, product

SIZE = st.integers(1, 5)
ORDER = st.sampled_from("CF")


@given(
    n=SIZE, k=SIZE, m=SIZE, orders=st.tuples(ORDER, ORDER, ORDER),
    dtype=st.sampled_from([np.float32, np.float64]), kept=st.sampled_from([0.0, 1.0, -0.5]),
    seed=st.integers(0, 99),
)
def test_product_of_every_layout(n, k, m, orders, dtype, kept, seed):
    rng = np.random.default_rng(seed)
    A, B, out = (
        np.asarray(rng.normal(size=shape), dtype, order=order)
        for shape, order in zip([(n, k), (k, m), (n, m)], orders, strict=True)
    )
    expected = kept * out - 2 * A @ B
    product(Matrix(A), Matrix(B), Matrix(out), multiple=-2.0, kept=kept)
    np.testing.assert_allclose(out, expected, rtol=1e-4, atol=1e-5)


def test_what_is_not_kept_is_not_read():
    out = np.full((2, 2), np.nan)
    product(Matrix(np.eye(2)), Matrix(np.eye(2)), Matrix(out))
    np.testing.assert_array_equal(out, np.eye(2))


def test_the_transpose_is_a_matrix_too():
    A, out = np.arange(6.0).reshape(2, 3), np.empty((3, 3))
    product(Matrix(A).T, Matrix(A), Matrix(out))
    np.testing.assert_array_equal(out, A.T @ A)
    product(Matrix(A).T, Matrix(A), Matrix(out).T)
    np.testing.assert_array_equal(out, (A.T @ A).T)


def test_an_array_is_freed_with_its_matrix():
    gc.disable()  # which finds what points at itself, but late
    try:
        A = np.eye(2)
        freed, M = weakref.ref(A), Matrix(A)
        del A, M
        assert freed() is None
    finally:
        gc.enable()


def test_an_array_in_pieces_is_refused():
    with pytest.raises(ValueError, match="in one piece"):
        Matrix(np.empty((4, 4))[::2, ::2])


@pytest.mark.parametrize("dtype", [np.float32, np.float64, int])
def test_dot(dtype):
    u, v = np.arange(5, dtype=dtype), np.arange(5, dtype=dtype)[::-1]
    assert dot(u, v) == 10
    assert isinstance(dot(u, v), float)
