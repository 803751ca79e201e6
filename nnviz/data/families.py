"""Data sets of 28 x 28 images that come as files: their names, and where their files are found."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase

SIDE = 28
_DIGITS = tuple(str(digit) for digit in range(10))


@dataclass(frozen=True)
class Family:
    """A data set of images in four IDX files or one ``.npz``.

    Attributes
    ----------
    id, label, about : str
        Name in code, links and of its folder; name for people; one sentence with the source.
    classes : tuple of str
        Names of the classes.
    samples : tuple of int
        Training and test images of the original files.
    prefix : str
        What the names of its IDX files may begin with, beside the names MNIST's files have.
    first_label : int
        The number of the first class in its files.
    is_transposed : bool
        Whether its images lie column by column, as EMNIST's do.
    in_main_folder : bool
        Whether files with MNIST's plain names in the data folder itself are its own.
    """

    id: str
    label: str
    about: str
    classes: tuple[str, ...]
    samples: tuple[int, int] = (60_000, 10_000)
    prefix: str = ""
    first_label: int = 0
    is_transposed: bool = False
    in_main_folder: bool = False

    @property
    def name(self) -> str:
        """The label without the size of the images, for sentences."""
        return self.label.partition(",")[0]


FAMILIES: dict[str, Family] = {
    family.id: family
    for family in (
        Family(
            "mnist", "MNIST, 28 x 28",
            "70,000 digits by about 500 writers (LeCun, Cortes and Burges, 1998).",
            _DIGITS, in_main_folder=True,
        ),
        Family(
            "fashion-mnist", "Fashion-MNIST, 28 x 28",
            "70,000 pictures of clothes from a shop (Xiao, Rasul and Vollgraf, 2017).",
            ("T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker",
             "bag", "ankle boot"),
            prefix="fashion-mnist-",
        ),
        Family(
            "emnist-digits", "EMNIST digits, 28 x 28",
            "280,000 digits (Cohen, Afshar, Tapson and van Schaik, 2017).",
            _DIGITS, samples=(240_000, 40_000), prefix="emnist-digits-", is_transposed=True,
        ),
        Family(
            "emnist-letters", "EMNIST letters, 28 x 28",
            "145,600 letters, capital and small ones as one class "
            "(Cohen, Afshar, Tapson and van Schaik, 2017).",
            tuple(ascii_uppercase), samples=(124_800, 20_800), prefix="emnist-letters-",
            first_label=1, is_transposed=True,
        ),
    )
}


@dataclass(frozen=True)
class Files:
    """Where a data set was found: one ``.npz``, or images and labels of the two parts."""

    npz: Path | None = None
    training: tuple[Path, Path] | None = None
    test: tuple[Path, Path] | None = None

    @property
    def paths(self) -> tuple[Path, ...]:
        return (self.npz,) if self.npz else (*self.training, *self.test)


# What an IDX file is called: MNIST's test files t10k, EMNIST's test; unpacked by some programs
# with a dot in place of the last hyphen.
_PARTS = {"training": ("train",), "test": ("t10k", "test")}
_KINDS = (("images", "idx3"), ("labels", "idx1"))


def _names(family: Family, part: str, kind: tuple[str, str], is_shared: bool) -> Iterator[str]:
    prefixes = (family.prefix,) if is_shared and family.prefix else ("", family.prefix)
    for prefix in dict.fromkeys(prefixes):
        for word in _PARTS[part]:
            for joint in "-.":
                name = f"{prefix}{word}-{kind[0]}{joint}{kind[1]}-ubyte"
                yield from (name, f"{name}.gz")


def _places(family: Family, folder: Path) -> Iterator[tuple[Path, bool]]:
    """Yield the folders to look in, and whether other data sets' files may lie there too."""
    yield folder / family.id, False
    if family.id.startswith("emnist-"):
        yield folder / "emnist", True
    yield folder, not family.in_main_folder


def find(family: Family, folder: Path) -> tuple[Files | None, list[str]]:
    """Look for the files of a data set in the data folder and in the folder of its name.

    Returns
    -------
    Files or None
        The first complete set.
    list of str
        Where there is none but some of the four files, the names of those that lack.
    """
    lacking: list[str] = []
    for place, is_shared in _places(family, folder):
        for name in (f"{family.id}.npz",):
            if (place / name).is_file():
                return Files(npz=place / name), []
        found: dict[str, list[Path]] = {}
        missing = []
        for part in _PARTS:
            for kind in _KINDS:
                names = list(_names(family, part, kind, is_shared))
                path = next((place / name for name in names if (place / name).is_file()), None)
                if path is None:
                    missing.append(f"{names[0]}.gz")
                else:
                    found.setdefault(part, []).append(path)
        if not missing:
            return Files(training=tuple(found["training"]), test=tuple(found["test"])), []
        if found and not lacking:
            lacking = missing
    return None, lacking
