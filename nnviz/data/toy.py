"""Data small enough to follow by hand."""

import numpy as np

from nnviz.data.dataset import Dataset


def load_xor() -> Dataset:
    """Return the four points of exclusive or: 1 where exactly one of two inputs is 1.

    The samples that are trained on are also the test samples: there are no others.

    Notes
    -----
    Minsky and Papert, Perceptrons, 1969: no network without a hidden layer can answer it.
    Rumelhart, Hinton and Williams, Learning internal representations by error propagation,
    1986: one hidden layer of two units can, trained by backpropagation.
    """
    everything = slice(0, 4)
    return Dataset(
        id="xor",
        label="Exclusive or, 4 points",
        about="The four pairs of 0 and 1; the answer is 1 where they differ.",
        x=np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32),
        labels=np.array([0, 1, 1, 0], np.intp),
        classes=("0", "1"),
        maximum=1.0,
        outputs=1,
        own_split=(everything, everything),
    )
