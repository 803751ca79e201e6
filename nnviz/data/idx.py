"""IDX files, as MNIST and its relatives come in: read in part or whole, plain or gzipped.

Layout: 0, 0, type (8: bytes), number of dimensions, each dimension (uint32, big-endian), values.
"""

import gzip
import math
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np

from nnviz.data.errors import DataError

_BYTES = 8  # the type code of unsigned bytes
_CHUNK = 2**20
_KINDS = {1: "labels", 3: "images"}
Result = TypeVar("Result")


def read_shape(path: Path, dimensions: int) -> tuple[int, ...]:
    """Return the shape that a file states, reading no more than its first bytes.

    Parameters
    ----------
    path : Path
        Plain, or gzipped where the name ends in ``.gz``.
    dimensions : int
        How many are expected: 1 for labels, 3 for images.

    Raises
    ------
    DataError
        If the file cannot be read, is no IDX file of bytes, or has other dimensions.
    """
    return _with(path, lambda file: _shape(path, file, dimensions))


def read(path: Path, dimensions: int, most: int) -> np.ndarray:
    """Return the values of a file, uint8.

    Parameters
    ----------
    path, dimensions
        As for `read_shape`.
    most : int
        Values at most. No more is read or unpacked than the file states, so neither a false
        statement nor a small file that unpacks to a huge one takes more memory.

    Raises
    ------
    DataError
        As `read_shape`; also if it holds more or fewer values than it states.
    """

    def values(file: BinaryIO) -> np.ndarray:
        shape = _shape(path, file, dimensions)
        count = math.prod(shape)
        if count > most:
            raise DataError(f"{path.name} states {count:,} values; at most {most:,} are read.")
        read_ = _read_at_most(file, count + 1)
        if len(read_) != count:
            found = f"only {len(read_):,}" if len(read_) < count else "more"
            raise DataError(
                f"{path.name} is damaged: it states {count:,} values and holds {found}."
            )
        return np.frombuffer(read_, np.uint8).reshape(shape)

    return _with(path, values)


def _with(path: Path, use: Callable[[BinaryIO], Result]) -> Result:
    """Return what `use` makes of the open, unpacked file."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            return use(file)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path.name} is not a whole gzip file: {error}.") from error
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror or error}.") from error


def _shape(path: Path, file: BinaryIO, dimensions: int) -> tuple[int, ...]:
    start = _read_at_most(file, 4)
    if len(start) < 4 or start[:2] != b"\0\0":
        raise DataError(
            f"{path.name} is no IDX file: it should begin with the bytes 00 00 08 "
            f"{dimensions:02x}. Received: {bytes(start).hex(' ') or 'nothing'}."
        )
    if start[2] != _BYTES:
        raise DataError(f"{path.name} does not hold bytes (type 08). Received: {start[2]:02x}.")
    if start[3] != dimensions:
        found = _KINDS.get(start[3], f"{start[3]} dimensions")
        raise DataError(f"{path.name} should hold {_KINDS[dimensions]}. Received: {found}.")
    sizes = _read_at_most(file, 4 * dimensions)
    if len(sizes) < 4 * dimensions:
        raise DataError(f"{path.name} is damaged: it ends before its values.")
    return struct.unpack(f">{dimensions}I", sizes)


def _read_at_most(file: BinaryIO, count: int) -> bytearray:
    values = bytearray()
    while len(values) < count and (part := file.read(min(_CHUNK, count - len(values)))):
        values += part
    return values
