"""Data sets: a table of what can be chosen, loaded once and then kept."""

from functools import cache, lru_cache

from nnviz.data import digits, toy
from nnviz.data.dataset import SCALINGS, Dataset, Split, split
from nnviz.data.source import Source

__all__ = ["DATASETS", "SCALINGS", "Dataset", "Source", "Split", "load", "load_split", "split"]

DATASETS: dict[str, Source] = {
    source.id: source
    for source in (
        Source(
            "digits", "Handwritten digits, 8 x 8", 64, 10, 10,
            "Pixels run from 0 to 16 here.", digits.load, samples=1797,
        ),
        Source(
            "xor", "Exclusive or, 4 points", 2, 1, 2,
            "Inputs are 0 or 1 here.", toy.load_xor, own_split=lambda: (4, 4),
        ),
    )
}


@lru_cache(maxsize=4)
def load_split(dataset_id: str, test_share: float, scaling: str) -> Split:
    """Return a split of a data set; runs with the same choice share it (read only).

    Thirty copies of the same samples would push each other out of the processor's cache.
    """
    made = split(load(dataset_id), test_share, scaling)
    for array in (*made.training, *made.test):
        array.setflags(write=False)
    return made


@cache
def load(dataset_id: str) -> Dataset:
    """Return a data set of the table; every run of this process shares it (read only)."""
    dataset = DATASETS[dataset_id].load()
    dataset.x.setflags(write=False)
    dataset.labels.setflags(write=False)
    return dataset
