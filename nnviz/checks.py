"""Checks of arguments that more than one module makes, so that their messages read alike."""

import math
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from numbers import Integral, Real
from typing import Any

import numpy as np

_LONGEST = 60  # characters of what was received that a message repeats


def received(value: Any) -> str:
    """Return `value` as a message shows it."""
    text = repr(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def whole_number(name: str, value: Any, minimum: int = 1) -> int:
    """Return `value` as an int.

    Raises
    ------
    ValueError
        If it is not a whole number of at least `minimum` (True and 2.0 are none).
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < minimum:
        raise ValueError(
            f"{name} must be a whole number of {minimum} or more. Received: {received(value)}."
        )
    return int(value)


def real_number(
    name: str, value: Any, minimum: float = 0.0, below: float = math.inf
) -> float:
    """Return `value` as a float.

    Raises
    ------
    ValueError
        If it is not a finite number of at least `minimum` and below `below`.
    """
    try:
        is_number = isinstance(value, Real) and not isinstance(value, bool)
        number = float(value) if is_number else math.nan
    except OverflowError:
        number = math.inf
    if not minimum <= number < below:
        limit = "" if below == math.inf else f" and below {below:g}"
        raise ValueError(
            f"{name} must be a finite number of {minimum:g} or more{limit}. "
            f"Received: {received(value)}."
        )
    return number


def positive_number(name: str, value: Any, below: float = math.inf) -> float:
    """Return `value` as a float; raise ValueError if it is not a `real_number` above 0."""
    number = real_number(name, value, below=below)
    if number == 0:
        raise ValueError(f"{name} must be above 0. Received: 0.")
    return number


def float_array(name: str, values: Any, dtype: Any, expected: str = "numbers") -> np.ndarray:
    """Return `values` as an array of a float dtype; what is too large for it becomes infinite.

    Raises
    ------
    ValueError
        If they are no array of real numbers that are all there: words, rows of several lengths,
        complex numbers, dates, a sparse matrix, masked entries.
    """
    if hasattr(values, "toarray"):
        raise ValueError(
            f"{name} must be a dense array. Received: {type(values).__name__}. "
            "Use its toarray()."
        )
    if np.ma.is_masked(values):
        raise ValueError(
            f"{name} has masked entries. Leave such samples out, or fill them in with filled()."
        )
    what = "rows of different lengths, or other things than numbers"
    try:
        array = np.asarray(values)
        if array.dtype.kind in "biufO":
            with np.errstate(over="ignore"):
                return array.astype(dtype, copy=False)
        what = f"dtype {array.dtype}"
    except (TypeError, ValueError, OverflowError):
        pass  # NumPy's own words say nothing of the argument
    raise ValueError(f"{name} must be {expected}. Received: {type(values).__name__} with {what}.")


def refuse_not_finite(name: str, array: np.ndarray) -> None:
    """Raise ValueError if a 1-D or 2-D array holds NaN or infinity; say which and where."""
    finite = np.isfinite(array)
    if finite.all():
        return
    place = tuple(int(number) for number in np.argwhere(~finite)[0])
    where = ", ".join(
        f"{axis} {number}"
        for axis, number in zip(("row", "column")[-len(place):], place, strict=True)
    )
    raise ValueError(
        f"{name} holds values that are not finite, or too large for {array.dtype}. "
        f"Received: {array[place]} in {where}. Leave such samples out or fill them in."
    )


def refuse_unknown(caller: str, given: Iterable[str], known: Sequence[str]) -> None:
    """Raise TypeError if an argument's name is not known; say which was probably meant."""
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            meant = f" Did you mean {near[0]!r}?" if near else ""
            raise TypeError(
                f"{caller} has no argument {name!r}.{meant} It takes: {', '.join(known)}."
            )
