"""Zip archives that are never compressed, and the arrays in them, read without trusting them."""

import io
import math
import re
import struct
import zipfile

import numpy as np

# What NumPy writes before an array of floats with one or two axes: version 1.0 of its format.
_ARRAY_START = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '(<f4|<f8)', 'fortran_order': False, "
    rb"'shape': \((\d{1,9}), ?(\d{1,9})?\), \} *\n",
    re.DOTALL,
)
_END = struct.Struct("<4s4H2LH")  # the record at the end of a zip archive
_ENTRY_BYTES = 150  # of the directory, for names as short as ours
_DAMAGE = (
    zipfile.BadZipFile, struct.error, ValueError, LookupError, EOFError, NotImplementedError,
    OverflowError, RuntimeError, OSError,
)


class ArchiveError(ValueError):
    """The archive cannot be read; the text says why."""


def pack(members: dict[str, bytes]) -> bytes:
    """Return an archive of named contents; the same contents give the same bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    return file.getvalue()


def unpack(data: bytes, most: int) -> dict[str, bytes]:
    """Return the members of an archive by name; together they are no larger than `data`.

    Parameters
    ----------
    data : bytes
    most : int
        Members that are accepted.

    Raises
    ------
    ArchiveError
        If it is no such archive: damaged, compressed, with too many members or two of one name.
    """
    _check_end(data, most)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            _check_entries(infos, len(data))
            return {info.filename: archive.read(info) for info in infos}
    except ArchiveError:
        raise
    except _DAMAGE as error:
        raise ArchiveError(f"The file is damaged: {str(error)[:200]}.") from error


def _check_end(data: bytes, most: int) -> None:
    """Check how large the directory is, before `zipfile` makes an object of every entry.

    Its end is where it is without a comment, and without the extension for large archives.
    """
    start = len(data) - _END.size
    is_plain = start >= 0 and data[start : start + 4] == b"PK\5\6"
    if not is_plain or data[max(0, start - 20) : start].startswith(b"PK\6\7"):
        raise ArchiveError("The file is not a whole zip archive, as .npz files are.")
    _, _, _, _, count, directory_size, _, _ = _END.unpack_from(data, start)
    if count > most or directory_size > most * _ENTRY_BYTES:
        raise ArchiveError(f"The archive holds {count:,} members; at most {most} are read.")


def _check_entries(infos: list[zipfile.ZipInfo], size: int) -> None:
    names = [info.filename for info in infos]
    if len(set(names)) < len(names):
        raise ArchiveError("The archive holds two members of the same name.")
    for info in infos:
        if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
            raise ArchiveError(
                f"{info.filename[:60]!r} is compressed; nnviz saves its files without. Take the "
                "file as it was saved."
            )
    # Members that lie over each other in the file would grow when they are unpacked.
    if sum(info.file_size for info in infos) > size:
        raise ArchiveError("The members of the archive are larger than the file.")


def array_bytes(array: np.ndarray) -> bytes:
    """Return an array of float32 or float64 with one or two axes as NumPy's ``.npy``."""
    file = io.BytesIO()
    little_endian = array.astype(array.dtype.newbyteorder("<"), order="C", copy=False)
    np.lib.format.write_array(file, little_endian, (1, 0), allow_pickle=False)
    return file.getvalue()


def array_from(
    name: str, content: bytes, shape: tuple[int | None, ...], dtype: np.dtype
) -> np.ndarray:
    """Return the array (read only) of an ``.npy`` whose header is matched, never evaluated.

    Parameters
    ----------
    name : str
        For the messages.
    content : bytes
    shape : tuple of int or None
        What it must be; None stands for any number of rows.
    dtype : dtype
        What it must be.

    Raises
    ------
    ArchiveError
        If the content is something else, or not finite.
    """
    start = _ARRAY_START.match(content)
    if start is None:
        raise ArchiveError(f"{name} is not an array of floats with one or two axes.")
    found = tuple(int(size) for size in start.groups()[1:] if size is not None)
    expected = tuple(size if size is not None else found[0] for size in shape)
    found_dtype = np.dtype(start[1].decode())
    if found != expected or found_dtype != dtype:
        raise ArchiveError(
            f"{name} has shape {found} and dtype {found_dtype}; expected {expected} and {dtype}."
        )
    if len(content) - start.end() != math.prod(found) * found_dtype.itemsize:
        raise ArchiveError(f"{name} does not hold as many numbers as its shape says.")
    values = np.frombuffer(content, found_dtype, offset=start.end()).reshape(found)
    if not np.isfinite(values).all():
        raise ArchiveError(f"{name} holds numbers that are not finite.")
    return values
