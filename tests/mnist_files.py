"""MNIST's IDX files, plain or gzipped, as arrays."""

import gzip

import numpy as np


def read(folder, name):
    """Return the array of one IDX file of bytes."""
    path = folder / name
    raw = path.read_bytes() if path.is_file() else gzip.decompress(
        (folder / f"{name}.gz").read_bytes()
    )
    dimensions = raw[3]
    shape = np.frombuffer(raw, ">u4", dimensions, 4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def load(folder, part):
    """Return pixels (n, 784), 0 to 255, and labels (n,) of "train" or "t10k"."""
    images = read(folder, f"{part}-images-idx3-ubyte")
    return images.reshape(len(images), -1), read(folder, f"{part}-labels-idx1-ubyte")
