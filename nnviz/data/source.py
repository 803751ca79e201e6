"""What is known of a data set before it is loaded."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass

from nnviz.data.dataset import Dataset, tested_samples


@dataclass(frozen=True)
class Source:
    """A data set that can be chosen.

    Attributes
    ----------
    id, label : str
        Name in code and links, name for people.
    features, outputs, classes : int
        Inputs of a network for it, its output units, and classes told apart.
    values : str
        A sentence on the raw values, for the choice of the scaling.
    load : callable
    samples : int
        How many there are, where a share of them is kept for testing.
    own_split : callable, or None
        Returns the numbers of training and of test samples, where it comes with its own.
    why_not : callable
        Returns why it cannot be loaded at the moment; None where it can.
    version : callable
        Returns what changes when its files do.
    has_copies : bool
        Whether warped copies of its images may be trained on: handwritten digits.
    """

    id: str
    label: str
    features: int
    outputs: int
    classes: int
    values: str
    load: Callable[[], Dataset]
    samples: int = 0
    own_split: Callable[[], tuple[int, int]] | None = None
    why_not: Callable[[], str | None] = lambda: None
    version: Callable[[], Hashable] = lambda: None
    has_copies: bool = False

    def training_samples(self, test_share: float) -> int:
        """Return how many samples are trained on, if that share of them is kept for testing."""
        if self.own_split is not None:
            return self.own_split()[0]
        return self.samples - tested_samples(self.samples, test_share)
