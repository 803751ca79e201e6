"""Checks of arguments that more than one module makes, so that their messages read alike."""

import math
from numbers import Integral, Real
from typing import Any


def whole_number(name: str, value: Any, minimum: int = 1) -> int:
    """Return `value` as an int.

    Raises
    ------
    ValueError
        If it is not a whole number of at least `minimum` (True and 2.0 are none).
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < minimum:
        raise ValueError(
            f"{name} must be a whole number of {minimum} or more. Received: {value!r}."
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
    if isinstance(value, bool) or not isinstance(value, Real) or not minimum <= value < below:
        limit = "" if below == math.inf else f" and below {below:g}"
        raise ValueError(
            f"{name} must be a finite number of {minimum:g} or more{limit}. Received: {value!r}."
        )
    return float(value)
