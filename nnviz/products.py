"""Matrix products of the step, all through one BLAS library.

NumPy and SciPy each bring an OpenBLAS with threads of its own. The threads of one wait for work
a while before they sleep, and hold up those of the other: steps that used both were measured to
take up to fifty times longer. SciPy's is taken because it offers the whole operation,
``out = kept * out + multiple * A @ B``.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from itertools import pairwise

import numpy as np
from scipy.linalg import blas
from threadpoolctl import LibController, ThreadpoolController

_GEMM = {"f": blas.sgemm, "d": blas.dgemm}
_DOT = {"f": blas.sdot, "d": blas.ddot}
_IAMAX = {"f": blas.isamax, "d": blas.idamax}

# Threads share the weights: what one of them updates the other has to fetch from its core's cache
# at the next step. Measured on two cores, that takes longer than the second thread saves where a
# weight meets fewer samples than this (784-128-128-10, 32 samples: 1.3 to 2 times as long).
_SAMPLES_WORTH_THREADS = 96
_FEW_COLUMNS = 32  # as many classes as a softmax may have for its sums to be worth a product
_ALONE = 2**18  # multiplications of a product for which OpenBLAS takes one thread anyway


class Matrix:
    """A matrix as BLAS takes it; made once for an array that many products read or write.

    Parameters
    ----------
    array : ndarray, 2-D
        float32 or float64, in one piece in memory, by rows or by columns. The matrix shares
        its memory.

    Attributes
    ----------
    by_columns : ndarray
        The array or its transpose, whichever lies in memory column by column.
    is_transposed : bool
        Whether it is the transpose.
    T : Matrix
        The transpose. It has no `T`: two that hold each other would keep their arrays in memory
        until the garbage collector's next round.

    Raises
    ------
    ValueError
        If the array is in several pieces: BLAS would work on a copy.
    """

    __slots__ = ("T", "by_columns", "gemm", "is_transposed")

    def __init__(self, array: np.ndarray):
        if not (array.flags.f_contiguous or array.flags.c_contiguous):
            raise ValueError(f"A matrix must be in one piece. Received strides: {array.strides}.")
        self.is_transposed = not array.flags.f_contiguous
        self.by_columns = array.T if self.is_transposed else array
        self.gemm = _GEMM[array.dtype.char]
        self.T = object.__new__(Matrix)
        self.T.by_columns, self.T.gemm = self.by_columns, self.gemm
        self.T.is_transposed = not self.is_transposed


def product(
    A: Matrix, B: Matrix, out: Matrix, multiple: float = 1.0, kept: float = 0.0
) -> None:
    """``out = kept * out + multiple * A @ B`` in place, with nothing copied.

    With 0 for `kept`, the old values of `out` are not read. All three have the same dtype.
    Training steps pass all of it by place: of a small network's step, keywords took 3 %.
    """
    if out.is_transposed:
        # BLAS writes by columns: the transpose of a product is that of the factors, swapped.
        out.gemm(
            multiple, B.by_columns, A.by_columns, kept, out.by_columns,
            not B.is_transposed, not A.is_transposed, True,
        )
    else:
        out.gemm(
            multiple, A.by_columns, B.by_columns, kept, out.by_columns,
            A.is_transposed, B.is_transposed, True,
        )


def dot(u: np.ndarray, v: np.ndarray) -> float:
    """Return the sum of the products of two vectors' numbers, in the precision of `v`."""
    return float(_DOT.get(v.dtype.char, blas.ddot)(u, v))


def row_sums(A: np.ndarray) -> np.ndarray:
    """Return the sums along the last axis, in a shape that broadcasts with `A`."""
    if A.ndim == 2 and A.shape[1] <= _FEW_COLUMNS and A.flags.f_contiguous:
        # Each sum in all columns: to add and then broadcast one column takes twice as long.
        return _GEMM[A.dtype.char](1.0, A, _ones(A.shape[1], A.dtype.char))
    return A.sum(axis=-1, keepdims=True)


def largest_size(A: np.ndarray) -> float:
    """Return the largest absolute value in an array, where NaN may be passed over."""
    flat = A.ravel("K")
    return abs(flat[_IAMAX.get(A.dtype.char, blas.idamax)(flat)]) if flat.size else 0.0


@cache
def _ones(count: int, dtype: str) -> np.ndarray:
    return np.ones((count, count), dtype)


@cache
def _libraries() -> list[LibController]:
    """Return the OpenBLAS that SciPy has loaded, or all of them where its own cannot be told."""
    found = ThreadpoolController().select(internal_api="openblas").lib_controllers
    return [library for library in found if "scipy" in library.filepath] or found


class _OneThread:
    """While it lasts, products take one thread. It must not be entered twice."""

    def __enter__(self) -> None:
        counts = [(library, library.get_num_threads()) for library in _libraries()]
        self._lowered = [(library, count) for library, count in counts if count > 1]
        for library, _ in self._lowered:
            library.set_num_threads(1)

    def __exit__(self, *error: object) -> None:
        for library, count in self._lowered:
            library.set_num_threads(count)


def threads_for(layer_sizes: Sequence[int], samples: int) -> AbstractContextManager:
    """Return a context to train in with as many threads as pay, of those that are allowed now.

    Parameters
    ----------
    layer_sizes : sequence of int
        Of the network.
    samples : int
        Of a mini-batch.
    """
    largest = samples * max(fan_in * fan_out for fan_in, fan_out in pairwise(layer_sizes))
    is_one_better = samples < _SAMPLES_WORTH_THREADS and largest > _ALONE
    may_be_more = any(library.get_num_threads() > 1 for library in _libraries())
    return _OneThread() if is_one_better and may_be_more else nullcontext()
