"""Matrix products of the step, all through one BLAS library.

NumPy and SciPy each bring an OpenBLAS with threads of its own. The threads of one wait for work
a while before they sleep, and hold up those of the other: steps that used both were measured to
take up to fifty times longer. SciPy's is taken because it offers the whole operation,
``out = kept * out + multiple * A @ B``.
"""

import numpy as np
from scipy.linalg import blas

_GEMM = {"f": blas.sgemm, "d": blas.dgemm}
_DOT = {"f": blas.sdot, "d": blas.ddot}


def product(
    A: np.ndarray, B: np.ndarray, out: np.ndarray, multiple: float = 1.0, kept: float = 0.0
) -> None:
    """``out = kept * out + multiple * A @ B`` in place, with nothing copied.

    Parameters
    ----------
    A, B, out : ndarray, (n, k), (k, m), (n, m)
        All float32 or all float64, each in one piece in memory, by rows or by columns.
    multiple, kept : float
        With 0 for `kept`, the old values of `out` are not read.

    Raises
    ------
    ValueError
        If `out` is not in one piece, so that the result would be lost in a copy.
    """
    if not out.flags.f_contiguous:
        # BLAS writes by columns: the transpose of the product is that of the factors, swapped.
        A, B, out = B.T, A.T, out.T
    by_rows_A, by_rows_B = not A.flags.f_contiguous, not B.flags.f_contiguous
    written = _GEMM[out.dtype.char](
        multiple, A.T if by_rows_A else A, B.T if by_rows_B else B, kept, out,
        by_rows_A, by_rows_B, True,
    )
    if written is not out:
        raise ValueError(f"`out` must be in one piece. Received strides: {out.strides}.")


def dot(u: np.ndarray, v: np.ndarray) -> float:
    """Return the sum of the products of two vectors' numbers, in the precision of `v`."""
    return float(_DOT.get(v.dtype.char, blas.ddot)(u, v))
