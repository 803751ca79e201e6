"""Small data sets of 28 x 28 images in IDX files, written by the tests."""

import gzip
import struct

import numpy as np


def idx_bytes(values):
    """An IDX file of bytes."""
    values = np.asarray(values, np.uint8)
    start = bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
    return start + values.tobytes()


def images(count, classes=10, first_label=0, seed=0):
    """Images of noise with a bright block whose place tells the class, and their labels."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(count) % classes)
    x = rng.integers(0, 60, (count, 28, 28), dtype=np.uint8)
    for image, label in zip(x, labels, strict=True):
        row, column = divmod(int(label), 5)
        image[4 + 4 * row : 8 + 4 * row, 4 + 4 * column : 8 + 4 * column] = 255
    return x, (labels + first_label).astype(np.uint8)


def write(folder, training=300, test=100, zipped=True, prefix="", test_word="t10k", **of):
    """Write the four files into a folder; return ((x, labels), (x, labels)) of the two parts."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = images(training, seed=1, **of), images(test, seed=2, **of)
    for word, (x, labels) in zip(("train", test_word), parts, strict=True):
        for name, values in (("images-idx3", x), ("labels-idx1", labels)):
            path = folder / f"{prefix}{word}-{name}-ubyte{'.gz' if zipped else ''}"
            content = idx_bytes(values)
            path.write_bytes(gzip.compress(content, 1) if zipped else content)
    return parts
