"""Products into given room: every layout, both precisions, nothing copied."""

import gc
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_info, threadpool_limits

from nnviz.network import Network
from nnviz.products import Matrix, dot, largest_size, product, row_sums, threads_for
from nnviz.training import Trainer

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


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(7, 3), (7, 40), (1, 1), (0, 3), (3,), (2, 3, 4)])
def test_row_sums(shape, order, dtype):
    A = np.asarray(np.random.default_rng(0).normal(size=shape), dtype, order=order)
    expected = np.broadcast_to(A.sum(axis=-1, keepdims=True), shape)
    np.testing.assert_allclose(np.broadcast_to(row_sums(A), shape), expected, rtol=1e-4)
    assert row_sums(A).dtype == dtype


@pytest.mark.parametrize("dtype", [np.float32, np.float64, int])
def test_largest_size(dtype):
    A = np.array([[1, -7, 3], [0, 5, 6]], dtype)
    assert largest_size(A) == largest_size(A.T) == 7
    assert largest_size(A[:, ::2]) == 6
    assert largest_size(A[:0]) == 0


def threads_in_use():
    return {
        info["num_threads"] for info in threadpool_info()
        if info["internal_api"] == "openblas" and "scipy" in info["filepath"]
    }


openblas_only = pytest.mark.skipif(
    not threads_in_use(), reason="SciPy uses another BLAS library here, whose threads are its own."
)


@openblas_only
@pytest.mark.parametrize(("layer_sizes", "samples", "threads"), [
    ((784, 128, 128, 10), 32, 1),  # few samples for each weight
    ((784, 128, 128, 10), 128, 2),
    ((64, 32, 10), 32, 2),  # so small that OpenBLAS takes one thread by itself
])
def test_a_step_takes_as_many_threads_as_pay(layer_sizes, samples, threads):
    with threadpool_limits(limits=2, user_api="blas"):
        with threads_for(layer_sizes, samples):
            assert threads_in_use() == {threads}
        assert threads_in_use() == {2}


@openblas_only
def test_threads_are_given_back_after_a_fault():
    with threadpool_limits(limits=2, user_api="blas"):
        with pytest.raises(ZeroDivisionError), threads_for((784, 128, 10), 32):
            raise ZeroDivisionError
        assert threads_in_use() == {2}


@openblas_only
def test_no_more_threads_than_are_allowed():
    with threadpool_limits(limits=1, user_api="blas"), threads_for((784, 128, 10), 128):
        assert threads_in_use() == {1}


@openblas_only
@pytest.mark.parametrize("train", [Trainer.step, Trainer.run_epoch])
def test_a_trainer_takes_them(train, monkeypatch):
    rng = np.random.default_rng(0)
    network = Network((784, 128, 10), ("relu", "softmax"), seed=0)
    seen = []
    monkeypatch.setattr(network, "forward", lambda *given, **named: (
        seen.append(threads_in_use()), Network.forward(network, *given, **named)
    )[1])
    with threadpool_limits(limits=2, user_api="blas"):
        x, y = rng.standard_normal((40, 784)), np.eye(10)[rng.integers(10, size=40)]
        train(Trainer(network, x, y, batch_size=32))
    assert seen[0] == {1}
