"""Bytes for frames, checkpoints and requests: a JSON header and raw arrays; never pickle.

Layout: header length (uint32, little-endian), header (JSON in UTF-8, padded with spaces),
arrays (little-endian, each starting at a multiple of 8). The header is
``{"meta": ..., "arrays": [{"name", "dtype", "shape", "offset"}, ...]}`` with offsets from
the end of the header. `assets/frame.js` reads the same.
"""

import json
import math
import struct
from typing import Any

import numpy as np

_ALIGNMENT = 8
_DAMAGE = (struct.error, LookupError, TypeError, ValueError, OverflowError, RecursionError)
_DTYPES = {"<f4", "<f8", "<i4", "<i8", "|u1"}


def pack(meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> bytes:
    """Return one message.

    Raises
    ------
    ValueError
        If a value of `meta` is not finite, or an array has a dtype that is not offered.
    """
    entries, chunks, offset = [], [], 0
    for name, array in arrays.items():
        if array.dtype.str not in _DTYPES:
            raise ValueError(f"Array {name!r} has dtype {array.dtype}. Use {sorted(_DTYPES)}.")
        raw = array.tobytes()
        padding = -len(raw) % _ALIGNMENT
        entries.append(
            {"name": name, "dtype": array.dtype.str, "shape": array.shape, "offset": offset}
        )
        chunks.append(raw + b"\0" * padding)
        offset += len(raw) + padding
    header = json.dumps(
        {"meta": meta, "arrays": entries}, allow_nan=False, separators=(",", ":")
    ).encode()
    header += b" " * (-(len(header) + 4) % _ALIGNMENT)
    return b"".join((struct.pack("<I", len(header)), header, *chunks))


def unpack(message: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the meta and the arrays (read only) of a message.

    Raises
    ------
    ValueError
        If the message is cut short or describes arrays that it does not hold.
    """
    try:
        (length,) = struct.unpack_from("<I", message)
        header = json.loads(message[4 : 4 + length])
        arrays = {
            entry["name"]: _array(message, 4 + length, entry) for entry in header["arrays"]
        }
        return header["meta"], arrays
    except _DAMAGE as error:
        raise ValueError(f"Damaged message of {len(message)} bytes: {error}.") from error


def _array(message: bytes, start: int, entry: dict[str, Any]) -> np.ndarray:
    shape, offset = entry["shape"], entry["offset"]
    if offset < 0 or min(shape, default=0) < 0:
        raise ValueError(f"shape {shape} at {offset}")
    values = np.frombuffer(
        message, dtype=_dtype(entry["dtype"]), count=math.prod(shape), offset=start + offset
    )
    return values.reshape(shape)


def _dtype(name: str) -> np.dtype:
    if name not in _DTYPES:
        raise ValueError(f"dtype {name!r} is not one of {sorted(_DTYPES)}")
    return np.dtype(name)
