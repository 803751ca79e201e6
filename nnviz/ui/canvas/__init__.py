"""The page to draw on: a component whose paper the session's run reads."""

from dataclasses import dataclass

from nnviz.data import DATASETS
from nnviz.first_visitor import first_visitor_config
from nnviz.settings import RunConfig
from nnviz.ui.component import component

# What a network for drawings may be trained on, and how long that takes.
READERS = {"digits": "some seconds", "mnist": "about a minute"}

_component = component("canvas")


@dataclass(frozen=True)
class Wish:
    """What the page's live part asks its script for.

    Attributes
    ----------
    rerun : bool
        The run is no longer there.
    fresh : str or None
        Id of a data set that a network is to be trained on for the drawings.
    lab : bool
        To see the run in the lab.
    """

    rerun: bool
    fresh: str | None
    lab: bool


def show(run: str, config: RunConfig, key: str) -> Wish:
    """Show the paper, and what a run reads on it.

    Parameters
    ----------
    run : str
        Id of the run.
    config : RunConfig
        Its settings.
    key : str
        Keeps the component, and with it the drawing, in place from one script run to the next.
    """
    offers = [id for id in READERS if not DATASETS[id].why_not()]
    made_for_drawings = (id for id in offers if config == first_visitor_config(id)[0])
    data = {
        "run": run,
        "label": DATASETS[config.dataset].label,
        "trained_for_this": next(made_for_drawings, None),
        "lacking": [DATASETS[id].label for id in READERS if id not in offers],
        "offers": [{"id": id, "label": f"{DATASETS[id].label}, {READERS[id]}"} for id in offers],
    }
    result = _component(
        key=key, data=data, on_changed_change=lambda: None, on_fresh_change=lambda: None,
        on_lab_change=lambda: None,
    )
    fresh = result.fresh if result.fresh in offers else None
    return Wish(result.changed is not None, fresh, result.lab is not None)
