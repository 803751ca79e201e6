"""Inside one step: a component that opens the step a run takes next."""

from nnviz.ui.component import component
from nnviz.ui.inside.listings import all_listings

_component = component("inside")


def show(run: str, key: str, tools: dict[str, list[str]]) -> bool:
    """Show the next step of a run.

    Parameters
    ----------
    run : str
        Id of the run.
    key : str
        Keeps the component in place from one script run to the next.
    tools : dict
        Names of the tools that are hidden and locked (`address.Locks.tools`).

    Returns
    -------
    bool
        True where there is no such run any more.
    """
    data = {"run": run, "listings": all_listings(), "tools": tools}
    result = _component(key=key, data=data, on_changed_change=lambda: None)
    return result.changed is not None
