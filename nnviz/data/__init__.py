"""Data sets: a table of what can be chosen, loaded once and then kept."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from nnviz.data import digits
from nnviz.data.dataset import SCALINGS, Dataset, Split, split

__all__ = ["DATASETS", "SCALINGS", "Dataset", "Source", "Split", "load", "split"]


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


@cache
def load(dataset_id: str) -> Dataset:
    """Return a data set of the table; every run of this process shares it (read only)."""
    dataset = DATASETS[dataset_id].load()
    dataset.x.setflags(write=False)
    dataset.labels.setflags(write=False)
    return dataset
