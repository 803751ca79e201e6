"""Small grey pictures as PNG, without a library of images."""

import struct
import zlib

import numpy as np


def grey(values: np.ndarray) -> bytes:
    """Return a picture, (height, width), as the content of a ``.png``, as ink on paper.

    The lowest value is white and the highest black.
    """
    values = np.asarray(values, np.float64)
    low, high = values.min(), values.max()
    levels = 255 - np.rint((values - low) * (255 / (high - low or 1.0))).astype(np.uint8)
    height, width = levels.shape
    # Each row begins with the number of its filter: 0, none.
    rows = np.concatenate([np.zeros((height, 1), np.uint8), levels], axis=1).tobytes()
    return b"\x89PNG\r\n\x1a\n" + b"".join((
        _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        _chunk(b"IDAT", zlib.compress(rows)),
        _chunk(b"IEND", b""),
    ))


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
