"""The handwritten digits that scikit-learn ships: no file, account or network needed."""

import numpy as np

from nnviz.data.dataset import Dataset


def load() -> Dataset:
    """Return 1,797 images of 8 x 8, values 0 to 16.

    Notes
    -----
    Alpaydin and Kaynak, Optical recognition of handwritten digits, UCI machine learning
    repository, 1998: on-pixels counted in 4 x 4 blocks of 32 x 32 bitmaps; the part written
    by 13 people.
    """
    # Importing it takes a second and 60 MB: only the worker pays, not the page's process.
    from sklearn.datasets import load_digits  # noqa: PLC0415

    bunch = load_digits()
    return Dataset(
        id="digits",
        label="Handwritten digits, 8 x 8",
        about="1,797 digits by 13 writers, as 8 x 8 images (UCI, shipped with scikit-learn).",
        x=bunch.data.astype(np.float32),
        labels=bunch.target.astype(np.intp),
        classes=tuple(str(digit) for digit in range(10)),
        maximum=16.0,
        image_shape=(8, 8),
    )
