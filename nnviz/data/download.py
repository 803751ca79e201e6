"""MNIST from openml.org, into the data folder: ``python -m nnviz.data.download HOME``.

A process of its own: what scikit-learn makes of the file on the way takes up to a gigabyte, which
leaves with it. HOME is an empty folder for what it reads; whoever starts it takes it away.
"""

import json
import os
import socket
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np

from nnviz.data.errors import DataError
from nnviz.data.families import FAMILIES, SIDE
from nnviz.folder import data_folder

MEGABYTES = 16  # about so many are read
NAME, VERSION = "mnist_784", 1
_SILENCE_SECONDS = 30.0
_FAMILY = FAMILIES["mnist"]


def download(home: Path, fetch: Callable[..., Any] | None = None) -> Path:
    """Read MNIST from openml.org and keep it as ``mnist/mnist.npz`` in the data folder.

    Parameters
    ----------
    home : Path
        Folder for what is read on the way.
    fetch : callable, optional
        What reads it, called as scikit-learn's ``fetch_openml``, the default.

    Returns
    -------
    Path
        The file, whole.

    Raises
    ------
    DataError
        If what came is not MNIST.
    OSError, ValueError
        If it cannot be read or written.
    """
    if fetch is None:
        # A second and 60 MB: only where it is used.
        from sklearn.datasets import fetch_openml as fetch  # noqa: PLC0415
    bunch = fetch(NAME, version=VERSION, as_frame=False, data_home=str(home))
    x, labels = _as_bytes(bunch.data), _as_bytes(bunch.target)
    training, test = _FAMILY.samples
    if x.shape != (training + test, SIDE * SIDE) or labels.shape != (training + test,):
        raise DataError(
            f"{NAME} from openml.org should be {training + test:,} images of {SIDE * SIDE} "
            f"pixels. Received: {x.shape} and {labels.shape}."
        )
    target = data_folder() / _FAMILY.id / f"{_FAMILY.id}.npz"
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    with part.open("wb") as file:
        np.savez_compressed(
            file, x_train=x[:training], y_train=labels[:training],
            x_test=x[training:], y_test=labels[training:],
        )
    os.replace(part, target)
    return target


def _as_bytes(values: Any) -> np.ndarray:
    """Return whole numbers, or texts of them, as bytes."""
    numbers = np.asarray(values).astype(np.float64)
    in_bytes = np.clip(np.nan_to_num(numbers, nan=-1), 0, 255).astype(np.uint8)
    if not np.array_equal(numbers, in_bytes):
        raise DataError(f"{NAME} from openml.org holds other numbers than 0 to 255.")
    return in_bytes


def main(home: str) -> int:
    """Download; print why not, as JSON, where that fails."""
    socket.setdefaulttimeout(_SILENCE_SECONDS)
    warnings.simplefilter("ignore")  # of each retry; the reason in the end says enough
    try:
        download(Path(home))
    except DataError as error:
        reason = str(error)
    except URLError as error:  # no network, no such host, no answer
        reason = f"openml.org could not be read: {getattr(error.reason, 'strerror', error.reason)}."
    except OSError as error:  # an answer that breaks off, no room on the disk
        reason = f"The download broke off: {error.strerror or error}."
    except ValueError as error:
        reason = f"What openml.org sent could not be used: {error}."
    else:
        return 0
    print(json.dumps({"reason": reason}))
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
