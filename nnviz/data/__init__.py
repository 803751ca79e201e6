"""Data sets: a table of what can be chosen, loaded once and then kept."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache

from nnviz.data import digits
from nnviz.data.dataset import SCALINGS, Dataset, Split, split

__all__ = ["DATASETS", "SCALINGS", "Dataset", "Source", "Split", "load", "load_split", "split"]


@dataclass(frozen=True)
class Source:
    """What is known of a data set before it is loaded."""

    id: str
    label: str
    samples: int
    features: int
    classes: int
    load: Callable[[], Dataset]


DATASETS: dict[str, Source] = {
    "digits": Source("digits", "Handwritten digits, 8 x 8", 1797, 64, 10, digits.load),
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
