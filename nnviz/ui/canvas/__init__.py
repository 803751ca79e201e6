"""The page to draw on: a component whose paper the session's run reads."""

import streamlit as st

from nnviz.data import DATASETS
from nnviz.settings import RunConfig

# The script travels with every update of the page: it only loads the module that the server has.
_LOADER = """
const module = import(new URL("nnviz/assets/canvas/main.js", document.baseURI));
export default async (component) => (await module).default(component);
"""

_component = st.components.v2.component("nnviz.canvas", js=_LOADER, isolate_styles=False)


def show(run: str, config: RunConfig, trained_for_this: bool, key: str) -> bool:
    """Show the paper, and what a run reads on it.

    Parameters
    ----------
    run : str
        Id of the run.
    config : RunConfig
        Its settings.
    trained_for_this : bool
        Whether the run was made for a visitor who had trained nothing.
    key : str
        Keeps the component, and with it the drawing, in place from one script run to the next.

    Returns
    -------
    bool
        True where the run is no longer there.
    """
    data = {
        "run": run,
        "label": DATASETS[config.dataset].label,
        "trained_for_this": trained_for_this,
    }
    result = _component(key=key, data=data, on_changed_change=lambda: None)
    return result.changed is not None
