"""Work that is done in parts, so that others need not wait for all of it: generators."""

from collections.abc import Generator
from typing import Any, TypeVar

T = TypeVar("T")


def finished(parts: Generator[Any, None, T]) -> T:
    """Do all parts at once; return the result."""
    while True:
        try:
            next(parts)
        except StopIteration as end:
            return end.value
