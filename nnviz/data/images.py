"""MNIST and its relatives, from files: checked, unpacked once, and shared by all processes."""

import contextlib
import hashlib
import math
import os
import tempfile
import zipfile
import zlib
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

import numpy as np

from nnviz.data import idx
from nnviz.data.dataset import Dataset
from nnviz.data.errors import DataError
from nnviz.data.families import FAMILIES, SIDE, Family, Files, find
from nnviz.folder import data_folder

PIXELS = SIDE * SIDE
MOST_IMAGES = 300_000  # 235 MB: EMNIST's digits are 280,000
_FORMAT = b"nnviz images 1"  # goes into the name of the unpacked file, so that an old one is left
_NPZ_PARTS = {"x_train": 3, "y_train": 1, "x_test": 3, "y_test": 1}
_FAULTS = (EOFError, OSError, ValueError, zipfile.BadZipFile, zlib.error, NotImplementedError,
           RuntimeError)


def is_here(family_id: str) -> bool:
    """Return whether files of the data set are in the data folder, be they right or wrong."""
    files, lacking = find(FAMILIES[family_id], data_folder())
    return files is not None or bool(lacking)


def why_not(family_id: str) -> str | None:
    """Return why the data set cannot be loaded, as far as a quick look tells; None where it can.

    Looks at the first bytes of the files, not at the images.
    """
    try:
        _sizes(family_id)
    except DataError as error:
        return str(error)
    return None


def samples(family_id: str) -> tuple[int, int]:
    """Return how many training and test images there are; those of the original without files."""
    try:
        return _sizes(family_id)
    except DataError:
        return FAMILIES[family_id].samples


def version(family_id: str) -> tuple:
    """Return what changes when the files do.

    Raises
    ------
    DataError
        If they are missing.
    """
    return _stamp(_found(FAMILIES[family_id]))


def load(family_id: str) -> Dataset:
    """Return a data set of `families.FAMILIES` from its files in the data folder.

    Its pixels stay in a file, unpacked and mapped into memory: the processes of a server share
    them.

    Raises
    ------
    DataError
        If files are missing, damaged or not what their name says.
    """
    family = FAMILIES[family_id]
    training, test = _sizes(family_id)
    files = _found(family)
    x, labels = _unpacked(family, files, training, test)
    return Dataset(
        id=family.id,
        label=family.label,
        about=family.about,
        x=x,
        labels=labels.astype(np.intp),
        classes=family.classes,
        maximum=255.0,
        image_shape=(SIDE, SIDE),
        own_split=(slice(0, training), slice(training, training + test)),
    )


def _found(family: Family) -> Files:
    folder = data_folder()
    files, lacking = find(family, folder)
    if files is None:
        wrong = f"lacks {', '.join(lacking)}" if lacking else "is not on this computer"
        raise DataError(
            f"{family.name} {wrong}. Put its four IDX files, gzipped or not, or "
            f"{family.id}.npz into {folder / family.id}."
        )
    return files


# ---------------------------------------------------------------- a quick look


def _sizes(family_id: str) -> tuple[int, int]:
    """Return the numbers of training and test images that the files state."""
    files = _found(FAMILIES[family_id])
    return _stated(files, _stamp(files))


def _stamp(files: Files) -> tuple[tuple[str, int, int], ...]:
    """Return path, size and time of each file."""
    try:
        stats = [(path, path.stat()) for path in files.paths]
    except OSError as error:
        raise DataError(f"{error.filename} cannot be read: {error.strerror}.") from error
    return tuple((str(path), stat.st_size, stat.st_mtime_ns) for path, stat in stats)


@lru_cache(maxsize=16)
def _stated(files: Files, stamp: tuple) -> tuple[int, int]:
    if files.npz:
        shapes = _npz_shapes(files.npz)
        names = dict.fromkeys(_NPZ_PARTS, files.npz.name)
    else:
        shapes, names = {}, {}
        for part, (images, labels) in (("train", files.training), ("test", files.test)):
            shapes[f"x_{part}"] = idx.read_shape(images, 3)
            shapes[f"y_{part}"] = idx.read_shape(labels, 1)
            names[f"x_{part}"], names[f"y_{part}"] = images.name, labels.name
    for part in ("train", "test"):
        x, y = shapes[f"x_{part}"], shapes[f"y_{part}"]
        name = names[f"x_{part}"]
        if math.prod(x[1:]) != PIXELS:
            size = " x ".join(map(str, x[1:]))
            raise DataError(f"{name} should hold images of {SIDE} x {SIDE}. Received: {size}.")
        if x[0] != y[0]:
            raise DataError(
                f"{name} has {x[0]:,} images, but {names[f'y_{part}']} {y[0]:,} labels: they "
                "do not belong together."
            )
        if not x[0]:
            raise DataError(f"{name} holds no images.")
    training, test = shapes["x_train"][0], shapes["x_test"][0]
    if training + test > MOST_IMAGES:
        raise DataError(
            f"{names['x_train']} is too large: {training + test:,} images with the test images, "
            f"at most {MOST_IMAGES:,}."
        )
    return training, test


