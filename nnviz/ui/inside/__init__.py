"""Inside one step: a component that opens the step a run takes next."""

import streamlit as st

from nnviz.ui.inside.listings import all_listings

# The script travels with every update of the page: it only loads the module that the server has.
_LOADER = """
const module = import(new URL("nnviz/assets/inside/main.js", document.baseURI));
export default async (component) => (await module).default(component);
"""

_component = st.components.v2.component("nnviz.inside", js=_LOADER, isolate_styles=False)


def show(run: str, key: str) -> bool:
    """Show the next step of a run.

    Parameters
    ----------
    run : str
        Id of the run.
    key : str
        Keeps the component in place from one script run to the next.

    Returns
    -------
    bool
        True where there is no such run any more.
    """
    result = _component(
        key=key, data={"run": run, "listings": all_listings()}, on_changed_change=lambda: None
    )
    return result.changed is not None
