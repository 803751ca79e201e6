"""What of a run can be taken away, as a list of downloads."""

import streamlit as st

from nnviz.ui.takeaway.files import FILES

_LOADER = """
const module = import(new URL("nnviz/assets/takeaway/takeaway.js", document.baseURI));
export default async (component) => (await module).default(component);
"""

_component = st.components.v2.component("nnviz.takeaway", js=_LOADER, isolate_styles=False)


def show(run: str, key: str) -> None:
    """Show the downloads of a run; a file is made when it is asked for.

    Parameters
    ----------
    run : str
        Id of the run.
    key : str
        Keeps the component in place from one script run to the next.
    """
    files = [{"id": file.id, "label": file.label, "about": file.about} for file in FILES.values()]
    _component(key=key, data={"run": run, "files": files})