def _npz_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the arrays of an ``.npz``, from their headers."""
    try:
        with zipfile.ZipFile(path) as archive:
            lacking = [name for name in _NPZ_PARTS if f"{name}.npy" not in archive.namelist()]
            if lacking:
                raise DataError(f"{path.name} lacks {', '.join(lacking)}.")
            shapes = {}
            for name in _NPZ_PARTS:
                with archive.open(f"{name}.npy") as file:
                    shapes[name], dtype = _npy_header(file)
                # Labels are often kept in larger numbers; they are looked at one by one later.
                if dtype != np.uint8 and not (name[0] == "y" and dtype.kind in "iu"):
                    raise DataError(
                        f"{name} in {path.name} should be of bytes (uint8). Received: {dtype}."
                    )
    except DataError:
        raise
    except _FAULTS as error:
        raise DataError(f"{path.name} is no .npz that can be read: {error}.") from error
    for name, shape in shapes.items():
        if len(shape) not in ((2, 3) if name[0] == "x" else (1,)):
            raise DataError(f"{name} in {path.name} has the shape {shape}.")
    return shapes


def _npy_header(file: BinaryIO) -> tuple[tuple[int, ...], np.dtype]:
    version = np.lib.format.read_magic(file)
    read_ = {
        (1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0,
    }.get(version)
    if read_ is None:
        raise DataError(f"it has format {version}")
    shape, is_fortran, dtype = read_(file)
    if is_fortran and len(shape) > 1:
        raise DataError("its arrays lie column by column; save them row by row")
    return shape, dtype


# ---------------------------------------------------------------- the images themselves


def _unpacked(
    family: Family, files: Files, training: int, test: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return pixels, (n, 784), mapped from a file unpacked once, and labels, (n,), uint8."""
    stamp = repr((_FORMAT, _stamp(files), family)).encode()
    name = f"{family.id}-{hashlib.sha256(stamp).hexdigest()[:16]}.pixels"
    path = data_folder() / "unpacked" / name
    count = training + test
    pixels = _mapped(path, count)
    if pixels is None:
        both = _read(family, files)
        # Where it cannot be written the images stay in this process alone.
        with contextlib.suppress(OSError):
            _write(path, family, *both)
        pixels = _mapped(path, count)
        if pixels is None:
            return both
    return pixels[: count * PIXELS].reshape(count, PIXELS), pixels[count * PIXELS :]


def _mapped(path: Path, count: int) -> np.ndarray | None:
    with contextlib.suppress(OSError, ValueError):
        if path.stat().st_size == count * (PIXELS + 1):
            return np.asarray(np.memmap(path, np.uint8, "r"))
    return None


def _write(path: Path, family: Family, x: np.ndarray, labels: np.ndarray) -> None:
    """Write pixels and labels into one file, whole or not at all, in place of older ones."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        part = Path(file.name)
        try:
            file.write(x.data)
            file.write(labels.data)
            file.close()
            os.replace(part, path)
        except OSError:
            part.unlink(missing_ok=True)
            raise
    for old in path.parent.glob(f"{family.id}-{'?' * 16}.pixels"):
        if old != path:
            with contextlib.suppress(OSError):  # on Windows one in use stays
                old.unlink()


def _read(family: Family, files: Files) -> tuple[np.ndarray, np.ndarray]:
    """Return pixels, (n, 784), and labels from 0, (n,), both uint8: training, then test."""
    if files.npz:
        arrays = _read_npz(files.npz)
        names = (files.npz.name,) * 2
    else:
        arrays = {
            name: idx.read(path, 3 if name[0] == "x" else 1, MOST_IMAGES * PIXELS)
            for name, path in zip(_NPZ_PARTS, (*files.training, *files.test), strict=True)
        }
        names = files.training[1].name, files.test[1].name
    labels = [
        _checked_labels(family, arrays[part], name)
        for part, name in zip(("y_train", "y_test"), names, strict=True)
    ]
    images = [arrays[part].reshape(-1, SIDE, SIDE) for part in ("x_train", "x_test")]
    if family.is_transposed:
        images = [part.transpose(0, 2, 1) for part in images]
    x = np.concatenate(images).reshape(-1, PIXELS)
    return x, np.concatenate(labels)


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in _NPZ_PARTS}
    except _FAULTS as error:
        raise DataError(f"{path.name} is damaged: {error}.") from error


def _checked_labels(family: Family, labels: np.ndarray, name: str) -> np.ndarray:
    last = family.first_label + len(family.classes) - 1
    wrong = np.flatnonzero((labels < family.first_label) | (labels > last))
    if len(wrong):
        raise DataError(
            f"{name} does not belong to {family.name}: its labels go from {family.first_label} "
            f"to {last}. Received: {labels[wrong[0]]} for image {wrong[0] + 1:,}."
        )
    return (labels - labels.dtype.type(family.first_label)).astype(np.uint8)
