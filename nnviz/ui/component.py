"""Components whose scripts the server has."""

from typing import Any

import streamlit as st

# The script travels with every update of the page: it only loads the module that the server has.
_LOADER = """
const module = import(new URL("nnviz/assets/{name}/main.js", document.baseURI));
export default async (component) => (await module).default(component);
"""


def component(name: str) -> Any:
    """Return the component whose module is ``main.js`` in the assets of a folder beside this.

    Parameters
    ----------
    name : str
        The folder: ``live``.
    """
    return st.components.v2.component(
        f"nnviz.{name}", js=_LOADER.replace("{name}", name), isolate_styles=False
    )
