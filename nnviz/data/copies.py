"""A training set with warped copies, each made when it is first wanted and then kept."""

import contextlib
import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np

from nnviz import augmentation
from nnviz.augmentation import WARPS, Draws
from nnviz.data.dataset import Dataset, Samples
from nnviz.folder import data_folder
from nnviz.rows import Rows, Scaler

_SEED = 0  # one set of copies for all runs: what differs between two seeds is the run alone
_FORMAT = "nnviz copies 1"  # goes into the name of the file: older ones are left
_SMALL = 10_000_000  # bytes of copies that each process keeps for itself
_PART = 32  # copies made in one go where others may wait: about 0.1 ms each


def with_copies(dataset: Dataset, training: Samples, raw: np.ndarray, scale: Scaler) -> Samples:
    """Return what mini-batches are drawn from: training samples, then copies of them in turn.

    Parameters
    ----------
    dataset : Dataset
        With images that `augmentation.WARPS` knows.
    training : Samples
    raw : ndarray, (n, features)
        The training samples unscaled: whole numbers, 0 to 255 at most.
    scale : Scaler
    """
    _, y, labels = training
    times = 1 + WARPS[dataset.image_shape].copies
    rows = CopiedRows(raw, dataset.image_shape, scale, dataset.id)
    return rows, np.tile(y, (times, 1)), np.tile(labels, times)


class CopiedRows(Rows):
    """Images and warped copies of them, as rows that look like a scaled float32 matrix.

    Row i is image i; row n + i its first copy, and so on. What a copy looks like depends on its
    number alone, so that a run repeats bit for bit, whenever and by whichever process it was made.

    Parameters
    ----------
    images : ndarray, (n, features)
    shape : tuple of int
        (8, 8) or (28, 28).
    scale : Scaler
    name : str
        Of the data set, for the file in which the processes of a server share many copies.
    """

    def __init__(self, images: np.ndarray, shape: tuple[int, int], scale: Scaler, name: str):
        self._images = images if images.dtype == np.uint8 else images.astype(np.uint8)
        self._target = augmentation.target_of(shape)
        count = len(images) * WARPS[shape].copies
        super().__init__(self._images, scale)
        self.shape = (len(images) + count, images.shape[1])
        self._draws = Draws(WARPS[shape], count, np.random.default_rng(_SEED))
        self._known = np.zeros(count, bool)
        self._lacking = count
        # The last byte of a row says that it was made, and is right only if it was made whole.
        self._copies = _room(name, self._images, shape, (count, images.shape[1] + 1))

    # What is gathered at once: `make_some` is asked about one mini-batch, so no more than that.
    at_once = 1

    def __len__(self) -> int:
        return self.shape[0]

    def setflags(self, write: bool) -> None:
        """Leave it as it is: copies are still to be written."""

    def __getitem__(self, index: Any) -> np.ndarray:
        rows = np.arange(len(self))[index]
        return self.take(np.atleast_1d(rows)) if np.ndim(rows) else self.take(rows[None])[0]

    def take(
        self, rows: np.ndarray, axis: int = 0, out: np.ndarray | None = None, mode: str = "raise"
    ) -> np.ndarray:
        rows = np.asarray(rows)
        is_copy = rows >= len(self._images)
        raw = self._images.take(np.where(is_copy, 0, rows), axis=0)
        copies = rows[is_copy] - len(self._images)
        self._make(copies)
        raw[is_copy] = self._copies[copies, :-1]
        return self.scale(raw, out=out)

    @property
    def is_complete(self) -> bool:
        """Whether every copy has been made."""
        return self._lacking == 0

    def make_some(self, rows: np.ndarray) -> bool:
        """Make a few of the copies among some rows; return whether all of them are there.

        Called until it is True, it does what takes long in `take` in parts of a few milliseconds.
        """
        unknown = self._unknown(rows[rows >= len(self._images)] - len(self._images))
        self._make(unknown[:_PART])
        return len(unknown) <= _PART

    def make_all(self) -> None:
        """Make every copy that is lacking, in stacks of the size that takes least time."""
        for start in range(0, len(self._known), _PART):
            self._make(np.arange(start, min(start + _PART, len(self._known))))

    def _unknown(self, copies: np.ndarray) -> np.ndarray:
        return np.unique(copies[~self._known[copies]])

    def _make(self, copies: np.ndarray) -> None:
        """Make those of these copies that no process has made."""
        unknown = self._unknown(copies)
        if not len(unknown):
            return
        kept = self._copies[unknown]
        lacking = unknown[kept[:, -1] != _proof(kept[:, :-1])]
        if len(lacking):
            made = augmentation.copy(
                self._images[lacking % len(self._images)], self._target, self._draws.of(lacking)
            )
            self._copies[lacking, :-1] = made
            self._copies[lacking, -1] = _proof(made)
        self._known[unknown] = True
        self._lacking -= len(unknown)


def _proof(rows: np.ndarray) -> np.ndarray:
    """Return a byte for each row, never 0, that hardly any other content has."""
    return (rows.sum(axis=1, dtype=np.int64) % 255 + 1).astype(np.uint8)


def _room(
    name: str, images: np.ndarray, shape: tuple[int, int], size: tuple[int, int]
) -> np.ndarray:
    """Return room for copies: of few in memory, of many in a file that processes share."""
    if size[0] * size[1] > _SMALL:
        stamp = f"{_FORMAT} {images.shape} {int(images[::97].sum(dtype=np.int64))} {WARPS[shape]}"
        digest = hashlib.sha256(stamp.encode()).hexdigest()[:16]
        # Where it cannot be written, each process makes its own.
        with contextlib.suppress(OSError, ValueError):
            return _shared_file(data_folder() / "unpacked" / f"{name}-{digest}.copies", size)
    return np.zeros(size, np.uint8)


def _shared_file(path: Path, size: tuple[int, int]) -> np.ndarray:
    path.parent.mkdir(parents=True, exist_ok=True)
    for old in path.parent.glob(f"{path.name[:-23]}{'?' * 16}.copies"):
        if old != path:
            with contextlib.suppress(OSError):  # on Windows one in use stays
                old.unlink()
    length = size[0] * size[1]
    with path.open("ab") as file:  # made where it is not there; two processes may do it at once
        if file.tell() != length:
            os.truncate(path, length)
            if hasattr(os, "posix_fallocate"):
                # A full disk is to be met here, not when a copy is written into memory.
                os.posix_fallocate(file.fileno(), 0, length)
    return np.memmap(path, np.uint8, "r+", shape=size)
