"""Data sets: a table of what can be chosen, loaded once and shared by the runs of a process."""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

from nnviz.checks import received
from nnviz.data import digits, images, toy
from nnviz.data.copies import with_copies
from nnviz.data.dataset import SCALINGS, Dataset, Split, split
from nnviz.data.errors import DataError
from nnviz.data.families import FAMILIES, SIDE
from nnviz.data.source import Source
from nnviz.rows import Rows

__all__ = [
    "DATASETS", "SCALINGS", "DataError", "Dataset", "Source", "Split", "load", "load_split",
    "offered", "split",
]

DATASETS: dict[str, Source] = {
    source.id: source
    for source in (
        Source(
            "digits", "Handwritten digits, 8 x 8", 64, 10, 10,
            "Pixels run from 0 to 16 here.", digits.load, samples=1797, has_copies=True,
        ),
        Source(
            "xor", "Exclusive or, 4 points", 2, 1, 2,
            "Inputs are 0 or 1 here.", toy.load_xor, own_split=lambda: (4, 4),
        ),
        *(
            Source(
                family.id, family.label, SIDE * SIDE, len(family.classes), len(family.classes),
                "Pixels run from 0 to 255 here.",
                partial(images.load, family.id),
                own_split=partial(images.samples, family.id),
                why_not=partial(images.why_not, family.id),
                version=partial(images.version, family.id),
                has_copies=family.id == "mnist",
            )
            for family in FAMILIES.values()
        ),
    )
}

# What a run uses stays, and what was used last: a page may ask about it again and again before
# it makes a run. The rest makes room: images take up to 235 MB.
_kept: WeakValueDictionary[tuple, Any] = WeakValueDictionary()
_last_used: deque[Any] = deque(maxlen=2)


def _shared(key: tuple, make: Callable[[], Any]) -> Any:
    """Return what is kept under a key, or make it."""
    found = _kept.get(key)
    if found is None:
        found = _kept[key] = make()
    if not any(found is used for used in _last_used):
        _last_used.append(found)
    return found


def offered() -> list[str]:
    """Return the ids of what a page offers: MNIST always, its relatives where files are there."""
    return [
        id for id in DATASETS if id not in FAMILIES or id == "mnist" or images.is_here(id)
    ]


def load_split(
    dataset_id: str, test_share: float, scaling: str, augment: str = "none"
) -> Split:
    """Return a split of a data set; runs with the same choice share it (read only).

    Thirty copies of the same samples would push each other out of the processor's cache.

    Parameters
    ----------
    dataset_id, test_share, scaling : str, float, str
    augment : str, default "none"
        "warped": mini-batches are drawn from warped copies as well (`Source.has_copies`).

    Raises
    ------
    DataError
        As `load`.
    """

    def make() -> Split:
        if augment != "none":
            return _with_copies(dataset_id, test_share, scaling)
        made = split(load(dataset_id), test_share, scaling)
        for part in (made.training, made.test, made.measured_training, made.measured_test):
            for array in part:
                array.setflags(write=False)
        return made

    source = DATASETS[dataset_id]
    share = test_share if source.own_split is None else None  # has no say
    return _shared((dataset_id, source.version(), share, scaling, augment), make)


def _with_copies(dataset_id: str, test_share: float, scaling: str) -> Split:
    dataset, plain = load(dataset_id), load_split(dataset_id, test_share, scaling)
    raw = load_split(dataset_id, test_share, "none").training[0]
    raw = raw.raw if isinstance(raw, Rows) else raw
    return replace(plain, pool=with_copies(dataset, plain.training, raw, plain.scale))


def load(dataset_id: str) -> Dataset:
    """Return a data set of the table; the runs of this process share it (read only).

    Raises
    ------
    DataError
        If there is none of that id, or its files are missing, damaged or not what their name says.
    """
    if not isinstance(dataset_id, str) or dataset_id not in DATASETS:
        raise DataError(
            f"Unknown data set. Received: {received(dataset_id)}. "
            f"Choose one of: {', '.join(DATASETS)}."
        )
    source = DATASETS[dataset_id]

    def make() -> Dataset:
        dataset = source.load()
        dataset.x.setflags(write=False)
        dataset.labels.setflags(write=False)
        return dataset

    return _shared((dataset_id, source.version()), make)
