"""What a recipe is and what it returns."""

from collections.abc import Callable
from dataclasses import dataclass, field

from nnviz.network import Network


@dataclass(frozen=True)
class Outcome:
    """A trained network and how it got there.

    Attributes
    ----------
    network : Network
    history : dict of str to list of float
        One number per epoch for each name ("loss", "accuracy").
    """

    network: Network
    history: dict[str, list[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Recipe:
    """One text, told for a page; all texts are Markdown.

    Attributes
    ----------
    id, title : str
    what : str
        What the text does.
    wrong : tuple of str
        Where it is wrong, one point each.
    change : str
        What the fix changes, with figures.
    run : callable
        Trains as the text means to and returns an `Outcome`.
    """

    id: str
    title: str
    what: str
    wrong: tuple[str, ...]
    change: str
    run: Callable[..., Outcome]
