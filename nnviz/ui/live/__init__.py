"""The live lab: a component that trains and watches one run."""

from functools import cache
from typing import Any

import numpy as np

from nnviz.figures.curves import accuracy_figure, loss_figure, norms_figure
from nnviz.settings import SETTINGS, RunConfig
from nnviz.ui.component import component

_component = component("live")


def show(run: str, config: RunConfig, key: str, tools: dict[str, list[str]]) -> bool:
    """Show the live lab of a run.

    Parameters
    ----------
    run : str
        Id of the run.
    config : RunConfig
        The settings of the run as the page knows them.
    key : str
        Keeps the component in place from one script run to the next.
    tools : dict
        Names of the tools that are hidden and locked, under ``hide`` and ``lock``
        (`address.Locks.tools`).

    Returns
    -------
    bool
        True where the run's settings changed without the page (new weights, another tab).
    """
    live = {name: getattr(config, name) for name in ("seed", *_live_names())}
    result = _component(
        key=key,
        data={"run": run, "live": live, "figures": figures(), "tools": tools},
        on_changed_change=lambda: None,
    )
    return result.changed is not None


def _live_names() -> list[str]:
    return [name for name, setting in SETTINGS.items() if setting.live]


@cache
def figures() -> dict[str, Any]:
    """Return the figures without points: the live charts take their look from them.

    Made once; the first time takes about a second of Plotly's imports.
    """
    empty = np.empty((0, 5))
    made = {
        "loss": loss_figure(empty, empty),
        "accuracy": accuracy_figure(empty),
        "norms": norms_figure(empty),
    }
    return {name: _plain(figure.to_dict()) for name, figure in made.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _plain(part) for name, part in value.items() if name not in ("x", "y", "template")
        }
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value
